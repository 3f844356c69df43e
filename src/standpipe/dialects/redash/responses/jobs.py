"""Submissions as jobs: six fields, four statuses."""

from collections.abc import Mapping
from typing import Any

from standpipe.core.errors import ExecutionCancelled, ExecutionExpired, SourceTimedOut
from standpipe.core.executions import ExecutionState, Submission
from standpipe.dialects.redash.responses.bodies import render_json, show_local_time
from standpipe.http.messages import Outbound

# Clients stop polling at 3 and 4 and know nothing else, so whatever ended without a result is a 4.
STATUSES: Mapping[ExecutionState, int] = {
    ExecutionState.QUEUED: 1,
    ExecutionState.RUNNING: 2,
    ExecutionState.SUCCEEDED: 3,
    ExecutionState.FAILED: 4,
    ExecutionState.CANCELLED: 4,
    ExecutionState.EXPIRED: 4,
}
CANCELLED = "Query cancelled by user."
TIMED_OUT = "Query exceeded Redash query execution time limit."

_TEXTS = {ExecutionCancelled.code: CANCELLED, SourceTimedOut.code: TIMED_OUT}


def render_job(submission: Submission) -> Outbound:
    """Return a job; the body starts with ``{"job":``."""
    return render_json({"job": job_body(submission)})


def job_body(submission: Submission) -> dict[str, Any]:
    """Return a job's six fields; the error of one that ended without a result is never empty."""
    execution, state = submission.execution, submission.state
    is_running = state is ExecutionState.RUNNING and execution.started_at is not None
    result_id = execution.result_id if state is ExecutionState.SUCCEEDED else None
    return {
        "id": str(submission.uid),
        "updated_at": show_local_time(execution.started_at or execution.created_at)
        if is_running
        else 0,
        "status": STATUSES[state],
        "error": _error(submission),
        "result": result_id,
        "query_result_id": result_id,
    }


def _error(submission: Submission) -> str:
    execution, state = submission.execution, submission.state
    if STATUSES[state] != 4:
        return ""
    if state is ExecutionState.CANCELLED:
        return CANCELLED
    if state is ExecutionState.EXPIRED:
        return execution.error_message or (ExecutionExpired.__doc__ or "")
    known = _TEXTS.get(execution.error_code or "")
    return known or execution.error_message or "The run failed."
