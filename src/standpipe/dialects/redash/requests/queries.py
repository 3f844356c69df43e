"""Bodies that make and change queries and their visualizations."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from standpipe.core.dashboards import Visualization
from standpipe.core.errors import VersionConflict
from standpipe.core.ids import DataSourceId, QueryId, VisualizationId
from standpipe.core.queries import Query
from standpipe.core.schedules import Schedule
from standpipe.dialects.redash import QUERY_VERSION
from standpipe.dialects.redash.requests.fields import Fields, parse_object
from standpipe.dialects.redash.requests.parameters import parse_parameters
from standpipe.dialects.redash.requests.schedules import parse_schedule
from standpipe.http.messages import Inbound
from standpipe.services.queries import QueryDraft
from standpipe.services.query_saving import AUTO_LIMIT_FLAG

PARAMETERS = "parameters"
APPLY_AUTO_LIMIT = "apply_auto_limit"


def parse_query_draft(inbound: Inbound) -> QueryDraft:
    """Return a new query; FieldMissing without name, SQL or data source. Always a draft."""
    fields = parse_object(inbound)
    options = fields.mapping("options")
    return QueryDraft(
        name=fields.required_text("name"),
        sql=fields.required_text("query"),
        data_source_id=DataSourceId(fields.required_id("data_source_id")),
        description=fields.optional_text("description"),
        parameters=parse_parameters(options.get(PARAMETERS)),
        schedule=parse_schedule(fields.values.get("schedule")),
        tags=fields.texts("tags"),
        flags=_with_auto_limit(frozenset(), options),
        options=stored_options(options),
    )


def parse_query_changes(inbound: Inbound, query: Query) -> dict[str, Any]:
    """Return the changes to a query, by core field; fields that nobody may set are ignored.

    VersionConflict for another version than the one that this API shows for ever: scripts send a
    query that they have read once again and again (compat/redash.md 3.2).
    """
    fields = parse_object(inbound)
    version = fields.id("version")
    if version not in (None, QUERY_VERSION):
        raise VersionConflict(f"Queries have version {QUERY_VERSION} here, not {version}.")
    changes: dict[str, Any] = {}
    for name, (target, read) in _CHANGES.items():
        if fields.has(name):
            changes[target] = read(fields, name)
    if fields.has("options"):
        options = fields.mapping("options")
        changes["parameters"] = parse_parameters(options.get(PARAMETERS))
        changes["flags"] = _with_auto_limit(query.flags, options)
        changes["options"] = stored_options(options)
    return changes


def stored_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that the core carries unread.

    What it does read leaves an empty place, so that it comes back where it stood.
    """
    kept = dict(options)
    if PARAMETERS in kept:
        kept[PARAMETERS] = []
    if APPLY_AUTO_LIMIT in kept:
        kept[APPLY_AUTO_LIMIT] = False
    return kept


def parse_visualization(inbound: Inbound, now: datetime) -> Visualization:
    """Return a new visualization, made now."""
    fields = parse_object(inbound)
    return Visualization(
        id=VisualizationId(0),
        query_id=QueryId(fields.required_id("query_id")),
        type=fields.required_text("type"),
        name=fields.required_text("name"),
        description=fields.text("description"),
        options=fields.mapping("options"),
        created_at=now,
        updated_at=now,
    )


def parse_visualization_changes(inbound: Inbound) -> dict[str, Any]:
    """Return the changes to a visualization, by core field."""
    fields = parse_object(inbound)
    changes: dict[str, Any] = {
        name: fields.text(name) for name in ("type", "name", "description") if fields.has(name)
    }
    if fields.has("options"):
        changes["options"] = fields.mapping("options")
    return changes


def _with_auto_limit(flags: frozenset[str], options: Mapping[str, Any]) -> frozenset[str]:
    if Fields(options).flag(APPLY_AUTO_LIMIT):
        return flags | {AUTO_LIMIT_FLAG}
    return flags - {AUTO_LIMIT_FLAG}


def _source(fields: Fields, name: str) -> DataSourceId | None:
    found = fields.id(name)
    return None if found is None else DataSourceId(found)


def _schedule(fields: Fields, name: str) -> Schedule | None:
    return parse_schedule(fields.values.get(name))


# wire name -> core name, reader. Everything else in a body is ignored, as clients send back whole
# objects that they got.
_CHANGES: Mapping[str, tuple[str, Callable[[Fields, str], Any]]] = {
    "name": ("name", Fields.required_text),
    "query": ("sql", Fields.required_text),
    "description": ("description", Fields.optional_text),
    "data_source_id": ("data_source_id", _source),
    "schedule": ("schedule", _schedule),
    "tags": ("tags", Fields.texts),
    "is_draft": ("is_draft", Fields.flag),
    "is_archived": ("is_archived", Fields.flag),
}
