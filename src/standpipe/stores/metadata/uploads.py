"""Uploaded tables and their parts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, tuple_, update

from standpipe.core.errors import Conflict, NotFound
from standpipe.core.ids import TableId, WorkspaceId, new_uid
from standpipe.core.queries import Listing
from standpipe.core.tables import HeldPart, TableFilter, TablePart, UploadedTable
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.memory import remembered
from standpipe.stores.metadata.rows import read_part, read_table
from standpipe.stores.metadata.tables import uploaded_parts, uploaded_tables
from standpipe.stores.metadata.values import to_json, to_time

_NAMES_AT_ONCE = 200
_BY_ID = select(uploaded_tables).where(uploaded_tables.c.id == bindparam("id"))
_NAME = tuple_(uploaded_tables.c.namespace, uploaded_tables.c.name)
_PARTS = (
    select(uploaded_parts)
    .where(
        uploaded_parts.c.table_id == bindparam("table_id"), uploaded_parts.c.removed_at.is_(None)
    )
    .order_by(uploaded_parts.c.id)
)

_SCATTERED = (
    select(uploaded_parts.c.table_id)
    .where(uploaded_parts.c.removed_at.is_(None), uploaded_parts.c.table_id.is_not(None))
    .group_by(uploaded_parts.c.table_id)
    .having(func.count() >= bindparam("count"))
    .order_by(uploaded_parts.c.table_id)
)


class Uploads(Database):
    """Implements TableStore and PartStore."""

    def get_table(self, table_id: TableId) -> UploadedTable:
        """Return a table by id; NotFound."""
        row = self._one(_BY_ID, {"id": table_id})
        if row is None:
            raise NotFound(f"There is no uploaded table {table_id}.")
        return read_table(row)

    @remembered
    def find_named_tables(
        self, workspace_id: WorkspaceId, names: tuple[tuple[str, str], ...]
    ) -> tuple[UploadedTable, ...]:
        """Return those of these ``(namespace, name)`` that exist, in few reads, by full name."""
        found: list[UploadedTable] = []
        for start in range(0, len(names), _NAMES_AT_ONCE):
            rows = self._all(
                select(uploaded_tables).where(
                    uploaded_tables.c.workspace_id == workspace_id,
                    _NAME.in_(names[start : start + _NAMES_AT_ONCE]),
                )
            )
            found += map(read_table, rows)
        return tuple(sorted(found, key=lambda table: (table.namespace, table.name)))

    def find_tables(
        self, filter: TableFilter, *, limit: int, offset: int = 0
    ) -> Listing[UploadedTable]:
        """Return some tables by full name, and the number of all that match."""
        matching = select(uploaded_tables).where(
            uploaded_tables.c.workspace_id == filter.workspace_id
        )
        if filter.namespace is not None:
            matching = matching.where(uploaded_tables.c.namespace == filter.namespace)
        if not filter.sees_private:
            matching = matching.where(
                or_(
                    uploaded_tables.c.is_private.is_(False),
                    uploaded_tables.c.owner_id == filter.viewer_id,
                )
            )
        counted = self._one(select(func.count()).select_from(matching.subquery()))
        ordered = matching.order_by(uploaded_tables.c.namespace, uploaded_tables.c.name)
        rows = self._all(ordered.limit(limit).offset(offset))
        return Listing(int(counted[0]) if counted else 0, tuple(map(read_table, rows)))

    def add_table(self, table: UploadedTable) -> UploadedTable:
        """Store a new table, without parts; NameTaken."""
        added = replace(table, uid=new_uid(table.created_at), version=1, row_count=0, byte_count=0)
        statement = insert(uploaded_tables).values(
            uid=str(added.uid),
            workspace_id=added.workspace_id,
            namespace=added.namespace,
            name=added.name,
            owner_id=added.owner_id,
            created_at=to_time(added.created_at),
            **_changeable(added),
        )
        taken = f"There is a table {table.full_name} already."
        return replace(added, id=TableId(self._insert(statement, taken=taken)))

    def replace_table(self, table: UploadedTable, part: TablePart, at: datetime) -> UploadedTable:
        """Replace columns, description and privacy, and all rows by those of one part."""
        with self.transaction():
            before = self.get_table(table.id)
            self._remove_parts(table.id, at)
            self._add_part(table.id, part)
            return self._put(
                replace(
                    before,
                    columns=table.columns,
                    description=table.description,
                    is_private=table.is_private,
                    row_count=part.row_count,
                    byte_count=part.artifact.byte_count,
                    updated_at=at,
                )
            )

    def add_part(self, table: UploadedTable, part: TablePart) -> UploadedTable:
        """Append a part to what the table holds by now, and return the table as it is then.

        NotFound if it was deleted meanwhile, Conflict if its columns are other ones.
        """
        with self.transaction():
            before = self.get_table(table.id)
            if before.columns != table.columns:
                raise Conflict(
                    f"{table.full_name} was replaced by a table with other columns.",
                    hint="Send the rows again.",
                )
            self._add_part(table.id, part)
            return self._put(
                replace(
                    before,
                    row_count=before.row_count + part.row_count,
                    byte_count=before.byte_count + part.artifact.byte_count,
                    updated_at=part.created_at,
                )
            )

    def clear_table(self, table_id: TableId, at: datetime) -> UploadedTable:
        """Remove all parts that the table has now; NotFound."""
        with self.transaction():
            before = self.get_table(table_id)
            self._remove_parts(table_id, at)
            return self._put(replace(before, row_count=0, byte_count=0, updated_at=at))

    def delete_table(self, table_id: TableId, at: datetime) -> None:
        """Remove a table with its parts; NotFound."""
        with self.transaction():
            self.get_table(table_id)
            self._remove_parts(table_id, at)
            self._write(delete(uploaded_tables).where(uploaded_tables.c.id == table_id))

    def find_parts(self, table_id: TableId) -> tuple[TablePart, ...]:
        """Return the parts of a table in the order in which they were added."""
        return tuple(map(read_part, self._all(_PARTS, {"table_id": table_id})))

    def find_held_parts(self) -> Iterator[HeldPart]:
        """Yield all parts of all tables, table by table, those of one in their order."""
        tables = self._all(select(uploaded_tables).order_by(uploaded_tables.c.id))
        for table in map(read_table, tables):
            for part in self.find_parts(table.id):
                yield HeldPart(table_id=table.id, table_name=table.full_name, part=part)

    def find_scattered(self, part_count: int) -> tuple[TableId, ...]:
        """Return the tables that have at least so many parts, by id."""
        return tuple(TableId(row.table_id) for row in self._all(_SCATTERED, {"count": part_count}))

    def merge_parts(
        self, table_id: TableId, parts: Sequence[TablePart], merged: TablePart, at: datetime
    ) -> bool:
        """Put one part in the place of some that follow each other; False if they are not there.

        It gets the number of the first one, and so its place. That one's file stays known as a
        removed part: who reads it now may go on.
        """
        keys = [part.artifact.key for part in parts]
        with self.transaction():
            held = self._all(_PARTS, {"table_id": table_id})
            places = [place for place, row in enumerate(held) if row.artifact_key == keys[0]]
            rows = held[places[0] :][: len(keys)] if places else []
            if [row.artifact_key for row in rows] != keys:
                return False
            self._remove_parts(table_id, at, [row.id for row in rows[1:]])
            self._write(
                update(uploaded_parts)
                .where(uploaded_parts.c.id == rows[0].id)
                .values(**_described(merged), created_at=to_time(parts[0].created_at))
            )
            self._write(
                insert(uploaded_parts).values(
                    table_id=table_id,
                    **_described(parts[0]),
                    created_at=to_time(parts[0].created_at),
                    removed_at=to_time(at),
                )
            )
            saved = sum(part.artifact.byte_count for part in parts) - merged.artifact.byte_count
            self._write(
                update(uploaded_tables)
                .where(uploaded_tables.c.id == table_id)
                .values(byte_count=uploaded_tables.c.byte_count - saved)
            )
        return True

    def forget_parts(self, before: datetime, limit: int) -> tuple[str, ...]:
        """Forget parts that were removed before that time; returns their artifacts' keys."""
        old = (
            select(uploaded_parts.c.id, uploaded_parts.c.artifact_key)
            .where(uploaded_parts.c.removed_at < to_time(before))
            .order_by(uploaded_parts.c.removed_at, uploaded_parts.c.id)
            .limit(limit)
        )
        if not self._all(old):
            return ()
        with self.transaction():
            rows = self._all(old)
            ids = [row.id for row in rows]
            self._write(delete(uploaded_parts).where(uploaded_parts.c.id.in_(ids)))
        return tuple(row.artifact_key for row in rows)

    def _put(self, table: UploadedTable) -> UploadedTable:
        """Store what a change left, as the next version."""
        after = replace(table, version=table.version + 1)
        self._write(
            update(uploaded_tables)
            .where(uploaded_tables.c.id == table.id)
            .values(**_changeable(after))
        )
        return after

    def _add_part(self, table_id: TableId, part: TablePart) -> None:
        self._write(
            insert(uploaded_parts).values(
                table_id=table_id, **_described(part), created_at=to_time(part.created_at)
            )
        )

    def _remove_parts(
        self, table_id: TableId, at: datetime, ids: Sequence[int] | None = None
    ) -> None:
        held = (uploaded_parts.c.table_id == table_id, uploaded_parts.c.removed_at.is_(None))
        chosen = () if ids is None else (uploaded_parts.c.id.in_(ids),)
        self._write(update(uploaded_parts).where(*held, *chosen).values(removed_at=to_time(at)))


def _described(part: TablePart) -> dict[str, Any]:
    return {
        "artifact_key": part.artifact.key,
        "byte_count": part.artifact.byte_count,
        "sha256": part.artifact.sha256,
        "row_count": part.row_count,
    }


def _changeable(table: UploadedTable) -> dict[str, Any]:
    return {
        "description": table.description,
        "is_private": table.is_private,
        "columns": to_json(table.columns),
        "version": table.version,
        "row_count": table.row_count,
        "byte_count": table.byte_count,
        "updated_at": to_time(table.updated_at),
    }
