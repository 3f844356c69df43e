"""Queries between servers: out as query files with all they have, and in again with their ids."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.dashboards import Visualization
from standpipe.core.datasources import DataSource
from standpipe.core.errors import Conflict, FieldInvalid, NameTaken, NotFound
from standpipe.core.ids import DataSourceId, QueryId, Uid, UserId, VisualizationId, new_uid
from standpipe.core.permissions import require_permission
from standpipe.core.ports import DataSourceStore, KeyStore, PeopleStore, QueryStore, WidgetStore
from standpipe.core.principals import KeyKind, Permission, Principal
from standpipe.core.queries import Page, Query, QueryFilter, QueryOrder
from standpipe.services.keys import Keys
from standpipe.services.queries import Queries
from standpipe.services.query_files import QueryFile, VisualizationFile
from standpipe.services.scheduling import check_schedule

_PAGE_SIZE = 500
_TABLE = VisualizationFile(type="TABLE", name="Table")


class TransferStore(QueryStore, DataSourceStore, PeopleStore, KeyStore, WidgetStore, Protocol):
    """The slice of the metadata store that transfers need."""


class Outcome(StrEnum):
    """What an import did to a query."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Imported:
    """A query after its import."""

    query: Query
    outcome: Outcome


class Transfer:
    """Exports and imports queries; for administrators."""

    def __init__(
        self, store: TransferStore, *, queries: Queries, keys: Keys, clock: Clock
    ) -> None:
        """Take the ports and the services of queries and keys."""
        self._store = store
        self._queries = queries
        self._keys = keys
        self._clock = clock

    def export(self, principal: Principal, *, with_keys: bool) -> Iterator[QueryFile]:
        """Yield every query of the workspace, archived ones too, by id."""
        require_permission(principal, Permission.ADMIN)
        queries = sorted(self._all(principal), key=lambda query: query.id)
        for query in queries:
            yield self.to_file(principal, query, with_key=with_keys)

    def to_file(self, principal: Principal, query: Query, *, with_key: bool) -> QueryFile:
        """Return a query as it travels."""
        source = self._find_source(query.data_source_id)
        keys = self._keys.query_keys(principal, [query]) if with_key else {}
        return QueryFile(
            id=query.id,
            uuid=query.uid,
            name=query.name,
            owner=self._store.get_user(query.owner_id).email,
            source=source.name if source else None,
            description=query.description,
            parameters=query.parameters,
            schedule=query.schedule,
            cache_seconds=query.cache_seconds,
            visibility=query.visibility,
            is_draft=query.is_draft,
            is_archived=query.is_archived,
            tags=query.tags,
            flags=query.flags,
            options=query.options,
            report=query.report,
            visualizations=tuple(
                VisualizationFile(
                    type=item.type,
                    name=item.name,
                    description=item.description,
                    options=item.options,
                )
                for item in self._store.find_visualizations(query.id)
            ),
            created_at=query.created_at,
            key=keys.get(query.id),
            sql=query.sql,
        )

    def put(self, principal: Principal, file: QueryFile, *, only_new: bool = False) -> Imported:
        """Save a query with the id, owner and key of its file; repeating changes nothing.

        An id that is in use is updated if uuid or name are the same; Conflict otherwise, NameTaken
        with ``only_new``. NotFound names an owner or data source that this server does not have.
        """
        require_permission(principal, Permission.ADMIN)
        before = self._find_query(file)
        if before is not None and (only_new or before.workspace_id != principal.workspace_id):
            raise NameTaken(
                f"There is a query {before.id}: {before.name!r}.", hint="Choose another id."
            )
        with self._store.transaction():
            if before is None:
                return Imported(self._add(principal, file), Outcome.ADDED)
            _check_same(before, file)
            return self._update(principal, before, file)

    def _add(self, principal: Principal, file: QueryFile) -> Query:
        source = self._source(principal, file.source)
        query = self._queries.checked(principal, self._to_query(principal, file, source), source)
        id = None if file.id is None else QueryId(file.id)
        saved = self._queries.link_latest(self._store.add_query(query, id=id))
        self._keys.issue_for_query(saved, text=file.key)
        self._put_visualizations(saved, (_TABLE,) if file.visualizations is None else file.visualizations)
        return saved

    def _update(self, principal: Principal, before: Query, file: QueryFile) -> Imported:
        source = self._source(principal, file.source)
        wanted = replace(
            self._to_query(principal, file, source),
            id=before.id,
            uid=before.uid,
            created_at=before.created_at,
            last_modified_by_id=before.last_modified_by_id,
            revision=before.revision,
            version=before.version,
            latest_result_id=before.latest_result_id,
            updated_at=before.updated_at,
        )
        after = self._queries.checked(principal, wanted, source)
        is_changed = self._replace_key(before, file)
        if file.visualizations is not None:
            is_changed |= self._put_visualizations(before, file.visualizations)
        if after == before:
            return Imported(before, Outcome.UPDATED if is_changed else Outcome.UNCHANGED)
        return Imported(self._save(principal, before, after), Outcome.UPDATED)

    def _save(self, principal: Principal, before: Query, after: Query) -> Query:
        is_new_text = (before.sql, before.parameters) != (after.sql, after.parameters)
        after = replace(
            after,
            revision=before.revision + is_new_text,
            last_modified_by_id=principal.user_id,
            updated_at=self._clock.now(),
        )
        saved = self._store.update_query(after, author_id=principal.user_id)
        return self._queries.link_latest(saved)

    def _to_query(self, principal: Principal, file: QueryFile, source: DataSource | None) -> Query:
        now = self._clock.now()
        owner_id = self._owner_id(principal, file.owner)
        return Query(
            id=QueryId(file.id or 0),
            uid=Uid(file.uuid) if file.uuid else new_uid(now),
            workspace_id=principal.workspace_id,
            name=file.name,
            description=file.description,
            sql=file.sql,
            data_source_id=source.id if source else None,
            owner_id=owner_id,
            last_modified_by_id=owner_id,
            parameters=file.parameters,
            schedule=check_schedule(file.schedule) if file.schedule else None,
            cache_seconds=file.cache_seconds,
            visibility=file.visibility,
            is_draft=file.is_draft,
            is_archived=file.is_archived,
            tags=file.tags,
            flags=file.flags,
            options=file.options,
            report=file.report,
            created_at=file.created_at or now,
            updated_at=now,
        )

    def _replace_key(self, query: Query, file: QueryFile) -> bool:
        """Give the query the key of its file, if there is one; whether that is another one."""
        if file.key is None:
            return False
        live = self._store.find_live_key(KeyKind.QUERY, query.id)
        if live is not None and self._keys.is_text_of(live, file.key):
            return False
        if live is not None:
            self._store.revoke_key(live.id, self._clock.now())
        self._keys.issue_for_query(query, text=file.key)
        return True

    def _put_visualizations(self, query: Query, wanted: tuple[VisualizationFile, ...]) -> bool:
        """Make the visualizations those of the file, place by place; whether any changed."""
        now = self._clock.now()
        found = self._store.find_visualizations(query.id)
        is_changed = len(found) != len(wanted)
        for place, file in enumerate(wanted):
            before = found[place] if place < len(found) else None
            after = _to_visualization(query, file, before) if before else Visualization(
                id=VisualizationId(0),
                query_id=query.id,
                type=file.type,
                name=file.name,
                description=file.description,
                options=file.options,
                created_at=now,
                updated_at=now,
            )
            if after != before:
                is_changed = True
                self._store.put_visualization(after)
        for surplus in found[len(wanted) :]:
            self._store.delete_visualization(surplus.id)
        return is_changed
