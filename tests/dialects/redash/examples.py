"""Core values and requests for the tests of the redash room."""

import json
from datetime import UTC, datetime
from typing import Any

from standpipe.core.columns import Column, LogicalType
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
from standpipe.core.ids import (
    DataSourceId,
    ExecutionId,
    GroupId,
    QueryId,
    ResultId,
    SubmissionId,
    Uid,
    UserId,
    WorkspaceId,
    new_uid,
)
from standpipe.core.principals import ADMIN_PERMISSIONS, Principal
from standpipe.core.queries import Query
from standpipe.core.results import Artifact, Result
from standpipe.core.workspaces import User, Variant, Workspace
from standpipe.http.messages import Inbound

NOW = datetime(2026, 11, 22, 10, 32, 45, 956_789, tzinfo=UTC)
UID: Uid = new_uid(NOW)


def inbound(path: str = "/api/queries", body: Any = None, **more: Any) -> Inbound:
    """A request of an administrator; a body that is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    more = {"method": "GET", "caller": admin(), **more}
    return Inbound(path=path, body=data, base_url="http://host", **more)


def admin(**more: Any) -> Principal:
    """An administrator."""
    permissions = frozenset(str(permission) for permission in ADMIN_PERMISSIONS)
    given = {"workspace_id": WorkspaceId(1), "permissions": permissions, "user_id": UserId(1)}
    return Principal(**{**given, **more})


def user(**more: Any) -> User:
    """A person."""
    given = {
        "id": UserId(1),
        "uid": UID,
        "workspace_id": WorkspaceId(1),
        "name": "Admin",
        "email": "admin@example.com",
        "group_ids": (GroupId(1), GroupId(2)),
        "password_phc": "x",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return User(**{**given, **more})


def query(**more: Any) -> Query:
    """A saved query."""
    given = {
        "id": QueryId(1),
        "uid": UID,
        "workspace_id": WorkspaceId(1),
        "name": "Orders by day",
        "sql": "select 1",
        "data_source_id": DataSourceId(1),
        "owner_id": UserId(1),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Query(**{**given, **more})


def workspace(variant: Variant = Variant.REDASH, **settings: str) -> Workspace:
    """A workspace."""
    return Workspace(
        id=WorkspaceId(1),
        uid=UID,
        slug="default",
        name="W",
        variant=variant,
        settings=settings,
        created_at=NOW,
    )


def column(name: str, kind: LogicalType = LogicalType.INTEGER, stored: str = "BIGINT") -> Column:
    """A column of an artifact."""
    return Column(
        name=name, stored_name=name, logical_type=kind, stored_type=stored, source_type=stored
    )


def result(*columns: Column, **more: Any) -> Result:
    """A stored result."""
    given = {
        "id": ResultId(3),
        "uid": UID,
        "workspace_id": WorkspaceId(1),
        "execution_id": ExecutionId(1),
        "data_source_id": DataSourceId(1),
        "query_id": QueryId(1),
        "query_revision": 1,
        "fingerprint": "f",
        "sql": "select 1",
        "columns": columns or (column("a"),),
        "row_count": 1,
        "artifact": Artifact(key="k", byte_count=1, sha256="s"),
        "runtime_seconds": 0.25,
        "retrieved_at": NOW,
    }
    return Result(**{**given, **more})


def submission(state: ExecutionState, **more: Any) -> Submission:
    """A submission whose execution is in a state; ``cancelled_at`` is its own."""
    cancelled_at = more.pop("cancelled_at", None)
    given = {
        "id": ExecutionId(1),
        "uid": UID,
        "workspace_id": WorkspaceId(1),
        "data_source_id": DataSourceId(1),
        "query_id": QueryId(1),
        "query_revision": 1,
        "fingerprint": "f",
        "statement": Statement(text="select 1", display="select 1"),
        "limits": RunLimits(),
        "origin": ExecutionOrigin.CALLER,
        "priority": 0,
        "state": state,
        "attempt": 1,
        "worker": None,
        "progress": Progress(),
        "created_at": NOW,
    }
    return Submission(
        id=SubmissionId(1),
        uid=UID,
        workspace_id=WorkspaceId(1),
        holder=Holder(user_id=UserId(1)),
        query_id=QueryId(1),
        execution=Execution(**{**given, **more}),
        cancelled_at=cancelled_at,
        created_at=NOW,
    )
