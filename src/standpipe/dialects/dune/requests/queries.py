"""New and changed queries (compat/dune.md 3.5)."""

from collections.abc import Mapping
from typing import Any

from standpipe.core.ids import DataSourceId
from standpipe.core.queries import Query, Visibility
from standpipe.dialects.dune.requests.bodies import (
    optional_flag,
    optional_text,
    optional_texts,
    read_body,
    read_text,
)
from standpipe.dialects.dune.requests.parameters import guess_parameters, parse_parameters
from standpipe.http.messages import Inbound
from standpipe.services.queries import QueryDraft
from standpipe.services.raw_sql import RAW_SQL_FLAG


def parse_draft(inbound: Inbound, data_source_id: DataSourceId | None) -> QueryDraft:
    """Return a new query; FieldMissing, FieldInvalid."""
    body = read_body(inbound)
    parameters = parse_parameters(body.get("parameters"))
    if parameters is None:
        parameters = guess_parameters(body.get("query_parameters")) or ()
    takes_raw = optional_flag(body, RAW_SQL_FLAG)
    return QueryDraft(
        name=read_text(body, "name"),
        sql=read_text(body, "query_sql"),
        description=optional_text(body, "description"),
        data_source_id=data_source_id,
        parameters=parameters,
        visibility=_visibility(body) or (Visibility.PRIVATE if takes_raw else Visibility.WORKSPACE),
        is_draft=False,
        tags=optional_texts(body, "tags") or (),
        flags=frozenset({RAW_SQL_FLAG} if takes_raw else ()),
        options={"is_temp": True} if optional_flag(body, "is_temp") else {},
    )


def parse_changes(inbound: Inbound, query: Query) -> dict[str, Any]:
    """Return what is to be changed, by the names of a query's fields; FieldInvalid."""
    body = read_body(inbound)
    changes: dict[str, Any] = {
        "name": optional_text(body, "name"),
        "sql": optional_text(body, "query_sql"),
        "description": optional_text(body, "description"),
        "tags": optional_texts(body, "tags"),
        "parameters": parse_parameters(body.get("parameters")),
        "visibility": _visibility(body),
        "is_archived": optional_flag(body, "is_archived"),
        "flags": _flags(body, query),
    }
    return {
        name: value
        for name, value in changes.items()
        if value is not None and value != getattr(query, name)
    }


def _flags(body: Mapping[str, Any], query: Query) -> frozenset[str] | None:
    """Return the flags with that of whole statements, which no client of Dune sends."""
    takes_raw = optional_flag(body, RAW_SQL_FLAG)
    if takes_raw is None:
        return None
    return query.flags | {RAW_SQL_FLAG} if takes_raw else query.flags - {RAW_SQL_FLAG}


def _visibility(body: Mapping[str, Any]) -> Visibility | None:
    is_private = optional_flag(body, "is_private")
    if is_private is None:
        return None
    return Visibility.PRIVATE if is_private else Visibility.WORKSPACE
