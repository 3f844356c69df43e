"""Dashboards: listed, read, linked to, and preloaded."""

from functools import partial
from typing import Final
from urllib.parse import urlencode

from standpipe.core.dashboards import Dashboard, DashboardFilter, DashboardOrder
from standpipe.core.queries import Page
from standpipe.dialects.holistics.responses.bodies import UNKEPT, render_json
from standpipe.dialects.holistics.v2.requests.dashboards import (
    DashboardArguments,
    PreloadBody,
    UrlBody,
    conditions_of,
    dashboard_id,
    parse_list,
    parse_preload,
    parse_url,
)
from standpipe.dialects.holistics.v2.requests.offsets import parse_part
from standpipe.dialects.holistics.v2.responses.dashboards import (
    DashboardBody,
    DashboardsBody,
    DashboardShown,
    MetadataBody,
    UrlShown,
    dashboard_shown,
    dashboard_url,
    metadata_shown,
)
from standpipe.dialects.holistics.v2.responses.data_sets import CursorsShown
from standpipe.dialects.holistics.v2.responses.jobs import show_batch
from standpipe.dialects.holistics.v2.responses.results import AsyncShown
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Inbound, Onward, Outbound, Work
from standpipe.services.dashboard_filters import require_known
from standpipe.services.directory import Services
from standpipe.services.jobs import PreparedJob

_ALL: Final = 10_000


def list_dashboards(services: Services, inbound: Inbound) -> Outbound:
    """List the dashboards that the caller may see."""
    part, sort = parse_part(inbound), parse_list(inbound).sort
    order = DashboardOrder.NAME if sort == "natural" else DashboardOrder.ID
    filter = _filter(inbound, order, is_descending=sort == "id_desc")
    page = Page(size=part.limit, offset=part.offset)
    found = services.dashboards.find(inbound.principal, filter, page)
    shown = [_shown(services, inbound, each.dashboard) for each in found.items]
    cursors = CursorsShown(previous=part.previous(), next=part.next(found.total))
    return render_json(DashboardsBody(dashboards=shown, cursors=cursors))


def get_dashboard(services: Services, inbound: Inbound) -> Outbound:
    """Read a dashboard, with its filters and widgets."""
    dashboard = services.dashboards.get(inbound.principal, dashboard_id(inbound))
    return render_json(DashboardBody(dashboard=_shown(services, inbound, dashboard)))


def list_metadata(services: Services, inbound: Inbound) -> Outbound:
    """List all dashboards by their names."""
    filter = _filter(inbound, DashboardOrder.ID)
    found = services.dashboards.find(inbound.principal, filter, Page(size=_ALL))
    shown = [metadata_shown(each.dashboard) for each in found.items]
    return render_json(MetadataBody(dashboards_metadata=shown))


def build_url(services: Services, inbound: Inbound) -> Outbound:
    """Make a link to a dashboard with values for its filters."""
    asked = conditions_of(parse_url(inbound).filter_states)
    dashboard = services.dashboards.get(inbound.principal, dashboard_id(inbound))
    require_known(asked, services.dashboard_runs.board(inbound.principal, dashboard.id).filters)
    link = dashboard_url(dashboard, f"{inbound.base_url}{inbound.prefix}")
    states = urlencode([(f"p_{each.field}", str(value)) for each in asked for value in each.values])
    return render_json(UrlShown(dashboard_url=f"{link}?{states}" if states else link))


def submit_preload(services: Services, inbound: Inbound) -> Answer:
    """Run what a dashboard shows and is not stored yet; answers with the job of all of it."""
    asked, principal = parse_preload(inbound), inbound.principal
    number = dashboard_id(inbound)
    conditions = conditions_of(asked.dashboard_filter_conditions)

    def prepare() -> Answer:
        jobs = services.dashboard_runs.prepare_all(
            principal, number, conditions, must_run=asked.bust_cache
        )
        return Onward(Work.WRITE, lambda: begin(jobs))

    def begin(jobs: tuple[PreparedJob, ...]) -> Outbound:
        batch = services.batches.begin(principal, jobs, dashboard_id=number)
        return render_json(show_batch(batch), cache=UNKEPT)

    return Onward(Work.TEXT, prepare)


def _filter(
    inbound: Inbound, order: DashboardOrder, *, is_descending: bool = False
) -> DashboardFilter:
    principal = inbound.principal
    return DashboardFilter(
        workspace_id=principal.workspace_id,
        viewer_id=principal.user_id,
        order=order,
        descending=is_descending,
    )


def _shown(services: Services, inbound: Inbound, dashboard: Dashboard) -> DashboardShown:
    board = services.dashboard_runs.board(inbound.principal, dashboard.id)
    base = f"{inbound.base_url}{inbound.prefix}"
    return dashboard_shown(dashboard, board.widgets, board.filters, base)


_ABOUT: Final = partial(About, tag="dashboards")
_ONE: Final = partial(_ABOUT, refusals=(404,))
_POSTED: Final = partial(_ABOUT, refusals=(400, 404))
_DASHBOARD: Final = "/api/v2/dashboards/{dashboard_id}"
ROUTES: Final = (
    described(
        "GET /api/v2/dashboards",
        list_dashboards,
        _ABOUT(answer=DashboardsBody, arguments=DashboardArguments),
    ),
    described("GET /api/v2/dashboards/list_metadata", list_metadata, _ABOUT(answer=MetadataBody)),
    described(f"GET {_DASHBOARD}", get_dashboard, _ONE(answer=DashboardBody)),
    described(f"POST {_DASHBOARD}/build_url", build_url, _POSTED(answer=UrlShown, body=UrlBody)),
    described(
        f"POST {_DASHBOARD}/submit_preload",
        submit_preload,
        _ABOUT(answer=AsyncShown, body=PreloadBody, refusals=(400, 404, 409, 503)),
    ),
)
