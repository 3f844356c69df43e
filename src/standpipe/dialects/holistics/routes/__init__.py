"""The URL table of the Holistics API, and the room as a value."""

import re
from typing import Final

from standpipe.dialects.holistics.credentials import read_credentials, read_csrf
from standpipe.dialects.holistics.errors import render_error
from standpipe.dialects.holistics.routes import about, jobs, polls, reports, views
from standpipe.dialects.holistics.routes.document import document_routes
from standpipe.dialects.holistics.routes.notes import API_NOTES
from standpipe.http.messages import Room

# Pages of the web interface have other names: no suffix, nothing that is submitted or got.
MOUNTED_AT: Final = ("/jobs", "/exports", "/data_imports", "/data_transforms", "/holistics")
PATTERNS: Final = (
    re.compile(r"/queries/[^/]*\.\w+"),
    re.compile(r"/queries/[^/]*/submit_[^/]*"),
    re.compile(r"/queries/get_[^/]*"),
    re.compile(
        r"/(jobs|users/info|data_sources|data_imports|data_transforms|data_sources/[^/]*)\.json"
    ),
)

ROOM = Room(
    name="holistics",
    # Fixed names before patterns.
    routes=document_routes(
        (*polls.ROUTES, *reports.ROUTES, *jobs.ROUTES, *views.ROUTES, *about.ROUTES),
        API_NOTES,
        "/holistics/openapi.json",
    ),
    read_credentials=read_credentials,
    render_error=render_error,
    read_csrf=read_csrf,
)
