"""Values of conditions as nodes beside a column: compat/holistics.md 3.10."""

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Final

from standpipe.core.calendar import Calendar, Span
from standpipe.core.columns import Column
from standpipe.core.data_sets.fields import DATES, name_node
from standpipe.core.errors import FieldInvalid
from standpipe.core.windows.kinds import NUMBERS, T, value_type
from standpipe.core.windows.literals import constant, fit
from standpipe.core.windows.syntax import (
    Both,
    Comparison,
    Either,
    Is,
    Literal,
    Node,
    Operator,
    TypedLiteral,
)

Value = str | bool | int | float

_LONGEST: Final = 60
_WORDS: Final = {
    T.BOOLEAN: "true or false",
    T.TEXT: "a text",
    T.TIME: "a time of day such as 15:30:00",
    T.UUID: "a UUID",
    T.BYTES: "bytes such as 0x1f",
}


def value_node(value: Value, column: Column, *, path: str) -> Literal:
    """Return a value that is compared with a column; FieldInvalid if it cannot be."""
    written: str | bool | int | Decimal
    written = Decimal(str(value)) if isinstance(value, float) else value
    kind = value_type(column)
    is_odd = isinstance(written, Decimal) and not written.is_finite()
    if is_odd or fit(constant(written), kind) is None:
        expected = "a number" if kind in NUMBERS else _WORDS.get(kind, f"a value of {kind}")
        raise FieldInvalid(
            f"{path}: {shown_value(value)} cannot be compared with {column.name!r}.",
            detail=f"Expected: {expected}.",
        )
    return Literal(value=written)


def shown_value(value: Value) -> str:
    """Return a value for a message, as JSON writes it but for long texts."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")
    return str(value).lower()[:_LONGEST]


def inside(span: Span, column: Column, calendar: Calendar) -> Node:
    """Return the condition that a date lies in a span."""
    return Both(
        parts=(
            compared(Operator.AT_LEAST, span.start, column, calendar),
            compared(Operator.LESS, span.end, column, calendar),
        )
    )


def compared(operator: Operator, moment: datetime, column: Column, calendar: Calendar) -> Node:
    """Return the comparison of a column with a moment.

    Dates are those of the calendar's zone, times without a zone are in UTC.
    """
    return Comparison(
        operator=operator, left=name_node(column), right=_moment(moment, column, calendar)
    )


def any_of(parts: Sequence[Node]) -> Node:
    """Return that one of these conditions holds, of which there is one at least."""
    return parts[0] if len(parts) == 1 else Either(parts=tuple(parts))


def or_null(condition: Node, column: Column) -> Node:
    """Return that a condition holds, or the column has no value."""
    return Either(parts=(condition, Is(operand=name_node(column), what=None)))


def is_date(column: Column) -> bool:
    """Whether the values of a column are dates or times."""
    return value_type(column) in DATES


def _moment(moment: datetime, column: Column, calendar: Calendar) -> TypedLiteral:
    if value_type(column) is not T.DATE:
        is_zoned = value_type(column) is T.TIMESTAMPTZ
        at = moment if is_zoned else moment.replace(tzinfo=None)
        return TypedLiteral(kind="timestamp", text=at.isoformat())
    wall = calendar.wall(moment)
    # The midnight of a day may be skipped: the day begins later then, but it is the same date.
    if moment == calendar.midnight(wall.date()) or wall.time() == time.min:
        return TypedLiteral(kind="date", text=wall.date().isoformat())
    return TypedLiteral(kind="timestamp", text=wall.replace(fold=0).isoformat())
