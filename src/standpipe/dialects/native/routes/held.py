"""What a caller holds: an execution as a body, its rows when it is over, and the wait for that."""

from collections.abc import Callable
from typing import Any, Final

from standpipe.core.errors import NotFound, ResultExpired
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.ids import Uid
from standpipe.core.results import Result
from standpipe.dialects.native.errors import problem_of
from standpipe.dialects.native.requests.waits import Patience
from standpipe.dialects.native.responses.bodies import (
    CHANGING,
    UNKEPT,
    Headers,
    addresses_of,
    render_json,
)
from standpipe.dialects.native.responses.executions import (
    ExecutionShown,
    ShownRun,
    show_execution,
)
from standpipe.dialects.native.routes.rows import FOR_EVER, Delivery, result_rows, show_rows
from standpipe.http.endpoints import Asked
from standpipe.http.messages import Answer, Inbound, Later, Outbound
from standpipe.services.directory import Services

AT_ONCE: Final = Patience(0)

Show = Callable[[Submission], Answer]


def await_end(
    services: Services,
    inbound: Inbound,
    uid: Uid,
    patience: Patience,
    *,
    over: Show,
    unready: Show,
) -> Answer:
    """Answer with ``over`` when a submission has ended, with ``unready`` if that takes too long."""

    def resume(is_over: bool) -> Answer:
        submission = services.submissions.get(inbound.principal, uid)
        if submission.state.is_final:
            return over(submission)
        if is_over or patience.seconds == 0:
            return unready(submission)
        return Later(execution_id=submission.execution.id, seconds=patience.seconds, resume=resume)

    return resume(False)


def body_of(services: Services, inbound: Inbound, submission: Submission) -> ExecutionShown:
    """Return a submission as a body."""
    error = services.submissions.error_of(submission)
    run = ShownRun(
        submission=submission,
        queue_position=services.submissions.queue_position(submission),
        problem=None if error is None else problem_of(error),
        result=_find_result(services, inbound, submission),
    )
    return show_execution(run, addresses_of(inbound))


def show_held(
    services: Services, inbound: Inbound, submission: Submission, patience: Patience = AT_ONCE
) -> Outbound:
    """Return a submission as an answer; whoever waited shall wait again the next time."""
    body, headers = body_of(services, inbound, submission), patience.headers
    is_steady = submission.state.is_final or patience.seconds == 0
    return render_json(body, headers=(*headers, CHANGING), is_steady=is_steady)


def show_held_rows(
    services: Services, asked: Asked[Any, Any], submission: Submission, headers: Headers
) -> Answer:
    """Return the rows of a submission that is over; the error of one that left none."""
    error = services.submissions.error_of(submission)
    if error is not None:
        raise error
    return show_run_rows(services, asked, _result_of(services, asked.inbound, submission), headers)


def show_run_rows(
    services: Services, asked: Asked[Any, Any], result: Result, headers: Headers
) -> Answer:
    """Return the rows of a run; they may be kept under the address that Content-Location names."""
    source = result_rows(result, addresses_of(asked.inbound))
    cache = UNKEPT if asked.inbound.method == "POST" else FOR_EVER
    return show_rows(services, asked, source, Delivery(headers=headers, cache=cache))


def _find_result(services: Services, inbound: Inbound, submission: Submission) -> Result | None:
    if submission.state is not ExecutionState.SUCCEEDED:
        return None
    try:
        return _result_of(services, inbound, submission)
    except ResultExpired:
        return None


def _result_of(services: Services, inbound: Inbound, submission: Submission) -> Result:
    result_id, query_id = submission.execution.result_id, submission.query_id
    if result_id is None:
        raise ResultExpired()
    try:
        if query_id is None:
            return services.read.get(inbound.principal, result_id)
        return services.read.of_query(inbound.principal, query_id, result_id).result
    except NotFound as error:
        raise ResultExpired() from error
