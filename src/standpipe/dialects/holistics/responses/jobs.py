"""Jobs as the older clients see them: compat/holistics.md 2b, 3.6."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.executions import Submission
from standpipe.dialects.holistics.responses.bodies import show_optional_time, show_time
from standpipe.dialects.holistics.responses.runs import (
    STATES,
    Errors,
    Job,
    Line,
    begun_at,
    ended_at,
    lines_of,
    number_of,
    origin_of,
)

_UNKNOWN: Final = -1  # clients compare a duration with 0


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


def show_job(job: Job, title: str, holder: str, refresh_name: str) -> JobShown:
    """Return a job; ``title`` is what it ran, ``holder`` the name of whoever asked for it.

    ``refresh_name`` is what refreshes are called.
    """
    origin, user_id = origin_of(job, refresh_name), job.holder.user_id
    return JobShown(
        id=number_of(job),
        status=STATES[job.state],
        created_at=show_time(job.created_at),
        source_id=origin.id,
        source_type=origin.type,
        user_id=user_id,
        start_time=show_optional_time(begun_at(job)),
        end_time=show_optional_time(ended_at(job)),
        tenant_id=job.workspace_id,
        duration=_duration(begun_at(job), ended_at(job)),
        cancellable=not job.state.is_final,
        source_method=origin.action,
        title=title,
        user=PersonShown(id=user_id, name=holder),
    )


def show_last(job: Submission) -> LastJobShown:
    """Return a job as the last one of something."""
    return LastJobShown(
        id=job.id,
        status=STATES[job.state],
        start_time=show_optional_time(job.execution.started_at),
        end_time=show_optional_time(ended_at(job)),
        created_at=show_time(job.created_at),
    )


def show_log(job: Job, errors: Errors, after: int) -> LogShown:
    """Return the lines of a job's log behind number ``after``."""
    lines = [_line(line) for line in lines_of(job, errors) if line.number > after]
    return LogShown(logs=lines, has_more=not job.state.is_final)


def _line(line: Line) -> LineShown:
    level = "ERROR" if line.is_error else "INFO"
    return LineShown(
        id=line.number, timestamp=show_time(line.at), level=level, message=line.message
    )


def _duration(start: datetime | None, end: datetime | None) -> float:
    if start is None or end is None:
        return _UNKNOWN
    return max(0.0, (end - start).total_seconds())
