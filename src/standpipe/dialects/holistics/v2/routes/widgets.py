"""Widgets and the queries that they show: read, and exported."""

from functools import partial
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.errors import InvalidRequest
from standpipe.core.ids import DataSetId
from standpipe.dialects.holistics.responses.bodies import UNKEPT, render_json
from standpipe.dialects.holistics.v2.requests.dashboards import (
    ExportBody,
    ReportArguments,
    WidgetArguments,
    conditions_of,
    parse_export,
    report_number,
    widget_id,
)
from standpipe.dialects.holistics.v2.responses.dashboards import (
    ReportBody,
    WidgetBody,
    WidgetShown,
    dashboard_shown,
    query_url,
    report_shown,
    report_with_set,
    widget_shown,
)
from standpipe.dialects.holistics.v2.responses.data_sets import DataSetShown
from standpipe.dialects.holistics.v2.responses.results import AsyncShown, show_begun
from standpipe.dialects.holistics.v2.routes.data_sets import shown_data_set
from standpipe.http.asked import read_known_arguments
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Inbound, Onward, Outbound, Work
from standpipe.services.dashboards import ShownWidget
from standpipe.services.directory import Services
from standpipe.services.jobs import PreparedJob

PDF: Final = "Widgets are exported as rows, not as pages: there is no PDF."


def get_widget(services: Services, inbound: Inbound) -> Outbound:
    """Read a widget."""
    asked = read_known_arguments(WidgetArguments, inbound.args)
    found = services.dashboard_runs.widget(inbound.principal, widget_id(inbound))
    return render_json(WidgetBody(dashboard_widget=_shown(services, inbound, found, asked)))


def submit_export(services: Services, inbound: Inbound) -> Answer:
    """Make a file of a widget's rows; answers with the job, whose file is downloaded later."""
    asked, principal = parse_export(inbound), inbound.principal
    number = widget_id(inbound)
    if asked.output == "pdf":
        raise InvalidRequest(PDF, hint="Ask for csv or xlsx.")
    conditions = conditions_of(asked.dashboard_filter_conditions)

    def prepare() -> Answer:
        job = services.dashboard_runs.prepare_export(principal, number, conditions, asked.output)
        return Onward(Work.WRITE, lambda: begin(job))

    def begin(prepared: PreparedJob) -> Outbound:
        asked_at = services.clock.now()
        job = services.jobs.begin(principal, prepared)
        shown = show_begun(job, is_new=job.state.is_final or job.created_at >= asked_at)
        return render_json(shown, cache=UNKEPT)

    return Onward(Work.TEXT, prepare)


def get_report(services: Services, inbound: Inbound) -> Outbound:
    """Read a query."""
    asked = read_known_arguments(ReportArguments, inbound.args)
    query = services.queries.get(inbound.principal, report_number(inbound))
    shown: DataSetShown | UnsetType = UNSET
    if asked.include_data_set and not query.is_archived:
        data_set = services.data_sets.get(inbound.principal, DataSetId(query.id))
        shown = shown_data_set(services, inbound, data_set)
    return render_json(report_with_set(query, shown))


def _shown(
    services: Services, inbound: Inbound, found: ShownWidget, asked: WidgetArguments
) -> WidgetShown:
    shown, base = widget_shown(found), f"{inbound.base_url}{inbound.prefix}"
    if asked.include_url and found.query is not None:
        shown = msgspec.structs.replace(shown, url=query_url(found.query, base))
    if asked.include_report and found.query is not None:
        shown = msgspec.structs.replace(shown, query_report=report_shown(found.query))
    if asked.include_dashboard:
        dashboard = services.dashboards.get(inbound.principal, found.widget.dashboard_id)
        board = services.dashboard_runs.board(inbound.principal, dashboard.id)
        whole = dashboard_shown(dashboard, board.widgets, board.filters, base)
        shown = msgspec.structs.replace(shown, dashboard=whole)
    return shown


_ABOUT: Final = partial(About, tag="dashboards", refusals=(404,))
_WIDGET: Final = "/api/v2/dashboard_widgets/{widget_id}"
ROUTES: Final = (
    described(f"GET {_WIDGET}", get_widget, _ABOUT(answer=WidgetBody, arguments=WidgetArguments)),
    described(
        f"POST {_WIDGET}/submit_export",
        submit_export,
        About(
            tag="dashboards",
            answer=AsyncShown,
            body=ExportBody,
            refusals=(400, 404, 409, 503),
            name="submit_widget_export",
        ),
    ),
    described(
        "GET /api/v2/query_reports/{report_id}",
        get_report,
        _ABOUT(answer=ReportBody, arguments=ReportArguments),
    ),
)
