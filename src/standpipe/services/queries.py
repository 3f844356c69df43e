"""Saved queries: created, edited, archived, forked, starred; each change is checked first."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from standpipe.core.clock import Clock
from standpipe.core.dashboards import Visualization
from standpipe.core.errors import (
    VersionConflict,
)
from standpipe.core.ids import DataSourceId, QueryId, Uid, VisualizationId, new_uid
from standpipe.core.parameters import Parameter
from standpipe.core.permissions import (
    Access,
    require_owner,
    require_permission,
    require_source,
    require_user,
    require_view,
)
from standpipe.core.ports import (
    Connectors,
    DashboardStore,
    DataSourceStore,
    FavoriteStore,
    QueryStore,
    ResultStore,
    WidgetStore,
)
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import (
    Listing,
    Page,
    Query,
    QueryFilter,
    QueryListing,
    Visibility,
)
from standpipe.core.schedules import Schedule
from standpipe.services.keys import Keys
from standpipe.services.query_saving import QuerySaving, revised, same_default_run

CHECKED_FIELDS = frozenset(
    {"sql", "parameters", "data_source_id", "flags", "schedule", "visibility", "report"}
)


class QueriesStore(
    QueryStore, DataSourceStore, FavoriteStore, ResultStore, WidgetStore, DashboardStore, Protocol
):
    """The slice of the metadata store that queries need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryDraft:
    """What a new query is made from."""

    name: str
    sql: str
    data_source_id: DataSourceId | None
    description: str | None = None
    parameters: tuple[Parameter, ...] = ()
    schedule: Schedule | None = None
    cache_seconds: int | None = None
    stale_while_revalidate_seconds: int | None = None
    stale_if_error_seconds: int | None = None
    visibility: Visibility = Visibility.WORKSPACE
    is_draft: bool = True
    tags: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    options: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)


class Queries:
    """The saved queries of a workspace."""

    def __init__(
        self, store: QueriesStore, *, connectors: Connectors, keys: Keys, clock: Clock
    ) -> None:
        """Take the ports."""
        self._store = store
        self._keys = keys
        self.saving = QuerySaving(store, connectors=connectors)
        self._clock = clock

    def get(self, principal: Principal, query_id: QueryId) -> Query:
        """Return a query the principal may see; NotFound, NotAllowed."""
        query = self._store.get_query(query_id)
        require_view(principal, query, self.saving.source_of(query))
        return query

    def find(self, principal: Principal, filter: QueryFilter, page: Page) -> Listing[QueryListing]:
        """Return one page of the queries the principal may see."""
        require_user(principal)
        require_permission(principal, Permission.VIEW_QUERY)
        return self._store.find_queries(filter, page)

    def tags(self, principal: Principal) -> tuple[tuple[str, int], ...]:
        """Return tags with their counts."""
        require_user(principal)
        return self._store.find_query_tags(principal.workspace_id, principal.user_id)

    def create(
        self, principal: Principal, draft: QueryDraft, *, id: QueryId | None = None
    ) -> Query:
        """Save a new query with its key and a table visualization."""
        require_user(principal)
        require_permission(principal, Permission.CREATE_QUERY)
        source = self.saving.require_source(principal, draft.data_source_id)
        query = self.saving.checked(principal, self._new(principal, draft), source)
        with self._store.transaction():
            saved = self.saving.link_latest(self._store.add_query(query, id=id))
            self._keys.issue_for_query(saved)
            self._add_table(saved)
        return saved

    def edit(
        self,
        principal: Principal,
        query_id: QueryId,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None = None,
    ) -> Query:
        """Change fields of a query (names as in Query); VersionConflict if it moved on."""
        require_permission(principal, Permission.EDIT_QUERY)
        while True:  # until nobody else changed it between the look and the save
            before = self.get(principal, query_id)
            require_owner(principal, before.owner_id)
            if expected_version is not None and expected_version != before.version:
                raise VersionConflict(
                    f"Query {query_id} has version {before.version}, not {expected_version}."
                )
            after = self._changed(principal, before, changes)
            with self._store.transaction():
                if self._store.get_query(query_id) == before:
                    return self._save(principal, after)

    def _changed(self, principal: Principal, before: Query, changes: Mapping[str, Any]) -> Query:
        """Return the query as it shall be; taking long SQL apart must not hold the write lock."""
        after = replace(before, **changes, updated_at=self._clock.now())
        after = replace(after, last_modified_by_id=principal.user_id, version=before.version + 1)
        if "data_source_id" in changes:
            self.saving.require_source(principal, after.data_source_id)
        if CHECKED_FIELDS & changes.keys():
            checked = self.saving.checked(principal, after, self.saving.source_of(after))
            after = revised(before, same_default_run(before, checked))
        return after

    def _save(self, principal: Principal, after: Query) -> Query:
        return self.saving.link_latest(self._store.update_query(after, author_id=principal.user_id))

    def archive(self, principal: Principal, query_id: QueryId) -> Query:
        """Take a query out of lists, schedules and dashboards; repeating is fine."""
        query = self.get(principal, query_id)
        require_owner(principal, query.owner_id)
        archived = replace(query, is_archived=True, schedule=None, updated_at=self._clock.now())
        with self._store.transaction():
            for dashboard_id in self._store.find_dashboards_of(query_id):
                self._remove_widgets(dashboard_id, query_id)
            return self._store.update_query(archived, author_id=principal.user_id)

    def fork(self, principal: Principal, query_id: QueryId) -> Query:
        """Copy a query with its visualizations; the copy is the principal's own draft."""
        require_permission(principal, Permission.EDIT_QUERY)
        query = self.get(principal, query_id)
        require_source(principal, self.saving.source_of(query), Access.FULL)
        self.saving.check_lists(principal, query.parameters)
        now = self._clock.now()
        copy = replace(
            query,
            id=QueryId(0),
            uid=new_uid(now),
            name=f"Copy of (#{query.id}) {query.name}",
            owner_id=_user_id(principal),
            last_modified_by_id=_user_id(principal),
            is_draft=True,
            is_archived=False,
            schedule=None,
            version=1,
            revision=1,
            created_at=now,
            updated_at=now,
        )
        with self._store.transaction():
            saved = self.saving.link_latest(self._store.add_query(copy))
            self._keys.issue_for_query(saved)
            for visualization in self._store.find_visualizations(query_id):
                self._store.put_visualization(
                    replace(visualization, id=VisualizationId(0), query_id=saved.id)
                )
        return saved

    def set_favorite(self, principal: Principal, query_id: QueryId, *, starred: bool) -> None:
        """Star or unstar a query for the principal."""
        require_user(principal)
        query = self.get(principal, query_id)
        at = self._clock.now() if starred else None
        self._store.set_favorite(_user_id(principal), "query", query.id, at)

    def favorites(self, principal: Principal, query_ids: list[QueryId]) -> frozenset[int]:
        """Return which of these the principal starred."""
        if principal.user_id is None or not query_ids:
            return frozenset()
        return self._store.find_favorites(principal.user_id, "query", query_ids)

    def visualizations(self, query: Query) -> tuple[Visualization, ...]:
        """Return the visualizations of a query that was already got."""
        return self._store.find_visualizations(query.id)

    def replace_key(self, principal: Principal, query_id: QueryId) -> Query:
        """Give a query a new key; the old one is refused from now on."""
        query = self.get(principal, query_id)
        require_owner(principal, query.owner_id)
        touched = replace(query, updated_at=self._clock.now())
        with self._store.transaction():
            self._keys.replace_query_key(principal, query)
            return self._store.update_query(touched, author_id=_user_id(principal))

    def _new(self, principal: Principal, draft: QueryDraft) -> Query:
        now = self._clock.now()
        return Query(
            id=QueryId(0),
            uid=Uid(new_uid(now)),
            workspace_id=principal.workspace_id,
            name=draft.name,
            description=draft.description,
            sql=draft.sql,
            data_source_id=draft.data_source_id,
            owner_id=_user_id(principal),
            last_modified_by_id=_user_id(principal),
            parameters=draft.parameters,
            schedule=draft.schedule,
            cache_seconds=draft.cache_seconds,
            stale_while_revalidate_seconds=draft.stale_while_revalidate_seconds,
            stale_if_error_seconds=draft.stale_if_error_seconds,
            visibility=draft.visibility,
            is_draft=draft.is_draft,
            tags=draft.tags,
            flags=draft.flags,
            options=draft.options,
            report=draft.report,
            created_at=now,
            updated_at=now,
        )

    def _add_table(self, query: Query) -> None:
        self._store.put_visualization(
            Visualization(
                id=VisualizationId(0),
                query_id=query.id,
                type="TABLE",
                name="Table",
                created_at=query.created_at,
                updated_at=query.created_at,
            )
        )

    def _remove_widgets(self, dashboard_id: Any, query_id: QueryId) -> None:
        shown = {item.id for item in self._store.find_visualizations(query_id)}
        for widget in self._store.find_widgets(dashboard_id):
            if widget.visualization_id in shown:
                self._store.delete_widget(widget.id)


def _user_id(principal: Principal) -> Any:
    require_user(principal)
    return principal.user_id
