"""What a report's rows have, and the filters that are saved with it; both are extensions."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from standpipe.core.reports.settings import DisplayField, ReportSettings
from standpipe.dialects.myreports.responses.dates import (
    ConditionShown,
    DatesShown,
    show_conditions,
    show_dates,
)
from standpipe.services.reports import ReportField


class FieldShown(msgspec.Struct, kw_only=True, frozen=True):
    """A field of rows; ``type`` is known when the report has run."""

    name: str = msgspec.field(name="fieldName")
    type: str | None
    is_displayed: bool = msgspec.field(name="display")
    is_mandatory: bool = msgspec.field(name="mandatory")
    is_summed: bool = msgspec.field(name="summary")
    is_identity: bool = msgspec.field(name="identity")


class FilterShown(msgspec.Struct, kw_only=True, frozen=True):
    """A saved filter, to be named as ``filterId``."""

    id: UUID
    name: str
    default: bool
    dates: DatesShown | None = msgspec.field(name="dateFilter")
    conditions: list[ConditionShown] = msgspec.field(name="filterConditions")


def show_fields(fields: Sequence[ReportField], settings: ReportSettings) -> list[FieldShown]:
    """Return fields as bodies: those of the result, else those that the settings name."""
    if not fields:
        return [_named(each, settings) for each in settings.display or ()]
    return [
        FieldShown(
            name=each.column.name,
            type=each.column.logical_type.value,
            is_displayed=each.is_shown,
            is_mandatory=each.is_mandatory,
            is_summed=each.is_added,
            is_identity=each.column.name == settings.identity,
        )
        for each in fields
    ]


def show_filters(settings: ReportSettings) -> list[FilterShown]:
    """Return saved filters as bodies."""
    zone = ZoneInfo(settings.time_zone)
    return [
        FilterShown(
            id=each.id,
            name=each.name,
            default=each.id == settings.default_filter,
            dates=None if each.date_filter is None else show_dates(each.date_filter, zone),
            conditions=show_conditions(each.conditions),
        )
        for each in settings.filters
    ]


def _named(field: DisplayField, settings: ReportSettings) -> FieldShown:
    return FieldShown(
        name=field.field,
        type=None,
        is_displayed=True,
        is_mandatory=field.is_mandatory,
        is_summed=field.field in (settings.summary or ()),
        is_identity=False,
    )
