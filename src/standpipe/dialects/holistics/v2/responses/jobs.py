"""Jobs as API v2 shows them: Job, JobLog and AsyncResult, compat/holistics.md 3.7."""

from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.batches import Batch
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
from standpipe.dialects.holistics.v2.responses.results import AsyncShown, JobRef

_REFRESH: Final = "DataTransform"


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


def job_shown(job: Job, errors: Errors, *, has_stats: bool, has_source: bool) -> JobShown:
    """Return a job, with the last error of its runs."""
    return JobShown(
        id=number_of(job),
        user_id=job.holder.user_id,
        status=STATES[job.state],
        start_time=show_optional_time(begun_at(job)),
        end_time=show_optional_time(ended_at(job)),
        cancellable=not job.state.is_final,
        last_error_log=list(errors.values())[-1] if errors else None,
        data_source_stats=None if has_stats else UNSET,
        source=_source(job) if has_source else UNSET,
    )


def show_batch(batch: Batch) -> AsyncShown:
    """Return a batch that was begun."""
    status = STATES[batch.state] if batch.state.is_final else "created"
    return AsyncShown(job=JobRef(id=batch.number, status=status, existing_job_id=None))


def show_log(job: Job, errors: Errors) -> LogBody:
    """Return what happened to a job."""
    return LogBody(job_logs=[_line(line) for line in lines_of(job, errors)])


def _line(line: Line) -> LineShown:
    level = "ERROR" if line.is_error else "INFO"
    return LineShown(level=level, message=line.message, timestamp=show_time(line.at))


def _source(job: Job) -> SourceShown:
    origin = origin_of(job, _REFRESH)
    number = None if origin.id is None else str(origin.id)
    return SourceShown(type=origin.type, id=number, action=origin.action, details={})
