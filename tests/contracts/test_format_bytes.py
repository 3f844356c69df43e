"""A strong ETag names bytes, so the same rows must make the same bytes, however often they do."""

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from tests.contracts.artifacts import cut, read_all, write_artifact

from standpipe.core.columns import Column
from standpipe.core.windows import WindowAsk, parse_filter, parse_sort
from standpipe.formats import FORMATS, FormatEntry, get_format
from standpipe.readers.duckdb import DuckDBReader

SELECT = """
    SELECT i, CASE WHEN i % 5 = 0 THEN NULL ELSE i % 4 END AS n,
        CASE WHEN i % 11 = 0 THEN NULL ELSE 'w' || (i * 31) % 17 END AS s,
        CASE WHEN i % 3 = 0 THEN NULL ELSE i % 2 = 0 END AS b,
        CASE WHEN i % 7 = 0 THEN NULL ELSE (i / 4)::DECIMAL(30,2) END AS d,
        CASE WHEN i % 2 = 0 THEN NULL ELSE {'a': i, 'l': [i, NULL]} END AS nested
    FROM range(20000) t(i)
"""
SORTED = WindowAsk(order_by=parse_sort("s nulls first, d desc"))
FILTERED = WindowAsk(where=parse_filter("i > 9000"), order_by=parse_sort("n"), limit=900)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def columns(root: Path) -> tuple[Column, ...]:
    return write_artifact(root / "rows.parquet", SELECT)


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[DuckDBReader]:
    reader = DuckDBReader(root)
    yield reader
    reader.close()


@pytest.mark.parametrize("entry", FORMATS.values(), ids=lambda entry: entry.name)
def test_the_same_rows_make_the_same_bytes(
    reader: DuckDBReader, root: Path, columns: tuple[Column, ...], entry: FormatEntry
) -> None:
    """Threads and memory leave no trace in a body."""
    asks = (SORTED, FILTERED) if entry.max_rows is None else (FILTERED,)
    for ask in asks:
        bodies = {
            read_all(reader.encode(root / "rows.parquet", cut(columns, ask), entry.make(columns)))
            for _ in range(3)
        }
        assert len(bodies) == 1


@pytest.mark.parametrize("name", ["arrow", "arrows"])
def test_nothing_stands_behind_the_nulls_of_arrow(
    reader: DuckDBReader, root: Path, columns: tuple[Column, ...], name: str
) -> None:
    """Where a value is null its bytes are zeros, not what the server's memory held before."""
    encoding = get_format(name).make(columns)
    body = read_all(reader.encode(root / "rows.parquet", cut(columns, SORTED), encoding))
    opened = pa.ipc.open_file if name == "arrow" else pa.ipc.open_stream
    table = opened(io.BytesIO(body)).read_all()
    for chunk in table.column("n").chunks:
        _, data = chunk.buffers()
        values = memoryview(data).cast("q")
        assert {values[place] for place in range(len(chunk)) if not chunk[place].is_valid} == {0}
