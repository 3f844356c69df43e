"""Jobs as the older clients see them: compat/holistics.md 2b, 3.6."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.executions import ExecutionState, Submission
from standpipe.dialects.holistics.responses.bodies import show_optional_time, show_time

_REPORT: Final = "QueryReport"
_UNKNOWN: Final = -1  # clients compare a duration with 0
_STATES: Final[Mapping[ExecutionState, str]] = {
    ExecutionState.QUEUED: "queued",
    ExecutionState.RUNNING: "running",
    ExecutionState.SUCCEEDED: "success",
    ExecutionState.FAILED: "failure",
    ExecutionState.EXPIRED: "failure",
    ExecutionState.CANCELLED: "cancelled",
}


class PersonShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who holds a job."""

    id: int | None
    name: str


class JobShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A job. ``duration`` is in seconds, negative while it is not known.

    ``error`` is only told of an import's job that has failed.
    """

    id: int
    status: str
    created_at: str
    source_id: int | None
    source_type: str
    user_id: int | None
    start_time: str | None
    end_time: str | None
    tenant_id: int
    duration: float
    cancellable: bool
    source_method: str
    title: str
    user: PersonShown
    error: str | UnsetType = UNSET


class LastJobShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The last job of something."""

    id: int
    status: str
    start_time: str | None
    end_time: str | None
    created_at: str


class LineShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A line of a job's log."""

    id: int
    timestamp: str
    level: str
    message: str


class LogShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Lines of a job's log; ``has_more`` until it is over."""

    logs: list[LineShown]
    has_more: bool


class CancelledShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A job is being cancelled, or was over."""

    status: str = "OK"


def show_job(job: Submission, title: str, holder: str, refresh_name: str) -> JobShown:
    """Return a job; ``title`` is what it ran, ``holder`` the name of whoever asked for it.

    ``refresh_name`` is what refreshes are called.
    """
    run, user_id = job.execution, job.holder.user_id
    return JobShown(
        id=job.id,
        status=_STATES[job.state],
        created_at=show_time(job.created_at),
        source_id=job.query_id if job.view_id is None else job.view_id,
        source_type=_REPORT if job.view_id is None else refresh_name,
        user_id=user_id,
        start_time=show_optional_time(run.started_at),
        end_time=show_optional_time(_end(job)),
        tenant_id=job.workspace_id,
        duration=_duration(run.started_at, _end(job)),
        cancellable=not job.state.is_final,
        source_method="execute" if job.format is None else "export",
        title=title,
        user=PersonShown(id=user_id, name=holder),
    )


def show_last(job: Submission) -> LastJobShown:
    """Return a job as the last one of something."""
    return LastJobShown(
        id=job.id,
        status=_STATES[job.state],
        start_time=show_optional_time(job.execution.started_at),
        end_time=show_optional_time(_end(job)),
        created_at=show_time(job.created_at),
    )


def show_log(job: Submission, error: str | None, after: int) -> LogShown:
    """Return the lines of a job's log behind number ``after``."""
    lines = [line for line in _lines(job, error) if line.id > after]
    return LogShown(logs=lines, has_more=not job.state.is_final)


def _lines(job: Submission, error: str | None) -> Iterator[LineShown]:
    """Yield what happened; a line keeps its number while more come."""
    run, end = job.execution, _end(job)
    yield _line(1, job.created_at, "INFO", "The job was created.")
    if run.started_at is not None:
        yield _line(2, run.started_at, "INFO", "The run has begun.")
    if end is not None:
        level = "INFO" if error is None else "ERROR"
        rows = f"The run has ended with {run.progress.rows:,} rows."
        yield _line(3, end, level, error or rows)


def _line(number: int, at: datetime, level: str, message: str) -> LineShown:
    return LineShown(id=number, timestamp=show_time(at), level=level, message=message)


def _end(job: Submission) -> datetime | None:
    return job.cancelled_at or (job.execution.finished_at if job.state.is_final else None)


def _duration(start: datetime | None, end: datetime | None) -> float:
    if start is None or end is None:
        return _UNKNOWN
    return max(0.0, (end - start).total_seconds())
