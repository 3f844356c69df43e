"""Data sources: short for everybody, long for administrators, secrets masked."""

from collections.abc import Mapping, Sequence
from typing import Any

from standpipe.core.datasources import ConnectorKind, DataSource, SettingField, SourceTable
from standpipe.core.errors import StandpipeError
from standpipe.dialects.redash.responses.bodies import render_json
from standpipe.http.messages import Outbound

_TYPES = {"string": "string", "number": "number", "boolean": "boolean", "list": "array"}


def source_body(source: DataSource) -> dict[str, Any]:
    """Return what every user of a source may know. ``paused`` is 0 or 1."""
    return {
        "id": source.id,
        "name": source.name,
        "type": source.kind,
        "syntax": "sql",
        "paused": int(source.is_paused),
        "pause_reason": source.pause_reason,
        "supports_auto_limit": True,
    }


def long_source_body(source: DataSource, masked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what administrators see; ``masked`` are the settings without secrets."""
    return {
        **source_body(source),
        "options": dict(masked),
        "queue_name": "queries",
        "scheduled_queue_name": "scheduled_queries",
        "groups": {str(group): view_only for group, view_only in source.grants.items()},
    }


def render_source_types(kinds: Sequence[ConnectorKind]) -> Outbound:
    """Return the kinds of sources with JSON schemas of their settings, by name."""
    return render_json([_type_body(kind) for kind in sorted(kinds, key=lambda k: k.title.lower())])


def render_schema(tables: Sequence[SourceTable]) -> Outbound:
    """Return tables with their columns."""
    return render_json({"schema": [_table_body(table) for table in tables]})


def render_no_schema(error: StandpipeError) -> Outbound:
    """Return why a source does not say what it has."""
    return render_json(
        {"error": {"code": 2, "message": "Error retrieving schema", "details": str(error)}}
    )


def render_test(error: StandpipeError | None) -> Outbound:
    """Return whether a source answers."""
    if error is None:
        return render_json({"message": "success", "ok": True})
    return render_json({"message": str(error), "ok": False})


def _table_body(table: SourceTable) -> dict[str, Any]:
    columns = [{"name": name, "type": kind} for name, kind in table.columns]
    return {"name": table.name, "columns": columns}


def _type_body(kind: ConnectorKind) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {field.name: _property(field) for field in kind.fields},
        "required": [field.name for field in kind.fields if field.is_required],
        "secret": [field.name for field in kind.fields if field.is_secret],
        "order": [field.name for field in kind.fields],
    }
    return {"name": kind.title, "type": kind.name, "configuration_schema": schema}


def _property(field: SettingField) -> dict[str, Any]:
    body: dict[str, Any] = {"type": _TYPES.get(field.type, "string"), "title": field.title}
    if field.default is not None:
        body["default"] = field.default
    return body
