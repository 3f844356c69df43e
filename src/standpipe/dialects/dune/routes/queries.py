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
from standpipe.dialects.dune.requests.options import PageArguments, page_of
from standpipe.dialects.dune.requests.paths import query_id
from standpipe.dialects.dune.requests.queries import (
    NewQuery,
    QueryChange,
    parse_changes,
    parse_draft,
)
from standpipe.dialects.dune.responses.bodies import render_json
from standpipe.dialects.dune.responses.queries import (
    QueryList,
    QueryNumber,
    QueryShown,
    show_listed,
    show_query,
)
from standpipe.dialects.dune.routes.sources import default_source
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound, Work
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
    return render_json(QueryNumber(query_id=query.id))


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
    return render_json(QueryNumber(query_id=query.id))


def unarchive_query(services: Services, inbound: Inbound) -> Outbound:
    """Let an archived query run again; repeating is fine."""
    return _change(services, inbound, {"is_archived": False})


def hide_query(services: Services, inbound: Inbound) -> Outbound:
    """Make a query private: others find neither it nor its results."""
    return _change(services, inbound, {"visibility": Visibility.PRIVATE})


def show_again(services: Services, inbound: Inbound) -> Outbound:
    """Show a private query to everybody who reaches its data source."""
    return _change(services, inbound, {"visibility": Visibility.WORKSPACE})


def list_queries(services: Services, inbound: Inbound) -> Outbound:
    """List the queries that the caller may see."""
    limit, offset = page_of(inbound, default=_LIST_LIMIT, most=_MOST_LISTED)
    if limit == 0:
        total = _found(services, inbound, Page(size=1)).total
        return render_json(QueryList(queries=[], total=total))
    found = _found(services, inbound, Page(size=limit, offset=offset))
    shown = [
        show_listed(each.query, owner_of(services, each.query.owner_id)) for each in found.items
    ]
    return render_json(QueryList(queries=shown, total=found.total))


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


def _change(services: Services, inbound: Inbound, changes: Mapping[str, Any]) -> Outbound:
    return _edit(services, inbound, _query(services, inbound), changes)


def _edit(
    services: Services, inbound: Inbound, query: Query, changes: Mapping[str, Any]
) -> Outbound:
    changed = {name: value for name, value in changes.items() if getattr(query, name) != value}
    if changed:
        services.queries.edit(inbound.principal, query.id, changed)
    return render_json(QueryNumber(query_id=query.id))


_STEPS: Final = {
    "archive": archive_query,
    "unarchive": unarchive_query,
    "private": hide_query,
    "unprivate": show_again,
}
_ABOUT: Final = partial(About, tag="queries")
_STEP: Final = partial(_ABOUT, answer=QueryNumber, refusals=(403, 404))
_MADE: Final = _ABOUT(answer=QueryNumber, body=NewQuery)
_CHANGED: Final = _ABOUT(answer=QueryNumber, body=QueryChange, refusals=(403, 404, 409))
_QUERY: Final = "/query/{query_id}"
ROUTES: Final = (
    described("POST /query", create_query, _MADE, Work.WRITE),
    described(f"GET {_QUERY}", get_query, _ABOUT(answer=QueryShown, refusals=(404,))),
    described(f"PATCH {_QUERY}", update_query, _CHANGED, Work.WRITE),
    described("GET /queries", list_queries, _ABOUT(answer=QueryList, arguments=PageArguments)),
    *(
        described(
            f"{method} {_QUERY}/{word}", step, _STEP(name=f"{step.__name__}{end}"), Work.WRITE
        )
        for word, step in _STEPS.items()
        for method, end in (("POST", ""), ("PATCH", "_as_well"))
    ),
)
