"""Core values and requests for the tests of our own API."""

import json
from datetime import UTC, datetime
from typing import Any

from standpipe.core.columns import Column, LogicalType
from standpipe.core.ids import (
    DataSourceId,
    ExecutionId,
    QueryId,
    ResultId,
    UserId,
    WorkspaceId,
    new_uid,
)
from standpipe.core.principals import ADMIN_PERMISSIONS, Principal
from standpipe.core.queries import Query
from standpipe.core.results import Artifact, Result
from standpipe.http.messages import Inbound

NOW = datetime(2026, 11, 22, 10, 32, 45, 956_789, tzinfo=UTC)


def inbound(path: str = "/v1/queries", body: Any = None, **more: Any) -> Inbound:
    """A request of an administrator; a body that is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    more = {"method": "GET", "caller": admin(), **more}
    return Inbound(path=path, body=data, base_url="http://host", **more)


def admin() -> Principal:
    """An administrator."""
    permissions = frozenset(str(permission) for permission in ADMIN_PERMISSIONS)
    return Principal(workspace_id=WorkspaceId(1), permissions=permissions, user_id=UserId(1))


def query(**more: Any) -> Query:
    """A saved query."""
    given = {
        "id": QueryId(1),
        "uid": new_uid(NOW),
        "workspace_id": WorkspaceId(1),
        "name": "Orders by day",
        "sql": "select 1",
        "data_source_id": DataSourceId(1),
        "owner_id": UserId(1),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Query(**{**given, **more})


def column(name: str, kind: LogicalType = LogicalType.INTEGER, stored: str = "BIGINT") -> Column:
    """A column of an artifact."""
    return Column(
        name=name, stored_name=name, logical_type=kind, stored_type=stored, source_type=stored
    )


def result(*columns: Column, **more: Any) -> Result:
    """A stored result."""
    given = {
        "id": ResultId(3),
        "uid": new_uid(NOW),
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
