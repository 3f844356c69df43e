"""What of a report's conditions its query's parameters can take: compat/myreports.md 8, stage 1.

A period that becomes the value of a parameter is never narrower than it was asked for: where
values have whole days, minutes or seconds, its ends are moved outwards, and the columns trim it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from standpipe.core.calendar import Calendar
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.reports.conditions import Condition, ReportOperator
from standpipe.core.reports.dates import Period
from standpipe.core.reports.settings import DateFields, ReportSettings

_DAYS: Final = frozenset({ParameterKind.DATE, ParameterKind.DATE_RANGE})
_SECONDS: Final = frozenset({ParameterKind.DATETIME_SECONDS, ParameterKind.DATETIME_SECONDS_RANGE})
_TIMES: Final = _SECONDS | {ParameterKind.DATETIME, ParameterKind.DATETIME_RANGE}
_FIRST: Final = datetime(1000, 1, 1)  # noqa: DTZ001 - on any clock
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - on any clock
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Pushed:
    """Values in wire form by parameter, and the fields whose conditions they stand for."""

    values: Mapping[str, Any]
    fields: tuple[str, ...]


def push_conditions(
    settings: ReportSettings,
    parameters: Sequence[Parameter],
    conditions: Sequence[Condition],
    period: Period,
    calendar: Calendar,
) -> Pushed:
    """Return what becomes of conditions and period as values of parameters.

    A condition is taken if a parameter has the name of its field, or is named for it, and it asks
    for equality; of several on one field none is, since a parameter has one value.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = dict(_dates(settings.dates, known, period, calendar))
    fields = []
    asked = [condition.field for condition in conditions]
    for condition in conditions:
        name = settings.parameters.get(condition.field, condition.field)
        parameter = known.get(name)
        if parameter is None or name in values or asked.count(condition.field) > 1:
            continue
        if _takes(parameter, condition):
            values[name] = _value(parameter, condition)
            fields.append(condition.field)
    return Pushed(values=values, fields=tuple(fields))


def _takes(parameter: Parameter, condition: Condition) -> bool:
    is_equality = condition.operator is ReportOperator.EQUAL
    has_room = len(condition.values) == 1 or parameter.multiple is not None
    return is_equality and has_room and not parameter.kind.is_range


def _value(parameter: Parameter, condition: Condition) -> Any:
    values = [str(each).lower() if isinstance(each, bool) else each for each in condition.values]
    return values[0] if parameter.multiple is None else values


def _dates(
    dates: DateFields, known: Mapping[str, Parameter], period: Period, calendar: Calendar
) -> Mapping[str, Any]:
    """Return the values of the parameters that take the period."""
    clock = _Clock(calendar, are_local=dates.are_local)
    values: dict[str, Any] = {}
    ranged = known.get(dates.range_parameter or "")
    if ranged is not None and ranged.kind.is_range:
        values[ranged.name] = {
            "start": clock.first(ranged.kind, period.start),
            "end": clock.last(ranged.kind, period.end),
        }
    first, last = known.get(dates.from_parameter or ""), known.get(dates.to_parameter or "")
    if first is not None:
        values[first.name] = clock.first(first.kind, period.start)
    if last is not None:
        values[last.name] = clock.last(last.kind, period.end)
    return values


class _Clock:
    """Writes moments as values of parameters: days are local, times local or in UTC."""

    def __init__(self, calendar: Calendar, *, are_local: bool) -> None:
        self._calendar = calendar
        self._are_local = are_local

    def first(self, kind: ParameterKind, moment: datetime | None) -> str:
        """Return the first value that lies in a period."""
        if moment is None:
            return _written(kind, _FIRST)
        return _written(kind, self._wall(kind, moment))

    def last(self, kind: ParameterKind, moment: datetime | None) -> str:
        """Return a last value behind which nothing of the period lies; the end is not in it."""
        if moment is None:
            return _written(kind, _LAST)
        wall = self._wall(kind, moment - _INSTANT)
        step = None if kind in _DAYS else timedelta(seconds=1 if kind in _SECONDS else 60)
        return _written(kind, wall if step is None else _raised(wall, step))

    def _wall(self, kind: ParameterKind, moment: datetime) -> datetime:
        if kind in _DAYS or self._are_local:
            return self._calendar.wall(moment).replace(fold=0)
        return moment.astimezone(UTC).replace(tzinfo=None)


def _raised(wall: datetime, step: timedelta) -> datetime:
    """Return the next time of whole steps, or this one."""
    midnight = datetime.combine(date(wall.year, wall.month, wall.day), datetime.min.time())
    over = (wall - midnight) % step
    return wall if not over else min(wall - over + step, _LAST)


def _written(kind: ParameterKind, wall: datetime) -> str:
    if kind in _DAYS:
        return wall.date().isoformat()
    if kind in _TIMES and kind not in _SECONDS:
        return wall.isoformat(" ", "minutes")
    return wall.isoformat(" ", "seconds")
