"""Rows to dataclasses, and dataclasses to the columns that are written."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Row

from standpipe.core.columns import Column
from standpipe.core.dashboards import Dashboard, Visualization, Widget
from standpipe.core.data_set_queries import DataSetQuery
from standpipe.core.datasources import DataSource
from standpipe.core.executions import (
    Execution,
    ExecutionOrigin,
    ExecutionState,
    Holder,
    Progress,
    RunLimits,
    Statement,
    Submission,
)
from standpipe.core.parameters import Parameter
from standpipe.core.principals import ApiKey, KeyKind
from standpipe.core.queries import Query, QueryRevision, Visibility
from standpipe.core.results import Artifact, Result
from standpipe.core.schedules import Schedule
from standpipe.core.tables import TableColumn, TableKind, TablePart, TablePin, UploadedTable
from standpipe.core.workspaces import Group, Session, User, Variant, Workspace
from standpipe.stores.metadata.values import (
    from_bound,
    from_json,
    from_optional_time,
    from_time,
    from_uid,
    to_json,
    to_optional_time,
    to_time,
)

AnyRow = Row[Any]

_parameters = msgspec.json.Decoder(tuple[Parameter, ...])
_columns = msgspec.json.Decoder(tuple[Column, ...])
_pins = msgspec.json.Decoder(tuple[TablePin, ...])
_owners = msgspec.json.Decoder(tuple[int, ...])
_table_columns = msgspec.json.Decoder(tuple[TableColumn, ...])
_schedule = msgspec.json.Decoder(Schedule)
_data_set_queries = msgspec.json.Decoder(DataSetQuery)
_texts = msgspec.json.Decoder(tuple[str, ...])
_numbers = msgspec.json.Decoder(tuple[int, ...])
_grants = msgspec.json.Decoder(dict[int, bool])


def read_workspace(row: AnyRow) -> Workspace:
    """Read a row of ``workspaces``."""
    return Workspace(
        id=row.id,
        uid=from_uid(row.uid),
        slug=row.slug,
        name=row.name,
        variant=Variant(row.variant),
        settings=from_json(row.settings),
        created_at=from_time(row.created_at),
    )


def read_user(row: AnyRow) -> User:
    """Read a row of ``users``."""
    return User(
        id=row.id,
        uid=from_uid(row.uid),
        workspace_id=row.workspace_id,
        name=row.name,
        email=row.email,
        group_ids=_numbers.decode(row.group_ids),  # type: ignore[arg-type]
        password_phc=row.password_phc,
        is_disabled=row.is_disabled,
        disabled_at=from_optional_time(row.disabled_at),
        active_at=from_optional_time(row.active_at),
        created_at=from_time(row.created_at),
        updated_at=from_time(row.updated_at),
    )


def write_user(user: User) -> dict[str, Any]:
    """Return the changeable columns of a user."""
    return {
        "name": user.name,
        "email": user.email,
        "email_key": user.email.casefold(),
        "group_ids": to_json(user.group_ids),
        "password_phc": user.password_phc,
        "is_disabled": user.is_disabled,
        "disabled_at": to_optional_time(user.disabled_at),
        "active_at": to_optional_time(user.active_at),
        "created_at": to_time(user.created_at),
        "updated_at": to_time(user.updated_at),
    }


def read_group(row: AnyRow) -> Group:
    """Read a row of ``groups``."""
    return Group(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        permissions=_texts.decode(row.permissions),
        is_builtin=row.is_builtin,
        created_at=from_time(row.created_at),
    )


def read_key(row: AnyRow) -> ApiKey:
    """Read a row of ``api_keys``."""
    return ApiKey(
        id=row.id,
        workspace_id=row.workspace_id,
        kind=KeyKind(row.kind),
        sha256=row.sha256,
        sealed=row.sealed,
        user_id=row.user_id,
        query_id=row.query_id,
        dashboard_id=row.dashboard_id,
        created_at=from_time(row.created_at),
        revoked_at=from_optional_time(row.revoked_at),
    )


def read_session(row: AnyRow) -> Session:
    """Read a row of ``sessions``."""
    return Session(
        user_id=row.user_id, csrf_token=row.csrf_token, expires_at=from_time(row.expires_at)
    )


def read_data_source(row: AnyRow, settings: str) -> DataSource:
    """Read a row of ``data_sources`` whose settings have been unsealed."""
    return DataSource(
        id=row.id,
        uid=from_uid(row.uid),
        workspace_id=row.workspace_id,
        name=row.name,
        kind=row.kind,
        settings=from_json(settings),
        settings_version=row.settings_version,
        grants=_grants.decode(row.grants),  # type: ignore[arg-type]
        is_paused=row.is_paused,
        pause_reason=row.pause_reason,
        fresh_since=from_optional_time(row.fresh_since),
        created_at=from_time(row.created_at),
    )


def read_query(row: AnyRow) -> Query:
    """Read a row of ``queries``."""
    return Query(
        id=row.id,
        uid=from_uid(row.uid),
        workspace_id=row.workspace_id,
        name=row.name,
        description=row.description,
        sql=row.sql,
        data_source_id=row.data_source_id,
        owner_id=row.owner_id,
        last_modified_by_id=row.last_modified_by_id,
        parameters=_parameters.decode(row.parameters),
        revision=row.revision,
        version=row.version,
        schedule=None if row.schedule is None else _schedule.decode(row.schedule),
        cache_seconds=row.cache_seconds,
        stale_while_revalidate_seconds=row.stale_while_revalidate_seconds,
        stale_if_error_seconds=row.stale_if_error_seconds,
        visibility=Visibility(row.visibility),
        is_draft=row.is_draft,
        is_archived=row.is_archived,
        tags=_texts.decode(row.tags),
        flags=frozenset(_texts.decode(row.flags)),
        options=from_json(row.options),
        report=from_json(row.report),
        default_fingerprint=row.default_fingerprint,
        latest_result_id=row.latest_result_id,
        created_at=from_time(row.created_at),
        updated_at=from_time(row.updated_at),
    )


def write_query(query: Query) -> dict[str, Any]:
    """Return the changeable columns of a query; its latest result is not among them."""
    schedule = query.schedule
    return {
        "name": query.name,
        "name_key": query.name.casefold(),
        "description": query.description,
        "sql": query.sql,
        "data_source_id": query.data_source_id,
        "owner_id": query.owner_id,
        "last_modified_by_id": query.last_modified_by_id,
        "parameters": to_json(query.parameters),
        "revision": query.revision,
        "version": query.version,
        "schedule": None if schedule is None else to_json(schedule),
        "schedule_seconds": None if schedule is None else schedule.interval_seconds,
        "cache_seconds": query.cache_seconds,
        "stale_while_revalidate_seconds": query.stale_while_revalidate_seconds,
        "stale_if_error_seconds": query.stale_if_error_seconds,
        "visibility": query.visibility.value,
        "is_draft": query.is_draft,
        "is_archived": query.is_archived,
        "tags": to_json(query.tags),
        "flags": to_json(sorted(query.flags)),
        "options": to_json(query.options),
        "report": to_json(query.report),
        "default_fingerprint": query.default_fingerprint,
        "created_at": to_time(query.created_at),
        "updated_at": to_time(query.updated_at),
    }


def read_revision(row: AnyRow) -> QueryRevision:
    """Read a row of ``query_revisions``."""
    return QueryRevision(
        query_id=row.query_id,
        revision=row.revision,
        sql=row.sql,
        parameters=_parameters.decode(row.parameters),
        author_id=row.author_id,
        created_at=from_time(row.created_at),
    )


def read_dashboard(row: AnyRow) -> Dashboard:
    """Read a row of ``dashboards``."""
    return Dashboard(
        id=row.id,
        uid=from_uid(row.uid),
        workspace_id=row.workspace_id,
        slug=row.slug,
        name=row.name,
        owner_id=row.owner_id,
        layout=tuple(from_json(row.layout)),
        options=from_json(row.options),
        filters_enabled=row.filters_enabled,
        is_draft=row.is_draft,
        is_archived=row.is_archived,
        tags=_texts.decode(row.tags),
        version=row.version,
        created_at=from_time(row.created_at),
        updated_at=from_time(row.updated_at),
    )


def write_dashboard(dashboard: Dashboard) -> dict[str, Any]:
    """Return the changeable columns of a dashboard; its slug is not among them."""
    return {
        "name": dashboard.name,
        "name_key": dashboard.name.casefold(),
        "owner_id": dashboard.owner_id,
        "layout": to_json(dashboard.layout),
        "options": to_json(dashboard.options),
        "filters_enabled": dashboard.filters_enabled,
        "is_draft": dashboard.is_draft,
        "is_archived": dashboard.is_archived,
        "tags": to_json(dashboard.tags),
        "version": dashboard.version,
        "created_at": to_time(dashboard.created_at),
        "updated_at": to_time(dashboard.updated_at),
    }


def read_widget(row: AnyRow) -> Widget:
    """Read a row of ``widgets``."""
    return Widget(
        id=row.id,
        dashboard_id=row.dashboard_id,
        visualization_id=row.visualization_id,
        text=row.text,
        width=row.width,
        options=from_json(row.options),
        created_at=from_time(row.created_at),
        updated_at=from_time(row.updated_at),
    )


def read_visualization(row: AnyRow) -> Visualization:
    """Read a row of ``visualizations``."""
    return Visualization(
        id=row.id,
        query_id=row.query_id,
        type=row.type,
        name=row.name,
        description=row.description,
        options=from_json(row.options),
        created_at=from_time(row.created_at),
        updated_at=from_time(row.updated_at),
    )


def read_execution(row: AnyRow | Mapping[str, Any]) -> Execution:
    """Read a row of ``executions``."""
    get = row if isinstance(row, Mapping) else row._mapping  # noqa: SLF001  (SQLAlchemy's public name)
    return Execution(
        id=get["id"],
        uid=from_uid(get["uid"]),
        workspace_id=get["workspace_id"],
        data_source_id=get["data_source_id"],
        query_id=get["query_id"],
        query_revision=get["query_revision"],
        fingerprint=get["fingerprint"],
        statement=Statement(
            text=get["statement_text"],
            values=from_bound(get["statement_values"]),
            display=get["statement_display"],
        ),
        limits=RunLimits(
            seconds=get["limit_seconds"],
            memory_bytes=get["limit_memory_bytes"],
            artifact_bytes=get["limit_artifact_bytes"],
        ),
        tables=() if get["tables"] is None else _pins.decode(get["tables"]),
        origin=ExecutionOrigin(get["origin"]),
        priority=get["priority"],
        state=ExecutionState(get["state"]),
        attempt=get["attempt"],
        worker=get["worker"],
        progress=Progress(
            rows=get["progress_rows"],
            bytes=get["progress_bytes"],
            percent=get["progress_percent"],
        ),
        error_code=get["error_code"],
        error_message=get["error_message"],
        result_id=get["result_id"],
        is_cancel_requested=get["cancel_requested_at"] is not None,
        created_at=from_time(get["created_at"]),
        started_at=from_optional_time(get["started_at"]),
        finished_at=from_optional_time(get["finished_at"]),
    )


def read_submission(row: AnyRow) -> Submission:
    """Read a row of ``submissions`` (columns named ``s_*``) joined with its execution."""
    wanted = row.s_data_set_query
    return Submission(
        id=row.s_id,
        uid=from_uid(row.s_uid),
        workspace_id=row.s_workspace_id,
        holder=Holder(user_id=row.s_holder_user_id, key_id=row.s_holder_key_id),
        query_id=row.s_query_id,
        execution=read_execution(row),
        cancelled_at=from_optional_time(row.s_cancelled_at),
        created_at=from_time(row.s_created_at),
        format=row.s_format,
        data_set_query=None if wanted is None else _data_set_queries.decode(wanted),
        view_id=row.s_view_id,
    )


def read_result(row: AnyRow) -> Result:
    """Read a row of ``results``."""
    return Result(
        id=row.id,
        uid=from_uid(row.uid),
        workspace_id=row.workspace_id,
        execution_id=row.execution_id,
        data_source_id=row.data_source_id,
        query_id=row.query_id,
        query_revision=row.query_revision,
        fingerprint=row.fingerprint,
        sql=row.sql,
        columns=_columns.decode(row.columns),
        row_count=row.row_count,
        artifact=Artifact(key=row.artifact_key, byte_count=row.byte_count, sha256=row.sha256),
        runtime_seconds=row.runtime_seconds,
        cpu_seconds=row.cpu_seconds,
        retrieved_at=from_time(row.retrieved_at),
        private_to=() if row.private_to is None else _owners.decode(row.private_to),  # type: ignore[arg-type]
    )


def read_table(row: AnyRow) -> UploadedTable:
    """Read a row of ``uploaded_tables``."""
    return UploadedTable(
        id=row.id,
        uid=from_uid(row.uid),
        workspace_id=row.workspace_id,
        namespace=row.namespace,
        name=row.name,
        description=row.description,
        is_private=row.is_private,
        owner_id=row.owner_id,
        columns=_table_columns.decode(row.columns),
        version=row.version,
        row_count=row.row_count,
        byte_count=row.byte_count,
        created_at=from_time(row.created_at),
        updated_at=from_time(row.updated_at),
        kind=TableKind(row.kind or TableKind.UPLOAD),
    )


def read_part(row: AnyRow) -> TablePart:
    """Read a row of ``uploaded_parts``."""
    return TablePart(
        artifact=Artifact(key=row.artifact_key, byte_count=row.byte_count, sha256=row.sha256),
        row_count=row.row_count,
        created_at=from_time(row.created_at),
    )
