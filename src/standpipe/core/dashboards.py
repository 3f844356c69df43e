"""Dashboards, their widgets, and visualizations of queries. Chart options are data, never code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from standpipe.core.ids import (
    DashboardId,
    QueryId,
    Uid,
    UserId,
    VisualizationId,
    WidgetId,
    WorkspaceId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visualization:
    """A way of showing a query's result."""

    id: VisualizationId
    query_id: QueryId
    type: str
    name: str
    description: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """A place on a dashboard: a visualization, or a text."""

    id: WidgetId
    dashboard_id: DashboardId
    visualization_id: VisualizationId | None
    text: str = ""
    width: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Visualizations and texts on one page; ``slug`` is unique in its workspace for ever."""

    id: DashboardId
    uid: Uid
    workspace_id: WorkspaceId
    slug: str
    name: str
    owner_id: UserId
    layout: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    filters_enabled: bool = False
    is_draft: bool = True
    is_archived: bool = False
    tags: tuple[str, ...] = ()
    version: int = 1
    created_at: datetime
    updated_at: datetime


class DashboardOrder(StrEnum):
    """What a list of dashboards can be ordered by."""

    ID = "id"
    NAME = "name"
    CREATED_AT = "created_at"
    STARRED_AT = "starred_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardFilter:
    """Which dashboards a list holds: published ones with a visible widget, and one's own."""

    workspace_id: WorkspaceId
    viewer_id: UserId | None
    data_source_ids: frozenset[int] | None = None
    only_own: bool = False
    only_favorites: bool = False
    search: str | None = None
    tags: tuple[str, ...] = ()
    order: DashboardOrder = DashboardOrder.CREATED_AT
    descending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardListing:
    """A dashboard as lists show it."""

    dashboard: Dashboard
    starred_at: datetime | None
