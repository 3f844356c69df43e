"""What is to be run: a saved query with values, or SQL (compat/dune.md 4.2)."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from standpipe.core.errors import FieldInvalid, InvalidRequest, MalformedBody
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import DataSourceId
from standpipe.core.json_texts import read_json
from standpipe.core.parameters import Parameter
from standpipe.core.queries import Query
from standpipe.dialects.dune.requests.bodies import read_body, read_struct
from standpipe.dialects.dune.requests.parameters import (
    guess_parameters,
    normalize_values,
    unknown_names,
)
from standpipe.http.messages import Inbound
from standpipe.services.submit import QueryAsk, StatementAsk


class QueryRun(msgspec.Struct, kw_only=True, frozen=True):
    """Values for a run; all performances run alike here."""

    query_parameters: dict[str, Any] | list[Any] | None = None
    performance: Any = None


class StatementRun(QueryRun, kw_only=True, frozen=True):
    """SQL to be run."""

    sql: str


class RunArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Values for a run in the address, as JSON, for those who send no body."""

    query_parameters: str | None = None


def parse_query_ask(inbound: Inbound, query: Query) -> QueryAsk:
    """Return the run of a query; InvalidRequest for values of unknown parameters.

    A run always begins anew, unless the same one is under way already: clients repeat a POST
    whose answer got lost.
    """
    return QueryAsk(
        query_id=query.id,
        values=parse_query_values(inbound, query),
        freshness=MUST_RUN,
        joins_running=True,
    )


def parse_query_values(inbound: Inbound, query: Query) -> dict[str, Any]:
    """Return the values of the body or the address in wire form; InvalidRequest as for a run."""
    return known_values(query, _values(inbound, read_struct(inbound, QueryRun)))


def known_values(query: Query, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of a query in wire form; InvalidRequest for those of unknown parameters."""
    unknown = unknown_names(query.parameters, values)
    if unknown:
        raise InvalidRequest(f"unknown parameters ({', '.join(unknown)})")
    return normalize_values(query.parameters, values)


def parse_statement_ask(inbound: Inbound, data_source_id: DataSourceId) -> StatementAsk:
    """Return the run of the SQL in the body; its values declare its parameters."""
    run = read_struct(inbound, StatementRun)
    values = _values(inbound, run)
    declared = _declared(values)
    return StatementAsk(
        data_source_id=data_source_id,
        sql=run.sql,
        values=normalize_values(declared, values),
        parameters=tuple(declared),
        freshness=MUST_RUN,
        joins_running=True,
    )


def digest_of(inbound: Inbound) -> str:
    """Return what tells requests with an idempotency key apart: where they go and what they say."""
    said = msgspec.json.encode(read_body(inbound), order="deterministic")
    return hashlib.sha256(inbound.path.encode(errors="replace") + b"\0" + said).hexdigest()


def _declared(values: Mapping[str, Any]) -> Sequence[Parameter]:
    return guess_parameters(dict(values)) or ()


def _values(inbound: Inbound, run: QueryRun) -> dict[str, Any]:
    """Return ``query_parameters`` of the body, else of the address, where it is JSON."""
    given: Any = run.query_parameters
    text = inbound.arg("query_parameters")
    if given is None and text:
        try:
            given = read_json(text)
        except ValueError as error:
            raise MalformedBody() from error
    return read_values(given)


def read_values(given: Any) -> dict[str, Any]:
    """Return ``query_parameters``; none at all are null or an empty list; FieldInvalid."""
    if given is None or given == []:
        return {}
    if not isinstance(given, dict):
        raise FieldInvalid("query_parameters must be an object.")
    return given
