"""Saved queries as Dune's clients read them (compat/dune.md 3.5)."""

from typing import Any

from standpipe.core.queries import Query, Visibility
from standpipe.dialects.dune.responses.bodies import show_time
from standpipe.dialects.dune.responses.parameters import show_parameter


def show_query(query: Query, owner: str) -> dict[str, Any]:
    """Return a query with every key that dune-client reads."""
    is_temporary = query.options.get("is_temp") is True
    return {
        "query_id": query.id,
        "name": query.name,
        "description": query.description or "",
        "tags": list(query.tags),
        "version": query.version,
        "parameters": [show_parameter(each) for each in query.parameters if each.is_declared],
        "query_engine": "v2 Dune SQL",
        "query_sql": query.sql,
        "is_private": query.visibility is Visibility.PRIVATE,
        "is_archived": query.is_archived,
        "is_unsaved": is_temporary,
        "is_temp": is_temporary,
        "owner": owner,
        "created_at": show_time(query.created_at),
        "updated_at": show_time(query.updated_at),
    }


def show_listed(query: Query, owner: str) -> dict[str, Any]:
    """Return a query as a line of a list: here its number is called ``id``."""
    return {
        "id": query.id,
        "name": query.name,
        "description": query.description or "",
        "owner": owner,
        "tags": list(query.tags),
        "created_at": show_time(query.created_at),
        "updated_at": show_time(query.updated_at),
    }
