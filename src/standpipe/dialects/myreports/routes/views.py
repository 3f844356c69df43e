"""Requests that are over, with what is to be seen of their results."""

from collections.abc import Callable
from dataclasses import replace

from standpipe.core.errors import ResultExpired
from standpipe.core.executions import ExecutionState
from standpipe.core.queries import Page
from standpipe.core.reports.requests import ReportRequest
from standpipe.dialects.myreports.responses.requests import Standing
from standpipe.dialects.myreports.routes.reports import find_report
from standpipe.dialects.myreports.routes.standings import gone, standing_of
from standpipe.http.messages import Answer, Inbound, Onward, Work
from standpipe.services.directory import Services
from standpipe.services.reports import ReportView

Show = Callable[[Standing, ReportView | None], Answer]


def settled(
    services: Services, inbound: Inbound, request: ReportRequest, show: Show, page: Page | None
) -> Answer:
    """Show a request that is over, with the view of its result if that is still there."""
    standing = standing_of(services, inbound, find_report(services, inbound), request)
    if request.state is not ExecutionState.SUCCEEDED:
        return show(standing, None)

    def look() -> Answer:
        try:
            view = services.reports.view(inbound.principal, request, page)
        except ResultExpired:
            return show(gone(standing), None)
        return show(replace(standing, is_limit_exceeded=view.is_limit_exceeded), view)

    return Onward(Work.SLOW, look)
