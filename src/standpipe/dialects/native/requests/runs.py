"""What to run, with which values, and how old a stored answer may be."""

import hashlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.core.executions import ExecutionState
from standpipe.core.freshness import ANY_AGE, Freshness
from standpipe.core.ids import DataSourceId
from standpipe.core.parameters import ParameterKind
from standpipe.core.queries import Query
from standpipe.dialects.native.requests.paths import query_id
from standpipe.dialects.native.requests.queries import Id, ParameterGiven, Sql, parse_parameters
from standpipe.dialects.native.requests.values import parse_values
from standpipe.dialects.native.requests.waits import Wait
from standpipe.dialects.native.requests.windows import WindowArguments
from standpipe.http.messages import Inbound
from standpipe.http.operations import HeaderField
from standpipe.services.live import LiveAsk
from standpipe.services.submit import QueryAsk, StatementAsk

IDEMPOTENCY_KEY: Final = HeaderField(
    name="Idempotency-Key",
    description="Repeating a request with the same key, for a day, gives the same execution.",
)

Age = Annotated[
    float,
    Meta(
        ge=0,
        le=10**12,
        description="How many seconds old an answer may be. 0 = it must be from a new run.",
    ),
]
Stale = Annotated[float, Meta(ge=0, le=10**12)]


class RunArguments(WindowArguments, kw_only=True, frozen=True):
    """How to wait for a run, and how its rows shall come if it is done in time."""

    wait: Wait | None = None
    dry_run: Annotated[
        bool, Meta(description="Say what would run, and whether it may; never run it.")
    ] = False


class QueryRun(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How to run a saved query."""

    parameters: dict[str, Any] = {}
    max_age: Age = 0.0


class StatementRun(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """SQL to run without saving it."""

    data_source_id: Id
    sql: Sql
    parameters: dict[str, Any] = {}
    definitions: tuple[ParameterGiven, ...] = ()
    max_age: Age = 0.0


class ExecutionArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Until when to wait for news."""

    wait: Wait | None = None
    state: (
        Annotated[
            ExecutionState, Meta(description="Wait until the state is another one than this.")
        ]
        | None
    ) = None


class FreshArguments(WindowArguments, kw_only=True, frozen=True):
    """How fresh the rows must be, and which of them."""

    max_age: Age | None = None
    wait: Wait | None = None
    stale_while_revalidate: (
        Annotated[
            Stale,
            Meta(description="Older by this many seconds will do, while a new one is being made."),
        ]
        | None
    ) = None
    stale_if_error: (
        Annotated[
            Stale,
            Meta(description="Older by this many seconds will do if a new one cannot be made."),
        ]
        | None
    ) = None


def parse_query_ask(inbound: Inbound, body: QueryRun) -> QueryAsk:
    """Return the run of a saved query."""
    return QueryAsk(
        query_id=query_id(inbound), values=body.parameters, freshness=Freshness(body.max_age)
    )


def parse_statement_ask(body: StatementRun) -> StatementAsk:
    """Return the run of SQL that is not saved; FieldInvalid.

    Whose list a query may take is checked when it is saved, so nothing unsaved takes any.
    """
    listed = [each.name for each in body.definitions if each.kind is ParameterKind.QUERY]
    if listed:
        raise FieldInvalid(
            f"The parameter {listed[0]!r} takes its list from a query.",
            detail="Only parameters of saved queries do.",
        )
    return StatementAsk(
        data_source_id=DataSourceId(body.data_source_id),
        sql=body.sql,
        values=body.parameters,
        parameters=parse_parameters(body.definitions),
        freshness=Freshness(body.max_age),
    )


def parse_live_ask(inbound: Inbound, arguments: FreshArguments, query: Query) -> LiveAsk:
    """Return what an address that always answers fresh data asks for."""
    return LiveAsk(
        query_id=query.id,
        values=parse_values(inbound.args, query.parameters),
        max_age_seconds=arguments.max_age,
        stale_while_revalidate_seconds=arguments.stale_while_revalidate,
        stale_if_error_seconds=arguments.stale_if_error,
    )


def parse_stored_ask(inbound: Inbound, query: Query) -> QueryAsk:
    """Return which stored result of a query is asked for, however old."""
    values = parse_values(inbound.args, query.parameters)
    return QueryAsk(query_id=query.id, values=values, freshness=ANY_AGE)


def digest_of(inbound: Inbound, body: msgspec.Struct) -> str:
    """Return what tells requests with an idempotency key apart: where they go and what they say."""
    said = msgspec.json.encode(body, order="deterministic")
    return hashlib.sha256(inbound.path.encode(errors="replace") + b"\0" + said).hexdigest()


class WaitedArguments(WindowArguments, kw_only=True, frozen=True):
    """Which rows of a run, and for how long to wait for them."""

    wait: Wait | None = None
