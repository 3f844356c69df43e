"""Dashboards, their widgets, and visualizations with their query."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from standpipe.core.dashboards import Dashboard, Visualization
from standpipe.core.workspaces import User
from standpipe.dialects.redash.responses.bodies import (
    render_json,
    show_optional_time,
    show_time,
)
from standpipe.dialects.redash.responses.people import user_head
from standpipe.dialects.redash.responses.queries import (
    ShownQuery,
    query_body,
    visualization_body,
)
from standpipe.http.messages import Outbound
from standpipe.services.dashboards import ShownWidget


def dashboard_body(
    dashboard: Dashboard,
    owner: User,
    *,
    is_favorite: bool,
    widgets: Sequence[dict[str, Any]] | None,
) -> dict[str, Any]:
    """Return a dashboard; ``widgets`` is None in lists and right after it was made."""
    return {
        "id": dashboard.id,
        "slug": dashboard.slug,
        "name": dashboard.name,
        "user_id": dashboard.owner_id,
        "user": user_head(owner),
        "layout": list(dashboard.layout),
        "dashboard_filters_enabled": dashboard.filters_enabled,
        "widgets": None if widgets is None else list(widgets),
        "options": dict(dashboard.options),
        "is_archived": dashboard.is_archived,
        "is_draft": dashboard.is_draft,
        "tags": list(dashboard.tags),
        "updated_at": show_time(dashboard.updated_at),
        "created_at": show_time(dashboard.created_at),
        "version": dashboard.version,
        "is_favorite": is_favorite,
    }


def starred(body: dict[str, Any], at: datetime | None) -> dict[str, Any]:
    """Return a listed dashboard with the time at which it was starred."""
    return {**body, "starred_at": show_optional_time(at)}


def widget_body(shown: ShownWidget, query: ShownQuery | None) -> dict[str, Any]:
    """Return a widget; one whose query the caller may not see says only where it stands."""
    widget = shown.widget
    times = {"updated_at": show_time(widget.updated_at), "created_at": show_time(widget.created_at)}
    if shown.is_restricted:
        return {
            "id": widget.id,
            "width": widget.width,
            "dashboard_id": widget.dashboard_id,
            "options": dict(widget.options),
            "created_at": times["created_at"],
            "updated_at": times["updated_at"],
            "restricted": True,
        }
    body = {
        "id": widget.id,
        "width": widget.width,
        "options": dict(widget.options),
        "dashboard_id": widget.dashboard_id,
        "text": widget.text,
        **times,
    }
    if shown.visualization is not None and query is not None:
        body["visualization"] = shown_visualization_body(shown.visualization, query)
    return body


def shown_visualization_body(item: Visualization, query: ShownQuery) -> dict[str, Any]:
    """Return a visualization with its query."""
    return {**visualization_body(item), "query": query_body(query)}


def render_visualization(item: Visualization, query: ShownQuery | None = None) -> Outbound:
    """Return a visualization, with its query where somebody looks at it."""
    body = visualization_body(item) if query is None else shown_visualization_body(item, query)
    return render_json(body)
