"""What the document of this room says of its endpoints beside their handlers."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from standpipe.dialects.holistics.errors import ErrorShown
from standpipe.dialects.holistics.responses.files import CSV_TYPE, format_of
from standpipe.http.openapi import ApiNotes
from standpipe.http.operations import HeaderField, NoArguments, Shown

DESCRIPTION: Final = """The Holistics API, as its clients use it: reports are submitted as jobs,
which are polled for their rows or for a file to download.

Keys: `X-Holistics-Key`, a bearer token, or the argument `_utoken`. Filters are values of a query's
parameters: arguments by their names, several values by repeating the argument or as `name[]`, or
fields of a JSON body; ranges are `name_start` and `name_end`. Unknown ones are passed over. Errors
are one line of text for addresses that end in `.csv` or `.xlsx`, and JSON for all others; their
stable code is in `X-Standpipe-Error`."""

_REPORT: Final = {
    "type": "string",
    "pattern": "^[1-9][0-9]{0,8}(-[a-z0-9]+)*$",
    "description": "The number of a query; a slug may follow.",
}
_NUMBER: Final = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
API_NOTES: Final = ApiNotes(
    title="Standpipe: the Holistics API",
    version="1",
    description=DESCRIPTION,
    problem=ErrorShown,
    problem_type="application/json; charset=utf-8",
    refusals=(401, 422, 429),
    refusals_of_public=(422,),
    security={
        "key": {"type": "apiKey", "in": "header", "name": "X-Holistics-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "argument": {"type": "apiKey", "in": "query", "name": "_utoken"},
    },
    parts={"report_id": _REPORT, "job_id": _NUMBER, "source_id": _NUMBER},
)
DEPRECATED: Final = HeaderField(name="Deprecation", description="That there is a better way.")
BEGUN: Final = (400, 403, 404, 503)  # what submitting a report may be refused with


class RunArguments(NoArguments, kw_only=True, frozen=True):
    """How a report is run, besides its filters."""

    bust: Annotated[bool, Meta(description="Take no stored result, however young.")] = (
        msgspec.field(name="_bust_cache", default=False)
    )


def file_shown(extension: str, *, is_deprecated: bool = False) -> Shown:
    """Return what is said of a file of rows."""
    media_type = CSV_TYPE if extension == "csv" else format_of(extension).media_type
    headers = (DEPRECATED,) if is_deprecated else ()
    return Shown(description="The rows.", media_types=(media_type,), headers=headers)


_TEXT: Final = "text/plain; charset=utf-8"
_LINE: Final = "One line of text."
# A wrong key is told in text everywhere below /queries and /exports.
KEY_REFUSED: Final = {422: Shown(description=_LINE, type=ErrorShown, media_types=(_TEXT,))}
FILE_REFUSED: Final = {
    status: Shown(description=_LINE, media_types=(_TEXT,)) for status in (401, 422, *BEGUN)
}
