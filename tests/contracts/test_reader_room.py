"""What a reader promises about memory and disk: bounded, given back, and told when not enough."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from tests.contracts.artifacts import cut, read_all, write_artifact

from standpipe.core.columns import Column
from standpipe.core.errors import LimitExceeded, Unavailable, WindowInvalid
from standpipe.core.ports import WindowRows
from standpipe.core.windows import (
    Sample,
    WindowAsk,
    difference_of,
    parse_aggregates,
    parse_filter,
    parse_group,
    parse_sort,
)
from standpipe.formats.json import JsonRows
from standpipe.readers.duckdb import DuckDBReader
from standpipe.readers.engines import Room

ROWS = 3_000_000
SELECT = (
    "SELECT i::INTEGER AS i, hash(i) AS h, 'row number ' || hash(i * 3) AS name,"
    f" (i % 1000) / 7 AS f FROM range({ROWS}) t(i)"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def columns(root: Path) -> tuple[Column, ...]:
    return write_artifact(root / "large.parquet", SELECT)


@pytest.fixture
def path(root: Path, columns: tuple[Column, ...]) -> Path:
    return root / "large.parquet"


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[DuckDBReader]:
    reader = DuckDBReader(root)
    yield reader
    reader.close()


def written(root: Path) -> list[Path]:
    """Return the files that readers left on disk, but for their locks."""
    return [
        path for path in (root / "reading").rglob("*") if path.is_file() and path.name != "lock"
    ]


class AsParquet:
    """Rows as the reader itself writes them."""

    def chunks(self, rows: WindowRows) -> Iterator[bytes]:
        yield from rows.parquet()


class Twice:
    """Rows that are read twice, as a format does that counts them first."""

    def chunks(self, rows: WindowRows) -> Iterator[bytes]:
        expression = f'CAST("{rows.columns[0].stored_name}" AS VARCHAR)'
        for _ in range(2):
            yield str(sum(count for count, _ in rows.texts(expression))).encode() + b" "


@pytest.mark.slow
@pytest.mark.parametrize(
    "ask",
    [
        WindowAsk(where=parse_filter("name like '%7' or f > 100")),
        WindowAsk(order_by=parse_sort("name")),
        WindowAsk(order_by=parse_sort("h desc"), offset=ROWS - 10),
        WindowAsk(group_by=parse_group("i"), aggregates=parse_aggregates("count(*), sum(f)")),
        WindowAsk(group_by=parse_group("name"), aggregates=parse_aggregates("max(h)")),
        WindowAsk(sample=Sample(rows=ROWS // 2)),
    ],
)
def test_memory_is_bounded_whatever_is_computed(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...], ask: WindowAsk
) -> None:
    """Millions of rows are filtered, sorted, grouped and sampled in a small, fixed memory."""
    read_all(reader.encode(path, cut(columns, WindowAsk(limit=10)), JsonRows()))
    process, most = psutil.Process(), [0]
    before, is_done = process.memory_info().rss, threading.Event()

    def watch() -> None:
        while not is_done.wait(0.01):
            most[0] = max(most[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in reader.encode(path, cut(columns, ask), JsonRows(shape="arrays")):
        pass
    is_done.set()
    watcher.join()
    assert most[0] - before < 400 * 1024**2


@pytest.mark.slow
def test_differences_and_facets_of_large_results_fit_too(
    reader: DuckDBReader, root: Path, path: Path, columns: tuple[Column, ...]
) -> None:
    """Millions of rows are compared, and their different values counted, within the room."""
    other = root / "other.parquet"
    write_artifact(
        other, f"SELECT * REPLACE (i + (i = 7)::INTEGER AS i) FROM ({SELECT}) WHERE i > 0"
    )
    keyed = reader.count_difference(difference_of(path, other, columns, columns, ["h"]))
    assert (keyed.added, keyed.removed, keyed.changed) == (0, 1, 1)
    whole = reader.count_difference(difference_of(path, other, columns, columns, []))
    assert (whole.added, whole.removed, whole.unchanged) == (1, 2, ROWS - 2)
    facets = reader.facets(path, cut(columns), columns[:2], 1)
    assert [facet.distinct_count for facet in facets] == [ROWS, ROWS]
    assert written(root) == []


def test_a_sort_that_needs_more_disk_than_it_may_use_says_so(
    root: Path, path: Path, columns: tuple[Column, ...]
) -> None:
    """The limit of the disk is an error with a next step; what was written is removed."""
    small = Room(memory_limit="64MB", spill_limit="1MB", threads=1)
    reader = DuckDBReader(root, room=small)
    window = cut(columns, WindowAsk(order_by=parse_sort("name")))
    with pytest.raises(LimitExceeded, match="disk"):
        read_all(reader.encode(path, window, JsonRows()))
    read_all(reader.encode(path, cut(columns, WindowAsk(limit=5)), JsonRows()))
    assert written(root) == []
    reader.close()


def test_too_little_memory_is_no_mistake_of_the_caller(
    root: Path, path: Path, columns: tuple[Column, ...]
) -> None:
    """What cannot be computed for lack of memory can be asked for again."""
    reader = DuckDBReader(root, room=Room(memory_limit="5MB", threads=1))
    window = cut(columns, WindowAsk(aggregates=parse_aggregates("median(f), count(distinct h)")))
    with pytest.raises(Unavailable, match="memory"):
        read_all(reader.encode(path, window, JsonRows()))
    reader.close()


def test_many_large_reads_at_once_take_turns(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...]
) -> None:
    """More large groupings than engines are all answered; small reads do not wait for them."""
    ask = WindowAsk(group_by=parse_group("h"), aggregates=parse_aggregates("count(*)"), limit=1)
    answers: list[bytes] = []

    def read() -> None:
        answers.append(read_all(reader.encode(path, cut(columns, ask), JsonRows())))

    threads = [threading.Thread(target=read) for _ in range(5)]
    for thread in threads:
        thread.start()
    page = read_all(reader.encode(path, cut(columns[:1], WindowAsk(limit=1)), JsonRows()))
    for thread in threads:
        thread.join()
    assert page == b'[{"i":0}]'
    assert len(answers) == 5
    assert len(set(answers)) == 1


def test_who_waits_too_long_for_a_turn_is_told(
    root: Path, path: Path, columns: tuple[Column, ...]
) -> None:
    """A large read that is not drained keeps its engine; the next one is asked to come again."""
    reader = DuckDBReader(root, room=Room(large_engines=1, wait_seconds=0.1))
    window = cut(columns, WindowAsk(order_by=parse_sort("h")))
    first = reader.encode(path, window, JsonRows())
    pieces = iter(first)
    next(pieces)
    with pytest.raises(Unavailable, match="Too many large results"):
        read_all(reader.encode(path, window, JsonRows()))
    first.close()
    assert next(iter(reader.encode(path, window, JsonRows())))
    reader.close()


def test_a_read_that_waits_for_its_turn_can_be_closed(
    root: Path, path: Path, columns: tuple[Column, ...]
) -> None:
    """Closing ends the wait at once."""
    reader = DuckDBReader(root, room=Room(large_engines=1, wait_seconds=600))
    window = cut(columns, WindowAsk(order_by=parse_sort("h")))
    first, second = (reader.encode(path, window, JsonRows()) for _ in range(2))
    pieces = iter(first)
    next(pieces)
    failures: list[Unavailable] = []

    def read() -> None:
        try:
            read_all(second)
        except Unavailable as error:
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    threading.Event().wait(0.2)
    second.close()
    thread.join(30)
    assert not thread.is_alive()
    assert [str(error) for error in failures] == ["The reading of this result was stopped."]
    first.close()
    reader.close()


@pytest.mark.parametrize(
    "ask",
    [
        WindowAsk(order_by=parse_sort("h desc"), limit=20_000),
        WindowAsk(where=parse_filter("i between 5 and 100004 and name != 'it''s'")),
        WindowAsk(offset=1_000_000, limit=8_193),
    ],
)
def test_parquet_of_any_window_leaves_nothing_behind(
    reader: DuckDBReader, root: Path, path: Path, columns: tuple[Column, ...], ask: WindowAsk
) -> None:
    """A file on its way out is gone when it is read, or closed in the middle, or never read."""
    whole = read_all(reader.encode(path, cut(columns, ask), AsParquet()))
    assert whole.endswith(b"PAR1")
    closed = reader.encode(path, cut(columns, ask), AsParquet())
    pieces = iter(closed)
    assert next(pieces)
    assert written(root) == []
    closed.close()
    reader.encode(path, cut(columns, ask), AsParquet()).close()
    assert written(root) == []


def test_parquet_that_fails_leaves_nothing_behind(reader: DuckDBReader, root: Path) -> None:
    """Half a file of a window that cannot be computed is removed."""
    path = root / "overflow.parquet"
    largest = f"CASE WHEN i < 99999 THEN i ELSE {'9' * 38}::DECIMAL(38,0) END"
    columns = write_artifact(path, f"SELECT {largest} AS n FROM range(100_000) t(i)")
    where = parse_filter("round(n, -38) = 0")
    with pytest.raises(WindowInvalid, match="does not fit"):
        read_all(reader.encode(path, cut(columns, WindowAsk(where=where)), AsParquet()))
    assert written(root) == []


@pytest.mark.parametrize(
    "ask",
    [
        WindowAsk(where=parse_filter("name like '%7' and i < 100000")),
        WindowAsk(order_by=parse_sort("name"), limit=10),
        WindowAsk(group_by=parse_group("f"), aggregates=parse_aggregates("count(*)")),
        WindowAsk(offset=70, limit=12),
    ],
)
def test_rows_can_be_read_more_than_once(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...], ask: WindowAsk
) -> None:
    """Each way to get the rows of a window reads them anew, with the same values bound."""
    first, second = read_all(reader.encode(path, cut(columns, ask), Twice())).split()
    rows = json.loads(read_all(reader.encode(path, cut(columns, ask), JsonRows())))
    assert int(first) == int(second) == len(rows) > 0


DYING = """
import sys
from pathlib import Path
from standpipe.readers.duckdb import DuckDBReader
reading = Path(sys.argv[1], "reading")
others = set(reading.iterdir()) if reading.exists() else set()
reader = DuckDBReader(Path(sys.argv[1]))
(folder,) = {path for path in reading.iterdir() if path.is_dir()} - others
(folder / "half").write_bytes(b"PAR1")
print("ready", flush=True)
sys.stdin.read()
"""


def test_leftovers_of_the_dead_are_swept_and_those_of_the_living_are_not(tmp_path: Path) -> None:
    """A reader that starts removes what killed readers left, and nothing of running ones."""
    children = [started(DYING, tmp_path) for _ in range(2)]
    folders = {path.parent for path in written(tmp_path)}
    assert len(folders) == 2
    killed, living = children
    killed.kill()
    killed.communicate()
    DuckDBReader(tmp_path).close()
    left = {path.parent for path in written(tmp_path)}
    assert len(left) == 1
    assert left < folders
    living.kill()
    living.communicate()
    reader = DuckDBReader(tmp_path)
    assert written(tmp_path) == []
    reader.close()
    assert [path.name for path in (tmp_path / "reading").iterdir()] == ["lock"]


def started(code: str, *arguments: object) -> "subprocess.Popen[bytes]":
    command: Sequence[str] = [sys.executable, "-c", code, *map(str, arguments)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    return child
