"""Requests that are over, with what is to be seen of their results."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from standpipe.core.errors import InvalidRequest, ResultExpired
from standpipe.core.executions import ExecutionState
from standpipe.core.queries import Query
from standpipe.core.reports.requests import ReportRequest
from standpipe.dialects.myreports.responses.requests import Standing
from standpipe.dialects.myreports.routes.standings import gone, standing_of, unreadable
from standpipe.http.messages import Answer, Inbound, Onward, Work
from standpipe.services.directory import Services
from standpipe.services.reports import ReportPage, ReportView

Found = tuple[Query, ReportRequest]
Show = Callable[[Standing, ReportView | None], Answer]


def settled(
    services: Services, inbound: Inbound, found: Found, show: Show, page: ReportPage | None = None
) -> Answer:
    """Show a request as it stands, with the view of its result if that is there."""
    query, request = found
    standing = standing_of(services, inbound, query, request)
    if request.state is not ExecutionState.SUCCEEDED:
        return show(standing, None)
    return Onward(Work.SLOW, partial(_viewed, services, inbound, standing, show, page))


def _viewed(
    services: Services, inbound: Inbound, standing: Standing, show: Show, page: ReportPage | None
) -> Answer:
    try:
        view = services.reports.view(inbound.principal, standing.request, page)
    except ResultExpired:
        return show(gone(standing), None)
    except InvalidRequest as error:
        return show(unreadable(standing, error), None)
    return show(replace(standing, is_limit_exceeded=view.is_limit_exceeded), view)
