"""Dashboards and lists of them."""

from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from standpipe.core.dashboards import (
    Dashboard,
    DashboardFilter,
    DashboardListing,
    DashboardOrder,
)
from standpipe.core.errors import NotFound
from standpipe.core.ids import DashboardId, UserId, WorkspaceId, new_uid
from standpipe.core.queries import Listing, Page
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.rows import read_dashboard, write_dashboard
from standpipe.stores.metadata.tables import (
    dashboard_tags,
    dashboards,
    favorites,
    queries,
    visualizations,
    widgets,
)
from standpipe.stores.metadata.values import from_optional_time

_BY_ID = select(dashboards).where(dashboards.c.id == bindparam("id"))
_COLUMNS: dict[DashboardOrder, ColumnElement[Any]] = {
    DashboardOrder.ID: dashboards.c.id,
    DashboardOrder.NAME: dashboards.c.name_key,
    DashboardOrder.CREATED_AT: dashboards.c.created_at,
    DashboardOrder.STARRED_AT: favorites.c.starred_at,
}


class Dashboards(Database):
    """Implements DashboardStore."""

    def get_dashboard(self, dashboard_id: DashboardId) -> Dashboard:
        """Return a dashboard by id, archived ones too; NotFound."""
        row = self._one(_BY_ID, {"id": dashboard_id})
        if row is None:
            raise NotFound(f"There is no dashboard {dashboard_id}.")
        return read_dashboard(row)

    def find_dashboard_by_slug(self, workspace_id: WorkspaceId, slug: str) -> Dashboard | None:
        """Return a dashboard by its slug, archived ones too."""
        row = self._one(
            select(dashboards).where(
                dashboards.c.workspace_id == workspace_id, dashboards.c.slug == slug
            )
        )
        return None if row is None else read_dashboard(row)

    def find_dashboards(self, filter: DashboardFilter, page: Page) -> Listing[DashboardListing]:
        """Return one page of unarchived dashboards and the number of all that match.

        Nulls come last.
        """
        matching = _select_matching(filter)
        counted = self._one(matching.with_only_columns(func.count()))
        found = self._all(matching.order_by(*_order(filter)).limit(page.size).offset(page.start))
        items = (
            DashboardListing(
                dashboard=read_dashboard(row), starred_at=from_optional_time(row.starred_at)
            )
            for row in found
        )
        return Listing(0 if counted is None else counted[0], tuple(items))

    def add_dashboard(self, dashboard: Dashboard) -> Dashboard:
        """Store a new dashboard; a taken slug gets ``_1``, ``_2``, ..."""
        with self.transaction():
            added = replace(
                dashboard,
                uid=new_uid(dashboard.created_at),
                slug=self._free_slug(dashboard.workspace_id, dashboard.slug),
            )
            statement = insert(dashboards).values(
                uid=str(added.uid),
                workspace_id=added.workspace_id,
                slug=added.slug,
                **write_dashboard(added),
            )
            added = replace(added, id=DashboardId(self._insert(statement)))
            self._index_dashboard(added)
        return added

    def update_dashboard(self, dashboard: Dashboard) -> Dashboard:
        """Replace everything but ids and slug; NotFound."""
        statement = update(dashboards).where(dashboards.c.id == dashboard.id)
        with self.transaction():
            self._write(statement.values(**write_dashboard(dashboard)))
            after = self.get_dashboard(dashboard.id)
            self._index_dashboard(after)
        return after

    def find_dashboard_tags(
        self, workspace_id: WorkspaceId, viewer_id: UserId | None
    ) -> tuple[tuple[str, int], ...]:
        """Return ``(tag, count)`` of unarchived dashboards, without drafts of others, by tag."""
        found = (
            select(dashboard_tags.c.tag, func.count().label("number"))
            .join(dashboards, dashboards.c.id == dashboard_tags.c.dashboard_id)
            .where(
                dashboards.c.workspace_id == workspace_id,
                dashboards.c.is_archived.is_(False),
                or_(dashboards.c.is_draft.is_(False), dashboards.c.owner_id == viewer_id),
            )
            .group_by(dashboard_tags.c.tag)
            .order_by(dashboard_tags.c.tag)
        )
        return tuple((row.tag, row.number) for row in self._all(found))

    def _free_slug(self, workspace_id: WorkspaceId, slug: str) -> str:
        free, number = slug, 0
        while self.find_dashboard_by_slug(workspace_id, free) is not None:
            number += 1
            free = f"{slug}_{number}"
        return free

    def _index_dashboard(self, dashboard: Dashboard) -> None:
        self._write(delete(dashboard_tags).where(dashboard_tags.c.dashboard_id == dashboard.id))
        for tag in set(dashboard.tags):
            self._write(insert(dashboard_tags).values(dashboard_id=dashboard.id, tag=tag))


def _select_matching(filter: DashboardFilter) -> Select[Any]:
    is_star = and_(
        favorites.c.object_id == dashboards.c.id,
        favorites.c.noun == "dashboard",
        favorites.c.user_id == filter.viewer_id,
    )
    return (
        select(dashboards, favorites.c.starred_at)
        .join_from(dashboards, favorites, is_star, isouter=True)
        .where(
            dashboards.c.workspace_id == filter.workspace_id,
            dashboards.c.is_archived.is_(False),
            _visible(filter),
            *_wanted(filter),
        )
    )


def _visible(filter: DashboardFilter) -> ColumnElement[bool]:
    """Return the condition that it is the viewer's own, or published with something to see."""
    is_own = dashboards.c.owner_id == filter.viewer_id
    if filter.only_own:
        return is_own
    shown = (
        select(widgets.c.dashboard_id)
        .join(visualizations, visualizations.c.id == widgets.c.visualization_id)
        .join(queries, queries.c.id == visualizations.c.query_id)
    )
    if filter.data_source_ids is not None:
        shown = shown.where(queries.c.data_source_id.in_(sorted(filter.data_source_ids)))
    return or_(is_own, and_(dashboards.c.is_draft.is_(False), dashboards.c.id.in_(shown)))


def _wanted(filter: DashboardFilter) -> list[ColumnElement[bool]]:
    """Return the conditions that a viewer chose."""
    conditions: list[ColumnElement[bool]] = []
    if filter.only_favorites:
        conditions.append(favorites.c.starred_at.is_not(None))
    if filter.search:
        # Cut short: databases refuse very long patterns, and no name is that long.
        text = filter.search.casefold()[:1000]
        conditions.append(dashboards.c.name_key.contains(text, autoescape=True))
    for tag in filter.tags:
        tagged = select(dashboard_tags.c.dashboard_id).where(dashboard_tags.c.tag == tag)
        conditions.append(dashboards.c.id.in_(tagged))
    return conditions


def _order(filter: DashboardFilter) -> list[ColumnElement[Any]]:
    column = _COLUMNS[filter.order]
    if filter.descending:
        return [column.desc().nulls_last(), dashboards.c.id.desc()]
    return [column.asc().nulls_last(), dashboards.c.id.asc()]
