"""Date filters as they were asked for and as they were understood: compat/myreports.md 3.3, 3.5."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.reports.conditions import Condition, ReportOperator
from standpipe.core.reports.dates import DateFilter, Period, Preset
from standpipe.core.reports.settings import DateFields
from standpipe.dialects.myreports.responses.times import show_offset, show_round_trip


class PresetShown(msgspec.Struct, kw_only=True, frozen=True):
    """A period in units of the calendar."""

    units: int
    offset: int
    length: int
    rounding: int = msgspec.field(name="roundingMode")
    days_of_week: int = msgspec.field(name="daysOfWeek")


class DatesShown(msgspec.Struct, kw_only=True, frozen=True):
    """A date filter: a preset with its name, or two moments."""

    name: str | UnsetType | None = msgspec.field(name="presetName", default=UNSET)
    preset: PresetShown | UnsetType | None = msgspec.field(name="presetFilterObject", default=UNSET)
    start: str | UnsetType | None = UNSET
    end: str | UnsetType | None = UNSET
    days_of_week: int = msgspec.field(name="daysOfWeek")


class ConditionShown(msgspec.Struct, kw_only=True, frozen=True):
    """What rows must be like."""

    field: str = msgspec.field(name="fieldName")
    operator: str
    values: list[str | bool | int | float]


def show_dates(dates: DateFilter, zone: ZoneInfo) -> DatesShown:
    """Return a date filter as it was understood."""
    if dates.start is not None or dates.end is not None:
        return DatesShown(
            start=_moment(dates.start, zone),
            end=_moment(dates.end, zone),
            days_of_week=dates.days_of_week,
        )
    return DatesShown(
        name=dates.preset_name, preset=_preset(dates.preset), days_of_week=dates.days_of_week
    )


def show_conditions(conditions: Sequence[Condition]) -> list[ConditionShown]:
    """Return conditions on fields."""
    return [
        ConditionShown(field=each.field, operator=each.operator.value, values=list(each.values))
        for each in conditions
    ]


def show_period(period: Period, fields: DateFields) -> Iterator[ConditionShown]:
    """Yield a period as conditions on the fields of a report; none where it has no dates."""
    start_field = fields.from_column or fields.range_parameter or fields.from_parameter
    end_field = fields.to_column or fields.range_parameter or fields.to_parameter or start_field
    for field, operator, at in (
        (start_field, ReportOperator.AT_LEAST, period.start),
        (end_field, ReportOperator.LESS, period.end),
    ):
        if field is not None and at is not None:
            yield ConditionShown(field=field, operator=operator.value, values=[show_round_trip(at)])


def _preset(preset: Preset | None) -> PresetShown | None:
    if preset is None:
        return None
    return PresetShown(
        units=preset.unit.value,
        offset=preset.offset,
        length=preset.length,
        rounding=int(preset.is_rounded),
        days_of_week=preset.days_of_week,
    )


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else show_offset(at, zone)
