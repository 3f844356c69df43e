"""Calendar arithmetic in a time zone: beginnings of days, weeks and months, and steps from them.

Moments are datetimes in UTC. Days and longer units are counted on the wall clock of the zone, so
that a day may have 23 or 25 hours; hours and shorter ones are real time. Weeks begin on Monday.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones


class CalendarUnit(StrEnum):
    """What spans are counted in."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def is_of_clock(self) -> bool:
        """Whether it is shorter than a day."""
        return self in _SECONDS


_SECONDS: Final = {CalendarUnit.SECOND: 1, CalendarUnit.MINUTE: 60, CalendarUnit.HOUR: 3600}
_DAYS: Final = {CalendarUnit.DAY: 1, CalendarUnit.WEEK: 7}
_MONTHS: Final = {CalendarUnit.MONTH: 1, CalendarUnit.QUARTER: 3, CalendarUnit.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Span:
    """The time from ``start`` until just before ``end``, both in UTC."""

    start: datetime
    end: datetime


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime"}  # the zone of some machine


def find_zone(name: str) -> ZoneInfo | None:
    """Return a time zone by its IANA name, in its very spelling; None if there is none."""
    return ZoneInfo(name) if name in _zone_names() else None


class Calendar:
    """The calendar of one zone at one time.

    Its methods raise OverflowError for what lies outside of the years 1 to 9999.
    """

    def __init__(self, now: datetime, zone: ZoneInfo) -> None:
        """``now`` is what "today" is counted from."""
        self.now = now.astimezone(UTC)
        self.zone = zone

    def wall(self, moment: datetime) -> datetime:
        """Return what clocks of the zone show, without a zone; ``fold`` says which of two."""
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def moment(self, wall: datetime) -> datetime:
        """Return when clocks show this: the first time if twice, the end of the gap if never."""
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def midnight(self, day: date) -> datetime:
        """Return when a day begins."""
        return self.moment(datetime.combine(day, time.min))

    def start(self, unit: CalendarUnit, moment: datetime) -> datetime:
        """Return when the unit began in which a moment lies."""
        wall = self.wall(moment)
        if unit.is_of_clock:
            return self.moment(_clock_start(unit, wall))
        return self.midnight(_day_start(unit, wall.date()))

    def add(self, moment: datetime, count: int, unit: CalendarUnit) -> datetime:
        """Return a moment so many units later; in a month that is too short, on its last day."""
        if unit in _SECONDS:
            return moment + timedelta(seconds=count * _SECONDS[unit])
        wall = self.wall(moment).replace(fold=0)
        if unit in _DAYS:
            return self.moment(wall + timedelta(days=count * _DAYS[unit]))
        return self.moment(_months_later(wall, count * _MONTHS[unit]))

    def after(self, start: datetime, count: int, unit: CalendarUnit) -> datetime:
        """Return when ``count`` whole units are over that began at ``start``."""
        end = self.add(start, count, unit)
        # A day that begins late, because its midnight is skipped, does not move the next ones.
        return end if unit.is_of_clock else self.midnight(self.wall(end).date())

    def span(self, unit: CalendarUnit, first: int, count: int = 1) -> Span:
        """Return ``count`` whole units, from the one that is ``first`` units from now."""
        start = self.after(self.start(unit, self.now), first, unit)
        return Span(start, self.after(start, count, unit))


def _clock_start(unit: CalendarUnit, wall: datetime) -> datetime:
    wall = wall.replace(microsecond=0)
    if unit is not CalendarUnit.SECOND:
        wall = wall.replace(second=0)
    return wall.replace(minute=0) if unit is CalendarUnit.HOUR else wall


def _day_start(unit: CalendarUnit, day: date) -> date:
    match unit:
        case CalendarUnit.WEEK:
            return day - timedelta(days=day.weekday())
        case CalendarUnit.MONTH:
            return day.replace(day=1)
        case CalendarUnit.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case CalendarUnit.YEAR:
            return day.replace(month=1, day=1)
    return day


def _months_later(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    last_day = calendar.monthrange(year, month + 1)[1]
    return wall.replace(year=year, month=month + 1, day=min(wall.day, last_day))
