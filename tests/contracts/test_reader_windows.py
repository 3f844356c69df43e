"""What a reader promises for windows that compute: order, exactness, errors, and what they cost."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from tests.contracts.artifacts import NOW, column, cut, read_all, write_artifact

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import ResultExpired, Unavailable, WindowInvalid
from standpipe.core.ports import WindowRows
from standpipe.core.windows import (
    Sample,
    WindowAsk,
    check_window,
    parse_aggregates,
    parse_filter,
    parse_group,
    parse_sort,
)
from standpipe.core.windows.syntax import Comparison, Literal, Name, Operator
from standpipe.formats.json import JsonRows
from standpipe.readers.duckdb import DuckDBReader
from standpipe.readers.relations import WindowSql
from standpipe.readers.sources import Sources
from standpipe.readers.spelling import Values

ROWS = 50_000
SELECT = (
    "SELECT i::INTEGER AS i, i % 7 AS k, 'row ' || i AS name,"
    f" DATE '2024-01-01' + (i // 1000)::INTEGER AS day FROM range({ROWS}) t(i)"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[DuckDBReader]:
    reader = DuckDBReader(root)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def columns(root: Path) -> tuple[Column, ...]:
    return write_artifact(root / "rows.parquet", SELECT)


@pytest.fixture
def path(root: Path, columns: tuple[Column, ...]) -> Path:
    return root / "rows.parquet"


def rows(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...], ask: WindowAsk
) -> list[list[object]]:
    body = read_all(reader.encode(path, cut(columns, ask), JsonRows(shape="arrays")))
    found: list[list[object]] = json.loads(body, parse_float=Decimal)
    return found


def test_equal_rows_of_a_sort_keep_their_order(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...]
) -> None:
    """A sort is stable, in pages and as a whole."""
    expected = sorted(range(ROWS), key=lambda i: -(i % 7))
    ask = WindowAsk(columns=("i",), order_by=parse_sort("k desc"))
    assert [row[0] for row in rows(reader, path, columns, ask)] == expected
    for offset, limit in ((0, 10), (7_000, 30), (49_990, 100)):
        page = rows(reader, path, columns, replace(ask, offset=offset, limit=limit))
        assert [row[0] for row in page] == expected[offset : offset + limit]


class AsParquet:
    """Rows as the reader itself writes them."""

    def chunks(self, rows: WindowRows) -> Iterator[bytes]:
        yield from rows.parquet()


def test_parquet_keeps_the_order_of_a_sort(
    reader: DuckDBReader, root: Path, path: Path, columns: tuple[Column, ...]
) -> None:
    """A file of a window has its rows in the order of the window, a repeated column twice."""
    ask = WindowAsk(
        columns=("i", "k", "i"), where=parse_filter("i > 9"), order_by=parse_sort("k desc")
    )
    into = root / "sorted.parquet"
    into.write_bytes(read_all(reader.encode(path, cut(columns, ask), AsParquet())))
    stored = duckdb.connect().sql(f"FROM read_parquet('{into}')")
    expected = sorted(range(10, ROWS), key=lambda i: -(i % 7))
    assert stored.columns == ["i", "k", "i 1"]
    assert stored.fetchall() == [(i, i % 7, i) for i in expected]


def test_filtered_rows_keep_their_order_in_pages(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...]
) -> None:
    """Without a sort the rows of a filter come as they are stored, also with a limit."""
    ask = WindowAsk(columns=("i",), where=parse_filter("k = 3 and name like '%1%'"), limit=100)
    expected = [[i] for i in range(ROWS) if i % 7 == 3 and "1" in str(i)]
    assert rows(reader, path, columns, ask) == expected[:100]
    assert rows(reader, path, columns, replace(ask, offset=5, limit=None)) == expected[5:]


@pytest.mark.parametrize(
    "condition",
    ["i = 41000", "i in (41000, 41001)", "i > 48999.5", "i between 41000 and 41007",
     "day = '2024-02-10'", "day >= '2024-02-18 12:00'", "41000 = i", "i = 41000 and name != ''"],
)  # fmt: skip
def test_a_selective_filter_reads_few_row_groups(
    path: Path, columns: tuple[Column, ...], condition: str
) -> None:
    """A filter on a sorted column skips the row groups that cannot hold what it asks for."""
    values = Values()
    window = cut(columns, WindowAsk(where=parse_filter(condition)))
    with duckdb.connect() as database:
        source = Sources().open(database, path, window)
        sql = WindowSql(source, window, values).page("*")
        plan = database.execute(f"EXPLAIN ANALYZE {sql}", values.bound).fetchall()[0][1]
    read, total = map(int, re.findall(r"Row Groups Scanned: (\d+) / (\d+)", plan)[0])
    assert (read, total) in {(1, 7), (2, 7)}


def test_a_group_is_a_row_with_its_own_columns(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...]
) -> None:
    """Keys and aggregates are columns of the answer, sorted and paged like any other."""
    ask = WindowAsk(
        where=parse_filter("i < 700"),
        group_by=parse_group("k"),
        aggregates=parse_aggregates("count(*) as n, sum(i) as total, max(name)"),
        order_by=parse_sort("total desc"),
        limit=2,
    )
    of = {k: [i for i in range(700) if i % 7 == k] for k in (5, 6)}
    expected = [[k, 100, sum(of[k]), max(f"row {i}" for i in of[k])] for k in (6, 5)]
    assert rows(reader, path, columns, ask) == expected
    assert reader.count(path, cut(columns, ask)) == 7


def test_different_samples_have_different_rows(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...]
) -> None:
    """A seed decides which rows; all of them are as likely."""
    samples = [
        rows(reader, path, columns, WindowAsk(columns=("i",), sample=Sample(rows=500, seed=seed)))
        for seed in range(10)
    ]
    numbers = [[int(str(row[0])) for row in sample] for sample in samples]
    assert len({tuple(sample) for sample in numbers}) == 10
    assert all(sample == sorted(set(sample)) for sample in numbers)
    halves = sum(number < ROWS / 2 for sample in numbers for number in sample)
    assert 2_200 < halves < 2_800


def test_a_sample_is_taken_before_it_is_grouped(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...]
) -> None:
    """Groups of a sample hold exactly its rows."""
    ask = WindowAsk(sample=Sample(rows=123), aggregates=parse_aggregates("count(*)"))
    assert rows(reader, path, columns, ask) == [[123]]


@pytest.mark.parametrize(
    ("condition", "count"),
    [(None, ROWS), ("k = 0", 7143), ("k = 0 and null", 0), ("i in (1, 2, null)", 2)],
)
def test_count_leaves_out_offset_and_limit(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...], condition: str | None, count: int
) -> None:
    """A count is of all rows that pages go through."""
    where = None if condition is None else parse_filter(condition)
    ask = WindowAsk(where=where, offset=3, limit=2, order_by=parse_sort("i desc"))
    assert reader.count(path, cut(columns, ask)) == count


def test_columns_of_the_file_that_have_names_of_ours_change_nothing(
    reader: DuckDBReader, root: Path
) -> None:
    """A result may have columns called as the reader calls its own."""
    names = ["file_row_number", "position", "source", "key 1", "aggregate 1", "column 0", "value"]
    cells = ", ".join(f'(9 - i) * {n} AS "{name}"' for n, name in enumerate(names, 1))
    path = root / "names.parquet"
    columns = write_artifact(path, f"SELECT {cells}, i % 2 AS k FROM range(9) t(i)")
    ask = WindowAsk(columns=("position", "k"), order_by=parse_sort("k"))
    expected = [[(9 - i) * 2, i % 2] for i in sorted(range(9), key=lambda i: i % 2)]
    assert rows(reader, path, columns, ask) == expected
    ask = WindowAsk(sample=Sample(rows=9), columns=("source",))
    assert rows(reader, path, columns, ask) == [[(9 - i) * 3] for i in range(9)]
    group = parse_group('"key 1" as "aggregate 1"')
    ask = WindowAsk(group_by=group, aggregates=parse_aggregates('max("column 0")'), limit=2)
    assert rows(reader, path, columns, ask) == [[4, 6], [8, 12]]


LARGE = ["5", "-5", "0", "1" + "0" * 45, "-1" + "0" * 45, "12", "9", None, "1" + "0" * 44 + "1"]


def test_numbers_that_no_type_holds_compare_and_sort_as_numbers(
    reader: DuckDBReader, root: Path
) -> None:
    """Integers kept as text are still integers, to the last digit."""
    path = root / "large.parquet"
    write_artifact(path, "SELECT unnest($1::VARCHAR[]) AS n", [LARGE])
    columns = (column("n", "VARCHAR", LogicalType.INTEGER),)
    ask = WindowAsk(order_by=parse_sort("n desc"))
    held = [int(text) for text in LARGE if text is not None]
    expected: list[list[object]] = [[n] for n in sorted(held, reverse=True)]
    assert rows(reader, path, columns, ask) == [*expected, [None]]
    for condition, test in {
        f"n > 1{'0' * 45}": lambda n: n > 10**45,
        f"n >= 1{'0' * 45}.5": lambda n: n > 10**45,
        "n in (5, 9.5, 12.0)": lambda n: n in {5, 12},
        "n between -5 and 11.5": lambda n: -5 <= n <= 11,
        "abs(n) = 5": lambda n: abs(n) == 5,
    }.items():
        ask = WindowAsk(where=parse_filter(condition))
        assert rows(reader, path, columns, ask) == [[n] for n in held if test(n)], condition
    ask = WindowAsk(aggregates=parse_aggregates("min(n), max(n), count(distinct n)"))
    assert rows(reader, path, columns, ask) == [[min(held), max(held), len(set(held))]]


DIGITS = ["1.5", "-1.5", "-1.55", "1.50", "0.0", "-0", "10", "9.99", ".5", "-10", None, "1e5"]


def test_decimals_that_are_kept_as_text_compare_and_sort_as_numbers(
    reader: DuckDBReader, root: Path
) -> None:
    """Decimals of any length have their order; what is no plain number comes behind all."""
    path = root / "digits.parquet"
    texts = [*DIGITS, "0." + "0" * 50 + "1", "NaN"]
    write_artifact(path, "SELECT unnest($1::VARCHAR[]) AS n", [texts])
    columns = (column("n", "VARCHAR", LogicalType.DECIMAL), column("n", "VARCHAR"))
    ask = WindowAsk(order_by=parse_sort("n"))
    chosen = (columns[1],)
    window = replace(check_window(ask, columns, now=NOW), columns=chosen)
    found = json.loads(read_all(reader.encode(path, window, JsonRows(shape="arrays"))))
    plain = [text for text in texts if text not in {None, "1e5", "NaN"}]
    ordered = sorted((str(text) for text in plain), key=Decimal)
    assert [row[0] for row in found] == [*ordered, "NaN", "1e5", None]
    ask = WindowAsk(where=parse_filter("n = 1.5 or n between 9.98 and 10.0"))
    window = replace(check_window(ask, columns, now=NOW), columns=chosen)
    found = json.loads(read_all(reader.encode(path, window, JsonRows(shape="arrays"))))
    assert [row[0] for row in found] == ["1.5", "1.50", "10", "9.99"]


def test_a_number_between_two_values_of_a_column_is_not_rounded(
    reader: DuckDBReader, root: Path
) -> None:
    """A filter with more digits than a column has still separates its values."""
    path = root / "cents.parquet"
    columns = write_artifact(path, "SELECT unnest([1.10, 1.11, 1.12])::DECIMAL(12,2) AS n")
    found = {
        condition: [str(row[0]) for row in rows(reader, path, columns, WindowAsk(where=where))]
        for condition in ("n > 1.109", "n <= 1.119", "n = 1.115", "n != 1.115", "n < 1e30")
        if (where := parse_filter(condition))
    }
    assert found == {
        "n > 1.109": ["1.11", "1.12"],
        "n <= 1.119": ["1.10", "1.11"],
        "n = 1.115": [],
        "n != 1.115": ["1.10", "1.11", "1.12"],
        "n < 1e30": ["1.10", "1.11", "1.12"],
    }


def test_sums_of_exact_numbers_are_exact(reader: DuckDBReader, root: Path) -> None:
    """Decimals and integers are added without rounding, past what 64 bits hold."""
    path = root / "sums.parquet"
    columns = write_artifact(
        path,
        "SELECT 9007199254740993 AS i, 0.01::DECIMAL(4,2) AS d, 2::UBIGINT ** 63 AS f"
        " FROM range(2000) t(i)",
    )
    ask = WindowAsk(aggregates=parse_aggregates("sum(i), sum(d), avg(d)"))
    expected = [[9007199254740993 * 2000, Decimal("20.00"), Decimal("0.01")]]
    assert rows(reader, path, columns, ask) == expected


def test_infinities_are_summed_as_such(reader: DuckDBReader, root: Path) -> None:
    """A sum with an infinity in it is that infinity."""
    path = root / "infinite.parquet"
    columns = write_artifact(path, "SELECT unnest([1.0, 'inf'::DOUBLE, 2.0]) AS f")
    ask = WindowAsk(
        aggregates=parse_aggregates("sum(f) as s"), order_by=parse_sort("s"), columns=("s",)
    )
    window = cut(columns, ask)
    table = read_all(reader.encode(path, window, JsonRows(shape="arrays")))
    assert json.loads(table) == [[None]]
    infinite = parse_filter("f > 1e308")
    assert reader.count(path, cut(columns, WindowAsk(where=infinite))) == 1


@pytest.mark.parametrize(
    "ask",
    [
        WindowAsk(aggregates=parse_aggregates("sum(n)")),
        WindowAsk(where=parse_filter("round(n, -38) > 0")),
    ],
)
def test_values_that_cannot_be_computed_are_the_callers_mistake(
    reader: DuckDBReader, root: Path, ask: WindowAsk
) -> None:
    """An overflow says what did not fit, and is no failure of the server."""
    path = root / "overflow.parquet"
    largest = "9" * 38
    columns = write_artifact(
        path,
        f"SELECT {largest}::DECIMAL(38,0) AS n, 'abc' AS s FROM range(9)",
    )
    with pytest.raises(WindowInvalid, match="does not fit") as caught:
        read_all(reader.encode(path, cut(columns, ask), JsonRows()))
    assert caught.value.detail
    assert "\n" not in caught.value.detail


def test_half_a_surrogate_is_the_callers_mistake(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...]
) -> None:
    """Text that is not Unicode is told before anything is read."""
    literal = Literal(value="\ud800")
    node = Comparison(operator=Operator.EQUAL, left=Name(text="name"), right=literal)
    ask = WindowAsk(where=node)
    with pytest.raises(WindowInvalid, match="Unicode"):
        reader.count(path, cut(columns, ask))


@pytest.mark.parametrize(
    "ask",
    [
        WindowAsk(where=parse_filter("i > 5")),
        WindowAsk(order_by=parse_sort("i")),
        WindowAsk(sample=Sample(rows=3)),
        WindowAsk(aggregates=parse_aggregates("count(*)")),
    ],
)
def test_what_is_wrong_with_the_file_is_not_the_callers_mistake(
    reader: DuckDBReader, root: Path, columns: tuple[Column, ...], ask: WindowAsk
) -> None:
    """A file that is gone is an expired result, a broken one cannot be read; for every window."""
    with pytest.raises(ResultExpired):
        read_all(reader.encode(root / "gone.parquet", cut(columns, ask), JsonRows()))
    broken = root / "broken.parquet"
    broken.write_bytes(b"PAR1 no")
    with pytest.raises(Unavailable, match="cannot be read"):
        read_all(reader.encode(broken, cut(columns, ask), JsonRows()))
    with pytest.raises(Unavailable, match="cannot be read"):
        reader.count(broken, cut(columns, ask))
