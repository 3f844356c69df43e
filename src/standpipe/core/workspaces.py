"""Who shares queries, sources and people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from standpipe.core.ids import GroupId, Uid, UserId, WorkspaceId

# The setting that names the data source of queries made by the Dune API.
DUNE_SOURCE: Final = "dune_data_source_id"


class Variant(StrEnum):
    """Whose habits a workspace follows where one dialect has two (the redash room)."""

    REDASH = "redash"
    LOGIQ = "logiq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A tenant: ``slug`` stands in URLs; ``settings`` are its presentation settings by name."""

    id: WorkspaceId
    uid: Uid
    slug: str
    name: str
    variant: Variant = Variant.REDASH
    settings: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with an account; ``password_phc`` is an Argon2id string or None."""

    id: UserId
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    email: str
    group_ids: tuple[GroupId, ...]
    password_phc: str | None = field(default=None, repr=False)
    is_disabled: bool = False
    disabled_at: datetime | None = None
    active_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People with the same permissions; the two built-in groups cannot be changed."""

    id: GroupId
    workspace_id: WorkspaceId
    name: str
    permissions: tuple[str, ...]
    is_builtin: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser's sign-in; found by the SHA-256 of its cookie."""

    user_id: UserId
    csrf_token: str
    expires_at: datetime
