"""Who is asking, and the keys they carry."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from standpipe.core.executions import Holder
from standpipe.core.ids import DashboardId, GroupId, KeyId, QueryId, UserId, WorkspaceId


class Permission(StrEnum):
    """What a group may allow its members; the names are those that Redash made common."""

    ADMIN = "admin"
    SUPER_ADMIN = "super_admin"
    CREATE_DASHBOARD = "create_dashboard"
    CREATE_QUERY = "create_query"
    EDIT_DASHBOARD = "edit_dashboard"
    EDIT_QUERY = "edit_query"
    VIEW_QUERY = "view_query"
    VIEW_SOURCE = "view_source"
    EXECUTE_QUERY = "execute_query"
    LIST_USERS = "list_users"
    SCHEDULE_QUERY = "schedule_query"
    LIST_DASHBOARDS = "list_dashboards"
    LIST_ALERTS = "list_alerts"
    LIST_DATA_SOURCES = "list_data_sources"


ADMIN_PERMISSIONS = (Permission.ADMIN, Permission.SUPER_ADMIN)
DEFAULT_PERMISSIONS = tuple(p for p in Permission if p not in ADMIN_PERMISSIONS)


class KeyKind(StrEnum):
    """Whom a key stands for."""

    USER = "user"
    QUERY = "query"
    DASHBOARD = "dashboard"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key: found by the SHA-256 of its text; ``sealed`` is its text, encrypted for its owner."""

    id: KeyId
    workspace_id: WorkspaceId
    kind: KeyKind
    sha256: str = field(repr=False)
    sealed: bytes = field(repr=False)
    user_id: UserId | None = None
    query_id: QueryId | None = None
    dashboard_id: DashboardId | None = None
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: a user (by key or session), or a key with a closed reach.

    A query key reaches exactly ``query_id``; a dashboard key the queries of ``dashboard_id``.
    ``expires_at`` is when what he came with ends by itself, as access tokens do; None for keys.
    """

    workspace_id: WorkspaceId
    permissions: frozenset[str]
    user_id: UserId | None = None
    group_ids: frozenset[GroupId] = frozenset()
    key_id: KeyId | None = None
    query_id: QueryId | None = None
    dashboard_id: DashboardId | None = None
    expires_at: datetime | None = None
    name: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether no data source or ownership stands in the way."""
        return Permission.ADMIN in self.permissions

    @property
    def is_user(self) -> bool:
        """Whether this is a person rather than a key with a closed reach."""
        return self.user_id is not None

    @property
    def holder(self) -> Holder:
        """Whose submissions this principal makes."""
        return Holder(user_id=self.user_id, key_id=None if self.user_id else self.key_id)
