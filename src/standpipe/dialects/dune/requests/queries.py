"""New and changed queries (compat/dune.md 3.5)."""

from typing import Any

import msgspec

from standpipe.core.ids import DataSourceId
from standpipe.core.queries import Query, Visibility
from standpipe.dialects.dune.requests.bodies import read_struct
from standpipe.dialects.dune.requests.parameters import guess_parameters, parse_parameters
from standpipe.http.messages import Inbound
from standpipe.services.queries import QueryDraft
from standpipe.services.raw_sql import RAW_SQL_FLAG


class QueryChange(msgspec.Struct, kw_only=True, frozen=True):
    """What is to be changed of a query; what is absent or null stays."""

    name: str | None = None
    query_sql: str | None = None
    description: str | None = None
    parameters: list[dict[str, Any]] | None = None
    tags: list[str] | None = None
    is_private: bool | None = None
    is_archived: bool | None = None
    raw_sql: bool | None = None


class NewQuery(msgspec.Struct, kw_only=True, frozen=True):
    """A query to be made; the SDK sends ``query_parameters`` where others send definitions."""

    name: str
    query_sql: str
    description: str | None = None
    parameters: list[dict[str, Any]] | None = None
    query_parameters: dict[str, Any] | list[Any] | None = None
    tags: list[str] | None = None
    is_private: bool | None = None
    is_temp: bool | None = None
    raw_sql: bool | None = None


def parse_draft(inbound: Inbound, data_source_id: DataSourceId | None) -> QueryDraft:
    """Return a new query; FieldMissing, FieldInvalid."""
    new = read_struct(inbound, NewQuery)
    parameters = parse_parameters(new.parameters)
    if parameters is None:
        parameters = guess_parameters(new.query_parameters) or ()
    default = Visibility.PRIVATE if new.raw_sql else Visibility.WORKSPACE
    return QueryDraft(
        name=new.name,
        sql=new.query_sql,
        description=new.description,
        data_source_id=data_source_id,
        parameters=parameters,
        visibility=_visibility(new.is_private) or default,
        is_draft=False,
        tags=tuple(new.tags or ()),
        flags=frozenset({RAW_SQL_FLAG}) if new.raw_sql else frozenset(),
        options={"is_temp": True} if new.is_temp else {},
    )


def parse_changes(inbound: Inbound, query: Query) -> dict[str, Any]:
    """Return what is to be changed, by the names of a query's fields; FieldInvalid."""
    change = read_struct(inbound, QueryChange)
    changes: dict[str, Any] = {
        "name": change.name,
        "sql": change.query_sql,
        "description": change.description,
        "tags": None if change.tags is None else tuple(change.tags),
        "parameters": parse_parameters(change.parameters),
        "visibility": _visibility(change.is_private),
        "is_archived": change.is_archived,
        "flags": _flags(change, query),
    }
    return {
        name: value
        for name, value in changes.items()
        if value is not None and value != getattr(query, name)
    }


def _flags(change: QueryChange, query: Query) -> frozenset[str] | None:
    """Return the flags with that of whole statements, which no client of Dune sends."""
    if change.raw_sql is None:
        return None
    return query.flags | {RAW_SQL_FLAG} if change.raw_sql else query.flags - {RAW_SQL_FLAG}


def _visibility(is_private: bool | None) -> Visibility | None:
    if is_private is None:
        return None
    return Visibility.PRIVATE if is_private else Visibility.WORKSPACE
