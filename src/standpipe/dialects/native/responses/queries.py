"""Queries, their parameters as JSON Schema, and pages of queries."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.queries import Query, Visibility
from standpipe.core.schedules import Schedule
from standpipe.dialects.native.responses.bodies import Addresses, render_tagged
from standpipe.http.messages import Outbound
from standpipe.http.operations import VALUE_PREFIX

SCHEMA = "https://json-schema.org/draft/2020-12/schema"


class MultipleShown(msgspec.Struct, kw_only=True, frozen=True):
    """That a parameter takes several values, and how their list is written for people."""

    prefix: str
    suffix: str
    separator: str


class ParameterShown(msgspec.Struct, kw_only=True, frozen=True):
    """The definition of one parameter."""

    name: str
    kind: ParameterKind
    title: str
    default: Any
    options: tuple[str, ...]
    multiple: MultipleShown | None
    query_id: int | None
    pattern: str | None
    is_declared: Annotated[
        bool, Meta(description="False for a placeholder of the SQL that nobody described.")
    ]


class FreshnessShown(msgspec.Struct, kw_only=True, frozen=True):
    """How old an answer may be, in seconds, and when an older one is better than none."""

    max_age: int | None
    stale_while_revalidate: int | None
    stale_if_error: int | None


class ScheduleShown(msgspec.Struct, kw_only=True, frozen=True):
    """When a query runs by itself."""

    interval_seconds: int | None
    time: str | None
    day_of_week: str | None
    cron: str | None
    zone: str
    until: date | None
    is_disabled: bool


class QueryLinks(msgspec.Struct, kw_only=True, frozen=True):
    """Where to go on from a query."""

    self: str
    results: Annotated[str, Meta(description="Always fresh data.")]
    latest: Annotated[str, Meta(description="The latest result; never a run.")]
    executions: Annotated[str, Meta(description="POST runs it.")]
    history: str
    parameters: str
    openapi: str


class QueryShown(msgspec.Struct, kw_only=True, frozen=True):
    """A saved query."""

    id: int
    uuid: UUID
    name: str
    description: str | None
    sql: str
    data_source_id: int | None
    parameters: tuple[ParameterShown, ...]
    tags: tuple[str, ...]
    freshness: FreshnessShown
    schedule: ScheduleShown | None
    visibility: Visibility
    is_draft: bool
    is_archived: bool
    version: int
    revision: Annotated[int, Meta(description="Grows when the SQL or the parameters change.")]
    owner_id: int
    report: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    links: QueryLinks


class QueryPage(msgspec.Struct, kw_only=True, frozen=True):
    """Some queries, and where the next ones are."""

    queries: tuple[QueryShown, ...]
    total: int
    next: str | None


class ValuesSchema(msgspec.Struct, kw_only=True, frozen=True, rename={"schema": "$schema"}):
    """A JSON Schema of the values that a query takes."""

    schema: str
    type: str
    title: str
    properties: dict[str, dict[str, Any]]
    required: tuple[str, ...]
    additionalProperties: bool  # noqa: N815 - a word of JSON Schema


def show_query(query: Query, to: Addresses) -> QueryShown:
    """Return a query as a body."""
    return QueryShown(
        id=query.id,
        uuid=query.uid,
        name=query.name,
        description=query.description,
        sql=query.sql,
        data_source_id=query.data_source_id,
        parameters=tuple(_parameter(each) for each in query.parameters),
        tags=query.tags,
        freshness=FreshnessShown(
            max_age=query.cache_seconds,
            stale_while_revalidate=query.stale_while_revalidate_seconds,
            stale_if_error=query.stale_if_error_seconds,
        ),
        schedule=None if query.schedule is None else _schedule(query.schedule),
        visibility=query.visibility,
        is_draft=query.is_draft,
        is_archived=query.is_archived,
        version=query.version,
        revision=query.revision,
        owner_id=query.owner_id,
        report=dict(query.report),
        created_at=query.created_at,
        updated_at=query.updated_at,
        links=_links(query, to),
    )


def render_query(query: Query, to: Addresses) -> Outbound:
    """Return one query; its tag begins with its version."""
    return render_tagged(show_query(query, to), tag=str(query.version))


def show_page(
    queries: Sequence[Query], total: int, next_page: str | None, to: Addresses
) -> QueryPage:
    """Return a page of queries as a body."""
    shown = tuple(show_query(query, to) for query in queries)
    return QueryPage(queries=shown, total=total, next=next_page)


def values_schema(query: Query) -> ValuesSchema:
    """Return the schema of the values of a query; what has a default is not required."""
    return ValuesSchema(
        schema=SCHEMA,
        type="object",
        title=query.name,
        properties={each.name: _value_schema(each) for each in query.parameters},
        required=tuple(each.name for each in query.parameters if each.default is None),
        additionalProperties=False,
    )


def url_parameters(query: Query) -> Iterator[dict[str, Any]]:
    """Yield the arguments of a URL that carry the values of a query, as OpenAPI describes them."""
    for each in query.parameters:
        schema = _value_schema(each)
        is_required = each.default is None
        if not each.kind.is_range:
            yield _url_parameter(each.name, schema, is_required=is_required)
            continue
        for end, one in schema["properties"].items():
            yield _url_parameter(f"{each.name}.{end}", one, is_required=is_required)


def _url_parameter(name: str, schema: Mapping[str, Any], *, is_required: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": VALUE_PREFIX + name,
        "in": "query",
        "required": is_required,
        "schema": schema,
    }
    return {**shown, "style": "form", "explode": True} if schema.get("type") == "array" else shown


def _value_schema(parameter: Parameter) -> dict[str, Any]:
    one = dict(_SCHEMAS[parameter.kind])
    if parameter.kind is ParameterKind.ENUM:
        one["enum"] = list(parameter.options)
    if parameter.kind is ParameterKind.PATTERN and parameter.pattern is not None:
        one["pattern"] = f"^(?:{parameter.pattern})$"
    if parameter.multiple is not None:
        one = {"type": "array", "items": one}
    if not parameter.is_declared:
        one = {"type": ["string", "number", "boolean", "array"]}
    if parameter.title:
        one["title"] = parameter.title
    if parameter.default is not None:
        one["default"] = parameter.default
    return one


def _range(end: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {"start": dict(end), "end": dict(end)},
        "required": ["start", "end"],
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
_DATE = {"type": "string", "examples": ["2026-01-31"]}
_DATETIME = {"type": "string", "examples": ["2026-01-31 12:00:00"]}
_SCHEMAS: Mapping[ParameterKind, Mapping[str, Any]] = {
    ParameterKind.TEXT: _TEXT,
    ParameterKind.PATTERN: _TEXT,
    ParameterKind.NUMBER: {"type": "number"},
    ParameterKind.DATE: _DATE,
    ParameterKind.DATETIME: _DATETIME,
    ParameterKind.DATETIME_SECONDS: _DATETIME,
    ParameterKind.ENUM: _TEXT,
    ParameterKind.QUERY: _TEXT,
    ParameterKind.DATE_RANGE: _range(_DATE),
    ParameterKind.DATETIME_RANGE: _range(_DATETIME),
    ParameterKind.DATETIME_SECONDS_RANGE: _range(_DATETIME),
}


def _parameter(parameter: Parameter) -> ParameterShown:
    several = parameter.multiple
    return ParameterShown(
        name=parameter.name,
        kind=parameter.kind,
        title=parameter.title,
        default=parameter.default,
        options=parameter.options,
        multiple=None
        if several is None
        else MultipleShown(
            prefix=several.prefix, suffix=several.suffix, separator=several.separator
        ),
        query_id=parameter.query_id,
        pattern=parameter.pattern,
        is_declared=parameter.is_declared,
    )


def _schedule(schedule: Schedule) -> ScheduleShown:
    return ScheduleShown(
        interval_seconds=schedule.interval_seconds,
        time=schedule.time,
        day_of_week=schedule.day_of_week,
        cron=schedule.cron,
        zone=schedule.zone,
        until=schedule.until,
        is_disabled=schedule.is_disabled,
    )


def _links(query: Query, to: Addresses) -> QueryLinks:
    here = query.id
    return QueryLinks(
        self=to.query(here),
        results=to.to("queries", here, "results"),
        latest=to.to("queries", here, "results", "latest"),
        executions=to.to("queries", here, "executions"),
        history=to.to("queries", here, "history"),
        parameters=to.to("queries", here, "parameters"),
        openapi=to.to("queries", here, "openapi.json"),
    )
