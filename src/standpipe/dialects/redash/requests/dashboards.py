"""Bodies that make and change dashboards and widgets."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from standpipe.core.dashboards import Widget
from standpipe.core.errors import FieldMissing
from standpipe.core.ids import DashboardId, VisualizationId, WidgetId
from standpipe.core.json_texts import read_json
from standpipe.dialects.redash.requests.fields import Fields, parse_object, wrong_type
from standpipe.http.messages import Inbound


def parse_dashboard_ref(inbound: Inbound) -> DashboardId | str:
    """Return a dashboard's id, or its slug.

    A slug is what is no number, and whatever stands in a path with the argument ``legacy``.
    """
    text = inbound.parts["dashboard"]
    is_number = text.isascii() and text.isdigit() and len(text) < 19
    if is_number and "legacy" not in inbound.args:
        return DashboardId(int(text))
    return text


def parse_dashboard_name(inbound: Inbound) -> str:
    """Return the name of a new dashboard; FieldMissing."""
    return parse_object(inbound).required_text("name")


def parse_dashboard_changes(inbound: Inbound) -> tuple[dict[str, Any], int | None]:
    """Return the changes by core field, and the version that the caller changes, if he says so."""
    fields = parse_object(inbound)
    changes = {
        target: read(fields, name) for name, (target, read) in _CHANGES.items() if fields.has(name)
    }
    return changes, fields.id("version")


def parse_widget(inbound: Inbound, now: datetime) -> Widget:
    """Return a new widget, made now. ``visualization_id`` must be there; null makes a text."""
    fields = parse_object(inbound)
    if not fields.has("visualization_id"):
        raise FieldMissing("The field 'visualization_id' is missing.", hint="null makes a text.")
    visualization_id = fields.id("visualization_id")
    return Widget(
        id=WidgetId(0),
        dashboard_id=DashboardId(fields.required_id("dashboard_id")),
        visualization_id=None if visualization_id is None else VisualizationId(visualization_id),
        text=fields.text("text"),
        width=fields.id("width") or 1,
        options=fields.mapping("options"),
        created_at=now,
        updated_at=now,
    )


def parse_widget_changes(inbound: Inbound) -> dict[str, Any]:
    """Return the changes to a widget, by core field."""
    fields = parse_object(inbound)
    changes: dict[str, Any] = {}
    if fields.has("text"):
        changes["text"] = fields.text("text")
    if fields.has("options"):
        changes["options"] = fields.mapping("options")
    return changes


def _layout(fields: Fields, name: str) -> tuple[Any, ...]:
    value = fields.values[name]
    if isinstance(value, str):  # old clients send the list as a string of JSON
        try:
            value = read_json(value)
        except ValueError as error:
            raise wrong_type(name, value, "a list") from error
    if value is not None and not isinstance(value, list):
        raise wrong_type(name, value, "a list")
    return tuple(value or ())


_CHANGES: Mapping[str, tuple[str, Callable[[Fields, str], Any]]] = {
    "name": ("name", Fields.required_text),
    "layout": ("layout", _layout),
    "tags": ("tags", Fields.texts),
    "is_draft": ("is_draft", Fields.flag),
    "is_archived": ("is_archived", Fields.flag),
    "dashboard_filters_enabled": ("filters_enabled", Fields.flag),
    "options": ("options", Fields.mapping),
}
