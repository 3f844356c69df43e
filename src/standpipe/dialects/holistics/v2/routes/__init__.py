"""The URL table of API v2, and the room as a value."""

from typing import Final

from standpipe.dialects.holistics.credentials import read_credentials, read_csrf
from standpipe.dialects.holistics.routes.document import document_routes
from standpipe.dialects.holistics.v2.errors import render_error
from standpipe.dialects.holistics.v2.routes import (
    about,
    dashboards,
    data_sets,
    jobs,
    results,
    widgets,
)
from standpipe.dialects.holistics.v2.routes.notes import API_NOTES
from standpipe.http.messages import Room

PREFIX: Final = "/api/v2"

# Fixed names before patterns.
ROUTES: Final = (
    *about.ROUTES,
    *jobs.ROUTES,
    *results.ROUTES,
    *data_sets.ROUTES,
    *dashboards.ROUTES,
    *widgets.ROUTES,
)
ROOM = Room(
    name="holistics-v2",
    routes=document_routes(ROUTES, API_NOTES, f"{PREFIX}/openapi.json"),
    read_credentials=read_credentials,
    render_error=render_error,
    read_csrf=read_csrf,
)
