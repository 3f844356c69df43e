"""What the document of this room says of its endpoints beside their handlers."""

from typing import Final

from standpipe.dialects.dune.errors import ErrorShown
from standpipe.http.openapi import ApiNotes
from standpipe.http.operations import HeaderField, Shown

DESCRIPTION: Final = """The Dune API, as its clients use it: saved queries, their runs, rows of
results, uploaded tables, pipelines.

Keys: `X-Dune-API-Key`, or the argument `api_key`. Values of a query's parameters are arguments
`params.<name>`. Arguments and fields that an endpoint does not know are passed over. Errors are
`{"error": text}`, their stable code is in `X-Standpipe-Error`. The same endpoints are there below
`/api/alpha/v1`; those of queries and executions also below `/v1`."""

_NUMBER: Final = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
_ULID: Final = {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"}
API_NOTES: Final = ApiNotes(
    title="Standpipe: the Dune API",
    version="1",
    description=DESCRIPTION,
    problem=ErrorShown,
    problem_type="application/json",
    refusals=(400, 401, 429),
    refusals_of_public=(400,),
    security={
        "key": {"type": "apiKey", "in": "header", "name": "X-Dune-API-Key"},
        "argument": {"type": "apiKey", "in": "query", "name": "api_key"},
    },
    parts={
        "query_id": _NUMBER,
        "execution_id": _ULID,
        "pipeline_execution_id": _ULID,
    },
)

TOTAL: Final = HeaderField(
    name="X-Total-Count", description="How many rows all pages have together.", type=int
)
NEXT: Final = (
    HeaderField(name="X-Dune-Next-Uri", description="The address of the next page."),
    HeaderField(name="X-Dune-Next-Offset", description="Where it begins.", type=int),
)
CSV: Final = Shown(
    description="The rows.", media_types=("text/csv; charset=utf-8",), headers=(TOTAL, *NEXT)
)
