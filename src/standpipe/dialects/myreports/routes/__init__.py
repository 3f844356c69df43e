"""The URL table of the MyReports API, and the room as a value."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from standpipe.dialects.myreports.credentials import read_credentials, read_csrf
from standpipe.dialects.myreports.errors import render_error
from standpipe.dialects.myreports.routes import reports, requests, rows
from standpipe.dialects.myreports.routes.document import document_routes
from standpipe.http.messages import Room, Route

MOUNTED_AT: Final = ("/api/v1.0", "/v1.0")


def _below_both(routes: Sequence[Route]) -> Iterator[Route]:
    """Yield the routes, and each once more below the shorter prefix, where it is not described."""
    first, second = MOUNTED_AT
    for route in routes:
        yield route
        yield replace(route, path=second + route.path.removeprefix(first), operation=None)


ROOM = Room(
    name="myreports",
    routes=tuple(_below_both(document_routes((*reports.ROUTES, *requests.ROUTES, *rows.ROUTES)))),
    read_credentials=read_credentials,
    render_error=render_error,
    read_csrf=read_csrf,
)
