"""Executions: their state, and what stands at the head of their results (compat/dune.md 3)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

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


def state_of(run: SeenRun) -> str:
    """Return the state as Dune calls it: EXPIRED when there was a result that is gone."""
    if run.state is ExecutionState.SUCCEEDED and run.result is None:
        return EXPIRED
    return STATES[run.state]


def show_started(run: SeenRun) -> dict[str, Any]:
    """Return the answer to a run that was asked for: these two fields."""
    return {"execution_id": show_id(run.uid), "state": state_of(run)}


def show_status(run: SeenRun, position: int | None, kept: timedelta) -> dict[str, Any]:
    """Return how a run stands; absent fields are left out. ``kept`` is how long results are."""
    shown = show_head(run, kept)
    if run.state.is_final:
        shown["execution_cost_credits"] = 0
    if position is not None:
        shown["queue_position"] = position
    if run.result is not None:
        shown["result_metadata"] = show_metadata(run, run.result)
    return shown


def show_head(run: SeenRun, kept: timedelta) -> dict[str, Any]:
    """Return what a status and a result begin with."""
    execution, result = run.execution, run.result
    shown: dict[str, Any] = {
        "execution_id": show_id(run.uid),
        "query_id": run.query_id or 0,
        "is_execution_finished": run.state.is_final,
        "state": state_of(run),
        "submitted_at": show_time(run.submitted_at),
    }
    started, ended = execution.started_at, execution.finished_at
    if result is not None:
        shown["expires_at"] = show_time(result.retrieved_at + kept)
    if run.state.is_final:  # spice reads the start of whatever is over
        started = started or run.cancelled_at or ended or run.submitted_at
    if started is not None:
        shown["execution_started_at"] = show_time(started)
    is_cancelled = run.state is ExecutionState.CANCELLED
    if run.state.is_final and ended is not None and not (is_cancelled and not _has_begun(run)):
        shown["execution_ended_at"] = show_time(ended)
    if is_cancelled:
        shown["cancelled_at"] = show_time(run.cancelled_at or ended or run.submitted_at)
    elif run.error is not None:
        shown["error"] = show_error(run, run.error)
    return shown


def show_metadata(run: SeenRun, result: Result) -> dict[str, Any]:
    """Return the nine keys for a whole result; ``row_count`` and sizes are those of all rows."""
    execution = run.execution
    size = result.artifact.byte_count
    return {
        "column_names": [column.name for column in result.columns],
        "column_types": [type_name(column) for column in result.columns],
        "row_count": result.row_count,
        "result_set_bytes": size,
        "total_row_count": result.row_count,
        "total_result_set_bytes": size,
        "datapoint_count": result.row_count * len(result.columns),
        "pending_time_millis": _milliseconds(execution.created_at, execution.started_at),
        "execution_time_millis": _milliseconds(execution.started_at, execution.finished_at),
    }


def show_error(run: SeenRun, error: StandpipeError) -> dict[str, Any]:
    """Return why a run failed, with its place in the statement where the source said one."""
    text = error.message if isinstance(error, ExecutionFailed) else str(error)
    kind = _TIMED_OUT if isinstance(error, SourceTimedOut) else _FAILED
    message = f"{text} [Execution ID: {show_id(run.uid)}]"
    metadata: dict[str, Any] = {"code": error.code}
    if (place := run.error_place) is not None:
        metadata["line"] = place.line
        if place.column is not None:
            metadata["column"] = place.column
    return {"type": kind, "message": message, "metadata": metadata}


def _has_begun(run: SeenRun) -> bool:
    return run.execution.started_at is not None


def _milliseconds(start: datetime | None, end: datetime | None) -> int:
    if start is None or end is None:
        return 0
    return max(0, (end - start) // timedelta(milliseconds=1))
