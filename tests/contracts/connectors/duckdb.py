"""Facts of the duckdb connector, and a laboratory to run statements in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from standpipe.connectors.duckdb.connector import DuckDBConnector
from standpipe.connectors.duckdb.runs import DuckDBRun
from standpipe.core.columns import Column
from standpipe.core.datasources import DataSource, SourcePlan
from standpipe.core.executions import RunLimits, Statement
from standpipe.core.ids import DataSourceId, WorkspaceId, new_uid
from standpipe.core.tables import BodyFormat, Ingested, NamedTable, TableColumn

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class DuckDBFacts:
    """What the contract of connectors needs to know about this kind."""

    kind = "duckdb"
    one_row = "SELECT 1 AS a, 'x' AS b"
    no_rows = "SELECT 1 AS a WHERE false"
    ordered_rows = "SELECT 20000 - i AS n FROM range(20000) t(i) ORDER BY n"
    bound = "SELECT $number AS number, $text AS text"
    endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b"
    wrong = ("SELECT nope\nFROM things", 'Referenced column "nope" not found')
    changing = "DELETE FROM things"
    table = "things"


class DuckDBLab:
    """A connector with a folder of data, and short ways to run statements on it."""

    facts = DuckDBFacts

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self.scratch = folder / "scratch"
        self.connector = DuckDBConnector(self.scratch, **options)
        self.write("things.parquet", "SELECT i AS id, 'thing ' || i AS name FROM range(10) t(i)")
        self.source = self.new_source([self.data])

    def write(self, name: str, select: str) -> Path:
        """Write a Parquet file into the data folder."""
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.sql(select).write_parquet(str(path))
        return path

    def new_source(
        self, paths: Sequence[Path] = (), *, dbpath: Path | None = None, number: int = 1
    ) -> DataSource:
        """Return a data source of these paths."""
        given = {"paths": [str(path) for path in paths], "dbpath": str(dbpath or "")}
        return DataSource(
            id=DataSourceId(number),
            uid=new_uid(NOW),
            workspace_id=WorkspaceId(1),
            name="files",
            kind="duckdb",
            settings=self.connector.check_settings(given),
            created_at=NOW,
        )

    def start(
        self,
        text: str,
        values: dict[str, Any] | None = None,
        *,
        limits: RunLimits | None = None,
        source: DataSource | None = None,
        tables: Sequence[NamedTable] = (),
    ) -> tuple[DuckDBRun, Path]:
        """Begin a run; returns it and where its rows will be."""
        into = self.folder / f"{uuid4().hex}.parquet"
        statement = Statement(text=text, values=values or {}, display=text)
        run = self.connector.start(
            source or self.source, statement, into, limits or RunLimits(seconds=30.0), tables
        )
        return run, into

    def run(
        self, text: str, values: dict[str, Any] | None = None, **options: Any
    ) -> tuple[tuple[Column, ...], list[tuple[Any, ...]]]:
        """Run a statement to its end; returns columns and rows."""
        run, into = self.start(text, values, **options)
        columns, row_count = run.outcome()
        rows = read_rows(into)
        assert len(rows) == row_count
        return columns, rows

    def explain(
        self,
        text: str,
        values: dict[str, Any] | None = None,
        *,
        limits: RunLimits | None = None,
        source: DataSource | None = None,
    ) -> SourcePlan:
        """Plan a statement."""
        statement = Statement(text=text, values=values or {}, display=text)
        limits = limits or RunLimits(seconds=30.0)
        return self.connector.explain(source or self.source, statement, limits)

    def ingest(
        self,
        body: bytes,
        format: BodyFormat = BodyFormat.CSV,
        *columns: TableColumn,
        limits: RunLimits | None = None,
    ) -> tuple[Path, Ingested]:
        """Write the rows of a body; returns the part and what is in it."""
        path = self.folder / f"{uuid4().hex}.body"
        path.write_bytes(body)
        into = self.folder / f"{uuid4().hex}.parquet"
        limits = limits or RunLimits(seconds=30.0)
        return into, self.connector.ingest(path, format, columns or None, into, limits)

    def child_ids(self) -> list[int]:
        """Return the process ids of all children that live now."""
        nursery = self.connector._crew._nursery
        return [] if nursery is None else children_of(nursery.process_id)

    def close(self) -> None:
        """End every process."""
        self.connector.close()


def read_rows(path: Path) -> list[tuple[Any, ...]]:
    """Return the rows of an artifact in order."""
    with duckdb.connect() as connection:
        return connection.sql(
            "SELECT * FROM read_parquet($path, hive_partitioning=false)", params={"path": str(path)}
        ).fetchall()


def children_of(process_id: int) -> list[int]:
    """Return the process ids of the living children of a process."""
    text = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    return [int(word) for word in text.split() if is_alive(int(word))]


def is_alive(process_id: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
