"""What the document of this room says of its endpoints beside their handlers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from standpipe.dialects.dune.errors import ErrorShown
from standpipe.http.endpoints import Notes, describe
from standpipe.http.messages import Handler, Route, Work
from standpipe.http.openapi import ApiNotes
from standpipe.http.operations import HeaderField, NoArguments, NoBody, Shown

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
    refusals=(400, 401),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is said of an endpoint.

    ``answer`` is the struct of the JSON body of a 200, or all that is to be said of it. ``name``
    tells apart the routes that share a handler.
    """

    tag: str
    answer: Any
    arguments: type[msgspec.Struct] = NoArguments
    body: type[msgspec.Struct] = NoBody
    refusals: Sequence[int] = ()
    name: str = ""

    @property
    def notes(self) -> Notes:
        """Return the same as every room says it."""
        shown = self.answer
        if not isinstance(shown, Shown):
            shown = Shown(description="Done.", type=shown)
        return Notes(tag=self.tag, answers={200: shown}, refusals=self.refusals)


def described(place: str, handler: Handler, about: About, work: Work = Work.READ) -> Route:
    """Return the route of a handler; ``place`` is method and path below the room's prefix."""
    method, _, path = place.partition(" ")
    called = getattr(handler, "func", handler)
    operation = describe(
        called, about.notes, arguments=about.arguments, body=about.body, name=about.name
    )
    return Route(method, path, handler, work, operation=operation)
