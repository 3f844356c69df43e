"""Things by number or name, as people write them."""

from difflib import get_close_matches

from standpipe.cli.homes import Desk
from standpipe.core.errors import Conflict, NotFound
from standpipe.core.ids import QueryId
from standpipe.core.queries import Page, Query, QueryFilter, QueryOrder

PAGE_SIZE = 500


def find_query(at: Desk, name_or_id: str) -> Query:
    """Return a query by number or name; NotFound suggests the nearest name."""
    if name_or_id.isdecimal():
        return at.services.queries.get(at.principal, QueryId(int(name_or_id)))
    queries = find_queries(at)
    same = [found for found in queries if found.name == name_or_id]
    if len(same) > 1:
        ids = ", ".join(str(found.id) for found in same)
        raise Conflict(f"Several queries are called {name_or_id!r}: {ids}.", hint="Say the number.")
    if same:
        return same[0]
    near = get_close_matches(name_or_id, [found.name for found in queries], n=1)
    raise NotFound(
        f"There is no query {name_or_id!r}.",
        hint=f"Did you mean {near[0]!r}?" if near else "standpipe query list shows them.",
    )


def find_queries(
    at: Desk, *, archived: bool = False, search: str | None = None, tags: tuple[str, ...] = ()
) -> list[Query]:
    """Return the queries that whoever is at the desk may see, by number."""
    filter = QueryFilter(
        workspace_id=at.principal.workspace_id,
        viewer_id=at.principal.user_id,
        sees_private=at.principal.is_admin,
        data_source_ids=at.services.data_sources.reachable_ids(at.principal),
        archived=archived,
        search=search,
        tags=tags,
        order=QueryOrder.CREATED_AT,
    )
    found: list[Query] = []
    number = 1
    while True:
        page = Page(number=number, size=PAGE_SIZE)
        items = at.services.queries.find(at.principal, filter, page).items
        found += [item.query for item in items]
        if len(items) < PAGE_SIZE:
            return sorted(found, key=lambda query: query.id)
        number += 1
