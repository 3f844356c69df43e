"""The URL table of the Dune API, and the room as a value."""

from collections.abc import Iterator
from dataclasses import replace
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
    ("GET /datasets", datasets.list_datasets, Work.SLOW),
    ("GET /datasets/{slug}", datasets.get_dataset, Work.READ),
    ("POST /datasets/search", datasets.search_datasets, Work.SLOW),
    ("POST /datasets/search-by-contract", datasets.search_by_contract, Work.READ),
    ("GET /contracts/submissions", datasets.list_submissions, Work.READ),
    ("POST /contracts/decode", datasets.decode_contracts, Work.READ),
    ("GET /endpoints/{handle}/{slug}/results", endpoints.get_endpoint_results, Work.READ),
    ("GET /endpoints/{handle}/{slug}/results/csv", endpoints.get_endpoint_csv, Work.READ),
    ("POST /usage", usage.get_usage, Work.READ),
)


def _routes() -> Iterator[Route]:
    """Yield each endpoint below each prefix; the document shows the first.

    A slash at the end is dropped before routing: a redirect would turn POST into GET in many
    clients (compat/dune.md 1.2).
    """
    tables = [Route(*place.split(" ", 1), handler, work) for place, handler, work in _TABLE]  # type: ignore[arg-type,call-arg]
    for route in (*runs.ROUTES, *queries.ROUTES, *tables):
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
