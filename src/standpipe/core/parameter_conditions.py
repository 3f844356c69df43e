"""Conditions as values of parameters: what a parameter can take of what is asked for.

The words of conditions are those of data sets (compat/holistics.md 3.10).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from standpipe.core.calendar import Calendar, Span
from standpipe.core.data_set_queries import Filter
from standpipe.core.data_sets.conditions import MODIFIERS, require_count
from standpipe.core.data_sets.spans import read_span
from standpipe.core.errors import FieldInvalid
from standpipe.core.parameters import Parameter, ParameterKind

_DATES: Final = frozenset(
    {ParameterKind.DATE, ParameterKind.DATETIME, ParameterKind.DATETIME_SECONDS}
)
# What the last moment of a range is, and how a moment is written.
_STEPS: Final[Mapping[ParameterKind, tuple[timedelta, str]]] = {
    ParameterKind.DATE: (timedelta(days=1), "%Y-%m-%d"),
    ParameterKind.DATETIME: (timedelta(minutes=1), "%Y-%m-%d %H:%M"),
    ParameterKind.DATETIME_SECONDS: (timedelta(seconds=1), "%Y-%m-%d %H:%M:%S"),
    ParameterKind.DATE_RANGE: (timedelta(days=1), "%Y-%m-%d"),
    ParameterKind.DATETIME_RANGE: (timedelta(minutes=1), "%Y-%m-%d %H:%M"),
    ParameterKind.DATETIME_SECONDS_RANGE: (timedelta(seconds=1), "%Y-%m-%d %H:%M:%S"),
}
_OF_RANGES: Final = ("is", "matches", "between", "last", "next", "none")
_OF_DATES: Final = ("is", "matches", "none")
_OF_NUMBERS: Final = ("is", "none")
_OF_VALUES: Final = ("is", "is_true", "is_false", "none")
_MOST_VALUES: Final = 1_000


def parameter_value(
    parameter: Parameter, condition: Filter, calendar: Calendar, *, path: str
) -> Any:
    """Return the value in wire form that a condition gives a parameter; None = its default.

    FieldInvalid names the path, what was asked and what the parameter takes.
    """
    allowed = _operators(parameter)
    if condition.operator not in allowed:
        raise FieldInvalid(
            f"{path}.operator: {condition.operator[:50]!r} cannot be asked of"
            f" {parameter.name!r}, which takes a {parameter.kind.value.replace('_', ' ')}.",
            detail=f"Expected: {', '.join(allowed)}.",
        )
    if condition.operator == "none":
        return None
    if parameter.kind.is_range:
        return _range(parameter.kind, _span(condition, calendar, path), calendar)
    if parameter.kind in _DATES:
        return _written(parameter.kind, _span(condition, calendar, path).start, calendar)
    return _plain(parameter, condition, path)


def _operators(parameter: Parameter) -> tuple[str, ...]:
    if parameter.kind.is_range:
        return _OF_RANGES
    if parameter.kind in _DATES:
        return _OF_DATES
    return _OF_NUMBERS if parameter.kind is ParameterKind.NUMBER else _OF_VALUES


def _plain(parameter: Parameter, condition: Filter, path: str) -> Any:
    if condition.operator in ("is_true", "is_false"):
        require_count(condition, 0, 0, path=path)
        return condition.operator.removeprefix("is_")
    most = 1 if parameter.multiple is None else _MOST_VALUES
    require_count(condition, 1, most, path=path)
    values = [_shown(value) for value in condition.values]
    return values[0] if parameter.multiple is None else values


def _shown(value: str | bool | int | float) -> str | int | float:
    return str(value).lower() if isinstance(value, bool) else value


def _span(condition: Filter, calendar: Calendar, path: str) -> Span:
    """Return the time that a condition means."""
    if condition.operator == "between":
        require_count(condition, 2, 2, path=path)
        first, last = (_read(condition, number, calendar, path) for number in (0, 1))
        return Span(first.start, last.end)
    require_count(condition, 1, 1, path=path)
    if condition.operator in ("last", "next"):
        return _units(condition, calendar, path)
    return _read(condition, 0, calendar, path)


def _read(condition: Filter, number: int, calendar: Calendar, path: str) -> Span:
    return read_span(str(condition.values[number]), calendar, path=f"{path}.values[{number}]")


def _units(condition: Filter, calendar: Calendar, path: str) -> Span:
    unit = (condition.modifier or "").removesuffix("s")
    if unit not in MODIFIERS:
        raise FieldInvalid(
            f"{path}.modifier: {(condition.modifier or '')[:50]!r} is not a unit.",
            detail=f"Expected: {', '.join(MODIFIERS)}.",
        )
    words = f"{condition.operator} {condition.values[0]} {unit}s"
    return read_span(words, calendar, path=f"{path}.values[0]")


def _range(kind: ParameterKind, span: Span, calendar: Calendar) -> Mapping[str, str]:
    """Return both ends, the last one included as it is in ranges of parameters."""
    step, _ = _STEPS[kind]
    end = max(span.start, span.end - min(step, span.end - span.start))
    if kind is ParameterKind.DATE_RANGE:  # a day may be shorter than 24 hours
        end = max(span.start, span.end - timedelta(microseconds=1))
    return {
        "start": _written(kind, span.start, calendar),
        "end": _written(kind, end, calendar),
    }


def _written(kind: ParameterKind, moment: datetime, calendar: Calendar) -> str:
    return calendar.wall(moment).strftime(_STEPS[kind][1])
