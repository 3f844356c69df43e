"""Dashboards: make, read by id or slug, change, archive, star, list."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from standpipe.core.dashboards import Dashboard, DashboardFilter, DashboardListing, DashboardOrder
from standpipe.dialects.redash.requests.dashboards import (
    parse_dashboard_changes,
    parse_dashboard_name,
    parse_dashboard_ref,
)
from standpipe.dialects.redash.requests.lists import parse_dashboard_filter, parse_page
from standpipe.dialects.redash.responses.bodies import render_json
from standpipe.dialects.redash.responses.dashboards import dashboard_body, starred, widget_body
from standpipe.dialects.redash.responses.lists import render_page, render_tags
from standpipe.dialects.redash.routes.shown import find_people, show_query
from standpipe.http.messages import Inbound, Outbound, Route, Work
from standpipe.services.dashboards import ShownWidget
from standpipe.services.directory import Services


def get_dashboard(services: Services, inbound: Inbound) -> Outbound:
    """Read a dashboard with its widgets."""
    dashboard = _find(services, inbound)
    can_edit = inbound.principal.is_admin or dashboard.owner_id == inbound.principal.user_id
    return render_json({**_full_body(services, inbound, dashboard), "can_edit": can_edit})


def create_dashboard(services: Services, inbound: Inbound) -> Outbound:
    """Make an empty draft."""
    dashboard = services.dashboards.create(inbound.principal, parse_dashboard_name(inbound))
    return render_json(_body(services, inbound, dashboard, widgets=None))


def edit_dashboard(services: Services, inbound: Inbound) -> Outbound:
    """Change some fields of a dashboard."""
    changes, version = parse_dashboard_changes(inbound)
    before = _find(services, inbound)
    dashboard = services.dashboards.edit(
        inbound.principal, before.id, changes, expected_version=version
    )
    return render_json(_full_body(services, inbound, dashboard))


def archive_dashboard(services: Services, inbound: Inbound) -> Outbound:
    """Archive a dashboard."""
    found = _find(services, inbound)
    dashboard = services.dashboards.archive(inbound.principal, found.id)
    return render_json(_full_body(services, inbound, dashboard))


def star_dashboard(services: Services, inbound: Inbound) -> Outbound:
    """Star a dashboard."""
    found = _find(services, inbound)
    services.dashboards.set_favorite(inbound.principal, found.id, starred=True)
    return render_json(None)


def unstar_dashboard(services: Services, inbound: Inbound) -> Outbound:
    """Take the star away."""
    found = _find(services, inbound)
    services.dashboards.set_favorite(inbound.principal, found.id, starred=False)
    return render_json(None)


def list_dashboards(services: Services, inbound: Inbound) -> Outbound:
    """List published dashboards and one's own."""
    return _page(services, inbound, _filter(services, inbound))


def list_own_dashboards(services: Services, inbound: Inbound) -> Outbound:
    """List one's own dashboards."""
    return _page(services, inbound, replace(_filter(services, inbound), only_own=True))


def list_starred_dashboards(services: Services, inbound: Inbound) -> Outbound:
    """List one's favourites, the latest star first if no order is asked for."""
    wanted = replace(_filter(services, inbound), only_favorites=True)
    if not inbound.arg("order"):
        wanted = replace(wanted, order=DashboardOrder.STARRED_AT, descending=True)
    return _page(services, inbound, wanted, shows_star=True)


def list_dashboard_tags(services: Services, inbound: Inbound) -> Outbound:
    """List tags with their counts."""
    return render_tags(services.dashboards.tags(inbound.principal))


def _find(services: Services, inbound: Inbound) -> Dashboard:
    ref = parse_dashboard_ref(inbound)
    if isinstance(ref, str):
        return services.dashboards.get_by_slug(inbound.principal, ref)
    return services.dashboards.get(inbound.principal, ref)


def _full_body(services: Services, inbound: Inbound, dashboard: Dashboard) -> dict[str, Any]:
    widgets = services.dashboards.widgets(inbound.principal, dashboard)
    bodies = [_widget_body(services, inbound, widget) for widget in widgets]
    return _body(services, inbound, dashboard, widgets=bodies)


def _widget_body(services: Services, inbound: Inbound, widget: ShownWidget) -> dict[str, Any]:
    query = None if widget.query is None else show_query(services, inbound, widget.query)
    return widget_body(widget, query)


def _body(
    services: Services,
    inbound: Inbound,
    dashboard: Dashboard,
    *,
    widgets: Sequence[dict[str, Any]] | None,
) -> dict[str, Any]:
    owner = services.accounts.get_user(dashboard.owner_id)
    stars = services.dashboards.favorites(inbound.principal, [dashboard.id])
    return dashboard_body(dashboard, owner, is_favorite=bool(stars), widgets=widgets)


def _filter(services: Services, inbound: Inbound) -> DashboardFilter:
    return parse_dashboard_filter(inbound, services.data_sources.reachable_ids(inbound.principal))


def _page(
    services: Services, inbound: Inbound, wanted: DashboardFilter, *, shows_star: bool = False
) -> Outbound:
    page = parse_page(inbound)
    listing = services.dashboards.find(inbound.principal, wanted, page)
    owners = find_people(services, (item.dashboard.owner_id for item in listing.items))
    stars = services.dashboards.favorites(
        inbound.principal, [item.dashboard.id for item in listing.items]
    )

    def body(item: DashboardListing) -> dict[str, Any]:
        found = item.dashboard
        is_favorite = found.id in stars
        plain = dashboard_body(found, owners[found.owner_id], is_favorite=is_favorite, widgets=None)
        return starred(plain, item.starred_at) if shows_star else plain

    return render_page(listing.total, page, [body(item) for item in listing.items])


_DASHBOARD = "/api/dashboards/{dashboard}"

ROUTES = (
    Route("GET", "/api/dashboards", list_dashboards),
    Route("POST", "/api/dashboards", create_dashboard, Work.WRITE),
    Route("GET", "/api/dashboards/my", list_own_dashboards),
    Route("GET", "/api/dashboards/favorites", list_starred_dashboards),
    Route("GET", "/api/dashboards/tags", list_dashboard_tags),
    Route("GET", _DASHBOARD, get_dashboard, Work.TEXT),
    Route("POST", _DASHBOARD, edit_dashboard, Work.WRITE),
    Route("DELETE", _DASHBOARD, archive_dashboard, Work.WRITE),
    Route("POST", f"{_DASHBOARD}/favorite", star_dashboard, Work.WRITE),
    Route("DELETE", f"{_DASHBOARD}/favorite", unstar_dashboard, Work.WRITE),
)
