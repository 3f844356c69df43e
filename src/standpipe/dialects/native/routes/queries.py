"""Saved queries: listed, read, made, changed, archived; and what values they take."""

from typing import Any

import msgspec

from standpipe.core.queries import Page
from standpipe.dialects.native.requests.lists import (
    QueryListArguments,
    parse_filter,
    parse_page,
    write_number,
)
from standpipe.dialects.native.requests.paths import query_id
from standpipe.dialects.native.requests.queries import (
    IF_MATCH,
    NewQuery,
    QueryChanges,
    parse_changes,
    parse_draft,
    parse_expected_version,
)
from standpipe.dialects.native.responses.bodies import addresses_of, render_json, render_tagged
from standpipe.dialects.native.responses.queries import (
    QueryPage,
    QueryShown,
    ValuesSchema,
    render_query,
    show_page,
    show_query,
    values_schema,
)
from standpipe.dialects.native.routes.notes import ETAG, LINK, LOCATION, NOT_MODIFIED, json_notes
from standpipe.http.endpoints import Asked, Notes, endpoint
from standpipe.http.messages import Outbound, Work
from standpipe.http.operations import NoArguments, NoBody, Shown
from standpipe.services.directory import Services

TAG = "queries"


def list_queries(services: Services, asked: Asked[QueryListArguments, NoBody]) -> Outbound:
    """List the queries that you reach, the newest first, or the best match of a search."""
    page, to = parse_page(asked.arguments), addresses_of(asked.inbound)
    reach = services.data_sources.reachable_ids(asked.principal)
    wanted = parse_filter(asked.arguments, asked.principal, reach)
    found = services.queries.find(asked.principal, wanted, page)
    following = _next(asked.arguments, page, found.total)
    address = None if following is None else to.to("queries", **following)
    body = show_page([item.query for item in found.items], found.total, address, to)
    links = () if address is None else (("Link", f'<{address}>; rel="next"'),)
    return render_tagged(body, headers=(*links, ("Cache-Control", "private, no-cache")))


def create_query(services: Services, asked: Asked[NoArguments, NewQuery]) -> Outbound:
    """Save a new query."""
    query = services.queries.create(asked.principal, parse_draft(asked.body))
    to = addresses_of(asked.inbound)
    made = (("Location", to.query(query.id)),)
    return render_json(show_query(query, to), status=201, headers=made)


def get_query(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Read a query, archived ones too."""
    query = services.queries.get(asked.principal, query_id(asked.inbound))
    return render_query(query, addresses_of(asked.inbound))


def change_query(services: Services, asked: Asked[NoArguments, QueryChanges]) -> Outbound:
    """Change some fields of a query; its owner and administrators may."""
    before = services.queries.get(asked.principal, query_id(asked.inbound))
    query = services.queries.edit(
        asked.principal,
        before.id,
        parse_changes(asked.body, before),
        expected_version=parse_expected_version(asked.inbound, asked.body),
    )
    return render_query(query, addresses_of(asked.inbound))


def archive_query(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Archive a query: it leaves the lists and its schedule; its results stay."""
    services.queries.archive(asked.principal, query_id(asked.inbound))
    return Outbound(status=204)


def get_parameters(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Read which values a query takes, as JSON Schema."""
    query = services.queries.get(asked.principal, query_id(asked.inbound))
    return render_tagged(values_schema(query))


def _next(arguments: QueryListArguments, page: Page, total: int) -> dict[str, Any] | None:
    """Return the arguments of the next page; None on the last one."""
    if page.number * page.size >= total:
        return None
    given = {name: value for name, value in msgspec.structs.asdict(arguments).items() if value}
    return {**given, "cursor": write_number(page.number + 1)}


_QUERY = "/v1/queries/{query_id:int}"
_MADE = Shown(description="The new query.", type=QueryShown, headers=(LOCATION,))
_SHOWN = Shown(description="The query.", type=QueryShown, headers=(ETAG,))
_PAGE = Shown(description="A page.", type=QueryPage, headers=(ETAG, LINK))
_CHANGED = Notes(
    tag=TAG,
    answers={200: _SHOWN},
    refusals=(404, 409, 412, 413),
    headers=(IF_MATCH,),
)

ROUTES = (
    endpoint(
        f"GET {_QUERY}",
        get_query,
        Notes(tag=TAG, answers={200: _SHOWN, 304: NOT_MODIFIED}, refusals=(404,)),
    ),
    endpoint(
        "GET /v1/queries", list_queries, Notes(tag=TAG, answers={200: _PAGE, 304: NOT_MODIFIED})
    ),
    endpoint(
        "POST /v1/queries",
        create_query,
        Notes(tag=TAG, answers={201: _MADE}, refusals=(404, 409, 413)),
        work=Work.WRITE,
    ),
    endpoint(f"PATCH {_QUERY}", change_query, _CHANGED, work=Work.WRITE),
    endpoint(
        f"DELETE {_QUERY}",
        archive_query,
        Notes(tag=TAG, answers={204: Shown(description="Archived.")}, refusals=(404,)),
        work=Work.WRITE,
    ),
    endpoint(
        f"GET {_QUERY}/parameters", get_parameters, json_notes(TAG, ValuesSchema, 404, tagged=True)
    ),
)
