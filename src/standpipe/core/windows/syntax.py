"""What a filter, a sort or an aggregate says, before anybody knows the columns of the result.

Positions count characters from 0 and point at where a node begins in its text; nodes that were
not read from a text have position -1. A dialect with conditions of its own builds these nodes.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything that can stand in a filter. Positions do not count when nodes are compared."""

    position: int = field(default=-1, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A column. Written without quotes, or with double quotes (``is_quoted``)."""

    text: str
    is_quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """A value as written: a str, an exact number (int or Decimal), bytes, a bool or None."""

    value: str | int | Decimal | bytes | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLiteral(Node):
    """``DATE '2024-03-01'``, ``TIMESTAMP '2024-03-01 12:00'``; ``kind`` is the lower-case word."""

    kind: str
    text: str


class Unit(StrEnum):
    """What relative dates count."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A signed number of units added to a moment."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Node):
    """``now`` or ``today`` (midnight UTC), shifted: ``now - 7 days``."""

    is_today: bool = False
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function by its name in lower case: ``lower``, ``date_trunc``, in aggregates ``sum``."""

    name: str
    arguments: tuple[Node, ...]
    is_distinct: bool = False
    is_star: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast(Node):
    """``cast(x as type)``; ``type`` is the word in lower case."""

    operand: Node
    type: str


class Operator(StrEnum):
    """How two values are compared."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Node):
    """``left operator right``."""

    operator: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Node):
    """``operand [NOT] IN (members)``."""

    operand: Node
    members: tuple[Node, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Between(Node):
    """``operand [NOT] BETWEEN low AND high``."""

    operand: Node
    low: Node
    high: Node
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness(Node):
    """``operand [NOT] LIKE pattern [ESCAPE escape]``; without regard to case for ILIKE."""

    operand: Node
    pattern: str
    escape: str | None = None
    ignores_case: bool = False
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Is(Node):
    """``operand IS [NOT] NULL`` (None), ``IS [NOT] TRUE``, ``IS [NOT] FALSE``."""

    operand: Node
    what: bool | None
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Both(Node):
    """Two or more conditions that must all hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Either(Node):
    """Two or more conditions of which one must hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation(Node):
    """``NOT operand``."""

    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class SortTerm:
    """One term of a sort. Nulls come last in both directions unless ``nulls_first``."""

    node: Node
    is_descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputTerm:
    """One output of a grouping: a key or an aggregate, and its name (None = its text)."""

    node: Node
    text: str
    alias: str | None = None
