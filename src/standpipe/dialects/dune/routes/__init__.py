"""The URL table of the Dune API, and the room as a value."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from standpipe.dialects.dune.credentials import read_credentials, read_csrf
from standpipe.dialects.dune.errors import render_error
from standpipe.dialects.dune.requests.paths import PREFIXES
from standpipe.dialects.dune.routes import (
    datasets,
    endpoints,
    executions,
    materialized_views,
    pipelines,
    queries,
    uploads,
    usage,
)
from standpipe.dialects.dune.routes.document import document_routes
from standpipe.http.messages import Room, Route

MOUNTED_AT: Final = ("/api/v1", "/api/alpha/v1", "/v1/query", "/v1/execution")
_PARTS: Final = (
    executions,
    queries,
    uploads,
    materialized_views,
    datasets,
    endpoints,
    usage,
    pipelines,
)


def _routes() -> Iterator[Route]:
    """Yield each endpoint below each prefix; the document shows the first.

    A slash at the end is dropped before routing: a redirect would turn POST into GET in many
    clients (compat/dune.md 1.2).
    """
    for route in chain.from_iterable(part.ROUTES for part in _PARTS):
        for prefix in PREFIXES:
            path = f"{prefix}{route.path}"
            if f"{path}/".startswith(tuple(f"{each}/" for each in MOUNTED_AT)):
                operation = route.operation if prefix == PREFIXES[0] else None
                yield replace(route, path=path, operation=operation)


ROOM = Room(
    name="dune",
    routes=document_routes(tuple(_routes())),
    read_credentials=read_credentials,
    render_error=render_error,
    read_csrf=read_csrf,
)
