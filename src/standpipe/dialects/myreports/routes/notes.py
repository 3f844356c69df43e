"""What the document of this room says of its endpoints beside their handlers."""

from typing import Final

from standpipe.dialects.myreports.errors import ErrorShown
from standpipe.http.openapi import ApiNotes

DESCRIPTION: Final = """The MyReports API, as its integrations use it: reports are requested for a
period and with conditions, requests are polled until they are complete, and their rows are read.

Keys: `Authorization: Bearer` (or `Authorisation`) with an access token or with any key of this
server. All paths are there below `/v1.0` too. Ids are GUIDs in any case, with or without braces.
All answers but rows stand in an envelope; the stable code of an error is in `X-Standpipe-Error`."""

_GUID: Final = {"type": "string", "format": "uuid"}
API_NOTES: Final = ApiNotes(
    title="Standpipe: the MyReports API",
    version="1.0",
    description=DESCRIPTION,
    problem=ErrorShown,
    problem_type="application/json; charset=utf-8",
    refusals=(400, 401, 429),
    refusals_of_public=(400,),
    security={"bearer": {"type": "http", "scheme": "bearer"}},
    parts={"workspace_id": _GUID, "report_id": _GUID, "request_id": _GUID},
)
