"""Configured databases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from standpipe.core.columns import Column
from standpipe.core.ids import DataSourceId, GroupId, Uid, WorkspaceId

# The setting that says in which SQL statements are written, where a kind of source has one.
SQL_SETTING = "sql"
TRINO = "trino"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """A configured database of one connector kind.

    ``settings`` is what the connector's settings schema allows, secrets included in clear: it is
    sealed only in the store and must never be printed. ``grants`` maps a group to whether it may
    only view stored queries (True) or also run its own statements (False). ``settings_version``
    grows when settings change, so that warm connections are not reused. Results from before
    ``fresh_since`` stay stored, but are not fresh enough for anybody who asks for a run.
    """

    id: DataSourceId
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    settings_version: int = 1
    grants: Mapping[GroupId, bool] = field(default_factory=dict)
    is_paused: bool = False
    pause_reason: str | None = None
    fresh_since: datetime | None = None
    created_at: datetime

    @property
    def takes_trino(self) -> bool:
        """Whether statements are written in Trino's SQL and translated to the source's own."""
        return self.settings.get(SQL_SETTING) == TRINO


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """A table that a data source offers: its printed name and ``(column, type)`` pairs."""

    name: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """How a data source would answer a statement.

    ``columns`` are those of the result (empty where they are only known from the data), ``text``
    is the source's own plan for people, ``estimated_rows`` its guess, if it makes one.
    """

    columns: tuple[Column, ...] = ()
    text: str = ""
    estimated_rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting of a connector kind, as forms and the CLI show it.

    ``type`` is one of "string", "number", "boolean", "list". A secret is never sent back.
    """

    name: str
    type: str
    title: str
    is_required: bool = False
    is_secret: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorKind:
    """What a kind of data source is called and how it is configured.

    ``reads_uploads`` says whether its statements can name uploaded tables.
    """

    name: str
    title: str
    sql_dialect: str
    fields: tuple[SettingField, ...]
    reads_uploads: bool = False
