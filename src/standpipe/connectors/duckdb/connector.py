"""The connector of kind ``duckdb``: checks settings, opens sources in children, starts runs."""

import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from standpipe.connectors.duckdb.crew import Crew
from standpipe.connectors.duckdb.files import find_files, is_database
from standpipe.connectors.duckdb.messages import UploadColumn
from standpipe.connectors.duckdb.openings import MEMORY, Openings
from standpipe.connectors.duckdb.runs import DuckDBRun, Errand
from standpipe.core.datasources import (
    SQL_SETTING,
    TRINO,
    ConnectorKind,
    DataSource,
    SettingField,
    SourcePlan,
    SourceTable,
)
from standpipe.core.errors import (
    ConfigurationInvalid,
    ExecutionFailed,
    FieldInvalid,
    SourceFailed,
    StandpipeError,
)
from standpipe.core.executions import RunLimits, Statement
from standpipe.core.tables import (
    BodyFormat,
    Ingested,
    NamedTable,
    TableColumn,
    TableColumnType,
)

__all__ = ["KIND", "DuckDBConnector"]

DUCKDB = "duckdb"
KIND = ConnectorKind(
    name="duckdb",
    title="DuckDB",
    sql_dialect="duckdb",
    reads_uploads=True,
    fields=(
        SettingField(name="paths", type="list", title="Files and folders"),
        SettingField(name="dbpath", type="string", title="Database file", default=MEMORY),
        SettingField(name=SQL_SETTING, type="string", title="SQL (duckdb, trino)", default=DUCKDB),
    ),
)

_MOST_RUNS = 256  # far more than any worker has slots; a thread starts when none is idle
_LOOK_LIMITS = RunLimits(seconds=60.0)


class DuckDBConnector:
    """Runs statements over files in child processes. The port ``Connector``."""

    kind = KIND

    def __init__(
        self,
        scratch: Path,
        *,
        allowed_roots: tuple[Path, ...] | None = None,
        hidden: tuple[Path, ...] = (),
        threads: int | None = None,
        spill_bytes: int = 8 * 1024**3,
    ) -> None:
        """Keep what children write below ``scratch``, on the file system of the artifacts.

        ``allowed_roots`` limits which paths a setting may name (None = any); folders in ``hidden``
        are never opened. A run uses ``threads`` (default: one per core) and may spill
        ``spill_bytes`` to disk. No process is started before the first run.
        """
        self._allowed_roots = _resolve(allowed_roots)
        self._hidden = _resolve(hidden) or ()
        self._openings = Openings(
            hidden=self._hidden, threads=threads or os.cpu_count() or 1, spill_bytes=spill_bytes
        )
        self._crew = Crew(scratch)
        self._threads_of_runs = ThreadPoolExecutor(_MOST_RUNS, thread_name_prefix="duckdb-run")
        self._lock = threading.Lock()
        self._runs: weakref.WeakSet[DuckDBRun] = weakref.WeakSet()

    def check_settings(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return ``paths`` and ``dbpath`` completed and absolute, ``sql`` only if it is Trino's.

        FieldInvalid names the field.
        """
        unknown = sorted(settings.keys() - {field.name for field in KIND.fields})
        if unknown:
            raise FieldInvalid(
                f"DuckDB has no setting {unknown[0]!r}.", detail="Allowed: dbpath, paths, sql."
            )
        checked = {
            "paths": [str(self._check_entry(path)) for path in _as_list(settings.get("paths"))],
            "dbpath": self._check_database(settings.get("dbpath")),
        }
        return checked | _check_sql(settings.get(SQL_SETTING))

    def start(
        self,
        source: DataSource,
        statement: Statement,
        into: Path,
        limits: RunLimits,
        tables: Sequence[NamedTable] = (),
    ) -> DuckDBRun:
        """Begin to execute one reading statement; every failure comes with its outcome."""
        errand = Errand(self._crew, limits)
        prepare = partial(self._openings.of_source, source, limits, tables)
        run = DuckDBRun(errand, prepare, statement, into, threads=self._threads_of_runs)
        with self._lock:
            self._runs.add(run)
        return run

    def explain(
        self,
        source: DataSource,
        statement: Statement,
        limits: RunLimits,
        tables: Sequence[NamedTable] = (),
    ) -> SourcePlan:
        """Return the columns of one reading statement and the engine's plan, without running it.

        A PIVOT whose columns are in the data has neither. ExecutionFailed as a run would.
        """
        try:
            opening = self._openings.of_source(source, limits, tables)
            return Errand(self._crew, limits).explain(opening, statement)
        except ExecutionFailed:
            raise
        except StandpipeError as error:
            raise SourceFailed(error.message, detail=error.detail, hint=error.hint) from error
        except (OSError, TypeError, UnicodeEncodeError) as error:
            raise SourceFailed("The statement cannot be planned.", detail=str(error)) from error

    def tables(self, source: DataSource) -> tuple[SourceTable, ...]:
        """Return tables by name, spelled as a statement must spell them.

        Raises:
            SourceFailed: the source cannot be opened.
        """
        try:
            opening = self._openings.of_source(source, _LOOK_LIMITS)
            return Errand(self._crew, _LOOK_LIMITS).list_tables(opening)
        except SourceFailed:
            raise
        except (ExecutionFailed, StandpipeError) as error:
            raise SourceFailed(error.message, detail=error.detail, hint=error.hint) from error

    def ping(self, source: DataSource) -> None:
        """Return if every file of the source can be opened; SourceFailed says which cannot."""
        self.tables(source)

    def ingest(
        self,
        body: Path,
        format: BodyFormat,
        columns: Sequence[TableColumn] | None,
        into: Path,
        limits: RunLimits,
    ) -> Ingested:
        """Write all rows of a body to ``into``, or none. The port ``Ingestion``."""
        path = body.resolve()
        opening = self._openings.of_files((path,), limits)
        wanted = tuple(
            UploadColumn(column.name, str(column.type), column.is_nullable)
            for column in columns or ()
        )
        try:
            done = Errand(self._crew, limits).ingest(opening, path, format.value, wanted, into)
        except OSError as error:
            raise SourceFailed("The rows cannot be written.", detail=str(error)) from error
        found = tuple(
            TableColumn(
                name=column.name,
                type=TableColumnType(column.kind),
                is_nullable=column.is_nullable,
            )
            for column in done.columns
        )
        return Ingested(columns=tuple(columns) if columns else found, row_count=done.row_count)

    def merge(self, parts: Sequence[Path], into: Path, limits: RunLimits) -> int:
        """Write the rows of parts to ``into``; returns how many. The port ``Merging``."""
        opening = self._openings.of_files(parts, limits)
        try:
            return Errand(self._crew, limits).merge(opening, parts, into)
        except OSError as error:
            raise SourceFailed("The rows cannot be written.", detail=str(error)) from error

    def warm(self) -> None:
        """Start a spare child in the background, so that the first run need not wait for it."""
        self._crew.warm()

    def close(self) -> None:
        """Cancel what runs and end every child process."""
        with self._lock:
            running = [run for run in self._runs if not run.wait(0)]
        for run in running:
            run.cancel()
        for run in running:
            run.wait(2.0)
        self._threads_of_runs.shutdown(wait=False)
        self._crew.close()

    def _check_database(self, value: Any) -> str:
        if value is None or value in ("", MEMORY):
            return MEMORY
        path = self._check_path(value, field="dbpath")
        try:
            is_fine = is_database(path)
        except OSError as error:
            raise FieldInvalid(f"dbpath: cannot open {path}: {error.strerror}.") from error
        if not is_fine:
            raise FieldInvalid(
                f"dbpath: {path} is not a DuckDB database.", hint=f"Or give {MEMORY!r}."
            )
        return str(path)

    def _check_entry(self, value: Any) -> Path:
        path = self._check_path(value)
        try:
            find_files([path], hidden=self._hidden)
        except ConfigurationInvalid as error:
            raise FieldInvalid(
                f"paths: {error.message}", detail=error.detail, hint=error.hint
            ) from error
        return path

    def _check_path(self, value: Any, *, field: str = "paths") -> Path:
        if not isinstance(value, str) or not value or "\0" in value:
            raise FieldInvalid(f"{field}: {value!r} is not a path.")
        path = Path(value).resolve()
        if not self._may_open(path):
            raise FieldInvalid(
                f"{field}: {value} is outside the folders that data sources may use.",
                detail=self._say_roots(),
                hint="An operator can allow more folders.",
            )
        return path

    def _may_open(self, path: Path) -> bool:
        if any(path.is_relative_to(hidden) for hidden in self._hidden):
            return False
        roots = self._allowed_roots
        return roots is None or any(path.is_relative_to(root) for root in roots)

    def _say_roots(self) -> str:
        if self._allowed_roots is None:
            return "Any folder except the server's own."
        roots = ", ".join(map(str, self._allowed_roots))
        return f"Allowed: {roots}." if roots else "None is allowed."


def _resolve(paths: Sequence[Path] | None) -> tuple[Path, ...] | None:
    return None if paths is None else tuple(path.resolve() for path in paths)


def _check_sql(value: Any) -> dict[str, str]:
    if value not in (None, "", DUCKDB, TRINO):
        raise FieldInvalid(f"sql: {value!r} is not known.", detail=f"Allowed: {DUCKDB}, {TRINO}.")
    return {SQL_SETTING: TRINO} if value == TRINO else {}


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple):
        raise FieldInvalid(f"paths: {value!r} is not a list of paths.")
    return list(value)
