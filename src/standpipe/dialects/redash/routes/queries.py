"""Saved queries one at a time: make, read, change, archive, copy, star."""

from dataclasses import replace

from standpipe.core.ids import QueryId
from standpipe.core.permissions import can_edit_query
from standpipe.dialects.redash.requests.fields import parse_id
from standpipe.dialects.redash.requests.queries import (
    parse_query_changes,
    parse_query_draft,
)
from standpipe.dialects.redash.responses.bodies import render_json
from standpipe.dialects.redash.responses.queries import render_choices, render_query
from standpipe.dialects.redash.routes.shown import show_query
from standpipe.http.messages import Inbound, Outbound, Route, Work
from standpipe.services.directory import Services
from standpipe.services.query_text import moves


def get_query(services: Services, inbound: Inbound) -> Outbound:
    """Read a query, archived ones too."""
    query = services.queries.get(inbound.principal, _query_id(inbound))
    body = render_query(
        show_query(services, inbound, query),
        services.queries.visualizations(query),
        can_edit=can_edit_query(inbound.principal, query),
    )
    return replace(body, is_steady=not moves(query.parameters))


def create_query(services: Services, inbound: Inbound) -> Outbound:
    """Save a new query as a draft."""
    query = services.queries.create(inbound.principal, parse_query_draft(inbound))
    visualizations = services.queries.visualizations(query)
    return render_query(show_query(services, inbound, query), visualizations)


def edit_query(services: Services, inbound: Inbound) -> Outbound:
    """Change some fields of a query."""
    before = services.queries.get(inbound.principal, _query_id(inbound))
    query = services.queries.edit(
        inbound.principal,
        before.id,
        parse_query_changes(inbound, before),
    )
    visualizations = services.queries.visualizations(query)
    return render_query(show_query(services, inbound, query), visualizations)


def archive_query(services: Services, inbound: Inbound) -> Outbound:
    """Archive a query."""
    services.queries.archive(inbound.principal, _query_id(inbound))
    return render_json(None)


def fork_query(services: Services, inbound: Inbound) -> Outbound:
    """Copy a query."""
    query = services.queries.fork(inbound.principal, _query_id(inbound))
    visualizations = services.queries.visualizations(query)
    return render_query(show_query(services, inbound, query), visualizations)


def replace_query_key(services: Services, inbound: Inbound) -> Outbound:
    """Give a query a new key."""
    query = services.queries.replace_key(inbound.principal, _query_id(inbound))
    return render_query(show_query(services, inbound, query), None)


def star_query(services: Services, inbound: Inbound) -> Outbound:
    """Star a query."""
    services.queries.set_favorite(inbound.principal, _query_id(inbound), starred=True)
    return render_json(None)


def unstar_query(services: Services, inbound: Inbound) -> Outbound:
    """Take the star away."""
    services.queries.set_favorite(inbound.principal, _query_id(inbound), starred=False)
    return render_json(None)


def get_choices(services: Services, inbound: Inbound) -> Outbound:
    """Read the choices that a query gives, or those of a list that it declares."""
    has_list = "list_id" in inbound.parts
    list_id = QueryId(parse_id(inbound, "list_id")) if has_list else None
    items = services.dropdowns.offered(inbound.principal, _query_id(inbound), list_id)
    return render_choices(items)


def _query_id(inbound: Inbound) -> QueryId:
    return QueryId(parse_id(inbound, "query_id"))


_QUERY = "/api/queries/{query_id:int}"

ROUTES = (
    Route("GET", _QUERY, get_query, Work.TEXT),
    Route("POST", _QUERY, edit_query, Work.WRITE),
    Route("DELETE", _QUERY, archive_query, Work.WRITE),
    Route("POST", "/api/queries", create_query, Work.WRITE),
    Route("POST", f"{_QUERY}/fork", fork_query, Work.WRITE),
    Route("POST", f"{_QUERY}/regenerate_api_key", replace_query_key, Work.WRITE),
    Route("POST", f"{_QUERY}/favorite", star_query, Work.WRITE),
    Route("DELETE", f"{_QUERY}/favorite", unstar_query, Work.WRITE),
    Route("GET", f"{_QUERY}/dropdown", get_choices, Work.SLOW),
    Route("GET", _QUERY + "/dropdowns/{list_id:int}", get_choices, Work.SLOW),
)
