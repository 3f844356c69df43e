"""The URL table of the Dune API, and the room as a value."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from standpipe.dialects.dune.credentials import read_credentials, read_csrf
from standpipe.dialects.dune.errors import render_error
from standpipe.dialects.dune.requests.paths import PREFIXES
from standpipe.dialects.dune.routes import datasets, endpoints, queries, uploads, usage
from standpipe.dialects.dune.routes import executions as runs
from standpipe.dialects.dune.routes.document import document_routes
from standpipe.http.messages import Handler, Room, Route, Work

_TABLE: Final[tuple[tuple[str, Handler, Work], ...]] = (
    ("GET /uploads", uploads.list_tables, Work.READ),
    ("POST /uploads", uploads.create_table, Work.WRITE),
    ("POST /uploads/csv", uploads.upload_csv, Work.SLOW),
    *(
        (f"{method} {root}/{{namespace}}/{{table}}{end}", handler, work)
        for root in ("/uploads", "/table")
        for method, end, handler, work in (
            ("POST", "/insert", uploads.insert_rows, Work.SLOW),
            ("POST", "/clear", uploads.clear_table, Work.WRITE),
            ("DELETE", "", uploads.delete_table, Work.WRITE),
        )
    ),
    # As the same was called before (compat/dune.md 2).
    ("GET /tables", uploads.list_tables, Work.READ),
    ("POST /table/create", uploads.create_table, Work.WRITE),
    ("POST /table/upload/csv", uploads.upload_csv, Work.SLOW),
)


def _routes() -> Iterator[Route]:
    """Yield each endpoint below each prefix; the document shows the first.

    A slash at the end is dropped before routing: a redirect would turn POST into GET in many
    clients (compat/dune.md 1.2).
    """
    tables = [Route(*place.split(" ", 1), handler, work) for place, handler, work in _TABLE]  # type: ignore[arg-type,call-arg]
    described = (runs.ROUTES, queries.ROUTES, datasets.ROUTES, endpoints.ROUTES, usage.ROUTES)
    for route in (*chain.from_iterable(described), *tables):
        for prefix in PREFIXES:
            path = f"{prefix}{route.path}"
            if f"{path}/".startswith(tuple(f"{each}/" for each in MOUNTED_AT)):
                operation = route.operation if prefix == PREFIXES[0] else None
                yield replace(route, path=path, operation=operation)


MOUNTED_AT: Final = ("/api/v1", "/api/alpha/v1", "/v1/query", "/v1/execution")
ROOM = Room(
    name="dune",
    routes=document_routes(tuple(_routes())),
    read_credentials=read_credentials,
    render_error=render_error,
    read_csrf=read_csrf,
)
