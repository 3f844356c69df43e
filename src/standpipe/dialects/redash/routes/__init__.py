"""The URL table of the Redash API, and the room as a value. What is called most stands first."""

from standpipe.dialects.redash.credentials import read_credentials, read_csrf
from standpipe.dialects.redash.errors import render_error
from standpipe.dialects.redash.routes import (
    dashboards,
    datasources,
    people,
    queries,
    query_lists,
    results,
    system,
    widgets,
)
from standpipe.dialects.redash.routes.reach import within_reach
from standpipe.http.messages import Room

ROUTES = tuple(
    within_reach(route)
    for part in (
        results,
        queries,
        query_lists,
        system,
        dashboards,
        widgets,
        datasources,
        people,
    )
    for route in part.ROUTES
)

ROOM = Room(
    name="redash",
    routes=ROUTES,
    read_credentials=read_credentials,
    render_error=render_error,
    read_csrf=read_csrf,
)
