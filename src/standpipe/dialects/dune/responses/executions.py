"""Executions: their state, and what stands at the head of their results (compat/dune.md 3)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.errors import ExecutionFailed, SourceTimedOut, StandpipeError
from standpipe.core.executions import ExecutionState
from standpipe.core.results import Result
from standpipe.dialects.dune.responses.bodies import show_id, show_time
from standpipe.dialects.dune.responses.types import type_name
from standpipe.services.latest import SeenRun

STATES: Final[Mapping[ExecutionState, str]] = MappingProxyType(
    {
        ExecutionState.QUEUED: "QUERY_STATE_PENDING",
        ExecutionState.RUNNING: "QUERY_STATE_EXECUTING",
        ExecutionState.SUCCEEDED: "QUERY_STATE_COMPLETED",
        ExecutionState.FAILED: "QUERY_STATE_FAILED",
        ExecutionState.CANCELLED: "QUERY_STATE_CANCELLED",
        ExecutionState.EXPIRED: "QUERY_STATE_FAILED",
    }
)
EXPIRED: Final = "QUERY_STATE_EXPIRED"
_TIMED_OUT = "FAILED_TYPE_EXECUTION_TIMEOUT"
_FAILED = "FAILED_TYPE_EXECUTION_FAILED"


class StartedShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The answer to a run that was asked for."""

    execution_id: str
    state: str


class CancelShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whether a run was cancelled: false if it was over already."""

    success: bool


class FailureShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Why a run failed; ``metadata`` has its code, and line and column where they are known."""

    type: str
    message: str
    metadata: dict[str, Any]


class MetadataShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a result or a page of it holds."""

    column_names: list[str]
    column_types: list[str]
    row_count: int
    result_set_bytes: int
    total_row_count: int
    total_result_set_bytes: int
    datapoint_count: int
    pending_time_millis: int
    execution_time_millis: int


class HeadShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a status and a result begin with; what is not so is left out, never null."""

    execution_id: str
    query_id: int
    is_execution_finished: bool
    state: str
    submitted_at: str
    expires_at: str | UnsetType = UNSET
    execution_started_at: str | UnsetType = UNSET
    execution_ended_at: str | UnsetType = UNSET
    cancelled_at: str | UnsetType = UNSET
    error: FailureShown | UnsetType = UNSET


class StatusShown(HeadShown, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a run stands."""

    execution_cost_credits: float | UnsetType = UNSET
    queue_position: int | UnsetType = UNSET
    result_metadata: MetadataShown | UnsetType = UNSET


def state_of(run: SeenRun) -> str:
    """Return the state as Dune calls it: EXPIRED when there was a result that is gone."""
    if run.state is ExecutionState.SUCCEEDED and run.result is None:
        return EXPIRED
    return STATES[run.state]


def show_started(run: SeenRun) -> StartedShown:
    """Return the answer to a run that was asked for."""
    return StartedShown(execution_id=show_id(run.uid), state=state_of(run))


def show_status(
    run: SeenRun, position: int | None, kept: timedelta, *, cost: float = 0
) -> StatusShown:
    """Return how a run stands.

    ``kept`` is how long results are, ``cost`` what a run counts for in credits.
    """
    return StatusShown(
        **msgspec.structs.asdict(show_head(run, kept)),
        execution_cost_credits=cost if run.state.is_final else UNSET,
        queue_position=UNSET if position is None else position,
        result_metadata=UNSET if run.result is None else show_metadata(run, run.result),
    )


def show_head(run: SeenRun, kept: timedelta) -> HeadShown:
    """Return what a status and a result begin with."""
    result = run.result
    is_cancelled = run.state is ExecutionState.CANCELLED
    is_failed = run.error is not None and not is_cancelled
    return HeadShown(
        execution_id=show_id(run.uid),
        query_id=run.query_id or 0,
        is_execution_finished=run.state.is_final,
        state=state_of(run),
        submitted_at=show_time(run.submitted_at),
        expires_at=_time(None if result is None else result.retrieved_at + kept),
        execution_started_at=_time(_start(run)),
        execution_ended_at=_time(_end(run)),
        cancelled_at=_time(_cancelled_at(run) if is_cancelled else None),
        error=show_error(run, run.error) if is_failed and run.error else UNSET,
    )


def show_metadata(run: SeenRun, result: Result) -> MetadataShown:
    """Return the nine keys for a whole result; ``row_count`` and sizes are those of all rows."""
    execution = run.execution
    size = result.artifact.byte_count
    return MetadataShown(
        column_names=[column.name for column in result.columns],
        column_types=[type_name(column) for column in result.columns],
        row_count=result.row_count,
        result_set_bytes=size,
        total_row_count=result.row_count,
        total_result_set_bytes=size,
        datapoint_count=result.row_count * len(result.columns),
        pending_time_millis=_milliseconds(execution.created_at, execution.started_at),
        execution_time_millis=_milliseconds(execution.started_at, execution.finished_at),
    )


def show_error(run: SeenRun, error: StandpipeError) -> FailureShown:
    """Return why a run failed, with its place in the statement where the source said one."""
    text = error.message if isinstance(error, ExecutionFailed) else str(error)
    metadata: dict[str, Any] = {"code": error.code}
    if (place := run.error_place) is not None:
        metadata["line"] = place.line
        if place.column is not None:
            metadata["column"] = place.column
    return FailureShown(
        type=_TIMED_OUT if isinstance(error, SourceTimedOut) else _FAILED,
        message=f"{text} [Execution ID: {show_id(run.uid)}]",
        metadata=metadata,
    )


def _start(run: SeenRun) -> datetime | None:
    """Return when a run began; spice reads the start of whatever is over."""
    started = run.execution.started_at
    if started is None and run.state.is_final:
        return run.cancelled_at or run.execution.finished_at or run.submitted_at
    return started


def _end(run: SeenRun) -> datetime | None:
    """Return when a run ended; one that was cancelled while it waited never did."""
    has_ended = run.state.is_final and (
        run.state is not ExecutionState.CANCELLED or _has_begun(run)
    )
    return run.execution.finished_at if has_ended else None


def _cancelled_at(run: SeenRun) -> datetime:
    return run.cancelled_at or run.execution.finished_at or run.submitted_at


def _time(at: datetime | None) -> str | UnsetType:
    return UNSET if at is None else show_time(at)


def _has_begun(run: SeenRun) -> bool:
    return run.execution.started_at is not None


def _milliseconds(start: datetime | None, end: datetime | None) -> int:
    if start is None or end is None:
        return 0
    return max(0, (end - start) // timedelta(milliseconds=1))
