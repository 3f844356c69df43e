"""What a new request says: compat/myreports.md 3.2."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.dialects.myreports.requests.documents import read_document
from standpipe.http.asked import read_object
from standpipe.http.messages import Inbound

Scalar = str | int | float | bool | None
Weekdays = Annotated[int, Meta(ge=0, le=127, description="A bit for each day; Sunday is 1.")]
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
    locale: str | None = None


def read_ask(inbound: Inbound) -> RequestAsk:
    """Return the body of a POST; MalformedBody, FieldInvalid, FieldMissing."""
    return read_object(RequestAsk, read_document(inbound))


def parse_moment(name: str, text: str) -> datetime:
    """Return a moment of ISO 8601, aware if it has an offset; FieldInvalid."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_moment(name, text) from error
    return moment


def _no_moment(name: str, text: Any) -> FieldInvalid:
    return FieldInvalid(
        f"The field {name!r} is {str(text)[:_SHOWN]!r}.",
        detail="It must be a time such as 2025-09-26T09:00:00+01:00.",
    )
