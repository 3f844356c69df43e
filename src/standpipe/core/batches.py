"""Batches: several submissions that one request made, which its caller watches as one job."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from standpipe.core.executions import ExecutionState, Holder, Submission
from standpipe.core.ids import BatchId, DashboardId, DataSourceId, Uid, WorkspaceId

# Dialects number jobs of both kinds in one row: batches come far behind submissions, and all
# numbers have 31 bits.
FIRST_BATCH: Final = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one request has begun; empty if all of it was there already.

    It is made for a dashboard, whose results are refreshed, or for a data source, whose stored
    results are no longer fresh. ``submissions`` are those that are still known; they are over
    when they cannot be found any more.
    """

    id: BatchId
    workspace_id: WorkspaceId
    holder: Holder
    dashboard_id: DashboardId | None = None
    data_source_id: DataSourceId | None = None
    submission_uids: tuple[Uid, ...] = ()
    submissions: tuple[Submission, ...] = ()
    created_at: datetime

    @property
    def number(self) -> int:
        """Return its number among jobs."""
        return FIRST_BATCH + self.id

    @property
    def state(self) -> ExecutionState:
        """Where it stands: over when all is over, failed or cancelled if anything is."""
        return state_of([each.state for each in self.submissions])

    @property
    def started_at(self) -> datetime | None:
        """When its first run began; None before that."""
        if not self.submission_uids:
            return self.created_at
        begun = [each.execution.started_at for each in self.submissions]
        return min((at for at in begun if at is not None), default=None)

    @property
    def ended_at(self) -> datetime | None:
        """When it was over; None before that."""
        if not self.state.is_final:
            return None
        ends = [each.cancelled_at or each.execution.finished_at for each in self.submissions]
        return max((at for at in ends if at is not None), default=self.created_at)


def state_of(states: Sequence[ExecutionState]) -> ExecutionState:
    """Return how several runs stand together."""
    open_states = [state for state in states if not state.is_final]
    if open_states:
        is_untouched = all(state is ExecutionState.QUEUED for state in states)
        return ExecutionState.QUEUED if is_untouched else ExecutionState.RUNNING
    if any(state in (ExecutionState.FAILED, ExecutionState.EXPIRED) for state in states):
        return ExecutionState.FAILED
    if ExecutionState.CANCELLED in states:
        return ExecutionState.CANCELLED
    return ExecutionState.SUCCEEDED
