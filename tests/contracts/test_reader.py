"""What a reader of artifacts promises: order, windows, flat memory, and letting go at once."""

import gc
import json
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.artifacts import WHOLE, cut, read_all, write_artifact
from tests.support.engine import fetch

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import ResultExpired, Unavailable
from standpipe.core.ports import Encoding, WindowRows
from standpipe.core.windows import WindowAsk
from standpipe.formats.csv import CsvRows
from standpipe.formats.json import JsonRows
from standpipe.formats.values import PYTHON_MILLISECONDS
from standpipe.readers.duckdb import DuckDBReader
from standpipe.readers.pages import PageSource

ROWS = 300_000
SELECT = f"SELECT i::INTEGER AS i, 'row ' || i AS name FROM range({ROWS}) t(i)"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[DuckDBReader]:
    reader = DuckDBReader(root)
    yield reader
    reader.close()


class Artifact:
    """A file of ``ROWS`` numbered rows."""

    def __init__(self, path: Path, columns: tuple[Column, ...]) -> None:
        self.path = path
        self.columns = columns


@pytest.fixture(scope="module")
def artifact(root: Path) -> Artifact:
    return Artifact(root / "rows.parquet", write_artifact(root / "rows.parquet", SELECT))


def numbers(reader: DuckDBReader, artifact: Artifact, window: WindowAsk) -> list[int]:
    encoding = JsonRows(shape="arrays")
    body = read_all(reader.encode(artifact.path, cut(artifact.columns[:1], window), encoding))
    return [row[0] for row in json.loads(body)]


def test_whole_result_keeps_artifact_order(reader: DuckDBReader, artifact: Artifact) -> None:
    """Rows come out in the order in which they are stored."""
    assert numbers(reader, artifact, WHOLE) == list(range(ROWS))


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    offset=st.one_of(
        st.sampled_from([0, 8191, 8192, 8193, ROWS - 1, ROWS]), st.integers(0, 2 * ROWS)
    ),
    limit=st.one_of(st.none(), st.sampled_from([0, 1, 8192, 8193]), st.integers(0, 2 * ROWS)),
)
def test_window_is_a_slice_of_the_rows(
    reader: DuckDBReader, artifact: Artifact, offset: int, limit: int | None
) -> None:
    """Every offset and limit gives what slicing a list would."""
    stop = None if limit is None else offset + limit
    window = WindowAsk(offset=offset, limit=limit)
    assert numbers(reader, artifact, window) == list(range(ROWS))[offset:stop]


def test_columns_come_in_the_order_they_are_asked_for(
    reader: DuckDBReader, artifact: Artifact
) -> None:
    """Selected columns may be reordered and repeated."""
    first, second = artifact.columns
    chosen = [second, first, second]
    window = WindowAsk(offset=5, limit=1)
    body = read_all(reader.encode(artifact.path, cut(chosen, window), JsonRows(shape="arrays")))
    assert json.loads(body) == [["row 5", 5, "row 5"]]


def test_odd_stored_names_are_read_by_streams_and_pages(reader: DuckDBReader, root: Path) -> None:
    """Names with dots, quotes and those that DuckDB gives a meaning of its own are just names."""
    names = ["a.b", "a", 'q"q', "file_row_number", "encoded", "page", "e0", "x,y\nz", "été"]
    cells = ", ".join(
        f'{n} AS "{name.replace(chr(34), chr(34) * 2)}"' for n, name in enumerate(names)
    )
    path = root / "odd.parquet"
    columns = write_artifact(path, f"SELECT {cells}")
    for window in (WHOLE, WindowAsk(limit=5), WindowAsk(limit=0), WindowAsk(offset=0, limit=None)):
        body = read_all(reader.encode(path, cut(columns, window), JsonRows()))
        expected = [dict(zip(names, range(len(names)), strict=True))] if window.limit != 0 else []
        assert json.loads(body) == expected
    assert reader.distinct_values(path, columns, 5) == (tuple(range(len(names))),)


def test_first_chunk_comes_before_the_input_ends(reader: DuckDBReader, artifact: Artifact) -> None:
    """Encoding streams: the first chunk is a small part of the whole."""
    chunks = reader.encode(artifact.path, cut(artifact.columns, WHOLE), JsonRows())
    first = next(iter(chunks))
    chunks.close()
    whole = read_all(reader.encode(artifact.path, cut(artifact.columns, WHOLE), JsonRows()))
    assert 0 < len(first) < len(whole) / 4


def test_page_is_one_chunk(reader: DuckDBReader, artifact: Artifact) -> None:
    """A small window is one chunk with head and tail, so it can be sent with its length."""
    window = WindowAsk(offset=100, limit=2)
    (chunk,) = reader.encode(artifact.path, cut(artifact.columns[:1], window), JsonRows())
    assert bytes(chunk) == b'[{"i":100},{"i":101}]'


def test_memory_stays_flat_while_a_result_is_read(reader: DuckDBReader, root: Path) -> None:
    """A body of 150 MB passes through a small part of that memory."""
    path = root / "wide.parquet"
    columns = write_artifact(path, "SELECT repeat('x', 500) || i AS v FROM range(300_000) t(i)")
    process = psutil.Process()
    list(reader.encode(path, cut(columns, WindowAsk(limit=10)), CsvRows(["v"])))
    before, most, total = process.memory_info().rss, 0, 0
    for chunk in reader.encode(path, cut(columns, WHOLE), CsvRows(["v"])):
        total += len(chunk)
        most = max(most, process.memory_info().rss)
    assert total > 150_000_000
    assert most - before < total / 2


def test_a_page_of_long_rows_is_not_held_at_once(reader: DuckDBReader, root: Path) -> None:
    """It is a stream then, of the same rows; what lies in two row groups is a page in any case."""
    path = root / "heavy.parquet"
    select = "SELECT i, repeat(md5(i::VARCHAR), 100) AS v FROM range(40_000) t(i)"
    columns = write_artifact(path, select)
    pages = PageSource()
    assert pages.find_groups(path, 8191, 2) == range(2)
    assert pages.find_groups(path, 1, 39_998) is None
    window = cut(columns[:1], WindowAsk(offset=1, limit=39_998))
    rows = json.loads(read_all(reader.encode(path, window, JsonRows(shape="arrays"))))
    assert rows == [[i] for i in range(1, 39_999)]


@pytest.mark.parametrize(("offset", "limit"), [(0, 10_000), (2047, 2), (8191, 3), (5000, None)])
def test_rows_of_many_columns_are_the_same(
    reader: DuckDBReader, root: Path, offset: int, limit: int | None
) -> None:
    """They are read fewer at a time."""
    path = root / "columns.parquet"
    cells = ", ".join(f"i + {number} AS c{number}" for number in range(100))
    columns = write_artifact(path, f"SELECT {cells} FROM range(9000) t(i)")
    window = cut(columns, WindowAsk(offset=offset, limit=limit))
    rows = json.loads(read_all(reader.encode(path, window, JsonRows(shape="arrays"))))
    stop = 9000 if limit is None else min(9000, offset + limit)
    assert [(row[0], row[99]) for row in rows] == [(i, i + 99) for i in range(offset, stop)]


def test_close_ends_reading_at_once(reader: DuckDBReader, artifact: Artifact) -> None:
    """After a close, asking for more is an error, never a body that looks complete."""
    chunks = reader.encode(artifact.path, cut(artifact.columns, WHOLE), JsonRows())
    pieces = iter(chunks)
    next(pieces)
    chunks.close()
    chunks.close()
    with pytest.raises(Unavailable, match="stopped"):
        list(pieces)


def test_close_from_another_thread_interrupts_a_read(reader: DuckDBReader, root: Path) -> None:
    """A thread that waits for rows that never come is freed by a close elsewhere."""
    path = root / "slow.parquet"
    columns = write_artifact(path, "SELECT i::INTEGER AS i FROM range(10_000) t(i)")
    chunks = reader.encode(path, cut(columns, WHOLE), Endless())
    failures: list[BaseException] = []

    def read() -> None:
        try:
            list(chunks)
        except Unavailable as error:
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    threading.Event().wait(0.2)
    chunks.close()
    thread.join(30)
    assert not thread.is_alive()
    assert [str(error) for error in failures] == ["The reading of this result was stopped."]


class Endless(JsonRows):
    """Rows that take longer to encode than anybody waits."""

    def row_expression(self, columns: Sequence[Column]) -> str:
        slow = "FROM range(1000000) a, range(1000000) b"
        return f'(SELECT sum(a.range * b.range + "{columns[0].stored_name}")::VARCHAR {slow})'


def test_close_before_the_first_row_opens_nothing(reader: DuckDBReader, artifact: Artifact) -> None:
    """What is closed before it is read never reaches the artifact."""
    chunks = reader.encode(artifact.path, cut(artifact.columns, WHOLE), JsonRows())
    chunks.close()
    with pytest.raises(Unavailable):
        next(iter(chunks))


def test_drained_chunks_hold_nothing(reader: DuckDBReader, artifact: Artifact) -> None:
    """When the last chunk is out, cursor and batches are free without a garbage collection."""
    chunks = reader.encode(artifact.path, cut(artifact.columns, WindowAsk(limit=5)), JsonRows())
    gc.disable()
    try:
        read_all(chunks)
        reference = weakref.ref(chunks)
        del chunks
        assert reference() is None
    finally:
        gc.enable()


def test_missing_artifact_is_an_expired_result(reader: DuckDBReader, artifact: Artifact) -> None:
    """A file that is gone is told before any byte is produced."""
    gone = artifact.path.with_name("gone.parquet")
    for window in (WHOLE, WindowAsk(limit=1)):
        with pytest.raises(ResultExpired):
            next(iter(reader.encode(gone, cut(artifact.columns, window), JsonRows())))
    with pytest.raises(ResultExpired):
        reader.distinct_values(gone, artifact.columns, 1)


@pytest.mark.parametrize("length", [5_000, 100_000])
def test_long_rows_are_read_whole_and_in_parts(
    reader: DuckDBReader, root: Path, length: int
) -> None:
    """With little memory: a few of them at a time."""
    path = root / f"long-{length}.parquet"
    text = f"repeat(chr((65 + i % 26)::INTEGER) || chr(10), {length // 2}) || i"
    columns = write_artifact(path, f"SELECT i::INTEGER AS i, {text} AS w FROM range(9000) t(i)")

    def rows(window: WindowAsk, encoding: Encoding) -> Iterator[bytes]:
        return map(bytes, reader.encode(path, cut(columns, window), encoding))

    wholes = b"".join(rows(WindowAsk(columns=("i",)), JsonRows(shape="arrays")))
    assert json.loads(wholes) == [[i] for i in range(9000)]
    assert sum(map(len, rows(WHOLE, CsvRows(["i", "w"])))) > 9000 * length
    part = b"".join(rows(WindowAsk(offset=8190, limit=5), JsonRows(shape="arrays")))
    expected = [[i, (chr(65 + i % 26) + "\n") * (length // 2) + str(i)] for i in range(8190, 8195)]
    assert json.loads(part) == expected


@pytest.mark.parametrize("rows", [0, 1, 127, 128, 129, 1000])
def test_small_artifact_is_read_whole_and_in_parts(
    reader: DuckDBReader, root: Path, rows: int
) -> None:
    """However few or many rows its few bytes hold."""
    path = root / f"small-{rows}.parquet"
    columns = write_artifact(path, f"SELECT i::INTEGER AS i FROM range({rows}) t(i)")
    for window, expected in (
        (WHOLE, range(rows)),
        (WindowAsk(limit=128), range(min(rows, 128))),
        (WindowAsk(offset=1, limit=129), range(1, min(rows, 130))),
        (WindowAsk(offset=rows), range(0)),
    ):
        body = read_all(reader.encode(path, cut(columns, window), JsonRows(shape="arrays")))
        assert [row[0] for row in json.loads(body)] == list(expected)


def test_broken_artifact_is_a_clear_failure(reader: DuckDBReader, root: Path) -> None:
    """A file that is no Parquet fails before the first chunk, with a core error."""
    path = root / "broken.parquet"
    columns = write_artifact(path, "SELECT 1 AS a")
    path.write_bytes(b"PAR1 no")
    for window in (WHOLE, WindowAsk(limit=1)):
        with pytest.raises(Unavailable, match="cannot be read"):
            next(iter(reader.encode(path, cut(columns, window), JsonRows())))


def test_distinct_values_come_by_first_appearance(reader: DuckDBReader, root: Path) -> None:
    """Different rows of the chosen columns, in artifact order, at most as many as asked for."""
    path = root / "distinct.parquet"
    columns = write_artifact(
        path,
        "SELECT * FROM (VALUES ('b', 1), ('a', 2), ('b', 1), (NULL, 3), ('a', 2)) t(n, position)",
    )
    assert reader.distinct_values(path, columns, 10) == (("b", 1), ("a", 2), (None, 3))
    assert reader.distinct_values(path, columns[:1], 2) == (("b",), ("a",))


class AsParquet:
    """Rows as the reader itself writes them."""

    def chunks(self, rows: WindowRows) -> Iterator[bytes]:
        yield from rows.parquet()


@pytest.mark.parametrize(
    "window", [WHOLE, WindowAsk(offset=8190, limit=5), WindowAsk(offset=299_999)]
)
def test_parquet_of_a_window_has_its_rows_and_names(
    reader: DuckDBReader, artifact: Artifact, root: Path, window: WindowAsk
) -> None:
    """A window as Parquet holds the chosen columns under their display names."""
    into = root / "window.parquet"
    first, second = artifact.columns
    chosen = [replace(second, name="Name"), replace(first, name="no. of row")]
    into.write_bytes(read_all(reader.encode(artifact.path, cut(chosen, window), AsParquet())))
    stored = duckdb.connect().sql(f"FROM read_parquet('{into}')")
    assert stored.columns == ["Name", "no. of row"]
    stop = None if window.limit is None else window.offset + window.limit
    expected = [(f"row {i}", i) for i in range(ROWS)[window.offset : stop]]
    assert stored.fetchall() == expected


def test_parquet_with_repeated_names_keeps_the_stored_ones(
    reader: DuckDBReader, root: Path
) -> None:
    """Parquet needs different names: those that repeat in any case are the stored ones."""
    path, into = root / "twice.parquet", root / "twice-out.parquet"
    first, second, third = write_artifact(path, "SELECT 1 AS a, 2 AS a_1, 3 AS c")
    columns = [first, replace(second, name="A"), replace(third, name="")]
    into.write_bytes(read_all(reader.encode(path, cut(columns), AsParquet())))
    assert duckdb.connect().sql(f"FROM read_parquet('{into}')").columns == ["a", "a_1", "c"]


@pytest.mark.parametrize(
    "row",
    [
        "(SELECT content FROM read_text('/etc/hostname'))",
        "(SELECT count(*)::VARCHAR FROM glob('/etc/*'))",
        "getenv('HOME')",
    ],
)
def test_reader_cannot_leave_its_folder(reader: DuckDBReader, artifact: Artifact, row: str) -> None:
    """Even a wrong expression reads nothing outside the artifact root."""

    class Outside(JsonRows):
        def row_expression(self, columns: object) -> str:
            return row

    encoding: Encoding = Outside()
    with pytest.raises((duckdb.Error, Unavailable)):
        read_all(reader.encode(artifact.path, cut(artifact.columns, WindowAsk(limit=1)), encoding))


@pytest.mark.parametrize("name", ["t", "p", "i", "cell", "digits", "encoded", "so_far", "page"])
def test_a_column_may_be_called_like_a_word_of_the_encoder(name: str, tmp_path: Path) -> None:
    """Names of a result never meet the names inside the encoding's own SQL."""
    path = tmp_path / "named.parquet"
    fetch(f"COPY (SELECT '1 day' AS {name}, 'a,\"b' AS {name}2, [1.5] AS {name}3) TO '{path}'")
    kinds = {
        name: (LogicalType.INTERVAL, "VARCHAR"),
        f"{name}2": (LogicalType.TEXT, "VARCHAR"),
        f"{name}3": (LogicalType.LIST, "DECIMAL(2,1)[]"),
    }
    columns = tuple(
        Column(name=key, stored_name=key, logical_type=kind, stored_type=stored, source_type="")
        for key, (kind, stored) in kinds.items()
    )
    reader = DuckDBReader(tmp_path)
    rows = reader.encode(path, cut(columns, WindowAsk()), JsonRows(PYTHON_MILLISECONDS))
    assert json.loads(b"".join(map(bytes, rows))) == [
        {name: "1 day, 0:00:00", f"{name}2": 'a,"b', f"{name}3": [1.5]}
    ]
    cells = reader.encode(
        path, cut(columns, WindowAsk(limit=1)), CsvRows(list(kinds), PYTHON_MILLISECONDS)
    )
    assert b'"a,""b"' in b"".join(map(bytes, cells))
    reader.close()
