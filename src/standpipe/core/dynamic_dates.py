"""Dynamic dates: default values such as ``d_last_7_days`` that mean another day each day."""

import calendar
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final

from standpipe.core.parameters import ParameterKind

Span = tuple[datetime, datetime]

_FORMATS: Final[Mapping[ParameterKind, str]] = {
    ParameterKind.DATE: "%Y-%m-%d",
    ParameterKind.DATETIME: "%Y-%m-%d %H:%M",
    ParameterKind.DATETIME_SECONDS: "%Y-%m-%d %H:%M:%S",
    ParameterKind.DATE_RANGE: "%Y-%m-%d",
    ParameterKind.DATETIME_RANGE: "%Y-%m-%d %H:%M",
    ParameterKind.DATETIME_SECONDS_RANGE: "%Y-%m-%d %H:%M:%S",
}


def resolve(key: str, kind: ParameterKind, now: datetime) -> str | dict[str, str] | None:
    """Return the wire value that ``key`` stands for at ``now``; None when the kind has no such key.

    Everything is counted on the wall clock of ``now``'s time zone: weeks start on Sunday, "this"
    and "last" spans run from the first to the last moment, "last N days" from the start of that
    day until now. Hours are real hours, also over a change of the clock.
    """
    if kind.is_range:
        span = _SPANS.get(key)
        if span is None:
            return None
        start, end = span(now)
        return {"start": _written(start, kind), "end": _written(end, kind)}
    moment = _MOMENTS.get(key)
    return None if moment is None or kind not in _FORMATS else _written(moment(now), kind)


def is_dynamic(key: object, kind: ParameterKind) -> bool:
    """Whether ``key`` names a dynamic date that parameters of this kind may have as default."""
    return (
        isinstance(key, str) and kind in _FORMATS and key in (_SPANS if kind.is_range else _MOMENTS)
    )


def _written(moment: datetime, kind: ParameterKind) -> str:
    # strftime writes years before 1000 without leading zeros on some systems; ours are recent.
    return moment.strftime(_FORMATS[kind])


def _day(day: datetime) -> Span:
    return _start(day), datetime.combine(day, time.max, day.tzinfo)


def _start(day: datetime) -> datetime:
    return datetime.combine(day, time.min, day.tzinfo)


def _days(first: datetime, last: datetime) -> Span:
    return _day(first)[0], _day(last)[1]


def _week(weeks_ago: int) -> Callable[[datetime], Span]:
    def span(now: datetime) -> Span:
        sunday = now - timedelta(days=now.isoweekday() % 7 + 7 * weeks_ago)
        return _days(sunday, sunday + timedelta(days=6))

    return span


def _month(months_ago: int) -> Callable[[datetime], Span]:
    def span(now: datetime) -> Span:
        first = _months_before(now.replace(day=1), months_ago)
        return _days(first, first.replace(day=calendar.monthrange(first.year, first.month)[1]))

    return span


def _year(years_ago: int) -> Callable[[datetime], Span]:
    def span(now: datetime) -> Span:
        year = now.year - years_ago
        return _days(
            now.replace(year=year, month=1, day=1), now.replace(year=year, month=12, day=31)
        )

    return span


def _last_hours(hours: int) -> Callable[[datetime], Span]:
    def span(now: datetime) -> Span:
        then = now.astimezone(UTC) - timedelta(hours=hours)
        return then.astimezone(now.tzinfo), now

    return span


def _last_days(days: int) -> Callable[[datetime], Span]:
    return lambda now: (_start(now - timedelta(days=days)), now)


def _last_months(months: int) -> Callable[[datetime], Span]:
    return lambda now: (_start(_months_before(now, months)), now)


def _months_before(moment: datetime, months: int) -> datetime:
    """Go back by months; where the month is too short, to its last day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


_MOMENTS: Final[Mapping[str, Callable[[datetime], datetime]]] = {
    "d_now": lambda now: now,
    "d_yesterday": lambda now: now - timedelta(days=1),
}
_SPANS: Final[Mapping[str, Callable[[datetime], Span]]] = {
    "d_today": _day,
    "d_yesterday": lambda now: _day(now - timedelta(days=1)),
    "d_this_week": _week(0),
    "d_this_month": _month(0),
    "d_this_year": _year(0),
    "d_last_week": _week(1),
    "d_last_month": _month(1),
    "d_last_year": _year(1),
    "d_last_hour": _last_hours(1),
    "d_last_8_hours": _last_hours(8),
    "d_last_24_hours": _last_hours(24),
    "d_last_7_days": _last_days(7),
    "d_last_14_days": _last_days(14),
    "d_last_30_days": _last_days(30),
    "d_last_60_days": _last_days(60),
    "d_last_90_days": _last_days(90),
    "d_last_12_months": _last_months(12),
    "d_last_2_years": _last_months(24),
    "d_last_3_years": _last_months(36),
    "d_last_10_years": _last_months(120),
}
