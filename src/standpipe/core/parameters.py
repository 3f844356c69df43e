"""Parameter kinds, definitions, and the checking that turns wire values into bound ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from standpipe.core.ids import QueryId


class ParameterKind(StrEnum):
    """What a parameter takes."""

    TEXT = "text"
    PATTERN = "pattern"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    DATETIME_SECONDS = "datetime_seconds"
    ENUM = "enum"
    QUERY = "query"  # a list of values taken from another query's latest result
    DATE_RANGE = "date_range"
    DATETIME_RANGE = "datetime_range"
    DATETIME_SECONDS_RANGE = "datetime_seconds_range"

    @property
    def is_range(self) -> bool:
        """Whether values have a start and an end."""
        return self.value.endswith("_range")


RANGE_ENDS: Final = ("start", "end")
Scalar = str | bytes | int | float | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiple:
    """That an enum or query parameter takes several values.

    Prefix, suffix and separator are how a dialect would have written the list; they only matter
    for display, and for a list inside a longer literal.
    """

    prefix: str = ""
    suffix: str = ""
    separator: str = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """The definition of one parameter.

    ``default`` is in wire form (a string, number, list, or ``{"start", "end"}``). ``options``
    are the members of an enum. ``is_declared`` is False for a placeholder that nobody declared:
    it is a text parameter without default. ``extra`` carries fields that dialects stored and the
    core does not read.
    """

    name: str
    kind: ParameterKind
    title: str = ""
    default: Any = None
    options: tuple[str, ...] = ()
    multiple: Multiple | None = None
    query_id: QueryId | None = None
    pattern: str | None = None
    is_declared: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Range:
    """A checked range value."""

    start: Scalar
    end: Scalar


BoundValue = Scalar | tuple[Scalar, ...] | Range


@dataclass(frozen=True, slots=True)
class BoundParameters:
    """The checked values of one run by parameter name, and how each was written by the caller.

    ``values`` are typed; ``written`` are the texts for display and for places inside literals:
    ranges under ``name.start`` and ``name.end``.
    """

    values: Mapping[str, BoundValue]
    written: Mapping[str, str]
