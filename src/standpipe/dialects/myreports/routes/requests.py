"""Requests of reports: begun, looked at, cancelled, and their history."""

from functools import partial
from typing import Final

from standpipe.core.queries import Query
from standpipe.core.reports.requests import ReportRequest
from standpipe.dialects.myreports.requests.asks import BeginArguments, RequestAsk, parse_ask
from standpipe.dialects.myreports.requests.pages import (
    HistoryArguments,
    WaitArguments,
    parse_history,
    parse_wait,
)
from standpipe.dialects.myreports.responses.bodies import (
    AGAIN,
    UNKEPT,
    Many,
    One,
    render_many,
    render_one,
)
from standpipe.dialects.myreports.responses.requests import (
    BegunShown,
    Standing,
    StatusShown,
    show_begun,
    show_status,
)
from standpipe.dialects.myreports.routes.reports import find_report
from standpipe.dialects.myreports.routes.standings import (
    await_end,
    get_request,
    identity_of,
    standing_of,
)
from standpipe.dialects.myreports.routes.views import settled
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Inbound, Onward, Outbound, Work
from standpipe.services.directory import Services
from standpipe.services.reports import PreparedReport


def begin_request(services: Services, inbound: Inbound) -> Answer:
    """Request a report for a period and with conditions; each POST is a request of its own."""
    query = find_report(services, inbound)
    ask = parse_ask(inbound, services.reports.settings(query))

    def prepare() -> Answer:
        prepared = services.reports.prepare(inbound.principal, query, ask)
        return Onward(Work.WRITE, partial(_begin, services, inbound, query, prepared))

    return Onward(Work.TEXT, prepare)


def get_status(services: Services, inbound: Inbound) -> Answer:
    """Tell how a request stands, or wait until it is over."""
    return await_end(
        services, inbound, parse_wait(inbound), partial(_show_status, services, inbound)
    )


def cancel_request(services: Services, inbound: Inbound) -> Answer:
    """Cancel a request; what is over stays as it is."""
    query, request = get_request(services, inbound)
    cancelled = services.reports.cancel(inbound.principal, query, request.uid)
    return _show_status(services, inbound, query, cancelled)


def list_requests(services: Services, inbound: Inbound) -> Outbound:
    """List the caller's requests of a report, newest first."""
    query, asked = find_report(services, inbound), parse_history(inbound)
    found = services.reports.find(inbound.principal, query, asked.page_size, asked.offset)
    shown = [show_status(standing_of(services, inbound, query, each)) for each in found.items]
    return render_many(shown, services.clock.now())


def _begin(
    services: Services, inbound: Inbound, query: Query, prepared: PreparedReport
) -> Outbound:
    request = services.reports.begin(inbound.principal, prepared)
    shown = show_begun(standing_of(services, inbound, query, request))
    return render_one(shown, services.clock.now(), (UNKEPT, *identity_of(request)))


def _show_status(
    services: Services, inbound: Inbound, query: Query, request: ReportRequest
) -> Answer:
    def show(standing: Standing, _: object) -> Outbound:
        headers = () if standing.state.is_final else (AGAIN,)
        return render_one(show_status(standing), services.clock.now(), headers)

    return settled(services, inbound, (query, request), show)


_R: Final = "/api/v1.0/workspaces/{workspace_id}/reports/{report_id}"
_ABOUT: Final = partial(About, tag="requests", refusals=(403, 404))
_STATUS: Final = _ABOUT(answer=One[StatusShown], arguments=WaitArguments)
ROUTES: Final = (
    described(
        f"POST {_R}/requests",
        begin_request,
        _ABOUT(
            answer=One[BegunShown],
            arguments=BeginArguments,
            body=RequestAsk,
            refusals=(403, 404, 409, 503),
        ),
    ),
    described(
        f"GET {_R}/requests",
        list_requests,
        _ABOUT(answer=Many[StatusShown], arguments=HistoryArguments),
    ),
    *(
        described(f"GET {_R}/{word}/{{request_id}}", get_status, each)
        for word, each in (
            ("requests", _STATUS),
            (
                "results",
                _ABOUT(answer=One[StatusShown], arguments=WaitArguments, name="get_result_status"),
            ),
        )
    ),
    described(
        f"DELETE {_R}/requests/{{request_id}}",
        cancel_request,
        _ABOUT(answer=One[StatusShown]),
        Work.WRITE,
    ),
)
