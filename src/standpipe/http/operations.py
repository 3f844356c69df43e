"""What an endpoint takes and gives, as data: requests are read by it, documents made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

JSON = "application/json"
VALUE_PREFIX = "p_"


class NoArguments(msgspec.Struct, frozen=True):
    """An endpoint without arguments of its own."""


class NoBody(msgspec.Struct, frozen=True):
    """An endpoint that takes no body; one that is sent is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderField:
    """A header, of a request or of an answer, and the type of its value."""

    name: str
    description: str
    type: Any = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An answer of one status.

    ``type`` is what msgspec encodes into the JSON body, a tuple stands for one of several, None
    for an answer without one.
    ``media_types`` are the other forms that the body may have.
    """

    description: str
    type: Any = None
    media_types: Sequence[str] = ()
    headers: Sequence[HeaderField] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One endpoint as its document describes it.

    ``arguments`` and ``body`` are structs: requests are read into them, and their schemas are
    published. ``takes_values`` says that ``p_<name>`` arguments are values of parameters.
    ``refusals`` are the statuses of its errors besides those that every endpoint has.
    """

    name: str
    summary: str
    tag: str
    description: str = ""
    arguments: type[msgspec.Struct] = NoArguments
    body: type[msgspec.Struct] = NoBody
    takes_values: bool = False
    headers: Sequence[HeaderField] = ()
    answers: Mapping[int, Shown] = field(default_factory=dict)
    refusals: Sequence[int] = ()

    @property
    def has_body(self) -> bool:
        """Whether requests carry a body."""
        return self.body is not NoBody
