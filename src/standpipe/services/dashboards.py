"""Dashboards with their widgets, and visualizations of queries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from standpipe.core.clock import Clock
from standpipe.core.dashboards import (
    Dashboard,
    DashboardFilter,
    DashboardListing,
    Visualization,
    Widget,
)
from standpipe.core.errors import FieldMissing, NotAllowed, NotFound, VersionConflict
from standpipe.core.ids import DashboardId, UserId, VisualizationId, WidgetId, new_uid
from standpipe.core.permissions import require_owner, require_permission, require_user
from standpipe.core.ports import DashboardStore, FavoriteStore, WidgetStore
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import Listing, Page, Query
from standpipe.services.queries import Queries


class DashboardsStore(DashboardStore, WidgetStore, FavoriteStore, Protocol):
    """The slice of the metadata store that dashboards need."""


@dataclass(frozen=True, slots=True)
class ShownWidget:
    """A widget as one principal sees it.

    ``visualization`` and ``query`` are None for texts, and for what the principal may not see:
    then ``is_restricted``.
    """

    widget: Widget
    visualization: Visualization | None = None
    query: Query | None = None
    is_restricted: bool = False


class Dashboards:
    """The dashboards of a workspace."""

    def __init__(self, store: DashboardsStore, *, queries: Queries, clock: Clock) -> None:
        """Take the ports and the queries service, whose rights hold inside dashboards too."""
        self._store = store
        self._queries = queries
        self._clock = clock

    def find(
        self, principal: Principal, filter: DashboardFilter, page: Page
    ) -> Listing[DashboardListing]:
        """Return one page of the dashboards the principal may see."""
        require_user(principal)
        require_permission(principal, Permission.LIST_DASHBOARDS)
        return self._store.find_dashboards(filter, page)

    def get(self, principal: Principal, dashboard_id: DashboardId) -> Dashboard:
        """Return a dashboard; somebody else's draft is NotFound except for administrators."""
        return self._visible(principal, self._store.get_dashboard(dashboard_id))

    def get_by_slug(self, principal: Principal, slug: str) -> Dashboard:
        """Return a dashboard by slug, with the same rights."""
        found = self._store.find_dashboard_by_slug(principal.workspace_id, slug)
        if found is None:
            raise NotFound(f"There is no dashboard {slug!r}.")
        return self._visible(principal, found)

    def widgets(self, principal: Principal, dashboard: Dashboard) -> tuple[ShownWidget, ...]:
        """Return the widgets of a dashboard as the principal may see them."""
        return tuple(
            self._shown(principal, widget) for widget in self._store.find_widgets(dashboard.id)
        )

    def create(self, principal: Principal, name: str) -> Dashboard:
        """Make an empty draft."""
        require_permission(principal, Permission.CREATE_DASHBOARD)
        if not name.strip():
            raise FieldMissing("The dashboard has no name.")
        now = self._clock.now()
        return self._store.add_dashboard(
            Dashboard(
                id=DashboardId(0),
                uid=new_uid(now),
                workspace_id=principal.workspace_id,
                slug=slug_of(name),
                name=name,
                owner_id=_user_id(principal),
                created_at=now,
                updated_at=now,
            )
        )

    def edit(
        self,
        principal: Principal,
        dashboard_id: DashboardId,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None = None,
    ) -> Dashboard:
        """Change fields of a dashboard; its version grows. VersionConflict if it moved on."""
        with self._store.transaction():  # of two edits at once the second sees the first
            dashboard = self._editable(principal, dashboard_id)
            if expected_version is not None and expected_version != dashboard.version:
                raise VersionConflict(
                    f"Dashboard {dashboard_id} has version {dashboard.version},"
                    f" not {expected_version}."
                )
            return self._save(dashboard, **changes)

    def archive(self, principal: Principal, dashboard_id: DashboardId) -> Dashboard:
        """Take a dashboard out of lists; repeating is fine."""
        return self._save(self._editable(principal, dashboard_id), is_archived=True)

    def set_favorite(
        self, principal: Principal, dashboard_id: DashboardId, *, starred: bool
    ) -> None:
        """Star or unstar a dashboard for the principal."""
        dashboard = self.get(principal, dashboard_id)
        at = self._clock.now() if starred else None
        self._store.set_favorite(_user_id(principal), "dashboard", dashboard.id, at)

    def favorites(self, principal: Principal, dashboard_ids: list[DashboardId]) -> frozenset[int]:
        """Return which of these the principal starred."""
        if principal.user_id is None or not dashboard_ids:
            return frozenset()
        return self._store.find_favorites(principal.user_id, "dashboard", dashboard_ids)

    def tags(self, principal: Principal) -> tuple[tuple[str, int], ...]:
        """Return tags with their counts."""
        require_permission(principal, Permission.LIST_DASHBOARDS)
        return self._store.find_dashboard_tags(principal.workspace_id, principal.user_id)

    def add_widget(self, principal: Principal, widget: Widget) -> ShownWidget:
        """Put a visualization (whose query the principal may see) or a text on a dashboard."""
        self._editable(principal, widget.dashboard_id)
        if widget.visualization_id is not None:
            visualization = self._store.get_visualization(widget.visualization_id)
            self._queries.get(principal, visualization.query_id)
        now = self._clock.now()
        saved = self._store.put_widget(replace(widget, created_at=now, updated_at=now))
        return self._shown(principal, saved)

    def edit_widget(
        self, principal: Principal, widget_id: WidgetId, changes: Mapping[str, Any]
    ) -> ShownWidget:
        """Change text and options of a widget."""
        widget = self._store.get_widget(widget_id)
        self._editable(principal, widget.dashboard_id)
        changed = replace(widget, **changes, updated_at=self._clock.now())
        return self._shown(principal, self._store.put_widget(changed))

    def get_widget(self, principal: Principal, widget_id: WidgetId) -> ShownWidget:
        """Return a widget of a dashboard the principal may see."""
        widget = self._store.get_widget(widget_id)
        self.get(principal, widget.dashboard_id)
        return self._shown(principal, widget)

    def delete_widget(self, principal: Principal, widget_id: WidgetId) -> None:
        """Take a widget off its dashboard."""
        widget = self._store.get_widget(widget_id)
        self._editable(principal, widget.dashboard_id)
        self._store.delete_widget(widget_id)

    def add_visualization(
        self, principal: Principal, visualization: Visualization
    ) -> Visualization:
        """Add a visualization to a query of one's own."""
        self._editable_query(principal, visualization)
        now = self._clock.now()
        return self._store.put_visualization(replace(visualization, created_at=now, updated_at=now))

    def edit_visualization(
        self, principal: Principal, visualization_id: VisualizationId, changes: Mapping[str, Any]
    ) -> Visualization:
        """Change type, name, description and options of a visualization."""
        visualization = self._store.get_visualization(visualization_id)
        self._editable_query(principal, visualization)
        return self._store.put_visualization(
            replace(visualization, **changes, updated_at=self._clock.now())
        )

    def get_visualization(
        self, principal: Principal, visualization_id: VisualizationId
    ) -> tuple[Visualization, Query]:
        """Return a visualization and its query."""
        visualization = self._store.get_visualization(visualization_id)
        return visualization, self._queries.get(principal, visualization.query_id)

    def delete_visualization(self, principal: Principal, visualization_id: VisualizationId) -> None:
        """Remove a visualization and the widgets that show it."""
        self._editable_query(principal, self._store.get_visualization(visualization_id))
        self._store.delete_visualization(visualization_id)

    def _visible(self, principal: Principal, dashboard: Dashboard) -> Dashboard:
        require_permission(principal, Permission.LIST_DASHBOARDS)
        is_own = principal.is_admin or dashboard.owner_id == principal.user_id
        is_here = dashboard.workspace_id == principal.workspace_id
        if not is_here or (dashboard.is_draft and not is_own):
            raise NotFound(f"There is no dashboard {dashboard.id}.")
        return dashboard

    def _editable(self, principal: Principal, dashboard_id: DashboardId) -> Dashboard:
        require_permission(principal, Permission.EDIT_DASHBOARD)
        dashboard = self.get(principal, dashboard_id)
        require_owner(principal, dashboard.owner_id)
        return dashboard

    def _editable_query(self, principal: Principal, visualization: Visualization) -> None:
        require_permission(principal, Permission.EDIT_QUERY)
        query = self._queries.get(principal, visualization.query_id)
        require_owner(principal, query.owner_id)

    def _save(self, dashboard: Dashboard, **changes: Any) -> Dashboard:
        return self._store.update_dashboard(
            replace(
                dashboard, **changes, version=dashboard.version + 1, updated_at=self._clock.now()
            )
        )

    def _shown(self, principal: Principal, widget: Widget) -> ShownWidget:
        if widget.visualization_id is None:
            return ShownWidget(widget)
        visualization = self._store.get_visualization(widget.visualization_id)
        try:
            query = self._queries.get(principal, visualization.query_id)
        except (NotAllowed, NotFound):
            return ShownWidget(widget, is_restricted=True)
        return ShownWidget(widget, visualization, query)


def slug_of(name: str) -> str:
    """Return the slug that a name gives: lower case, runs of other characters become a dash."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()) or "-"


def _user_id(principal: Principal) -> UserId:
    require_user(principal)
    if principal.user_id is None:
        raise NotAllowed()
    return principal.user_id
