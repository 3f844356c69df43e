"""Date filters as they were asked for and as they were understood: compat/myreports.md 3.3, 3.5."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from standpipe.core.reports.conditions import Condition
from standpipe.core.reports.dates import DateFilter, Preset
from standpipe.dialects.myreports.responses.times import show_offset, show_round_trip


class PresetShown(msgspec.Struct, kw_only=True, frozen=True):
    """A period in units of the calendar."""

    units: int
    offset: int
    length: int
    rounding: int = msgspec.field(name="roundingMode")
    days_of_week: int = msgspec.field(name="daysOfWeek")


class PresetDatesShown(msgspec.Struct, kw_only=True, frozen=True):
    """A date filter that is a preset."""

    name: str | None = msgspec.field(name="presetName")
    preset: PresetShown | None = msgspec.field(name="presetFilterObject")
    days_of_week: int = msgspec.field(name="daysOfWeek")


class FixedDatesShown(msgspec.Struct, kw_only=True, frozen=True):
    """A date filter that is two moments."""

    start: str | None
    end: str | None
    days_of_week: int = msgspec.field(name="daysOfWeek")


DatesShown = PresetDatesShown | FixedDatesShown


class ConditionShown(msgspec.Struct, kw_only=True, frozen=True):
    """What rows must be like."""

    field: str = msgspec.field(name="fieldName")
    operator: str
    values: list[Any]


def show_dates(dates: DateFilter | None, zone: ZoneInfo) -> PresetDatesShown | FixedDatesShown | None:
    """Return a date filter; None where there is none."""
    if dates is None:
        return None
    if dates.start is not None or dates.end is not None:
        return FixedDatesShown(
            start=_moment(dates.start, zone),
            end=_moment(dates.end, zone),
            days_of_week=dates.days_of_week,
        )
    return PresetDatesShown(
        name=dates.name, preset=_preset(dates.preset), days_of_week=dates.days_of_week
    )


def show_conditions(conditions: Sequence[Condition]) -> list[ConditionShown]:
    """Return conditions; moments in the form "O"."""
    return [
        ConditionShown(
            field=condition.field,
            operator=condition.operator,
            values=[_value(value) for value in condition.values],
        )
        for condition in conditions
    ]


def _preset(preset: Preset | None) -> PresetShown | None:
    if preset is None:
        return None
    return PresetShown(
        units=int(preset.units),
        offset=preset.offset,
        length=preset.length,
        rounding=int(preset.rounding),
        days_of_week=preset.days_of_week,
    )


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else show_offset(at, zone)


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return show_round_trip(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
