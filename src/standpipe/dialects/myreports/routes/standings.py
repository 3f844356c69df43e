"""How a request stands, and the wait for it to be over."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from standpipe.core.executions import ExecutionState
from standpipe.core.reports.requests import ReportRequest
from standpipe.dialects.myreports.errors import text_of
from standpipe.dialects.myreports.requests.paths import report_uid, request_uid, workspace_uid
from standpipe.dialects.myreports.responses.requests import Standing
from standpipe.http.messages import Answer, Inbound, Later
from standpipe.services.directory import Services

Show = Callable[[ReportRequest], Answer]


def get_request(services: Services, inbound: Inbound) -> ReportRequest:
    """Return the request of the path to its holder; NotFound."""
    place = (workspace_uid(inbound), report_uid(inbound), request_uid(inbound))
    return services.reports.get(inbound.principal, *place)


def await_end(services: Services, inbound: Inbound, seconds: float, show: Show) -> Answer:
    """Show a request when it is over, or as it stands when that takes too long; NotFound."""

    def resume(is_over: bool) -> Answer:
        request = get_request(services, inbound)
        if request.submission.state.is_final or is_over or seconds == 0:
            return show(request)
        return Later(execution_id=request.submission.execution.id, seconds=seconds, resume=resume)

    return resume(False)


def standing_of(services: Services, inbound: Inbound, request: ReportRequest) -> Standing:
    """Return how a request stands, as far as its submission says."""
    submission = request.submission
    error = services.submissions.error_of(submission)
    return Standing(
        tenant=workspace_uid(inbound),
        report=report_uid(inbound),
        request=request,
        state=submission.state,
        error="" if error is None else text_of(error, HTTPStatus.OK),
    )


def is_complete(standing: Standing) -> bool:
    """Whether a request has left a result, which may be gone by now."""
    return standing.state is ExecutionState.SUCCEEDED


def gone(standing: Standing) -> Standing:
    """Return the same for a result that is not stored any more."""
    return replace(standing, is_gone=True)
