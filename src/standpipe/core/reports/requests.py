"""Requests of reports: what was asked, and what has become of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from standpipe.core.executions import ExecutionState, Holder, Submission
from standpipe.core.ids import QueryId, ReportRequestId, Uid, WorkspaceId
from standpipe.core.reports.conditions import Condition
from standpipe.core.reports.dates import DateFilter, Period
from standpipe.core.reports.settings import ReportSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAsk:
    """What a caller wants of a report: a saved filter, a period, and conditions beside them.

    Without a filter the report's default one counts, without a period that of the filter, then
    that of the report. ``time_zone`` and ``locale`` stand in for those of the report. A strict ask
    is refused if its period would hold on nothing.
    """

    filter_id: UUID | None = None
    date_filter: DateFilter | None = None
    conditions: tuple[Condition, ...] = ()
    time_zone: str | None = None
    locale: str | None = None
    is_strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlan:
    """What was asked, as it was understood; it never changes.

    Without dates that it could hold on a ``period`` has no ends, whatever the filter asks for.
    ``saved`` are the conditions of the filter, ``additional`` those of the caller. Those whose
    fields are in ``pushed`` have become values of parameters and hold in the run already.
    """

    settings: ReportSettings
    filter_id: UUID | None
    date_filter: DateFilter
    period: Period
    saved: tuple[Condition, ...] = ()
    additional: tuple[Condition, ...] = ()
    pushed: tuple[str, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions but the period."""
        return (*self.saved, *self.additional)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """One request of a report: always a new one, although many may share a run.

    ``reference_at`` is what the period was counted from. ``submission`` is None when its run is
    forgotten.
    """

    id: ReportRequestId
    uid: Uid
    workspace_id: WorkspaceId
    holder: Holder
    query_id: QueryId
    plan: ReportPlan
    submission: Submission | None
    reference_at: datetime
    created_at: datetime
    cancelled_at: datetime | None = None

    @property
    def state(self) -> ExecutionState:
        """Where it stands for its holder."""
        if self.cancelled_at is not None:
            return ExecutionState.CANCELLED
        return ExecutionState.EXPIRED if self.submission is None else self.submission.state
