"""Jobs of both kinds, as both versions of the API tell of them: one run, or several as one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from standpipe.core.batches import Batch
from standpipe.core.executions import ExecutionState, Submission

Job = Submission | Batch
Errors = Mapping[int, str]  # why runs have failed, by their numbers

REPORT: Final = "QueryReport"
STATES: Final[Mapping[ExecutionState, str]] = {
    ExecutionState.QUEUED: "queued",
    ExecutionState.RUNNING: "running",
    ExecutionState.SUCCEEDED: "success",
    ExecutionState.FAILED: "failure",
    ExecutionState.EXPIRED: "failure",
    ExecutionState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a job was made for, by type and number, and what for."""

    type: str
    id: int | None
    action: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a job's log; it keeps its number while more come."""

    number: int
    at: datetime
    message: str
    is_error: bool = False


def number_of(job: Job) -> int:
    """Return the number of a job."""
    return job.number if isinstance(job, Batch) else job.id


def runs_of(job: Job) -> Sequence[Submission]:
    """Return the runs of a job."""
    return job.submissions if isinstance(job, Batch) else (job,)


def begun_at(job: Job) -> datetime | None:
    """Return when a job began to run; None before that."""
    return job.started_at if isinstance(job, Batch) else job.execution.started_at


def ended_at(job: Job) -> datetime | None:
    """Return when a job was over; None before that."""
    if isinstance(job, Batch):
        return job.ended_at
    return job.cancelled_at or (job.execution.finished_at if job.state.is_final else None)


def origin_of(job: Job, refresh_name: str) -> Origin:
    """Return what a job was made for; ``refresh_name`` is what refreshes of views are called."""
    if isinstance(job, Batch):
        if job.dashboard_id is not None:
            return Origin("Dashboard", job.dashboard_id, "preload")
        return Origin("DataSource", job.data_source_id, "bust_exploration_cache")
    action = "execute" if job.format is None else "export"
    if job.view_id is not None:
        return Origin(refresh_name, job.view_id, action)
    if job.data_set_query is not None:
        return Origin("DataSet", job.data_set_query.data_set_id, action)
    return Origin(REPORT, job.query_id, action)


def lines_of(job: Job, errors: Errors) -> Iterator[Line]:
    """Yield what happened to a job, run by run."""
    yield Line(1, job.created_at, "The job was created.")
    if isinstance(job, Batch) and not job.submission_uids:
        yield Line(2, job.created_at, "The job has ended: there was nothing to run.")
    for place, run in enumerate(runs_of(job)):
        what = f"The run of query {run.query_id}" if isinstance(job, Batch) else "The run"
        begun, ended = begun_at(run), ended_at(run)
        if begun is not None:
            yield Line(2 + 2 * place, begun, f"{what} has begun.")
        if ended is not None:
            error = errors.get(run.id)
            said = f"{what} has ended with {run.execution.progress.rows:,} rows."
            yield Line(3 + 2 * place, ended, error or said, is_error=error is not None)
