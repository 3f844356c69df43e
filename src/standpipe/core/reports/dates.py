"""Date filters: presets, periods of one's own, and what they mean: compat/myreports.md 4.1.

A period is half-open. Presets are counted on the wall clock of the report's zone, so that a day
may have 23 or 25 hours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final

from standpipe.core.calendar import Calendar, CalendarUnit
from standpipe.core.errors import FieldInvalid, FieldMissing

ALL_DAYS: Final = 127
EVERYTHING: Final = "All"
_MOST_UNITS: Final = 100_000
_FAMILY: Final = re.compile(
    r"(last|previous|next)(\d{1,6})(minute|hour|day|week|month|quarter|year)s?", re.ASCII
)
# Regions whose weeks begin on Sunday (CLDR, weekData); everywhere else it is Monday here.
_SUNDAY_REGIONS: Final = frozenset(
    (
        *("AG", "AS", "BD", "BR", "BS", "BT", "BW", "BZ", "CA", "CO", "DM", "DO", "ET", "GT"),
        *("GU", "HK", "HN", "ID", "IL", "IN", "JM", "JP", "KE", "KH", "KR", "LA", "MH", "MM"),
        *("MO", "MT", "MX", "MZ", "NI", "NP", "PA", "PE", "PH", "PK", "PR", "PT", "PY", "SA"),
        *("SG", "SV", "TH", "TT", "TW", "UM", "US", "VE", "VI", "WS", "YE", "ZA", "ZW"),
    )
)


class PeriodUnit(IntEnum):
    """What presets count, by the numbers that clients write."""

    MINUTE = 0
    HOUR = 1
    DAY = 2
    WEEK = 3
    MONTH = 4
    QUARTER = 5
    YEAR = 6

    @property
    def of_calendar(self) -> CalendarUnit:
        """Return the same unit of the calendar."""
        return CalendarUnit[self.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """``length`` units, from the one that is ``offset`` units from now.

    Rounded ones begin with a whole unit, others at this very time of day. ``days_of_week`` is a
    mask of weekdays: Sunday = 1, Monday = 2, ... Saturday = 64.
    """

    unit: PeriodUnit
    offset: int
    length: int
    is_rounded: bool = True
    days_of_week: int = ALL_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFilter:
    """A preset by name or by itself, or a fixed start and end; without any of them, everything.

    ``days_of_week`` as in a preset; start and end know their zone.
    """

    preset_name: str | None = None
    preset: Preset | None = None
    start: datetime | None = None
    end: datetime | None = None
    days_of_week: int = ALL_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``start`` until just before ``end``, both in UTC; None = open."""

    start: datetime | None = None
    end: datetime | None = None


def _preset(unit: PeriodUnit, offset: int, length: int = 1, *, is_rounded: bool = True) -> Preset:
    return Preset(unit=unit, offset=offset, length=length, is_rounded=is_rounded)


_U = PeriodUnit
PRESETS: Final[Mapping[str, Preset]] = {
    "Today": _preset(_U.DAY, 0),
    "Yesterday": _preset(_U.DAY, -1),
    **{f"This{unit.name.title()}": _preset(unit, 0) for unit in PeriodUnit if unit != _U.MINUTE},
    **{f"Last{unit.name.title()}": _preset(unit, -1) for unit in PeriodUnit if unit != _U.MINUTE},
    **{f"Next{unit.name.title()}": _preset(unit, 1) for unit in PeriodUnit if unit != _U.MINUTE},
    **{f"Last{days}Days": _preset(_U.DAY, -days, days) for days in (7, 14, 30, 90)},
    "Last24Hours": _preset(_U.HOUR, -24, 24, is_rounded=False),
    "Last12Months": _preset(_U.MONTH, -12, 12),
}
_NAMES: Final = {name.lower(): name for name in (*PRESETS, EVERYTHING)}


def named_filter(name: str, days_of_week: int = ALL_DAYS) -> DateFilter:
    """Return the filter of a preset, in any case, with the name in its usual spelling.

    Beside the fixed ones there are ``Last<n><units>`` and ``Next<n><units>``; ``Previous`` is
    ``Last`` and ``Current`` is ``This``. FieldInvalid names what there is.
    """
    plain = name.strip().lower()
    plain = re.sub(r"\Acurrent", "this", re.sub(r"\Aprevious", "last", plain))
    if plain == EVERYTHING.lower():
        return DateFilter(preset_name=EVERYTHING, days_of_week=days_of_week)
    known = _NAMES.get(plain)
    if known is not None:
        return DateFilter(preset_name=known, preset=PRESETS[known], days_of_week=days_of_week)
    found = _FAMILY.fullmatch(plain)
    count = 0 if found is None else int(found[2])
    if found is None or not 1 <= count <= _MOST_UNITS:
        raise FieldInvalid(
            f"dateFilter.presetName: there is no preset {name[:60]!r}.",
            detail=f"Expected: {', '.join(_NAMES.values())}, Last<n>Days, Next<n>Months and so on.",
        )
    unit = PeriodUnit[found[3].upper()]
    way, is_past = ("Next", False) if found[1] == "next" else ("Last", True)
    # Hours and minutes roll; whole days and longer ones end before today, or begin after it.
    is_rounded = unit >= PeriodUnit.DAY
    offset = -count if is_past else int(is_rounded)
    return DateFilter(
        preset_name=f"{way}{count}{unit.name.title()}s",
        preset=_preset(unit, offset, count, is_rounded=is_rounded),
        days_of_week=days_of_week,
    )


def period_of(
    filter: DateFilter, calendar: Calendar, *, locale: str, settle_lag_seconds: float = 0
) -> Period:
    """Return the time that a filter means now, in the calendar of the report.

    With a settle lag nothing counts that is younger than that: the end is moved back to it, but
    not before the start. FieldInvalid for what lies outside of the calendar, FieldMissing for half
    of a range.
    """
    try:
        period = _period(filter, calendar, locale)
    except (OverflowError, ValueError) as error:
        raise FieldInvalid(
            "dateFilter: it lies outside of the calendar.",
            detail="Expected: dates of the years 1 to 9999.",
        ) from error
    if not settle_lag_seconds:
        return period
    settled = calendar.now - timedelta(seconds=settle_lag_seconds)
    end = settled if period.end is None else min(period.end, settled)
    return Period(start=period.start, end=end if period.start is None else max(end, period.start))


def is_on(days_of_week: int, weekday: int) -> bool:
    """Whether a mask has a weekday; Monday = 0 as Python counts them."""
    return bool(days_of_week >> (weekday + 1) % 7 & 1)


def begins_on_sunday(locale: str) -> bool:
    """Whether weeks begin on Sunday where a locale such as ``en-US`` is at home."""
    return locale.replace("_", "-").rpartition("-")[2].upper() in _SUNDAY_REGIONS


def _period(filter: DateFilter, calendar: Calendar, locale: str) -> Period:
    if filter.preset is not None:
        return _preset_period(filter.preset, calendar, locale)
    if filter.preset_name is not None:
        return Period()
    if (filter.start is None) != (filter.end is None):
        lacking = "start" if filter.start is None else "end"
        raise FieldMissing(f"The field 'dateFilter.{lacking}' is missing.")
    if filter.start is None or filter.end is None:
        return Period()
    if filter.end < filter.start:
        raise FieldInvalid("dateFilter: it ends before it starts.")
    return Period(start=filter.start.astimezone(UTC), end=filter.end.astimezone(UTC))


def _preset_period(preset: Preset, calendar: Calendar, locale: str) -> Period:
    unit = preset.unit.of_calendar
    if not preset.is_rounded:
        start = calendar.add(calendar.now, preset.offset, unit)
        return Period(start=start, end=calendar.add(start, preset.length, unit))
    base = _week_start(calendar, locale) if unit is CalendarUnit.WEEK else None
    start = calendar.after(base or calendar.start(unit, calendar.now), preset.offset, unit)
    return Period(start=start, end=calendar.after(start, preset.length, unit))


def _week_start(calendar: Calendar, locale: str) -> datetime:
    today = calendar.wall(calendar.now).date()
    back = (today.weekday() + begins_on_sunday(locale)) % 7
    return calendar.midnight(today - timedelta(days=back))
