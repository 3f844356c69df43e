"""Queries in the five forms that this API has, and visualizations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from standpipe.core.dashboards import Visualization
from standpipe.core.queries import Query, QueryListing
from standpipe.core.workspaces import User
from standpipe.dialects.redash import QUERY_VERSION
from standpipe.dialects.redash.responses.bodies import (
    render_json,
    show_optional_time,
    show_time,
)
from standpipe.dialects.redash.responses.parameters import parameter_bodies
from standpipe.dialects.redash.responses.people import user_body
from standpipe.dialects.redash.responses.schedules import schedule_body
from standpipe.http.messages import Outbound
from standpipe.services.dropdowns import DropdownItem
from standpipe.services.query_saving import AUTO_LIMIT_FLAG
from standpipe.sql.fingerprint import redash_query_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuery:
    """A query and what stands beside it for one caller.

    ``key`` is "" for those who may not see it; ``default_text`` is the text of a run with all
    default values. ``is_favorite`` is None for callers who are no users, who see no e-mails either.
    """

    query: Query
    owner: User
    modifier: User | None
    key: str
    default_text: str
    is_favorite: bool | None


def query_body(shown: ShownQuery) -> dict[str, Any]:
    """Return the fields that all forms share, with the people: the form inside a widget."""
    return {
        **_head(shown),
        "user": _person(shown, shown.owner),
        "last_modified_by": _person(shown, shown.modifier),
    }


def render_query(
    shown: ShownQuery,
    visualizations: Sequence[Visualization] | None,
    *,
    can_edit: bool | None = None,
) -> Outbound:
    """Return one query; what is None is not said. A caller who is no user has no favourites."""
    body = query_body(shown)
    if visualizations is not None:
        body["visualizations"] = [visualization_body(item) for item in visualizations]
    if shown.is_favorite is not None:
        body["is_favorite"] = shown.is_favorite
    if can_edit is not None:
        body["can_edit"] = can_edit
    return render_json(body)


def listed_query_body(
    shown: ShownQuery, listing: QueryListing, *, shows_star: bool
) -> dict[str, Any]:
    """Return a query as pages show it; ``shows_star`` adds when it was starred."""
    body = {
        **_head(shown),
        "user": _person(shown, shown.owner),
        "last_modified_by_id": shown.query.last_modified_by_id,
        "retrieved_at": show_optional_time(listing.retrieved_at),
        "runtime": listing.runtime_seconds,
        "is_favorite": bool(shown.is_favorite),
    }
    if shows_star:
        body["starred_at"] = show_optional_time(listing.starred_at)
    return body


def recent_query_body(shown: ShownQuery) -> dict[str, Any]:
    """Return a query as the list of one's own latest shows it."""
    return {
        **_head(shown),
        "user_id": shown.query.owner_id,
        "last_modified_by_id": shown.query.last_modified_by_id,
        "is_favorite": bool(shown.is_favorite),
    }


def visualization_body(item: Visualization) -> dict[str, Any]:
    """Return a visualization without its query."""
    return {
        "id": item.id,
        "type": item.type,
        "name": item.name,
        "description": item.description,
        "options": dict(item.options),
        "updated_at": show_time(item.updated_at),
        "created_at": show_time(item.created_at),
    }


def render_choices(items: Sequence[DropdownItem]) -> Outbound:
    """Return the choices of a list."""
    return render_json([{"name": item.name, "value": item.value} for item in items])


def options_body(query: Query) -> dict[str, Any]:
    """Return a query's options, with parameters and auto limit in the places they were given."""
    options = dict(query.options)
    parameters = parameter_bodies(query.parameters)
    if parameters or "parameters" in options:
        options["parameters"] = parameters
    has_auto_limit = AUTO_LIMIT_FLAG in query.flags
    if has_auto_limit or "apply_auto_limit" in options:
        options["apply_auto_limit"] = has_auto_limit
    return options


def _head(shown: ShownQuery) -> dict[str, Any]:
    query = shown.query
    return {
        "id": query.id,
        "latest_query_data_id": query.latest_result_id,
        "name": query.name,
        "description": query.description,
        "query": query.sql,
        "query_hash": redash_query_hash(shown.default_text),
        "schedule": schedule_body(query.schedule),
        "api_key": shown.key,
        "is_archived": query.is_archived,
        "is_draft": query.is_draft,
        "updated_at": show_time(query.updated_at),
        "created_at": show_time(query.created_at),
        "data_source_id": query.data_source_id,
        "options": options_body(query),
        "version": QUERY_VERSION,
        "tags": list(query.tags),
        "is_safe": True,
    }


def _person(shown: ShownQuery, user: User | None) -> dict[str, Any] | None:
    if user is None:
        return None
    return user_body(user, shows_email=shown.is_favorite is not None)
