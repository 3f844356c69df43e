"""What a new request says: compat/myreports.md 3.2."""

from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from standpipe.core.calendar import find_zone
from standpipe.core.errors import FieldInvalid
from standpipe.core.reports.conditions import Condition, check_condition, read_operator
from standpipe.core.reports.dates import ALL_DAYS, DateFilter, PeriodUnit, Preset, named_filter
from standpipe.core.reports.requests import ReportAsk
from standpipe.core.reports.settings import ReportSettings
from standpipe.dialects.myreports.requests.documents import read_document
from standpipe.dialects.myreports.requests.paths import parse_guid, report_uid
from standpipe.http.asked import read_arguments, read_object
from standpipe.http.messages import Inbound

Scalar = str | int | float | bool
Weekdays = Annotated[int, Meta(ge=0, le=127, description="A bit for each day; Sunday is 1.")]
Locale = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,35}$", description="As in en-GB.")]
_LARGEST: Final = 1_000_000
_SHOWN: Final = 100


class PresetAsk(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A period in units of the calendar."""

    units: Annotated[int, Meta(ge=0, le=6, description="0 minute, 1 hour, ... 6 year.")]
    offset: Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST)] = 0
    length: Annotated[int, Meta(ge=1, le=_LARGEST)] = 1
    rounding: Annotated[int, Meta(ge=0, le=1, description="1 rounds down to the unit.")] = (
        msgspec.field(name="roundingMode", default=1)
    )
    days_of_week: Weekdays = msgspec.field(name="daysOfWeek", default=127)


class DatesAsk(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A period: the name of a preset, one in units of the calendar, or two moments."""

    name: Annotated[str | None, Meta(description="ThisQuarter, Last7Days, ...")] = msgspec.field(
        name="presetName", default=None
    )
    preset: PresetAsk | None = msgspec.field(name="presetFilterObject", default=None)
    start: Annotated[str | None, Meta(description="ISO 8601; without an offset local time.")] = None
    end: str | None = None
    days_of_week: Weekdays | None = msgspec.field(name="daysOfWeek", default=None)


class ConditionAsk(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a row must be like."""

    field: str = msgspec.field(name="fieldName")
    operator: str
    values: list[Scalar] = []


class RequestAsk(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A request of a report."""

    report_id: str | None = msgspec.field(name="reportId", default=None)
    filter_id: str | None = msgspec.field(name="filterId", default=None)
    dates: DatesAsk | None = msgspec.field(name="dateFilter", default=None)
    conditions: list[ConditionAsk] | None = msgspec.field(name="additionalConditions", default=None)
    time_zone: str | None = msgspec.field(name="timeZoneId", default=None)
    locale: Locale | None = None


class BeginArguments(msgspec.Struct, kw_only=True, frozen=True):
    """How a request is read."""

    strict: Annotated[
        bool, Meta(description="Refuse a period where the report has no dates (compat 8).")
    ] = False


def parse_ask(inbound: Inbound, settings: ReportSettings) -> ReportAsk:
    """Return what a POST wants of the report in its path; MalformedBody, FieldInvalid.

    Moments without an offset are on the wall clock of the report's zone.
    """
    arguments = read_arguments(BeginArguments, inbound.args)
    body = read_object(RequestAsk, read_document(inbound))
    if body.report_id is not None and parse_guid(body.report_id) != report_uid(inbound):
        raise FieldInvalid(
            f"The field 'reportId' is {body.report_id[:_SHOWN]!r}.",
            detail="It must be the report of the path.",
        )
    zone = _zone(settings.time_zone if body.time_zone is None else body.time_zone)
    return ReportAsk(
        filter_id=None if body.filter_id is None else parse_guid(body.filter_id),
        date_filter=None if body.dates is None else _dates(body.dates, zone),
        conditions=tuple(
            _condition(each, f"additionalConditions[{number}]")
            for number, each in enumerate(body.conditions or ())
        ),
        time_zone=body.time_zone,
        locale=body.locale,
        is_strict=arguments.strict,
    )


def _dates(asked: DatesAsk, zone: ZoneInfo) -> DateFilter | None:
    """Return a date filter; None for one that says nothing."""
    days = ALL_DAYS if asked.days_of_week is None else asked.days_of_week
    is_fixed = asked.start is not None or asked.end is not None
    if is_fixed and (asked.name is not None or asked.preset is not None):
        raise FieldInvalid(
            "The field 'dateFilter' has a preset and a start or end.",
            detail="It takes one of them.",
        )
    if is_fixed:
        start, end = _moment("start", asked.start, zone), _moment("end", asked.end, zone)
        return DateFilter(start=start, end=end, days_of_week=days)
    if asked.name is not None:  # clients send back what they got: the name and what it means
        return named_filter(asked.name, days)
    if asked.preset is not None:
        return DateFilter(preset=_preset(asked.preset), days_of_week=days)
    return None if asked.days_of_week is None else DateFilter(days_of_week=days)


def _preset(asked: PresetAsk) -> Preset:
    return Preset(
        unit=PeriodUnit(asked.units),
        offset=asked.offset,
        length=asked.length,
        is_rounded=bool(asked.rounding),
        days_of_week=asked.days_of_week,
    )


def _condition(asked: ConditionAsk, path: str) -> Condition:
    operator = read_operator(asked.operator, path=path)
    condition = Condition(field=asked.field, operator=operator, values=tuple(asked.values))
    return check_condition(condition, path=path)


def _moment(name: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=moment.tzinfo or zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise FieldInvalid(
            f"The field 'dateFilter.{name}' is {text[:_SHOWN]!r}.",
            detail="It must be a time such as 2025-09-26T09:00:00+01:00.",
        ) from error


def _zone(name: str) -> ZoneInfo:
    zone = find_zone(name)
    if zone is None:
        raise FieldInvalid(
            f"The field 'timeZoneId' is {name[:_SHOWN]!r}.",
            detail="It must be the name of a time zone such as Europe/London.",
        )
    return zone
