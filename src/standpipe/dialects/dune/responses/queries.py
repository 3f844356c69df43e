"""Saved queries as Dune's clients read them (compat/dune.md 3.5)."""

from typing import Any

import msgspec

from standpipe.core.queries import Query, Visibility
from standpipe.dialects.dune.responses.bodies import show_time
from standpipe.dialects.dune.responses.parameters import show_parameters


class QueryNumber(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which query was made or changed."""

    query_id: int


class QueryShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A query, with every key that dune-client reads."""

    query_id: int
    name: str
    description: str
    tags: list[str]
    version: int
    parameters: list[dict[str, Any]]
    query_engine: str
    query_sql: str
    is_private: bool
    is_archived: bool
    is_unsaved: bool
    is_temp: bool
    owner: str
    created_at: str
    updated_at: str


class ListedQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A query as a line of a list: here its number is called ``id``."""

    id: int
    name: str
    description: str
    owner: str
    tags: list[str]
    created_at: str
    updated_at: str


class QueryList(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A page of queries, and how many there are in all."""

    queries: list[ListedQuery]
    total: int


def show_query(query: Query, owner: str) -> QueryShown:
    """Return a query."""
    is_temporary = query.options.get("is_temp") is True
    return QueryShown(
        query_id=query.id,
        name=query.name,
        description=query.description or "",
        tags=list(query.tags),
        version=query.version,
        parameters=show_parameters(query.parameters),
        query_engine="v2 Dune SQL",
        query_sql=query.sql,
        is_private=query.visibility is Visibility.PRIVATE,
        is_archived=query.is_archived,
        is_unsaved=is_temporary,
        is_temp=is_temporary,
        owner=owner,
        created_at=show_time(query.created_at),
        updated_at=show_time(query.updated_at),
    )


def show_listed(query: Query, owner: str) -> ListedQuery:
    """Return a query as a line of a list."""
    return ListedQuery(
        id=query.id,
        name=query.name,
        description=query.description or "",
        owner=owner,
        tags=list(query.tags),
        created_at=show_time(query.created_at),
        updated_at=show_time(query.updated_at),
    )
