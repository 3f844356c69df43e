"""Data sources; their settings are sealed whole, bound to the uid of their source."""

from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from standpipe.core.datasources import DataSource
from standpipe.core.errors import NotFound
from standpipe.core.ids import DataSourceId, WorkspaceId, new_uid
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.memory import remembered_for_long
from standpipe.stores.metadata.rows import AnyRow, read_data_source
from standpipe.stores.metadata.tables import data_sources
from standpipe.stores.metadata.values import to_json, to_optional_time, to_time

_BY_ID = select(data_sources).where(data_sources.c.id == bindparam("id"))


class DataSources(Database):
    """Implements DataSourceStore."""

    @remembered_for_long
    def get_data_source(self, data_source_id: DataSourceId) -> DataSource:
        """Return a data source by id; NotFound, Unavailable if its settings cannot be unsealed."""
        row = self._one(_BY_ID, {"id": data_source_id})
        if row is None:
            raise NotFound(f"There is no data source {data_source_id}.")
        return self._read_source(row)

    @remembered_for_long
    def find_data_sources(self, workspace_id: WorkspaceId) -> tuple[DataSource, ...]:
        """Return all data sources of a workspace by lower-cased name."""
        found = self._all(
            select(data_sources)
            .where(data_sources.c.workspace_id == workspace_id)
            .order_by(data_sources.c.id)
        )
        return tuple(
            self._read_source(row) for row in sorted(found, key=lambda row: row.name.lower())
        )

    def add_data_source(self, source: DataSource) -> DataSource:
        """Store a new data source."""
        added = replace(source, uid=new_uid(source.created_at))
        statement = insert(data_sources).values(
            uid=str(added.uid), workspace_id=added.workspace_id, **self._write_source(added)
        )
        return replace(added, id=DataSourceId(self._insert(statement)))

    def update_data_source(self, source: DataSource) -> DataSource:
        """Replace everything but ids; raises ``settings_version`` when settings changed."""
        with self.transaction():
            before = self.get_data_source(source.id)
            is_changed = to_json(before.settings) != to_json(source.settings)
            after = replace(
                source,
                uid=before.uid,
                workspace_id=before.workspace_id,
                settings_version=before.settings_version + is_changed,
            )
            self._write(
                update(data_sources)
                .where(data_sources.c.id == source.id)
                .values(**self._write_source(after))
            )
        return after

    def delete_data_source(self, data_source_id: DataSourceId) -> None:
        """Remove it; its queries keep their text with no data source, its results stay stored."""
        self._write(delete(data_sources).where(data_sources.c.id == data_source_id))

    def _read_source(self, row: AnyRow) -> DataSource:
        return read_data_source(row, self._vault.unseal(row.settings, _context(row.uid)))

    def _write_source(self, source: DataSource) -> dict[str, Any]:
        return {
            "name": source.name,
            "kind": source.kind,
            "settings": self._vault.seal(to_json(source.settings), _context(str(source.uid))),
            "settings_version": source.settings_version,
            "grants": to_json(source.grants),
            "is_paused": source.is_paused,
            "pause_reason": source.pause_reason,
            "fresh_since": to_optional_time(source.fresh_since),
            "created_at": to_time(source.created_at),
        }


def _context(uid: str) -> str:
    return f"data_source:{uid}"
