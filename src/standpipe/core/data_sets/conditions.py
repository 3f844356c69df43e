"""Conditions on fields, and what they ask of rows: compat/holistics.md 3.10.

Negative conditions are the complements of the positive ones: rows without a value fulfil them.
Whole values are compared exactly, parts of texts without regard to case.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from standpipe.core.calendar import Calendar, CalendarUnit, Span
from standpipe.core.columns import Column
from standpipe.core.data_set_queries import Filter
from standpipe.core.data_sets.fields import name_node
from standpipe.core.data_sets.spans import read_span
from standpipe.core.data_sets.values import (
    Value,
    any_of,
    compared,
    inside,
    is_date,
    or_null,
    shown_value,
    value_node,
)
from standpipe.core.errors import FieldInvalid
from standpipe.core.windows.kinds import COMPARABLE, NUMBERS, T, value_type
from standpipe.core.windows.syntax import (
    Between,
    Comparison,
    Is,
    Likeness,
    Membership,
    Negation,
    Node,
    Operator,
)

MODIFIERS: Final = ("year", "quarter", "month", "week", "day", "hour", "minute")
MOST_VALUES: Final = 1_000
_ESCAPE: Final = "\\"
_MOST_UNITS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition on a column that was found; ``path`` is where it stands in the request."""

    filter: Filter
    column: Column
    calendar: Calendar
    path: str

    def span(self, number: int = 0) -> Span:
        """Return the time that a value means."""
        value, path = self.filter.values[number], self.value_path(number)
        if not isinstance(value, str):
            raise FieldInvalid(
                f"{path}: {shown_value(value)} is not a date.",
                detail="Expected: a text such as '2024-03-01' or 'last 2 days'.",
            )
        return read_span(value, self.calendar, path=path)

    def value(self, number: int) -> Node:
        """Return a value to compare the column with."""
        value = self.filter.values[number]
        return value_node(value, self.column, path=self.value_path(number))

    def value_path(self, number: int) -> str:
        """Return where a value stands."""
        return f"{self.path}.values[{number}]"


Build = Callable[[Asked], Node | None]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator: how many values it takes, on which types, and the condition it makes."""

    build: Build
    least: int
    most: int
    fits: Callable[[Column], bool]
    words: str


def condition_of(filter: Filter, column: Column, calendar: Calendar, *, path: str) -> Node | None:
    """Return the condition of a filter; None if it asks for nothing.

    FieldInvalid names the path, the value and what is allowed. ``filter.operator`` is one of
    ``OPERATIONS``.
    """
    operation = OPERATIONS[filter.operator]
    require_count(filter, operation.least, operation.most, path=path)
    if not operation.fits(column):
        raise FieldInvalid(
            f"{path}.operator: {filter.operator!r} does not fit the field {column.name!r}"
            f" ({value_type(column)}).",
            detail=f"Expected: a field of {operation.words}.",
        )
    return operation.build(Asked(filter, column, calendar, path))


def require_count(filter: Filter, least: int, most: int, *, path: str) -> None:
    """FieldInvalid unless a filter has as many values as its operator takes."""
    count = len(filter.values)
    if least <= count <= most:
        return
    expected = str(least) if least == most else f"{least} to {most:,}"
    raise FieldInvalid(
        f"{path}.values: {filter.operator!r} does not take {count:,} values.",
        detail=f"Expected: {expected}.",
    )


def _is(asked: Asked) -> Node | None:
    """Return that the field has one of the values; without values every one will do."""
    values = range(len(asked.filter.values))
    if not values:
        return None
    if is_date(asked.column):
        spans = [asked.span(number) for number in values]
        return any_of([inside(span, asked.column, asked.calendar) for span in spans])
    members = tuple([asked.value(number) for number in values])
    return Membership(operand=name_node(asked.column), members=members)


def _between(asked: Asked) -> Node:
    if is_date(asked.column):
        first, last = asked.span(0), asked.span(1)
        return inside(Span(first.start, last.end), asked.column, asked.calendar)
    return Between(operand=name_node(asked.column), low=asked.value(0), high=asked.value(1))


def _before(asked: Asked) -> Node:
    return compared(Operator.LESS, asked.span().start, asked.column, asked.calendar)


def _after(asked: Asked) -> Node:
    return compared(Operator.AT_LEAST, asked.span().end, asked.column, asked.calendar)


def _beyond(operator: Operator, of_dates: Build) -> Build:
    def build(asked: Asked) -> Node | None:
        if is_date(asked.column):
            return of_dates(asked)
        return Comparison(operator=operator, left=name_node(asked.column), right=asked.value(0))

    return build


def _matches(asked: Asked) -> Node:
    return inside(asked.span(), asked.column, asked.calendar)


def _units(sign: int) -> Build:
    def build(asked: Asked) -> Node:
        unit, count = _modifier(asked), _count(asked)
        first = -count if sign < 0 else 1
        try:
            span = asked.calendar.span(unit, first, count)
        except OverflowError as error:
            raise FieldInvalid(
                f"{asked.value_path(0)}: {count} {unit}s lead out of the calendar.",
                detail="Expected: dates of the years 1 to 9999.",
            ) from error
        return inside(span, asked.column, asked.calendar)

    return build


def _modifier(asked: Asked) -> CalendarUnit:
    modifier = (asked.filter.modifier or "").removesuffix("s")
    if modifier not in MODIFIERS:
        raise FieldInvalid(
            f"{asked.path}.modifier: {shown_value(asked.filter.modifier or '')} is not a unit.",
            detail=f"Expected: {', '.join(MODIFIERS)}.",
        )
    return CalendarUnit(modifier)


def _count(asked: Asked) -> int:
    value: Value = asked.filter.values[0]
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    is_count = text.isascii() and text.isdecimal() and len(text) <= len(str(_MOST_UNITS))
    if not is_count or not 1 <= int(text) <= _MOST_UNITS:
        raise FieldInvalid(
            f"{asked.value_path(0)}: {shown_value(value)} is not a number of units.",
            detail=f"Expected: a whole number from 1 to {_MOST_UNITS:,}.",
        )
    return int(text)


def _part_of_text(before: str, behind: str) -> Build:
    def build(asked: Asked) -> Node:
        patterns = [
            f"{before}{_escaped(_text(asked, number))}{behind}"
            for number in range(len(asked.filter.values))
        ]
        return any_of(
            [
                Likeness(
                    operand=name_node(asked.column),
                    pattern=pattern,
                    escape=_ESCAPE,
                    ignores_case=True,
                )
                for pattern in patterns
            ]
        )

    return build


def _text(asked: Asked, number: int) -> str:
    value = asked.filter.values[number]
    if not isinstance(value, str):
        raise FieldInvalid(
            f"{asked.value_path(number)}: {shown_value(value)} is not a text.",
            detail="Expected: a text.",
        )
    return value


def _escaped(text: str) -> str:
    for sign in (_ESCAPE, "%", "_"):
        text = text.replace(sign, _ESCAPE + sign)
    return text


def _complement(build: Build) -> Build:
    def complement(asked: Asked) -> Node | None:
        node = build(asked)
        return None if node is None else or_null(Negation(operand=node), asked.column)

    return complement


def _is_value(what: bool | None, *, is_negated: bool = False) -> Build:
    return lambda asked: Is(operand=name_node(asked.column), what=what, is_negated=is_negated)


def _anything(_column: Column) -> bool:
    return True


def _of(*kinds: T) -> Callable[[Column], bool]:
    return lambda column: value_type(column) in kinds


def _ordered(column: Column) -> bool:
    return is_date(column) or value_type(column) in NUMBERS


_COMPARED = (_of(*COMPARABLE), "values that can be compared")
_ORDERED = (_ordered, "numbers or dates")
_TEXTS = (_of(T.TEXT), "texts")
_FLAGS = (_of(T.BOOLEAN), "booleans")
_DATED = (is_date, "dates or times")
_CONTAINS = _part_of_text("%", "%")

OPERATIONS: Final = {
    "is": Operation(_is, 0, MOST_VALUES, *_COMPARED),
    "is_not": Operation(_complement(_is), 0, MOST_VALUES, *_COMPARED),
    "is_null": Operation(_is_value(None), 0, 0, _anything, "any type"),
    "not_null": Operation(_is_value(None, is_negated=True), 0, 0, _anything, "any type"),
    "greater_than": Operation(_beyond(Operator.GREATER, _after), 1, 1, *_ORDERED),
    "less_than": Operation(_beyond(Operator.LESS, _before), 1, 1, *_ORDERED),
    "between": Operation(_between, 2, 2, *_ORDERED),
    "contains": Operation(_CONTAINS, 1, MOST_VALUES, *_TEXTS),
    "does_not_contain": Operation(_complement(_CONTAINS), 1, MOST_VALUES, *_TEXTS),
    "starts_with": Operation(_part_of_text("", "%"), 1, MOST_VALUES, *_TEXTS),
    "ends_with": Operation(_part_of_text("%", ""), 1, MOST_VALUES, *_TEXTS),
    "is_true": Operation(_is_value(True), 0, 0, *_FLAGS),
    "is_false": Operation(_is_value(False), 0, 0, *_FLAGS),
    "last": Operation(_units(-1), 1, 1, *_DATED),
    "next": Operation(_units(1), 1, 1, *_DATED),
    "before": Operation(_before, 1, 1, *_DATED),
    "after": Operation(_after, 1, 1, *_DATED),
    "matches": Operation(_matches, 1, 1, *_DATED),
}
