"""The parts of uploaded tables: what their rows lie in."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from standpipe.core.ids import TableId
from standpipe.core.tables import HeldPart, TablePart
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.rows import read_part, read_table
from standpipe.stores.metadata.tables import uploaded_parts, uploaded_tables
from standpipe.stores.metadata.values import to_time

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


class Parts(Database):
    """Implements PartStore."""

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
