"""Queries between servers: out as query files with all they have, and in again with their ids."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.dashboards import Visualization
from standpipe.core.datasources import DataSource
from standpipe.core.errors import Conflict, NotFound
from standpipe.core.ids import DataSourceId, QueryId, Uid, UserId, VisualizationId, new_uid
from standpipe.core.permissions import require_permission
from standpipe.core.ports import DataSourceStore, PeopleStore, QueryStore, WidgetStore
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import Page, Query, QueryFilter
from standpipe.services.keys import Keys
from standpipe.services.queries import Queries
from standpipe.services.query_files import QueryFile, VisualizationFile
from standpipe.services.query_saving import revised, same_default_run

_TABLE = VisualizationFile(type="TABLE", name="Table")


class TransferStore(QueryStore, DataSourceStore, PeopleStore, WidgetStore, Protocol):
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


class QueryExport:
    """Gives queries out, with all they have; for administrators."""

    def __init__(self, store: TransferStore, *, keys: Keys) -> None:
        """Take the port and the service of keys."""
        self._store = store
        self._keys = keys

    def all(self, principal: Principal, *, with_keys: bool) -> Iterator[QueryFile]:
        """Yield every query of the workspace, archived ones too, by id."""
        require_permission(principal, Permission.ADMIN)
        for query in sorted(all_queries(self._store, principal), key=lambda query: query.id):
            yield self.to_file(principal, query, with_key=with_keys)

    def to_file(self, principal: Principal, query: Query, *, with_key: bool) -> QueryFile:
        """Return a query as it travels."""
        keys = self._keys.query_keys(principal, [query]) if with_key else {}
        return QueryFile(
            id=query.id,
            uuid=query.uid,
            name=query.name,
            owner=self._store.get_user(query.owner_id).email,
            source=self._source_name(query.data_source_id),
            description=query.description,
            parameters=query.parameters,
            schedule=query.schedule,
            cache_seconds=query.cache_seconds,
            stale_while_revalidate_seconds=query.stale_while_revalidate_seconds,
            stale_if_error_seconds=query.stale_if_error_seconds,
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

    def _source_name(self, data_source_id: DataSourceId | None) -> str | None:
        return None if data_source_id is None else self._store.get_data_source(data_source_id).name


class QueryImport:
    """Takes queries in, with their ids; for administrators."""

    def __init__(self, store: TransferStore, *, queries: Queries, keys: Keys, clock: Clock) -> None:
        """Take the ports and the services of queries and keys."""
        self._store = store
        self._queries = queries
        self._keys = keys
        self._clock = clock

    def put_all(self, principal: Principal, files: Sequence[QueryFile]) -> list[Imported]:
        """Save all these queries, or none of them; repeating changes nothing. Errors as ``put``."""
        _check_ids(files)
        with self._store.transaction():
            return [self.put(principal, file) for file in lists_first(files)]

    def put(self, principal: Principal, file: QueryFile) -> Imported:
        """Save a query with the id, owner and key of its file; repeating changes nothing.

        A query of this id is changed if its uuid or name is that of the file, else Conflict.
        NotFound names an owner or a data source that this server does not have.
        """
        require_permission(principal, Permission.ADMIN)
        with self._store.transaction():
            before = self._find_query(principal, file)
            if before is None:
                return Imported(self.add(principal, file), Outcome.ADDED)
            if before.workspace_id != principal.workspace_id or not _is_same(before, file):
                raise Conflict(
                    f"Query {before.id} is {before.name!r} here and {file.name!r} in the file.",
                    hint="Give one of them another id.",
                )
            return self._update(principal, before, file)

    def add(self, principal: Principal, file: QueryFile) -> Query:
        """Save a new query; NameTaken if the id of its file is in use."""
        require_permission(principal, Permission.ADMIN)
        with self._store.transaction():
            return self._add(principal, file)

    def _add(self, principal: Principal, file: QueryFile) -> Query:
        source = self._source(principal, file.source)
        query = self._queries.saving.checked(
            principal, self._to_query(principal, file, source), source
        )
        id = None if file.id is None else QueryId(file.id)
        uid = None if file.uuid is None else Uid(file.uuid)
        saved = self._queries.saving.link_latest(self._store.add_query(query, id=id, uid=uid))
        self._keys.issue_for_query(saved, text=file.key)
        shown = (_TABLE,) if file.visualizations is None else file.visualizations
        self._put_visualizations(saved, shown)
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
        after = same_default_run(before, self._queries.saving.checked(principal, wanted, source))
        is_changed = self._replace_key(principal, before, file)
        if file.visualizations is not None:
            is_changed |= self._put_visualizations(before, file.visualizations)
        if after == before:
            return Imported(before, Outcome.UPDATED if is_changed else Outcome.UNCHANGED)
        return Imported(self._save(principal, before, after), Outcome.UPDATED)

    def _save(self, principal: Principal, before: Query, after: Query) -> Query:
        after = replace(
            revised(before, after),
            version=before.version + 1,
            last_modified_by_id=principal.user_id,
            updated_at=self._clock.now(),
        )
        saved = self._store.update_query(after, author_id=principal.user_id)
        return self._queries.saving.link_latest(saved)

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
            schedule=file.schedule,
            cache_seconds=file.cache_seconds,
            stale_while_revalidate_seconds=file.stale_while_revalidate_seconds,
            stale_if_error_seconds=file.stale_if_error_seconds,
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

    def _replace_key(self, principal: Principal, query: Query, file: QueryFile) -> bool:
        """Give the query the key of its file, if there is one; whether that is another one."""
        live = self._keys.query_keys(principal, [query]).get(query.id)
        if file.key is None or file.key == live:
            return False
        self._keys.replace_query_key(principal, query, text=file.key)
        return True

    def _put_visualizations(self, query: Query, wanted: Sequence[VisualizationFile]) -> bool:
        """Make the visualizations those of the file, place by place; whether any changed."""
        found = self._store.find_visualizations(query.id)
        is_changed = len(found) != len(wanted)
        for place, file in enumerate(wanted):
            before = found[place] if place < len(found) else self._new_visualization(query)
            after = replace(
                before,
                type=file.type,
                name=file.name,
                description=file.description,
                options=file.options,
            )
            if after != before:
                is_changed = True
                self._store.put_visualization(replace(after, updated_at=self._clock.now()))
        for surplus in found[len(wanted) :]:
            self._store.delete_visualization(surplus.id)
        return is_changed

    def _new_visualization(self, query: Query) -> Visualization:
        now = self._clock.now()
        return Visualization(
            id=VisualizationId(0),
            query_id=query.id,
            type="",
            name="",
            created_at=now,
            updated_at=now,
        )

    def _find_query(self, principal: Principal, file: QueryFile) -> Query | None:
        """Return the query that a file is about: the one of its id, else of its uuid or name."""
        if file.id is None:
            same = [query for query in all_queries(self._store, principal) if _is_same(query, file)]
            if len(same) > 1:
                ids = ", ".join(str(query.id) for query in same)
                raise Conflict(
                    f"There are several queries {file.name!r}: {ids}.", hint="Say the id."
                )
            return same[0] if same else None
        try:
            return self._store.get_query(QueryId(file.id))
        except NotFound:
            return None

    def _owner_id(self, principal: Principal, email: str | None) -> UserId:
        if email is None and principal.user_id is not None:
            return principal.user_id
        user = self._store.find_user_by_email(principal.workspace_id, email or "")
        if user is None:
            raise NotFound(
                f"There is no user {email!r}.", hint="Add the user, or name another owner."
            )
        return user.id

    def _source(self, principal: Principal, name: str | None) -> DataSource | None:
        if name is None:
            return None
        sources = self._store.find_data_sources(principal.workspace_id)
        found = [source for source in sources if source.name == name]
        if not found:
            names = ", ".join(source.name for source in sources)
            raise NotFound(
                f"There is no data source {name!r}.",
                detail=f"There are: {names}." if names else "There is none yet.",
                hint="Add it, or name another one.",
            )
        return found[0]


def lists_first(files: Sequence[QueryFile]) -> list[QueryFile]:
    """Return the files so that a query whose rows are another one's choices comes before that."""
    ordered: list[QueryFile] = []
    waiting = list(files)
    while waiting:
        ids = {file.id for file in waiting}
        ready = [file for file in waiting if not _lists(file) & ids - {file.id}] or waiting
        ordered += ready
        waiting = [file for file in waiting if file not in ready]
    return ordered


def _lists(file: QueryFile) -> set[int]:
    return {item.query_id for item in file.parameters if item.query_id is not None}


def all_queries(store: QueryStore, principal: Principal) -> Iterator[Query]:
    """Yield every query of the principal's workspace, private and archived ones too."""
    for archived in (False, True):
        filter = QueryFilter(
            workspace_id=principal.workspace_id,
            viewer_id=principal.user_id,
            sees_private=True,
            archived=archived,
        )
        number = 1
        while items := store.find_queries(filter, Page(number=number, size=500)).items:
            yield from (item.query for item in items)
            number += 1


def _is_same(query: Query, file: QueryFile) -> bool:
    return query.uid == file.uuid or query.name == file.name


def _check_ids(files: Sequence[QueryFile]) -> None:
    seen: dict[int, str] = {}
    for file in files:
        if file.id in seen:
            raise Conflict(
                f"The id {file.id} stands in two files: {seen[file.id]!r}, {file.name!r}."
            )
        if file.id is not None:
            seen[file.id] = file.name
