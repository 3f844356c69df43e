"""The recorded pairs of a real Redash, by the number of their line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("redash_26.08.jsonl")


class Digits(float):
    """A number with a fraction or exponent that is only equal to one of the same spelling."""

    def __new__(cls, text: str) -> "Digits":
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digits) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One request and what Redash answered. ``auth`` is "admin", "other" or "none".

    ``headers_in`` are the headers of the request, where it had unusual ones.
    """

    line: int
    note: str
    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any
    auth: str
    headers_in: Mapping[str, str] = field(default_factory=dict)
    status: int
    headers: Mapping[str, str]
    response: Any

    @property
    def name(self) -> str:
        """The name of its test case."""
        return f"line-{self.line:03d}-{self.method}-{self.path}"


def load_recordings() -> tuple[Recording, ...]:
    """Return all pairs in the order in which they were recorded."""
    lines = FILE.read_text().splitlines()
    return tuple(_recording(line, read_json(text)) for line, text in enumerate(lines, 1))


def read_json(text: str | bytes) -> Any:
    """Return a decoded body whose numbers keep their spelling."""
    return json.loads(text, parse_float=Digits)


def _recording(line: int, found: dict[str, Any]) -> Recording:
    return Recording(line=line, **{**found, "params": found["params"] or {}})
