"""The URL table of our own API, and the room as a value. What is called most stands first."""

from standpipe.dialects.native.credentials import read_credentials, read_csrf
from standpipe.dialects.native.errors import render_error
from standpipe.dialects.native.routes import (
    custom_endpoints,
    executions,
    fresh,
    index,
    queries,
    results,
    runs,
    usage,
)
from standpipe.dialects.native.routes.document import document_routes
from standpipe.dialects.native.routes.reach import within_reach
from standpipe.http.messages import Room

ROUTES = tuple(
    within_reach(route)
    for route in document_routes(
        [
            route
            for part in (
                results,
                fresh,
                executions,
                runs,
                queries,
                custom_endpoints,
                usage,
                index,
            )
            for route in part.ROUTES
        ]
    )
)

ROOM = Room(
    name="native",
    routes=ROUTES,
    read_credentials=read_credentials,
    render_error=render_error,
    read_csrf=read_csrf,
    has_timing=True,
)
