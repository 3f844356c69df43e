"""Requests of reports: as they begin, how they stand, and as their results repeat them.

Sources: compat/myreports.md 3.3-3.5; keys stand in the order of the published sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from standpipe.core.executions import ExecutionState
from standpipe.core.ids import Uid
from standpipe.core.reports.requests import ReportRequest
from standpipe.core.reports.settings import ReportSettings
from standpipe.dialects.myreports.responses import telephony
from standpipe.dialects.myreports.responses.dates import (
    ConditionShown,
    DatesShown,
    show_conditions,
    show_dates,
    show_period,
)
from standpipe.dialects.myreports.responses.times import (
    show_abbreviation,
    show_offset,
    show_utc,
    show_wall,
)

SOURCE: Final = "api.onboarding"
ALL_ROWS: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A request, where it belongs, and how it stands; ``name`` is that of the report.

    ``error`` is why it left nothing; ``is_gone`` says that its result is not stored any more.
    """

    tenant: Uid
    report: Uid
    name: str
    request: ReportRequest
    error: str = ""
    is_gone: bool = False
    is_limit_exceeded: bool = False

    @property
    def state(self) -> ExecutionState:
        """How it stands for its holder."""
        return self.request.state

    @property
    def settings(self) -> ReportSettings:
        """How the report was shown when it was requested."""
        return self.request.plan.settings

    @property
    def template(self) -> str:
        """What the report is made from: the report itself where nothing else is said."""
        return self.settings.template or self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the report."""
        return ZoneInfo(self.settings.time_zone)


@dataclass(frozen=True, slots=True)
class Status:
    """How one standing is told, as a word, as a number and in a sentence."""

    word: str
    number: int
    message: str


def status_of(standing: Standing) -> Status:
    """Return how a request stands: compat/myreports.md 3.4."""
    if not standing.state.is_final:
        return Status("InProgress", 0, "Report processing in progress")
    if standing.state is ExecutionState.CANCELLED:
        return Status("Cancelled", 3, "Report request cancelled")
    if standing.state is ExecutionState.FAILED or standing.error:
        return Status("Failed", 2, standing.error)
    if standing.is_gone or standing.state is not ExecutionState.SUCCEEDED:
        return Status("Expired", 4, "The result of this request is not stored any more")
    return Status("Complete", 1, "Report processing complete")


class BegunShown(msgspec.Struct, kw_only=True, frozen=True):
    """A request that has begun."""

    request_id: UUID = msgspec.field(name="requestId")
    locale: str
    report_id: UUID = msgspec.field(name="reportId")
    reference: str = msgspec.field(name="referenceDate")
    dates: DatesShown = msgspec.field(name="dateFilter")
    start: str | None = msgspec.field(name="startTime")
    end: str | None = msgspec.field(name="endTime")


class StatusShown(msgspec.Struct, kw_only=True, frozen=True):
    """How a request stands; ``state`` is the same in the words of the other APIs here."""

    created: str = msgspec.field(name="dateCreated")
    tenant_id: UUID = msgspec.field(name="tenantId")
    request_id: UUID = msgspec.field(name="requestId")
    report_id: UUID = msgspec.field(name="reportId")
    status: str
    message: str = msgspec.field(name="statusMessage")
    template: str = msgspec.field(name="reportTemplateName")
    is_limit_exceeded: bool = msgspec.field(name="rowLimitExceeded")
    state: str


class SortShown(msgspec.Struct, kw_only=True, frozen=True):
    """A field that rows are sorted by; 1 is descending."""

    field: str = msgspec.field(name="fieldName")
    direction: int


class DisplayShown(msgspec.Struct, kw_only=True, frozen=True):
    """A field that rows have."""

    field: str = msgspec.field(name="fieldName")
    is_mandatory: bool = msgspec.field(name="mandatory")


class MetadataShown(msgspec.Struct, kw_only=True, frozen=True):
    """What was asked for, and what it means on the clocks of the report's zone."""

    name: str | None = msgspec.field(name="reportName")
    dates: DatesShown = msgspec.field(name="dateFilter")
    reference: str = msgspec.field(name="referenceDate")
    local_reference: str = msgspec.field(name="timeZoneReferenceDate")
    filter_id: UUID | None = msgspec.field(name="filterId")
    additional: list[ConditionShown] = msgspec.field(name="additionalFilters")
    workspace_filter_id: UUID | None = msgspec.field(name="workspaceFilterId", default=None)
    local_start: str | None = msgspec.field(name="timezoneDateFrom")
    local_end: str | None = msgspec.field(name="timezoneDateTo")
    created: str = msgspec.field(name="timeZoneDateCreated")
    abbreviation: str = msgspec.field(name="timeZoneAbbreviation")


def show_begun(standing: Standing) -> BegunShown:
    """Return a new request as a body."""
    request, zone = standing.request, standing.zone
    start, end = request.plan.period.start, request.plan.period.end
    return BegunShown(
        request_id=request.uid,
        locale=standing.settings.locale,
        report_id=standing.report,
        reference=show_offset(request.reference_at, ZoneInfo("UTC")),
        dates=show_dates(request.plan.date_filter, zone),
        start=None if start is None else show_offset(start, zone),
        end=None if end is None else show_offset(end, zone),
    )


def show_status(standing: Standing) -> StatusShown:
    """Return how a request stands as a body."""
    status, request = status_of(standing), standing.request
    return StatusShown(
        created=show_utc(request.created_at),
        tenant_id=standing.tenant,
        request_id=request.uid,
        report_id=standing.report,
        status=status.word,
        message=status.message,
        template=standing.template,
        is_limit_exceeded=standing.is_limit_exceeded,
        state="expired" if status.word == "Expired" else standing.state.value,
    )


def show_echo(
    standing: Standing, keys: Sequence[str] = (), page_size: int | None = None
) -> dict[str, Any]:
    """Return a request as its result repeats it; ``keys`` are those of the rows, if known."""
    request, settings = standing.request, standing.settings
    return {
        "requestId": request.uid,
        "dateCreated": show_utc(request.created_at),
        "tenantId": standing.tenant,
        "reportId": standing.report,
        "reportTemplateName": standing.template,
        "filterConditions": [
            *show_period(request.plan.period, settings.dates),
            *show_conditions(request.plan.conditions),
        ],
        "sortFields": [
            SortShown(field=each.field, direction=int(each.is_descending)) for each in settings.sort
        ],
        "displayFields": _display(settings, keys),
        "childDisplayFields": [],
        "ignoreDisplayFields": False,
        "metadata": _metadata(standing),
        "source": SOURCE,
        "pageSize": ALL_ROWS if page_size is None else page_size,
        "batchSize": ALL_ROWS,
        "rowLimit": settings.row_limit,
        **telephony.CALLS,
        "timeZoneId": settings.time_zone,
        "countryCode": settings.country,
        "locale": settings.locale,
        **telephony.TRUNKS,
    }


def _display(settings: ReportSettings, keys: Sequence[str]) -> list[DisplayShown]:
    """Return the fields of rows: those that the report names, else those that its result has."""
    if settings.display is not None:
        return [
            DisplayShown(field=each.field, is_mandatory=each.is_mandatory)
            for each in settings.display
        ]
    names = [key for key in keys if key != settings.identity]
    return [DisplayShown(field=name, is_mandatory=False) for name in names]


def _metadata(standing: Standing) -> MetadataShown:
    request, zone = standing.request, standing.zone
    start, end = request.plan.period.start, request.plan.period.end
    return MetadataShown(
        name=None,
        dates=show_dates(request.plan.date_filter, zone),
        reference=show_offset(request.reference_at, ZoneInfo("UTC")),
        local_reference=show_wall(request.reference_at, zone),
        filter_id=request.plan.filter_id,
        additional=show_conditions(request.plan.additional),
        local_start=None if start is None else show_wall(start, zone),
        local_end=None if end is None else show_wall(end, zone),
        created=show_offset(request.reference_at, ZoneInfo("UTC")),
        abbreviation=show_abbreviation(request.reference_at, zone),
    )
