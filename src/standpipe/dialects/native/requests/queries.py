"""Bodies that make and change queries."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from standpipe.core.errors import FieldInvalid, VersionConflict
from standpipe.core.ids import DataSourceId, QueryId
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.core.queries import Query, Visibility
from standpipe.core.schedules import Schedule
from standpipe.http.messages import Inbound
from standpipe.http.operations import HeaderField
from standpipe.services.queries import QueryDraft

IF_MATCH: Final = HeaderField(
    name="If-Match", description="The ETag of the query that was read: 412 if it moved on."
)

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Seconds = Annotated[int, Meta(ge=0, le=10**10)]
Name = Annotated[str, Meta(min_length=1, max_length=1000)]
Sql = Annotated[str, Meta(description="One reading statement, with {{ placeholders }}.")]


class MultipleGiven(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """That a parameter takes several values; how the list is written only matters for display."""

    prefix: str = ""
    suffix: str = ""
    separator: str = ","


class ParameterGiven(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The definition of one parameter."""

    name: Name
    kind: ParameterKind = ParameterKind.TEXT
    title: str = ""
    default: Any = None
    options: tuple[str, ...] = ()
    multiple: MultipleGiven | None = None
    query_id: Id | None = None
    pattern: str | None = None
    is_declared: bool = True


class FreshnessGiven(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How old an answer may be, in seconds, and when an older one is better than none."""

    max_age: Seconds | None = None
    stale_while_revalidate: Seconds | None = None
    stale_if_error: Seconds | None = None


class ScheduleGiven(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When a query runs by itself: an interval, a time of day, or a cron line."""

    interval_seconds: Annotated[int, Meta(ge=1, le=10 * 366 * 86_400)] | None = None
    time: Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None
    day_of_week: str | None = None
    cron: str | None = None
    zone: str = "UTC"
    until: date | None = None
    is_disabled: bool = False


Report = Annotated[
    dict[str, Any],
    Meta(description="How it is shown as a report: display, sort, summary, dates, filters, ..."),
]


class NewQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A query to save."""

    name: Name
    sql: Sql
    data_source_id: Id
    description: str | None = None
    parameters: tuple[ParameterGiven, ...] = ()
    tags: tuple[Name, ...] = ()
    freshness: FreshnessGiven = FreshnessGiven()
    schedule: ScheduleGiven | None = None
    visibility: Visibility = Visibility.WORKSPACE
    is_draft: bool = False
    report: Report = {}


class QueryChanges(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What to change of a query; what is left out stays."""

    version: (
        Annotated[int, Meta(ge=1, le=2**31, description="The version read: 409 if it moved on.")]
        | UnsetType
    ) = UNSET
    name: Name | UnsetType = UNSET
    sql: Sql | UnsetType = UNSET
    data_source_id: Id | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    parameters: tuple[ParameterGiven, ...] | UnsetType = UNSET
    tags: tuple[Name, ...] | UnsetType = UNSET
    freshness: FreshnessGiven | UnsetType = UNSET
    schedule: ScheduleGiven | UnsetType | None = UNSET
    visibility: Visibility | UnsetType = UNSET
    is_draft: bool | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    report: Report | UnsetType = UNSET


def parse_draft(body: NewQuery) -> QueryDraft:
    """Return a new query."""
    return QueryDraft(
        name=body.name,
        sql=body.sql,
        data_source_id=DataSourceId(body.data_source_id),
        description=body.description,
        parameters=parse_parameters(body.parameters),
        schedule=None if body.schedule is None else _schedule(body.schedule),
        cache_seconds=body.freshness.max_age,
        stale_while_revalidate_seconds=body.freshness.stale_while_revalidate,
        stale_if_error_seconds=body.freshness.stale_if_error,
        visibility=body.visibility,
        is_draft=body.is_draft,
        tags=body.tags,
        report=body.report,
    )


def parse_changes(body: QueryChanges, before: Query) -> dict[str, Any]:
    """Return the changes to a query, by core field.

    What other dialects stored with a parameter or a schedule, and this API does not show, stays.
    """
    changes = {name: value for name in _PLAIN if (value := getattr(body, name)) is not UNSET}
    if body.parameters is not UNSET:
        changes["parameters"] = _parameters(body.parameters, before.parameters)
    if body.freshness is not UNSET:
        changes["cache_seconds"] = body.freshness.max_age
        changes["stale_while_revalidate_seconds"] = body.freshness.stale_while_revalidate
        changes["stale_if_error_seconds"] = body.freshness.stale_if_error
    if body.schedule is not UNSET:
        changes["schedule"] = _changed_schedule(body.schedule, before.schedule)
    return changes


_PLAIN: Final = (
    *("name", "sql", "data_source_id", "description", "tags"),
    *("visibility", "is_draft", "is_archived", "report"),
)


def parse_expected_version(inbound: Inbound, body: QueryChanges) -> int | None:
    """Return the version that must be changed: of ``If-Match``, else of the body; None = any.

    FieldInvalid for a tag that is none of ours: then nothing can match it, and 412 says so.
    """
    tag = inbound.headers.get("if-match", "*").strip()
    if tag == "*":
        return None if body.version is UNSET else body.version
    version = tag.strip('"').partition("-")[0]
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise VersionConflict(f"The query never had the tag {tag[:100]!r}.")
    return int(version)


def parse_parameters(given: Sequence[ParameterGiven]) -> tuple[Parameter, ...]:
    """Return definitions of parameters; FieldInvalid."""
    return tuple(_parameter(each) for each in given)


def _parameters(
    given: Sequence[ParameterGiven], before: Sequence[Parameter]
) -> tuple[Parameter, ...]:
    extras = {parameter.name: parameter.extra for parameter in before}
    return tuple(replace(_parameter(each), extra=extras.get(each.name, {})) for each in given)


def _parameter(given: ParameterGiven) -> Parameter:
    if given.kind is ParameterKind.QUERY and given.query_id is None:
        raise FieldInvalid(
            f"The parameter {given.name!r} takes its list from no query.",
            hint="Give the field 'query_id'.",
        )
    multiple = given.multiple
    return Parameter(
        name=given.name,
        kind=given.kind,
        title=given.title,
        default=given.default,
        options=given.options,
        multiple=None
        if multiple is None
        else Multiple(prefix=multiple.prefix, suffix=multiple.suffix, separator=multiple.separator),
        query_id=None if given.query_id is None else QueryId(given.query_id),
        pattern=given.pattern,
        is_declared=given.is_declared,
    )


def _changed_schedule(given: ScheduleGiven | None, before: Schedule | None) -> Schedule | None:
    if given is None:
        return None
    return replace(_schedule(given), extra=before.extra if before else {})


def _schedule(given: ScheduleGiven) -> Schedule:
    if not (given.interval_seconds or given.time or given.cron):
        raise FieldInvalid(
            "The schedule never runs.", detail="It takes interval_seconds, time or cron."
        )
    return Schedule(**msgspec.structs.asdict(given))
