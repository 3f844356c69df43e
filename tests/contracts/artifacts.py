"""Artifacts for the contracts of formats and readers: written by DuckDB as a worker writes them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from standpipe.core.columns import Column, LogicalType
from standpipe.core.ports import Chunks
from standpipe.core.stored_types import parse_stored_type
from standpipe.core.windows import Window, WindowAsk, check_window

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
WHOLE = WindowAsk()


def write_artifact(path: Path, select: str, values: Sequence[object] = ()) -> tuple[Column, ...]:
    """Write the rows of a statement to a Parquet file and return its columns."""
    with duckdb.connect() as database:
        database.execute("SET GLOBAL timezone = 'UTC'")
        database.execute(
            f"COPY ({select}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 8192)",
            list(values),
        )
        stored = database.sql(f"FROM read_parquet('{path}')")
        names, types = list(stored.columns), [str(type_) for type_ in stored.types]
    return tuple(column(name, stored_type) for name, stored_type in zip(names, types, strict=True))


def column(name: str, stored_type: str, logical_type: LogicalType | None = None) -> Column:
    """Return a column that is stored under its own name."""
    return Column(
        name=name,
        stored_name=name,
        logical_type=logical_type or parse_stored_type(stored_type).logical_type,
        stored_type=stored_type,
        source_type=stored_type,
    )


def cut(columns: Sequence[Column], ask: WindowAsk = WHOLE) -> Window:
    """Return what was asked for as a window over these columns."""
    return check_window(ask, columns, now=NOW)


def read_all(chunks: Chunks) -> bytes:
    """Return everything that is produced."""
    return b"".join(chunks)
