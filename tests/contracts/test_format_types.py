"""What every format promises about every type: read back by programs that are not ours."""

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.artifacts import WHOLE
from tests.contracts.format_lab import FormatLab, Stored
from tests.contracts.format_readers import (
    Number,
    Table,
    loads,
    read_arrow,
    read_csv,
    read_html,
    read_markdown,
    read_parquet,
    read_xlsx,
)
from tests.contracts.format_values import NAMES, SELECT, VALUES, Value

from standpipe.core.columns import LogicalType
from standpipe.core.windows import WindowAsk

PAGED = WindowAsk(offset=0, limit=100_000)
WINDOWS = pytest.mark.parametrize("window", [WHOLE, PAGED], ids=["streamed", "paged"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormatLab]:
    lab = FormatLab(tmp_path_factory.mktemp("types"))
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def stored(lab: FormatLab) -> Stored:
    """One row with every value of the table."""
    return lab.store(SELECT).meaning(*(value.meaning for value in VALUES))


def by_value(cells: list[Any]) -> dict[str, Any]:
    """Return cells under the SQL of their values, so that a difference tells which one it is."""
    return {value.sql: cell for value, cell in zip(VALUES, cells, strict=True)}


def expected(native: Any) -> dict[str, Any]:
    return by_value([native(value) for value in VALUES])


def as_json(value: Value) -> Any:
    return loads(value.native)


def as_auto(value: Value) -> Any:
    return str(as_json(value)) if value.is_long else as_json(value)


def as_strings(value: Value) -> Any:
    return without_numbers(as_json(value)) if value.native != "-5" else Number("-5")


def without_numbers(item: Any) -> Any:
    if isinstance(item, list):
        return [without_numbers(each) for each in item]
    if isinstance(item, dict):
        return {key: without_numbers(each) for key, each in item.items()}
    return str(item) if isinstance(item, Number) else item


def exact(item: Any) -> Any:
    """Make a number differ from a text of the same digits."""
    if isinstance(item, Number):
        return ("number", str(item))
    if isinstance(item, list):
        return [exact(each) for each in item]
    return {k: exact(v) for k, v in item.items()} if isinstance(item, dict) else item


@WINDOWS
@pytest.mark.parametrize("shape", ["objects", "arrays", "columns"])
@pytest.mark.parametrize(
    ("numbers", "written"), [("native", as_json), ("auto", as_auto), (None, as_json)]
)
def test_json_holds_every_type(
    stored: Stored, window: WindowAsk, shape: str, numbers: str | None, written: Any
) -> None:
    """Every shape has every digit, and quotes those numbers that it should."""
    document = loads(stored.read("json", window, shape=shape, numbers=numbers))
    cells = {
        "objects": lambda: list(document[0].values()),
        "arrays": lambda: document[0],
        "columns": lambda: [column[0] for column in document.values()],
    }[shape]()
    assert exact(by_value(cells)) == exact(expected(written))


def test_json_has_all_numbers_as_strings(stored: Stored) -> None:
    """Inside of nested values too, but not inside of stored JSON documents."""
    (cells,) = loads(stored.read("json", shape="arrays", numbers="string"))
    wanted = expected(as_strings)
    wanted["""'{"a":1.10}'::JSON"""] = {"a": Number("1.10")}
    wanted["('[1,' || chr(10) || '2]')::JSON"] = [Number("1"), Number("2")]
    assert exact(by_value(cells)) == exact(wanted)


@WINDOWS
def test_lines_of_json_hold_every_type(stored: Stored, window: WindowAsk) -> None:
    """A row is one line, whatever ends of lines its values hold."""
    (line,) = stored.read("ndjson", window).decode().removesuffix("\n").split("\n")
    assert exact(by_value(list(loads(line).values()))) == exact(expected(as_json))
    (line,) = stored.read("jsonl", window, shape="arrays", numbers="auto").splitlines()
    assert exact(by_value(loads(line))) == exact(expected(as_auto))


def respaced(value: Value) -> str:
    is_nested = value.native[0] in "[{" and not value.sql.endswith("::JSON")
    return json.dumps(loads(value.native), ensure_ascii=False) if is_nested else value.text


def unquoted_numbers(text: str) -> str:
    """JSON texts compare by what they say: their spacing is not promised."""
    try:
        return json.dumps(json.loads(text, parse_float=str, parse_int=str))
    except ValueError:
        return text


@WINDOWS
@pytest.mark.parametrize(("name", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_cells_of_text_hold_every_type(
    stored: Stored, window: WindowAsk, name: str, delimiter: str
) -> None:
    """Scalars are bare, nested values JSON; null is an empty cell."""
    names, (cells,) = read_csv(stored.read(name, window), delimiter)
    assert names == NAMES
    wanted = expected(lambda value: unquoted_numbers(value.text))
    assert by_value([unquoted_numbers(cell) for cell in cells]) == wanted


@WINDOWS
def test_sheet_holds_every_type(stored: Stored, window: WindowAsk) -> None:
    """Cells are typed where Excel has the type and every digit, else text."""
    names, (cells,) = read_xlsx(stored.read("xlsx", window))
    assert names == NAMES
    wanted = expected(lambda value: value.cell)
    assert by_value(cells) == wanted
    kinds = {sql: type(cell) for sql, cell in wanted.items() if isinstance(cell, bool | str)}
    assert {sql: type(by_value(cells)[sql]) for sql in kinds} == kinds


@WINDOWS
@pytest.mark.parametrize(("name", "read"), [("markdown", read_markdown), ("html", read_html)])
def test_tables_for_people_hold_every_type(
    stored: Stored, window: WindowAsk, name: str, read: Any
) -> None:
    """A page shows what CSV holds; Markdown has no blanks at the ends of a cell."""
    table: Table = read(stored.read(name, window))
    names, (cells,) = table
    change = str.strip if name == "markdown" else str
    assert names == NAMES
    assert by_value(list(map(change, cells))) == expected(lambda value: change(value.text))


def texts(table: pa.Table | str) -> dict[str, str | None]:
    """Return what DuckDB sees in a table, or a file, as text."""
    with duckdb.connect() as database:
        database.execute("SET GLOBAL timezone = 'UTC'")
        if isinstance(table, pa.Table):
            database.register("shown", table)
        else:
            database.execute(f"CREATE VIEW shown AS FROM read_parquet('{table}')")
        (row,) = database.execute("SELECT COLUMNS(*)::VARCHAR FROM shown").fetchall()
    return by_value(list(row))


@WINDOWS
@pytest.mark.parametrize("compression", [None, "none", "lz4", "zstd"])
@pytest.mark.parametrize("name", ["arrow", "arrows"])
def test_arrow_holds_what_the_artifact_holds(
    stored: Stored, window: WindowAsk, name: str, compression: str | None
) -> None:
    """Not a digit is lost, and NaN, infinities and dates of any year stay what they are."""
    table = read_arrow(stored.read(name, window, compression=compression))
    assert table.column_names == NAMES
    assert texts(table) == texts(str(stored.path))


@WINDOWS
def test_parquet_holds_what_the_artifact_holds(stored: Stored, window: WindowAsk) -> None:
    """A window of Parquet is Parquet, value by value."""
    table = read_parquet(stored.read("parquet", window))
    assert table.column_names == NAMES
    assert texts(table) == texts(read_parquet(stored.path.read_bytes()))


@pytest.mark.parametrize("name", ["arrow", "arrows", "parquet"])
def test_polars_reads_the_binary_formats(lab: FormatLab, name: str) -> None:
    """What is written is no dialect of DuckDB or Arrow: Polars sees the same values."""
    stored = lab.store(
        "SELECT 9007199254740993 AS i, 12.50::DECIMAL(12,2) AS d, 'é😀' AS t, true AS b,"
        " [1, NULL] AS l, {'a': 'x'} AS s, TIMESTAMPTZ '2026-01-02 03:04:05.123456+02' AS z,"
        " 'NaN'::DOUBLE AS n, NULL::VARCHAR AS nothing"
    )
    body = io.BytesIO(stored.read(name))
    read = {"arrow": pl.read_ipc, "arrows": pl.read_ipc_stream, "parquet": pl.read_parquet}[name]
    row = read(body).rows(named=True)[0]
    assert str(row.pop("n")) == "nan"
    assert str(row.pop("z")) == "2026-01-02 01:04:05.123456+00:00"
    assert str(row.pop("d")) == "12.50"
    assert row == {
        "i": 9007199254740993,
        "t": "é😀",
        "b": True,
        "l": [1, None],
        "s": {"a": "x"},
        "nothing": None,
    }


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(numbers=st.lists(st.integers(-(2**55), 2**55), min_size=1, max_size=30))
def test_integers_are_quoted_only_beyond_what_doubles_hold(
    lab: FormatLab, numbers: list[int]
) -> None:
    """However they are stored: up to 2^53 they are numbers, beyond they are strings."""
    edge = 2**53
    numbers += [edge, edge + 1, -edge, -edge - 1]
    stored = lab.store(
        "SELECT n AS a, n::DECIMAL(38,0) AS b, n::VARCHAR AS c, [n] AS d, MAP {n: n} AS e"
        " FROM (SELECT unnest(?::BIGINT[]) AS n)",
        numbers,
    ).meaning(None, None, LogicalType.INTEGER, None, None)
    shown = [str(number) if abs(number) > edge else number for number in numbers]
    rows = json.loads(stored.read("json", shape="arrays", numbers="auto"))
    assert rows == [[n, n, n, [n], {str(n): n}] for n in shown]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    numbers=st.lists(
        st.decimals(-(10**17), 10**17, places=4, allow_nan=False), min_size=1, max_size=30
    )
)
def test_decimals_that_are_numbers_survive_doubles(lab: FormatLab, numbers: list[Decimal]) -> None:
    """What auto leaves as a number has 15 digits at most: a double gives all of them back."""
    stored = lab.store("SELECT unnest(?::DECIMAL(30,4)[]) AS n", numbers)
    for number, (shown,) in zip(
        numbers, json.loads(stored.read("json", shape="arrays", numbers="auto")), strict=True
    ):
        digits = str(number).lstrip("-").replace(".", "").strip("0")
        assert isinstance(shown, str) is (len(digits) > 15)
        again = Decimal(shown) if isinstance(shown, str) else Decimal(f"{shown:.15g}")
        assert again == number
