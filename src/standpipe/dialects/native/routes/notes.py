"""What the document says of many endpoints alike."""

from typing import Any, Final

from standpipe.dialects.native.errors import MEDIA_TYPE, Problem
from standpipe.dialects.native.requests.waits import PREFER, PREFERENCE_APPLIED
from standpipe.dialects.native.responses.results import Rows
from standpipe.formats import FORMATS
from standpipe.http.endpoints import Notes
from standpipe.http.openapi import ApiNotes
from standpipe.http.operations import JSON, HeaderField, Shown

DESCRIPTION: Final = """Saved SQL queries, their runs and their results.

Keys: `Authorization: Bearer <key>`, `X-API-Key`, Basic with the key as user name or password, or
the argument `api_key`. Errors are problem details (RFC 9457) with a stable `code`. Arguments that
an endpoint does not know are refused; names that begin with `_` are free."""

_KEY_IN: Final = {"header": "X-API-Key", "query": "api_key"}
API_NOTES: Final = ApiNotes(
    title="Standpipe",
    version="1",
    description=DESCRIPTION,
    problem=Problem,
    problem_type=MEDIA_TYPE,
    refusals=(400, 401, 403, 429),
    refusals_of_public=(400,),
    security={
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
        **{place: {"type": "apiKey", "in": place, "name": name} for place, name in _KEY_IN.items()},
    },
    parts={
        "execution_id": {"type": "string", "format": "uuid"},
        "result_id": {"type": "string", "format": "uuid"},
        "extension": {"type": "string", "enum": [entry.extension for entry in FORMATS.values()]},
    },
)

LOCATION: Final = HeaderField(name="Location", description="Where what was made is.")
ETAG: Final = HeaderField(name="ETag", description="The strong tag of these very bytes.")
LINK: Final = HeaderField(name="Link", description='The next page, as rel="next".')
CONTENT_LOCATION: Final = HeaderField(
    name="Content-Location", description="The address of the result, where this never changes."
)
AGE: Final = HeaderField(name="Age", description="How many seconds old the result is.", type=int)
CACHE_STATUS: Final = HeaderField(
    name="Cache-Status", description="Whether a stored result was used (RFC 9211)."
)
RETRY_AFTER: Final = HeaderField(
    name="Retry-After", description="After how many seconds to ask again.", type=int
)

MEDIA_TYPES: Final = tuple(
    entry.media_type for entry in FORMATS.values() if entry.media_type != JSON
)


def rows_shown(*headers: HeaderField, kind: Any = Rows) -> Shown:
    """Return the answer of an address that gives rows."""
    return Shown(
        description="The rows.",
        type=kind,
        media_types=MEDIA_TYPES,
        headers=(ETAG, LINK, *headers),
    )


def json_notes(
    tag: str, kind: Any, *refusals: int, description: str = "As asked for.", tagged: bool = False
) -> Notes:
    """Return the notes of an endpoint that answers 200 with one kind of body."""
    headers = (ETAG,) if tagged else ()
    shown = Shown(description=description, type=kind, headers=headers)
    return Notes(tag=tag, answers={200: shown}, refusals=refusals)


NOT_MODIFIED: Final = Shown(description="The caller has these bytes already.")
WAITING: Final = (PREFER,)
WAITED: Final = (PREFERENCE_APPLIED,)
