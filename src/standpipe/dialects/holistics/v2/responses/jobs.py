"""Jobs as API v2 shows them: Job, JobLog and AsyncResult, compat/holistics.md 3.7."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.batches import Batch
from standpipe.core.executions import ExecutionState, Submission
from standpipe.dialects.holistics.responses.bodies import show_optional_time, show_time
from standpipe.dialects.holistics.v2.responses.results import AsyncShown, JobRef

STATES: Final[Mapping[ExecutionState, str]] = {
    ExecutionState.QUEUED: "queued",
    ExecutionState.RUNNING: "running",
    ExecutionState.SUCCEEDED: "success",
    ExecutionState.FAILED: "failure",
    ExecutionState.EXPIRED: "failure",
    ExecutionState.CANCELLED: "cancelled",
}


class SourceShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a job was made for."""

    type: str
    id: str | None
    action: str
    details: dict[str, Any]


class JobShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A job. ``last_error_log`` is always there: pollers read it without looking."""

    id: int
    user_id: int | None
    status: str
    start_time: str | None
    end_time: str | None
    cancellable: bool
    last_error_log: str | None
    existing_job_id: int | None = None
    data_source_stats: UnsetType | None = UNSET
    source: SourceShown | UnsetType = UNSET


class JobBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One job."""

    job: JobShown


class JobsBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Jobs that were asked for by their numbers."""

    jobs: list[JobShown]


class LineShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A line of a job's log."""

    level: str
    message: str
    timestamp: str


class LogBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The log of a job."""

    job_logs: list[LineShown]


def job_shown(
    job: Submission | Batch, error: str | None, *, has_stats: bool, has_source: bool
) -> JobShown:
    """Return a job; ``error`` is why it has failed."""
    begun, ended = times_of(job)
    return JobShown(
        id=number_of(job),
        user_id=job.holder.user_id,
        status=STATES[job.state],
        start_time=show_optional_time(begun),
        end_time=show_optional_time(ended),
        cancellable=not job.state.is_final,
        last_error_log=error,
        data_source_stats=None if has_stats else UNSET,
        source=_source(job) if has_source else UNSET,
    )


def show_batch(batch: Batch) -> AsyncShown:
    """Return a batch that was begun."""
    status = STATES[batch.state] if batch.state.is_final else "created"
    return AsyncShown(job=JobRef(id=batch.number, status=status, existing_job_id=None))


def show_log(job: Submission | Batch, errors: Mapping[int, str]) -> LogBody:
    """Return what happened to a job; ``errors`` are those of submissions, by their numbers."""
    return LogBody(job_logs=list(_lines(job, errors)))


def submissions_of(job: Submission | Batch) -> Sequence[Submission]:
    """Return the runs of a job."""
    return job.submissions if isinstance(job, Batch) else (job,)


def number_of(job: Submission | Batch) -> int:
    """Return the number of a job."""
    return job.number if isinstance(job, Batch) else job.id


def times_of(job: Submission | Batch) -> tuple[datetime | None, datetime | None]:
    """Return when a job began and ended."""
    if isinstance(job, Batch):
        return job.started_at, job.ended_at
    run = job.execution
    return run.started_at, job.cancelled_at or (run.finished_at if job.state.is_final else None)


def _lines(job: Submission | Batch, errors: Mapping[int, str]) -> Iterator[LineShown]:
    yield _line(job.created_at, "INFO", "The job was created.")
    for each in submissions_of(job):
        begun, ended = times_of(each)
        what = "The run" if each is job else f"The run of query {each.query_id}"
        if begun is not None:
            yield _line(begun, "INFO", f"{what} has begun.")
        if ended is not None:
            said = f"{what} has ended with {each.execution.progress.rows:,} rows."
            error = errors.get(each.id)
            yield _line(ended, "INFO" if error is None else "ERROR", error or said)


def _line(at: datetime, level: str, message: str) -> LineShown:
    return LineShown(level=level, message=message, timestamp=show_time(at))


def _source(job: Submission | Batch) -> SourceShown:
    kind, number, action = _origin(job)
    return SourceShown(
        type=kind, id=None if number is None else str(number), action=action, details={}
    )


def _origin(job: Submission | Batch) -> tuple[str, int | None, str]:
    """Return what a job was made for, by type and number, and what for."""
    if isinstance(job, Batch):
        if job.dashboard_id is not None:
            return "Dashboard", job.dashboard_id, "preload"
        return "DataSource", job.data_source_id, "bust_exploration_cache"
    if job.data_set_query is not None:
        return "DataSet", job.data_set_query.data_set_id, "execute"
    return "QueryReport", job.query_id, "execute" if job.format is None else "export"
