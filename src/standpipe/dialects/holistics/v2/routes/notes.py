"""What the document of API v2 says of its endpoints beside their handlers."""

from typing import Final

from standpipe.dialects.holistics.v2.errors import ErrorShown
from standpipe.http.openapi import ApiNotes

DESCRIPTION: Final = """Version 2 of the Holistics API, as its clients use it: dashboards and their
widgets, data sets, and the jobs that bring their rows and files.

Keys: `X-Holistics-Key`, a bearer token, or the argument `_utoken`. Unknown arguments are passed
over. Every error is an object with `type` and `message`; its stable code is in
`X-Standpipe-Error`."""

_NUMBERED: Final = ("job_id", "source_id", "dashboard_id", "widget_id", "report_id", "set_id")
_NUMBER: Final = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
API_NOTES: Final = ApiNotes(
    title="Standpipe: the Holistics API v2",
    version="2",
    description=DESCRIPTION,
    problem=ErrorShown,
    problem_type="application/json; charset=utf-8",
    refusals=(401, 403, 422, 429),
    refusals_of_public=(422,),
    security={
        "key": {"type": "apiKey", "in": "header", "name": "X-Holistics-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "argument": {"type": "apiKey", "in": "query", "name": "_utoken"},
    },
    parts=dict.fromkeys(
        ("job_id", "source_id", "dashboard_id", "widget_id", "report_id", "set_id"), _NUMBER
    ),
)
