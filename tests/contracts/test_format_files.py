"""What every format promises as a file: valid when empty, always the same, made bit by bit."""

import io
import json
from collections.abc import Iterator
from zipfile import BadZipFile, ZipFile

import openpyxl
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.artifacts import WHOLE, cut
from tests.contracts.format_lab import FormatLab, Stored
from tests.contracts.format_readers import (
    read_arrow,
    read_csv,
    read_html,
    read_markdown,
    read_pairs,
    read_parquet,
    read_sheets,
    read_xlsx,
)

from standpipe.core.errors import TooManyRows
from standpipe.core.windows import WindowAsk, parse_filter
from standpipe.formats import FORMATS, FormatOptions, distinct_names
from standpipe.formats.json import make_json
from standpipe.formats.xlsx import book
from standpipe.formats.xlsx.book import XlsxBook

MANY = 100_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormatLab]:
    lab = FormatLab(tmp_path_factory.mktemp("files"))
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def many(lab: FormatLab) -> Stored:
    return lab.store(f"SELECT i, 'text ' || i AS t FROM range({MANY}) r(i)")


@pytest.fixture(params=[WHOLE, WindowAsk(limit=10)], ids=["streamed", "paged"])
def window(request: pytest.FixtureRequest) -> WindowAsk:
    return request.param


def test_empty_result_is_a_valid_file(lab: FormatLab, window: WindowAsk) -> None:
    """Without a row there are still brackets, names and types."""
    stored = lab.store("SELECT 1::INTEGER AS a, 'x' AS b, [1.5] AS c WHERE false")
    assert stored.read("json", window) == b"[]"
    assert stored.read("json", window, shape="arrays") == b"[]"
    assert stored.read("json", window, shape="columns") == b'{"a":[],"b":[],"c":[]}'
    assert stored.read("ndjson", window) == b""
    assert stored.read("csv", window) == b"a,b,c\r\n"
    assert stored.read("tsv", window, header=False) == b""
    assert read_xlsx(stored.read("xlsx", window)) == (["a", "b", "c"], [])
    assert read_sheets(stored.read("xlsx", window, header=False)) == [[]]
    assert read_markdown(stored.read("markdown", window)) == (["a", "b", "c"], [])
    assert read_html(stored.read("html", window)) == (["a", "b", "c"], [])
    types = ["int32", "string", "list<element: decimal128(2, 1)>"]
    parquet = read_parquet(stored.read("parquet", window)).schema
    assert [(each.name, str(each.type)) for each in parquet] == list(zip("abc", types, strict=True))
    for name in ("arrow", "arrows"):
        table = read_arrow(stored.read(name, window))
        assert (table.num_rows, table.column_names) == (0, ["a", "b", "c"])
        assert [str(kind) for kind in table.schema.types[:2]] == types[:2]


NAMES = ["a", "a", "A", "", "", "x,\"y\"\n'z'", "<b>|", "😀"]


@pytest.fixture(scope="module")
def named(lab: FormatLab) -> Stored:
    """One row whose columns are called ``NAMES``, stored as ``a, a_2, A_3, column, ...``."""
    stored = ["a", "a_2", "A_3", "column_4", "column_5", "six", "seven", "eight"]
    cells = ", ".join(f'{number} AS "{name}"' for number, name in enumerate(stored))
    return lab.store(f"SELECT {cells}").named(*NAMES)


DISTINCT = ["a", "a_2", "A", "column_4", "column_5", "x,\"y\"\n'z'", "<b>|", "😀"]


def test_repeated_names_stay_where_columns_have_places(named: Stored, window: WindowAsk) -> None:
    """What goes by the place of a column shows its name, however often it is there."""
    numbers = list(range(len(NAMES)))
    assert read_csv(named.read("csv", window)) == (NAMES, [list(map(str, numbers))])
    assert read_xlsx(named.read("xlsx", window)) == (NAMES, [numbers])
    assert read_html(named.read("html", window))[0] == NAMES
    assert read_markdown(named.read("markdown", window))[0] == NAMES
    assert json.loads(named.read("json", window, shape="arrays")) == [numbers]


def test_no_value_hides_another_where_columns_go_by_name(named: Stored, window: WindowAsk) -> None:
    """Objects and Arrow have one value for each key: a repeated name is the stored one there."""
    pairs = [*zip(DISTINCT, range(len(NAMES)), strict=True)]
    assert read_pairs(named.read("json", window).decode()) == [pairs]
    assert read_pairs(named.read("ndjson", window).decode()) == pairs
    columns = read_pairs(named.read("json", window, shape="columns").decode())
    assert columns == [(name, [value]) for name, value in pairs]
    for name, read in (("arrow", pl.read_ipc), ("arrows", pl.read_ipc_stream)):
        body = named.read(name, window)
        assert list(read_arrow(body).to_pylist()[0].items()) == pairs
        assert read(io.BytesIO(body)).columns == DISTINCT


def test_parquet_has_names_that_differ_in_more_than_case(named: Stored, window: WindowAsk) -> None:
    """A window of Parquet is read by programs that take ``a`` and ``A`` for one name."""
    stored = ["a", "a_2", "A_3", "column_4", "column_5", *DISTINCT[5:]]
    table = read_parquet(named.read("parquet", window))
    assert table.to_pylist() == [dict(zip(stored, range(len(NAMES)), strict=True))]


def test_column_selected_twice_has_two_names(lab: FormatLab) -> None:
    """A stored name that repeats too is numbered, around the names that are taken."""
    one, two, three = lab.store("SELECT 1 AS a, 2 AS b, 3 AS a_2").columns
    assert distinct_names([one, two, one, one]) == ["a", "b", "a_2", "a_3"]
    assert distinct_names([one, one, three]) == ["a", "a_3", "a_2"]
    stored = lab.store("SELECT 1 AS a, 2 AS b, 3 AS a_2")
    stored.columns = (one, one, three)
    assert json.loads(stored.read("json")) == [{"a": 1, "a_3": 1, "a_2": 3}]


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"parquet", "markdown", "html"}))
def test_file_is_made_bit_by_bit_and_always_the_same(
    lab: FormatLab, many: Stored, name: str
) -> None:
    """The first bytes come long before the last rows are read, and another time they are equal."""
    encoding = FORMATS[name].make(many.columns)
    chunks = list(lab.reader.encode(many.path, cut(many.columns), encoding))
    total = sum(map(len, chunks))
    assert len(chunks) > 4
    assert max(map(len, chunks)) < total / 2
    assert b"".join(chunks) == many.read(name)


def test_whole_columns_are_the_same_read_once_and_read_by_column(many: Stored) -> None:
    """A large window is read once for each column and is no other document than a small one."""
    wanted = {"i": list(range(MANY)), "t": [f"text {i}" for i in range(MANY)]}
    assert json.loads(many.read("json", shape="columns")) == wanted
    page = json.loads(many.read("json", WindowAsk(offset=8190, limit=5), shape="columns"))
    assert page == {name: values[8190:8195] for name, values in wanted.items()}


@pytest.mark.parametrize("name", ["arrow", "arrows"])
@pytest.mark.parametrize(
    "ask",
    [
        WHOLE,
        WindowAsk(offset=5),
        WindowAsk(offset=MANY - 1),
        WindowAsk(where=parse_filter("t LIKE '%7'")),
        WindowAsk(where=parse_filter("t LIKE '%77777'")),
    ],
    ids=["whole", "from the fifth", "last", "a tenth", "one"],
)
def test_arrow_has_batches_of_one_size(many: Stored, name: str, ask: WindowAsk) -> None:
    """However few rows a filter leaves here and there, batches are as large as they can be."""
    table = read_arrow(many.read(name, ask))
    sizes = [len(batch) for batch in table.to_batches()]
    assert set(sizes[:-1]) <= {8192}
    assert 0 < sizes[-1] <= 8192
    assert table.column("i").to_pylist() == [row[0] for row in rows_of(many, ask)]


def rows_of(many: Stored, ask: WindowAsk) -> list[list[object]]:
    return json.loads(many.read("json", ask, shape="arrays"))


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_tables_for_people_stop_after_a_thousand_rows(many: Stored, name: str) -> None:
    """A thousand rows are a table; with one more nothing is sent."""
    read = {"markdown": read_markdown, "html": read_html}[name]
    assert len(read(many.read(name, WindowAsk(limit=1_000)))[1]) == 1_000
    for window in (WindowAsk(limit=1_001), WHOLE):
        with pytest.raises(TooManyRows, match="holds 1,000 rows"):
            many.read(name, window)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.one_of(st.integers(0, 100), st.sampled_from([8191, 8192, 8193, 20_000])),
    sheet_rows=st.one_of(st.integers(2, 30), st.sampled_from([4096, 8192, 8193])),
    has_header=st.booleans(),
)
def test_rows_go_on_on_another_sheet(
    many: Stored, rows: int, sheet_rows: int, has_header: bool
) -> None:
    """Every sheet is full but the last, has the header, and together they have every row."""
    if rows / sheet_rows > 50:
        rows = sheet_rows * 50
    encoding = XlsxBook(["i", "t"] if has_header else None, sheet_rows=sheet_rows)
    sheets = read_sheets(many.encode(encoding, WindowAsk(limit=rows)))
    assert all(len(sheet) == sheet_rows for sheet in sheets[:-1])
    assert len(sheets[-1]) <= sheet_rows
    if has_header:
        assert [sheet.pop(0) for sheet in sheets] == [["i", "t"]] * len(sheets)
    assert [row for sheet in sheets for row in sheet] == [[n, f"text {n}"] for n in range(rows)]


def test_sheet_ends_before_it_is_too_large_for_a_zip(
    many: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes end a sheet too, not only rows."""
    monkeypatch.setattr(book, "_SHEET_BYTES", 1_000_000)
    sheets = read_sheets(many.encode(XlsxBook(None), WindowAsk(limit=20_000)))
    assert len(sheets) > 1
    assert [row[0] for sheet in sheets for row in sheet] == list(range(20_000))


def test_workbook_is_a_package_that_says_so_first(many: Stored) -> None:
    """Programs that look at the first part see a package; nothing in it needs 64-bit sizes."""
    with ZipFile(io.BytesIO(many.read("xlsx"))) as archive:
        parts = archive.infolist()
        assert parts[0].filename == "_rels/.rels"
        assert {part.extract_version for part in parts} == {20}
        types = archive.read("[Content_Types].xml").decode()
    inside = {part.filename for part in parts} - {"[Content_Types].xml"}
    named = {name for name in inside if f'PartName="/{name}"' in types}
    assert inside - named == {"_rels/.rels", "xl/_rels/workbook.xml.rels"}


def test_header_of_a_sheet_stays_in_sight(many: Stored) -> None:
    """It is bold and frozen; dates have columns that are wide enough."""
    page = many.read("xlsx", WindowAsk(limit=3))
    sheet = openpyxl.load_workbook(io.BytesIO(page)).worksheets[0]
    assert (sheet.title, sheet.freeze_panes) == ("result", "A2")
    assert [cell.font.b for cell in sheet[1]] == [True, True]
    assert [cell.font.b for cell in sheet[2]] == [False, False]


def test_dates_in_a_sheet_are_shown_as_dates(lab: FormatLab) -> None:
    """Each kind has its form, with milliseconds where there are any."""
    stored = lab.store(
        "SELECT DATE '2026-01-02' AS d, TIMESTAMP '2026-01-02 03:04:05' AS s,"
        " TIMESTAMP '2026-01-02 03:04:05.5' AS ms, TIME '03:04:05' AS t, TIME '03:04:05.5' AS tms"
    )
    sheet = openpyxl.load_workbook(io.BytesIO(stored.read("xlsx"))).worksheets[0]
    assert [cell.number_format.replace("\\", "") for cell in sheet[2]] == [
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm:ss",
        "yyyy-mm-dd hh:mm:ss.000",
        "hh:mm:ss",
        "hh:mm:ss.000",
    ]
    assert [sheet.column_dimensions[name].width for name in "ABC"] == [12, 24, 24]


@pytest.mark.parametrize("name", ["xlsx", "arrow"])
def test_what_breaks_off_does_not_look_complete(lab: FormatLab, many: Stored, name: str) -> None:
    """Of a file that is left half made there is no end that a reader would believe."""
    chunks = lab.reader.encode(many.path, cut(many.columns), FORMATS[name].make(many.columns))
    first = bytes(next(iter(chunks)))
    chunks.close()
    with pytest.raises((BadZipFile, pa.ArrowInvalid)):
        _ = ZipFile(io.BytesIO(first)) if name == "xlsx" else read_arrow(first)


def test_lines_follow_the_options(lab: FormatLab) -> None:
    """Delimiter, header, null and dates are as they are asked for."""
    stored = lab.store("SELECT 'a' AS t, NULL::INTEGER AS n, DATE '2026-01-02' AS d")
    options = {"null_text": "NULL", "date_format": "%d.%m.%Y", "header": False}
    assert stored.read("csv", delimiter=";", **options) == b"a;NULL;02.01.2026\r\n"
    assert stored.read("tsv", **options) == b"a\tNULL\t02.01.2026\r\n"


def test_envelope_is_around_the_document(lab: FormatLab) -> None:
    """A document can stand inside another one, in every shape."""
    stored = lab.store("SELECT 1 AS a")
    make = FORMATS["json"].make
    assert stored.encode(make(stored.columns, FormatOptions(shape="columns"))) == b'{"a":[1]}'
    for shape, rows in (("objects", '[{"a":1}]'), ("arrays", "[[1]]"), ("columns", '{"a":[1]}')):
        options = FormatOptions(shape=shape)
        encoding = make_json(stored.columns, options, head=b'{"rows":', tail=b"}")
        assert stored.encode(encoding) == f'{{"rows":{rows}}}'.encode()
