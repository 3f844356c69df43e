"""Uploaded tables and their parts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, or_, select, tuple_, update

from standpipe.core.errors import Conflict, NotFound
from standpipe.core.ids import TableId, WorkspaceId, new_uid
from standpipe.core.queries import Listing
from standpipe.core.tables import TableFilter, TableKind, TablePart, UploadedTable
from standpipe.stores.metadata.memory import remembered
from standpipe.stores.metadata.parts import Parts
from standpipe.stores.metadata.rows import read_table
from standpipe.stores.metadata.tables import uploaded_tables
from standpipe.stores.metadata.values import to_json, to_time

_NAMES_AT_ONCE = 200
_BY_ID = select(uploaded_tables).where(uploaded_tables.c.id == bindparam("id"))
_NAME = tuple_(uploaded_tables.c.namespace, uploaded_tables.c.name)


class Uploads(Parts):
    """Implements TableStore; what lies below it are the parts."""

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
        matching = select(uploaded_tables).where(*is_listed(filter))
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
            kind=_kind(added.kind),
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

    def _put(self, table: UploadedTable) -> UploadedTable:
        """Store what a change left, as the next version."""
        after = replace(table, version=table.version + 1)
        self._write(
            update(uploaded_tables)
            .where(uploaded_tables.c.id == table.id)
            .values(**_changeable(after))
        )
        return after


def is_listed(filter: TableFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what is true of the tables that a list holds."""
    columns = uploaded_tables.c
    yield columns.workspace_id == filter.workspace_id
    if filter.namespace is not None:
        yield columns.namespace == filter.namespace
    if filter.kind is not None:
        yield columns.kind.is_not_distinct_from(_kind(filter.kind))
    if not filter.sees_private:
        yield or_(columns.is_private.is_(False), columns.owner_id == filter.viewer_id)


def _kind(kind: TableKind) -> str | None:
    return None if kind is TableKind.UPLOAD else kind.value


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
