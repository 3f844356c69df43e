"""Saved queries, their revisions, tags and words."""

from dataclasses import replace

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from standpipe.core.errors import FieldInvalid, NotFound
from standpipe.core.ids import DashboardId, QueryId, ResultId, Uid, UserId, WorkspaceId, new_uid
from standpipe.core.queries import Query, QueryRevision, Visibility
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.default_results import keep_default
from standpipe.stores.metadata.memory import remembered
from standpipe.stores.metadata.query_search import index_words
from standpipe.stores.metadata.rows import read_query, read_revision, write_query
from standpipe.stores.metadata.tables import (
    dashboards,
    queries,
    query_revisions,
    query_tags,
    query_words,
    schedules,
    visualizations,
    widgets,
)
from standpipe.stores.metadata.values import to_json, to_time

_BY_UID = select(queries).where(
    queries.c.workspace_id == bindparam("workspace"), queries.c.uid == bindparam("query_uid")
)
_BY_ID = select(queries).where(queries.c.id == bindparam("id"))


class Queries(Database):
    """Implements QueryStore, but for its lists."""

    def find_query_by_uid(self, workspace_id: WorkspaceId, uid: Uid) -> Query | None:
        """Return a query of a workspace by its uid, archived ones too."""
        row = self._one(_BY_UID, {"workspace": workspace_id, "query_uid": str(uid)})
        return None if row is None else read_query(row)

    @remembered
    def get_query(self, query_id: QueryId) -> Query:
        """Return a query by id, archived ones too; NotFound."""
        row = self._one(_BY_ID, {"id": query_id})
        if row is None:
            raise NotFound(f"There is no query {query_id}.")
        return read_query(row)

    def add_query(
        self, query: Query, *, id: QueryId | None = None, uid: Uid | None = None
    ) -> Query:
        """Store a new query and its first revision; given ids are kept (NameTaken)."""
        added = replace(query, uid=uid or new_uid(query.created_at), latest_result_id=None)
        values = {
            "uid": str(added.uid),
            "workspace_id": added.workspace_id,
            "latest_result_id": None,
            **write_query(added),
        }
        if id is not None:
            values["id"] = _check_id(id)
        with self.transaction():
            taken = f"There already is a query {id or uid}."
            added = replace(
                added, id=QueryId(self._insert(insert(queries).values(**values), taken=taken))
            )
            self._add_revision(added, query.owner_id)
            self._index_query(added)
        return added

    def update_query(self, query: Query, *, author_id: UserId | None) -> Query:
        """Replace everything but ids and the latest result; a grown ``revision`` is kept.

        Another schedule, or another ``is_archived``, must be planned anew; so must a schedule whose
        runs failed, when they will run something else.
        """
        with self.transaction():
            before = self.get_query(query.id)
            statement = update(queries).where(queries.c.id == query.id)
            self._write(statement.values(**write_query(query)))
            after = self.get_query(query.id)
            if after.revision > before.revision:
                self._add_revision(after, author_id)
            self._forget_plan(before, after)
            self._index_query(after)
        return after

    def find_revisions(self, query_id: QueryId) -> tuple[QueryRevision, ...]:
        """Return all revisions, oldest first."""
        found = (
            select(query_revisions)
            .where(query_revisions.c.query_id == query_id)
            .order_by(query_revisions.c.revision)
        )
        return tuple(read_revision(row) for row in self._all(found))

    def find_query_tags(
        self, workspace_id: WorkspaceId, viewer_id: UserId | None
    ) -> tuple[tuple[str, int], ...]:
        """Return ``(tag, count)`` of unarchived queries the viewer may know of, by tag."""
        found = (
            select(query_tags.c.tag, func.count().label("number"))
            .join(queries, queries.c.id == query_tags.c.query_id)
            .where(
                queries.c.workspace_id == workspace_id,
                queries.c.is_archived.is_(False),
                or_(
                    queries.c.visibility != Visibility.PRIVATE.value,
                    queries.c.owner_id == viewer_id,
                ),
            )
            .group_by(query_tags.c.tag)
            .order_by(query_tags.c.tag)
        )
        return tuple((row.tag, row.number) for row in self._all(found))

    def set_latest_result(self, query_id: QueryId, result_id: ResultId | None) -> None:
        """Point a query at a result, or at none."""
        this = queries.c.id == query_id
        with self.transaction():
            self._write(update(queries).where(this).values(latest_result_id=result_id))
            if result_id is not None:
                self._write(keep_default(result_id, this))

    def set_default_run(self, query: Query, fingerprint: str) -> None:
        """Say what identifies the default run of this revision now; nothing if it was edited."""
        self._write(
            update(queries)
            .where(queries.c.id == query.id, queries.c.revision == query.revision)
            .values(default_fingerprint=fingerprint)
        )

    def find_dashboards_of(self, query_id: QueryId) -> tuple[DashboardId, ...]:
        """Return the unarchived dashboards that show a visualization of this query, by id."""
        found = (
            select(dashboards.c.id)
            .join(widgets, widgets.c.dashboard_id == dashboards.c.id)
            .join(visualizations, visualizations.c.id == widgets.c.visualization_id)
            .where(visualizations.c.query_id == query_id, dashboards.c.is_archived.is_(False))
            .distinct()
            .order_by(dashboards.c.id)
        )
        return tuple(row.id for row in self._all(found))

    def _forget_plan(self, before: Query, after: Query) -> None:
        planned = delete(schedules).where(schedules.c.query_id == after.id)
        if (after.schedule, after.is_archived) != (before.schedule, before.is_archived):
            self._write(planned)
        elif (after.revision, after.data_source_id) != (before.revision, before.data_source_id):
            self._write(planned.where(schedules.c.consecutive_failures > 0))

    def _add_revision(self, query: Query, author_id: UserId | None) -> None:
        at = query.created_at if query.revision == 1 else query.updated_at
        self._insert(
            insert(query_revisions).values(
                query_id=query.id,
                revision=query.revision,
                sql=query.sql,
                parameters=to_json(query.parameters),
                author_id=author_id,
                created_at=to_time(at),
            )
        )

    def _index_query(self, query: Query) -> None:
        """Keep the tables that lists search in step with the query."""
        self._write(delete(query_tags).where(query_tags.c.query_id == query.id))
        for tag in set(query.tags):
            self._write(insert(query_tags).values(query_id=query.id, tag=tag))
        self._write(
            sqlite.put(
                query_words,
                [query_words.c.query_id],
                query_id=query.id,
                name=index_words(query.name),
                number=index_words(str(query.id)),
                description=index_words(query.description),
                sql=index_words(query.sql),
            )
        )


def _check_id(id: QueryId) -> QueryId:
    """Refuse ids after which no new ones could be counted."""
    if not 0 < id <= sqlite.LARGEST_ID:
        raise FieldInvalid(
            "A query cannot have this id.",
            detail=f"It is {id}.",
            hint=f"Ids are whole numbers from 1 to {sqlite.LARGEST_ID}.",
        )
    return id
