"""How a request stands, and the wait for it to be over."""

from collections.abc import Callable
from dataclasses import replace

from standpipe.core.errors import ExecutionCancelled, StandpipeError
from standpipe.core.executions import ExecutionState
from standpipe.core.queries import Query
from standpipe.core.reports.requests import ReportRequest
from standpipe.dialects.myreports.errors import text_of
from standpipe.dialects.myreports.requests.paths import request_uid, workspace_uid
from standpipe.dialects.myreports.responses.bodies import Headers
from standpipe.dialects.myreports.responses.requests import Standing
from standpipe.dialects.myreports.routes.reports import find_report
from standpipe.http.messages import Answer, Inbound, Later
from standpipe.services.directory import Services

Show = Callable[[Query, ReportRequest], Answer]


def get_request(services: Services, inbound: Inbound) -> tuple[Query, ReportRequest]:
    """Return the report and the request of the path, to its holder; NotFound."""
    query = find_report(services, inbound)
    return query, services.reports.get(inbound.principal, query, request_uid(inbound))


def await_end(services: Services, inbound: Inbound, seconds: float, show: Show) -> Answer:
    """Show a request when it is over, or as it stands when that takes too long; NotFound."""

    def resume(is_over: bool) -> Answer:
        query, request = get_request(services, inbound)
        run = request.submission
        if run is None or request.state.is_final or is_over or seconds == 0:
            return show(query, request)
        return Later(execution_id=run.execution.id, seconds=seconds, resume=resume)

    return resume(False)


def standing_of(
    services: Services, inbound: Inbound, query: Query, request: ReportRequest
) -> Standing:
    """Return how a request of a report stands, as far as its submission says."""
    error = error_of(services, request)
    return Standing(
        tenant=workspace_uid(inbound),
        report=query.uid,
        name=query.name,
        request=request,
        error="" if error is None else text_of(error),
    )


def error_of(services: Services, request: ReportRequest) -> StandpipeError | None:
    """Return why a request left no result; None if it has one, is not over or is forgotten."""
    if request.state is ExecutionState.CANCELLED:
        return ExecutionCancelled()
    return None if request.submission is None else services.submissions.error_of(request.submission)


def identity_of(request: ReportRequest) -> Headers:
    """Return the header that names the run of a request in the other APIs here."""
    run = request.submission
    return () if run is None else (("X-Execution-Id", str(run.execution.uid)),)


def unreadable(standing: Standing, error: StandpipeError) -> Standing:
    """Return the same for a result that does not fit what was asked of it."""
    return replace(standing, error=text_of(error))


def gone(standing: Standing) -> Standing:
    """Return the same for a result that is not stored any more."""
    return replace(standing, is_gone=True)
