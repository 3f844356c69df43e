"""Lists of queries: all, own, archived, starred, latest, found; and their tags."""

from dataclasses import replace
from urllib.parse import quote

from standpipe.core.queries import Page, QueryFilter, QueryOrder
from standpipe.dialects.redash.requests.lists import (
    parse_page,
    parse_query_filter,
    parse_recent_filter,
)
from standpipe.dialects.redash.responses.bodies import JSON_TYPE, render_json
from standpipe.dialects.redash.responses.lists import render_page, render_tags
from standpipe.dialects.redash.responses.queries import listed_query_body, recent_query_body
from standpipe.dialects.redash.routes.shown import show_queries
from standpipe.http.messages import Inbound, Outbound, Route, Work
from standpipe.services.directory import Services

RECENT = Page(number=1, size=10)


def list_queries(services: Services, inbound: Inbound) -> Outbound:
    """List the queries the caller reaches, drafts of others too."""
    return _page(services, inbound, _filter(services, inbound))


def list_own_queries(services: Services, inbound: Inbound) -> Outbound:
    """List the caller's own queries."""
    wanted = _filter(services, inbound)
    return _page(services, inbound, replace(wanted, owner_id=inbound.principal.user_id))


def list_archived_queries(services: Services, inbound: Inbound) -> Outbound:
    """List archived queries, without drafts of others."""
    wanted = _filter(services, inbound)
    return _page(services, inbound, replace(wanted, archived=True, drafts_of_others=False))


def list_starred_queries(services: Services, inbound: Inbound) -> Outbound:
    """List the caller's favourites, the latest star first if no order is asked for."""
    wanted = replace(_filter(services, inbound), only_favorites=True)
    if not inbound.arg("order"):
        wanted = replace(wanted, order=QueryOrder.STARRED_AT, descending=True)
    return _page(services, inbound, wanted, shows_star=True)


def list_recent_queries(services: Services, inbound: Inbound) -> Outbound:
    """List the ten queries that the caller changed last, as a plain array."""
    wanted = parse_recent_filter(inbound.principal)
    found = services.queries.find(inbound.principal, wanted, RECENT).items
    shown = show_queries(services, inbound, [item.query for item in found])
    return render_json([recent_query_body(query) for query in shown])


def search_queries(services: Services, inbound: Inbound) -> Outbound:
    """Send old clients to the list, where searching is done now."""
    text = inbound.arg("q")
    if not text:
        return render_json([])
    drafts = "true" if inbound.arg("include_drafts") else "false"
    slug = services.accounts.workspace_of(inbound.principal).slug
    found = f"q={quote(text, safe='', errors='replace')}&org_slug={slug}&drafts={drafts}"
    where = f"{inbound.prefix}/api/queries?{found}"
    return Outbound(status=301, headers=(JSON_TYPE, ("Location", where)), body=b"{}")


def list_query_tags(services: Services, inbound: Inbound) -> Outbound:
    """List tags with their counts."""
    return render_tags(services.queries.tags(inbound.principal))


def _filter(services: Services, inbound: Inbound) -> QueryFilter:
    return parse_query_filter(inbound, services.data_sources.reachable_ids(inbound.principal))


def _page(
    services: Services, inbound: Inbound, wanted: QueryFilter, *, shows_star: bool = False
) -> Outbound:
    page = parse_page(inbound)
    listing = services.queries.find(inbound.principal, wanted, page)
    shown = show_queries(services, inbound, [item.query for item in listing.items])
    bodies = [
        listed_query_body(query, item, shows_star=shows_star)
        for query, item in zip(shown, listing.items, strict=True)
    ]
    return render_page(listing.total, page, bodies)


ROUTES = (
    Route("GET", "/api/queries", list_queries, Work.TEXT),
    Route("GET", "/api/queries/my", list_own_queries, Work.TEXT),
    Route("GET", "/api/queries/archive", list_archived_queries, Work.TEXT),
    Route("GET", "/api/queries/favorites", list_starred_queries, Work.TEXT),
    Route("GET", "/api/queries/recent", list_recent_queries, Work.TEXT),
    Route("GET", "/api/queries/search", search_queries),
    Route("GET", "/api/queries/tags", list_query_tags),
)
