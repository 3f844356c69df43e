"""Saved queries: made, read, changed, archived, hidden, listed."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from standpipe.core.errors import NotAllowed, NotFound, SourceMissing
from standpipe.core.ids import UserId
from standpipe.core.queries import (
    Listing,
    Page,
    Query,
    QueryFilter,
    QueryListing,
    Visibility,
)
from standpipe.core.tables import handle_of
from standpipe.dialects.dune.errors import HIDDEN_QUERY, told
from standpipe.dialects.dune.requests.options import page_of
from standpipe.dialects.dune.requests.paths import query_id
from standpipe.dialects.dune.requests.queries import parse_changes, parse_draft
from standpipe.dialects.dune.responses.bodies import render_json
from standpipe.dialects.dune.responses.queries import show_listed, show_query
from standpipe.dialects.dune.routes.sources import default_source
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services

_LIST_LIMIT: Final = 20
_MOST_LISTED: Final = 1_000


def create_query(services: Services, inbound: Inbound) -> Outbound:
    """Save a new query; it runs on the room's data source."""
    try:
        source_id = default_source(services, inbound.principal).id
    except SourceMissing:
        source_id = None
    query = services.queries.create(inbound.principal, parse_draft(inbound, source_id))
    return render_json({"query_id": query.id})


def get_query(services: Services, inbound: Inbound) -> Outbound:
    """Read a query."""
    query = _query(services, inbound)
    return render_json(show_query(query, owner_of(services, query.owner_id)))


def update_query(services: Services, inbound: Inbound) -> Outbound:
    """Change what is given of a query; only its SQL and parameters make results old."""
    query = _query(services, inbound)
    return _edit(services, inbound, query, parse_changes(inbound, query))


def archive_query(services: Services, inbound: Inbound) -> Outbound:
    """Archive a query: it leaves lists and schedules; its results stay."""
    query = services.queries.archive(inbound.principal, _query(services, inbound).id)
    return render_json({"query_id": query.id})


def change_query(changes: Mapping[str, Any], services: Services, inbound: Inbound) -> Outbound:
    """Unarchive, hide or show a query; repeating is fine."""
    return _edit(services, inbound, _query(services, inbound), changes)


def list_queries(services: Services, inbound: Inbound) -> Outbound:
    """List the queries that the caller may see."""
    limit, offset = page_of(inbound, default=_LIST_LIMIT, most=_MOST_LISTED)
    if limit == 0:
        return render_json({"queries": [], "total": _found(services, inbound, Page(size=1)).total})
    found = _found(services, inbound, Page(size=limit, offset=offset))
    shown = [
        show_listed(each.query, owner_of(services, each.query.owner_id)) for each in found.items
    ]
    return render_json({"queries": shown, "total": found.total})


def _found(services: Services, inbound: Inbound, page: Page) -> Listing[QueryListing]:
    principal = inbound.principal
    filter = QueryFilter(
        workspace_id=principal.workspace_id,
        viewer_id=principal.user_id,
        sees_private=principal.is_admin,
        data_source_ids=services.data_sources.reachable_ids(principal),
    )
    return services.queries.find(principal, filter, page)


def owner_of(services: Services, user_id: UserId) -> str:
    """Return the handle of a user: the name of his uploads' namespace."""
    return handle_of(services.accounts.get_user(user_id).name)


def _query(services: Services, inbound: Inbound) -> Query:
    with told(HIDDEN_QUERY, NotFound, NotAllowed):
        return services.queries.get(inbound.principal, query_id(inbound))


def _edit(
    services: Services, inbound: Inbound, query: Query, changes: Mapping[str, Any]
) -> Outbound:
    changed = {name: value for name, value in changes.items() if getattr(query, name) != value}
    if changed:
        services.queries.edit(inbound.principal, query.id, changed)
    return render_json({"query_id": query.id})


unarchive_query = partial(change_query, {"is_archived": False})
hide_query = partial(change_query, {"visibility": Visibility.PRIVATE})
show_again = partial(change_query, {"visibility": Visibility.WORKSPACE})
