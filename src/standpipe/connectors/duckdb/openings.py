"""How children are opened: for a source with what is shown beside it, or for one body."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from pathlib import Path

from standpipe.connectors.duckdb.files import digest_of, find_files, stamp_of
from standpipe.connectors.duckdb.messages import Box, Plan, Upload
from standpipe.connectors.duckdb.runs import Opening
from standpipe.core.datasources import DataSource
from standpipe.core.executions import RunLimits
from standpipe.core.tables import NamedTable

__all__ = ["MEMORY", "Openings"]

MEMORY = ":memory:"

_REMEMBERED_PLANS = 64


class Openings:
    """Knows what every child gets, and the plans of sources that were opened before."""

    def __init__(self, *, hidden: Sequence[Path], threads: int, spill_bytes: int) -> None:
        """Folders in ``hidden`` are never opened."""
        self._hidden = hidden
        self._threads = threads
        self._spill_bytes = spill_bytes
        self._plans: OrderedDict[Hashable, Plan] = OrderedDict()
        self._lock = threading.Lock()

    def of_source(
        self, source: DataSource, limits: RunLimits, tables: Sequence[NamedTable] = ()
    ) -> Opening:
        """Return how a source is opened; a child serves nothing but these files and parts.

        ConfigurationInvalid when a file is missing.
        """
        uploads = tuple(map(_upload_of, tables))
        entries = find_files(map(Path, source.settings.get("paths", ())), hidden=self._hidden)
        database = _database_of(source)
        stamp = stamp_of(Path(database)) if database else None
        place = (source.id, source.settings_version, database, stamp, digest_of(entries))

        def box(folder: Path) -> Box:
            return Box(
                folder=str(folder),
                memory_bytes=limits.memory_bytes,
                spill_bytes=self._spill_bytes,
                threads=self._threads,
                entries=entries,
                database=database,
                plan=self._plans.get(place),
                uploads=uploads,
            )

        return Opening(
            key=(*place, limits.memory_bytes, uploads),
            spill_bytes=self._spill_bytes,
            box=box,
            opened=lambda plan: self._remember(place, plan),
        )

    def of_files(self, files: Sequence[Path], limits: RunLimits) -> Opening:
        """Return how a child is opened that sees nothing but these files, and then ends."""

        def box(folder: Path) -> Box:
            return Box(
                folder=str(folder),
                memory_bytes=limits.memory_bytes,
                spill_bytes=self._spill_bytes,
                threads=self._threads,
                entries=(),
                database=None,
                plan=Plan(),
                bodies=tuple(map(str, files)),
            )

        return Opening(
            key=("files", *map(str, files)),
            spill_bytes=self._spill_bytes,
            box=box,
            opened=lambda _: None,
            is_kept=False,
        )

    def _remember(self, place: Hashable, plan: Plan) -> None:
        with self._lock:
            self._plans[place] = plan
            while len(self._plans) > _REMEMBERED_PLANS:
                self._plans.popitem(last=False)


def _upload_of(table: NamedTable) -> Upload:
    return Upload(
        namespace=table.namespace,
        name=table.name,
        columns=tuple((column.name, str(column.type)) for column in table.columns),
        files=tuple(map(str, table.files)),
    )


def _database_of(source: DataSource) -> str | None:
    database = source.settings.get("dbpath")
    return None if database in (None, "", MEMORY) else str(database)
