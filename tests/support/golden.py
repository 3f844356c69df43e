"""Golden pairs: requests in JSON files, and the answers that they must have.

``<kind>`` stands for any value of that kind, ``<any>`` for any at all. ``<kind:name>`` gives it a
name for the requests that follow, where it is written as ``{name}``.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from standpipe.http.messages import Route
from standpipe.testing import Answer, RunningServer

Pairs = dict[tuple[str, str], dict[str, Any]]


def pairs_of(folder: Path) -> Pairs:
    """Return the pairs by file and name, in their order: what one makes the next ones read."""
    return {
        (file.stem, pair["name"]): pair
        for file in sorted(folder.glob("*.json"))
        for pair in json.loads(file.read_text())
    }


KINDS = {
    "ulid": r"01[0-9A-HJKMNP-TV-Z]{24}",
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
    "date": r"\d{4}-\d\d-\d\d",
    "moment": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "utc": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z",
    "offset": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d",
    "wall": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "begun": r"PENDING|EXECUTING",
    "int": r"\d+",
    "number": r"\d+(\.\d+)?",
    "text": r".+",
    "base": r"http://127\.0\.0\.1:\d+",
}
MARK = re.compile(r"<(\w+)(?::(\w+))?>")
SECONDS = 30


class Stage:
    """A server, and the names that answers gave to values."""

    def __init__(self, server: RunningServer, key: str, header: str) -> None:
        self.server = server
        self.key = key
        self.header = header
        self.names = {"key": key}

    def ask(self, pair: dict[str, Any]) -> Answer:
        method, path = self.filled(pair["ask"]).split(" ", 1)
        headers = {name: self.filled(text) for name, text in pair.get("headers", {}).items()}
        if "key" not in pair:
            headers[self.header] = self.key
        elif pair["key"] is not None:
            headers[self.header] = pair["key"]
        body = pair.get("body")
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        data = None if text is None else self.filled(text).encode()
        return self.server.send(method, path, data, headers)

    def filled(self, text: str) -> str:
        """Return a text with what the names in it stand for."""
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def compare(self, expected: Any, found: Any, place: str = "") -> Iterator[str]:
        """Yield where an answer differs; the order of keys counts, as does each type."""
        if expected == "<any>":
            return
        if isinstance(expected, dict) and isinstance(found, dict):
            if list(expected) != list(found):
                yield f"{place}: keys {list(found)}, not {list(expected)}"
            for name in expected.keys() & found.keys():
                yield from self.compare(expected[name], found[name], f"{place}.{name}")
        elif isinstance(expected, list) and isinstance(found, list):
            if len(expected) != len(found):
                yield f"{place}: {len(found)} members, not {len(expected)}"
            for n, pair in enumerate(zip(expected, found, strict=False)):
                yield from self.compare(*pair, f"{place}[{n}]")
        elif isinstance(expected, str) and (MARK.search(expected) or "{" in expected):
            yield from self._match(expected, found, place)
        elif expected != found or type(expected) is not type(found):
            yield f"{place}: {found!r}, not {expected!r}"

    def _match(self, expected: str, found: Any, place: str) -> Iterator[str]:
        whole = MARK.fullmatch(expected)
        if whole and (whole[1] in ("int", "number")) != isinstance(found, int | float):
            yield f"{place}: {found!r} is no {expected}"
        parts = MARK.split(self.filled(expected))
        pattern = "".join(
            f"({KINDS[part]})" if n % 3 == 1 else re.escape(part or "")
            for n, part in enumerate(parts)
            if n % 3 != 2
        )
        match = re.fullmatch(pattern, str(found), re.DOTALL)
        if match is None:
            yield f"{place}: {found!r} is no {expected}"
        elif whole and whole[2]:
            self.names[whole[2]] = str(found)


def answered(stage: Stage, pair: dict[str, Any]) -> Answer:
    """Ask, again while it is not yet so that ``until`` is in the answer."""
    until = stage.filled(pair.get("until", "")).encode()
    deadline = time.monotonic() + SECONDS
    while True:
        answer = stage.ask(pair)
        if until in answer.body:
            return answer
        assert time.monotonic() < deadline, answer.body
        time.sleep(0.02)


def problems(stage: Stage, pair: dict[str, Any], answer: Answer) -> Iterator[str]:
    """Yield in what an answer is not the expected one."""
    if answer.status != pair.get("status", 200):
        yield f"status {answer.status}: {answer.body!r}"
    headers = {name.lower(): value for name, value in answer.headers.items()}
    for name, value in pair.get("answer_headers", {}).items():
        yield from stage.compare(stage.filled(value), headers.get(name.lower()), name)
    if "text" in pair:
        yield from stage.compare(pair["text"], answer.body.decode())
    if "answer" in pair:
        assert b"\n" not in answer.body
        yield from stage.compare(pair["answer"], json.loads(answer.body))


def differences(stage: Stage, pairs: Pairs) -> dict[tuple[str, str], list[str]]:
    """Return what is wrong with each answer, after one pass over all of them."""
    return {
        place: list(problems(stage, pair, answered(stage, pair))) for place, pair in pairs.items()
    }


def unasked(routes: Iterable[Route], pairs: Pairs) -> list[str]:
    """Return the routes that no pair asks for."""
    asked = {re.sub(r"\{(\w+)\}", "x", pair["ask"].partition("?")[0]) for pair in pairs.values()}
    return [
        place
        for route in routes
        for place in [f"{route.method} {route.path}"]
        if not any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", place), each) for each in asked)
    ]
