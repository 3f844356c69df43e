"""Materialised views: made of queries, refreshed, deleted, listed."""

from functools import partial
from typing import Final

from standpipe.core.errors import NotFound
from standpipe.dialects.dune.errors import NO_QUERY, NO_VIEW, told
from standpipe.dialects.dune.requests.materialized_views import (
    ViewRefresh,
    ViewUpsert,
    check_refresh,
    parse_upsert,
    view_name,
)
from standpipe.dialects.dune.requests.options import PageArguments, page_of
from standpipe.dialects.dune.responses.bodies import render_json
from standpipe.dialects.dune.responses.materialized_views import (
    ViewDeleted,
    ViewList,
    ViewRefreshed,
    ViewShown,
    ViewUpserted,
    show_refreshed,
    show_upserted,
    show_view,
    show_views,
)
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound, Work
from standpipe.services.directory import Services

_MOST_VIEWS: Final = 10_000


def upsert_view(services: Services, inbound: Inbound) -> Outbound:
    """Make a view of a query, or change it, and refresh it."""
    ask = parse_upsert(inbound)
    with told(NO_QUERY, NotFound):
        view, run = services.views.upsert(inbound.principal, ask)
    return render_json(show_upserted(view, run))


def get_view(services: Services, inbound: Inbound) -> Outbound:
    """Read what a view is made of, and its last refreshes."""
    namespace, name = view_name(inbound)
    with told(NO_VIEW):
        view = services.views.get(inbound.principal, namespace, name)
    return render_json(show_view(view))


def list_views(services: Services, inbound: Inbound) -> Outbound:
    """List the views that the caller may read, by full name."""
    limit, offset = page_of(inbound, default=_MOST_VIEWS, most=_MOST_VIEWS)
    found = services.views.find(inbound.principal, limit, offset)
    return render_json(show_views(found, offset))


def refresh_view(services: Services, inbound: Inbound) -> Outbound:
    """Run the query of a view now; a refresh that is under way is joined."""
    namespace, name = view_name(inbound)
    check_refresh(inbound)
    with told(NO_VIEW):
        view = services.views.get(inbound.principal, namespace, name)
        run = services.views.refresh(inbound.principal, view.table.namespace, view.table.name)
    return render_json(show_refreshed(view.full_name, run))


def delete_view(services: Services, inbound: Inbound) -> Outbound:
    """Remove a view with its rows; its query stays."""
    namespace, name = view_name(inbound)
    with told(NO_VIEW):
        view = services.views.delete(inbound.principal, namespace, name)
    return render_json(ViewDeleted(message=f"Materialized view {view.full_name} deleted"))


_PLACE: Final = "/materialized-views"
_VIEW: Final = f"{_PLACE}/{{name}}"
_ABOUT: Final = partial(About, tag="materialized views")
_MADE: Final = _ABOUT(answer=ViewUpserted, body=ViewUpsert, refusals=(403, 404, 409, 503))
_REFRESHED: Final = _ABOUT(answer=ViewRefreshed, body=ViewRefresh, refusals=(403, 404, 409, 503))
_DELETED: Final = _ABOUT(answer=ViewDeleted, refusals=(403, 404))
ROUTES: Final = (
    described(f"GET {_PLACE}", list_views, _ABOUT(answer=ViewList, arguments=PageArguments)),
    described(f"POST {_PLACE}", upsert_view, _MADE, Work.TEXT),
    described(f"GET {_VIEW}", get_view, _ABOUT(answer=ViewShown, refusals=(404,))),
    described(f"DELETE {_VIEW}", delete_view, _DELETED, Work.WRITE),
    described(f"POST {_VIEW}/refresh", refresh_view, _REFRESHED, Work.TEXT),
)
