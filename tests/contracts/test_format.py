"""What every text format promises about every type, through the real reader, both ways it reads."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.artifacts import WHOLE, column, cut, read_all, write_artifact
from tests.support.engine import fetch

from standpipe.core.columns import Column, LogicalType
from standpipe.core.ports import Encoding
from standpipe.core.windows import WindowAsk
from standpipe.formats.csv import CsvOptions, CsvRows
from standpipe.formats.json import JsonRows
from standpipe.formats.values import (
    EPOCHS_AND_STRINGS,
    NATIVE,
    PYTHON_MILLISECONDS,
    ValueStyle,
)
from standpipe.readers.duckdb import DuckDBReader

STREAMED = WHOLE
PAGED = WindowAsk(offset=0, limit=100_000)
WINDOWS = pytest.mark.parametrize("window", [STREAMED, PAGED], ids=["streamed", "paged"])
FORMS = pytest.mark.parametrize("spaced", [False, True], ids=["compact", "spaced"])

Write = Callable[..., tuple[Path, tuple[Column, ...]]]
Encode = Callable[[Encoding, WindowAsk], bytes]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[DuckDBReader]:
    reader = DuckDBReader(root)
    yield reader
    reader.close()


class Result:
    """An artifact with its columns, ready to be encoded."""

    _count = 0

    def __init__(
        self, reader: DuckDBReader, root: Path, select: str, values: tuple[object, ...] = ()
    ) -> None:
        Result._count += 1
        self.reader = reader
        self.path = root / f"{Result._count}.parquet"
        self.columns = write_artifact(self.path, select, values)

    def encoded(self, encoding: Encoding, window: WindowAsk = STREAMED) -> str:
        return read_all(self.reader.encode(self.path, cut(self.columns, window), encoding)).decode()

    def meaning(self, *logical_types: LogicalType) -> "Result":
        pairs = zip(self.columns, logical_types, strict=True)
        self.columns = tuple(replace(column, logical_type=logical) for column, logical in pairs)
        return self


@pytest.fixture(scope="module")
def result(reader: DuckDBReader, root: Path) -> Callable[..., Result]:
    def make(select: str, *values: object) -> Result:
        return Result(reader, root, select, values)

    return make


Make = Callable[..., Result]

# SQL of a value, what the native style writes, what the style of Python's milliseconds writes.
VALUES: list[tuple[str, str, str]] = [
    ("NULL::INTEGER", "null", "null"),
    ("9007199254740993::BIGINT", "9007199254740993", "9007199254740993"),
    ("18446744073709551615::UBIGINT", "18446744073709551615", "18446744073709551615"),
    (f"{'9' * 38}::DECIMAL(38,0)", "9" * 38, "9" * 38),
    ("(-128)::TINYINT", "-128", "-128"),
    ("true", "true", "true"),
    ("'NaN'::DOUBLE", "null", "null"),
    ("'-Infinity'::FLOAT", "null", "null"),
    ("0.1::FLOAT", "0.1", "0.1"),
    ("39590::DOUBLE", "39590.0", "39590.0"),
    ("1e23::DOUBLE", "1e+23", "1e+23"),
    ("5e-324::DOUBLE", "5e-324", "5e-324"),
    ("12.50::DECIMAL(12,2)", "12.50", "12.50"),
    ("0.0000001::DECIMAL(9,7)", "0.0000001", "0.0000001"),
    ("-0.123::DECIMAL(3,3)", "-0.123", "-0.123"),
    ("0.5::DECIMAL(38,38)", "0.5" + "0" * 37, "0.5" + "0" * 37),
    (
        "12345678901234567890.123456789::DECIMAL(38,9)",
        "12345678901234567890.123456789",
        "12345678901234567890.123456789",
    ),
    ("DATE '2026-01-02'", '"2026-01-02"', '"2026-01-02"'),
    ("DATE 'infinity'", '"infinity"', '"infinity"'),
    ("TIME '10:11:12.123456'", '"10:11:12.123456"', '"10:11:12.123"'),
    ("TIME '10:11:12.5'", '"10:11:12.5"', '"10:11:12.500"'),
    ("TIME '10:11:12'", '"10:11:12"', '"10:11:12"'),
    ("'10:11:12.123456789'::TIME_NS", '"10:11:12.123456789"', '"10:11:12.123"'),
    ("TIMESTAMP '2026-01-02 03:04:05'", '"2026-01-02T03:04:05"', '"2026-01-02T03:04:05"'),
    (
        "TIMESTAMP '2026-01-02 03:04:05.123999'",
        '"2026-01-02T03:04:05.123999"',
        '"2026-01-02T03:04:05.123"',
    ),
    ("TIMESTAMP '2026-01-02 03:04:05.1'", '"2026-01-02T03:04:05.1"', '"2026-01-02T03:04:05.100"'),
    (
        "'2026-01-02 03:04:05.123456789'::TIMESTAMP_NS",
        '"2026-01-02T03:04:05.123456789"',
        '"2026-01-02T03:04:05.123"',
    ),
    ("'2026-01-02 03:04:05'::TIMESTAMP_S", '"2026-01-02T03:04:05"', '"2026-01-02T03:04:05"'),
    (
        "'2026-01-02 03:04:05.12'::TIMESTAMP_MS",
        '"2026-01-02T03:04:05.12"',
        '"2026-01-02T03:04:05.120"',
    ),
    ("TIMESTAMP '1969-12-31 23:59:59.9'", '"1969-12-31T23:59:59.9"', '"1969-12-31T23:59:59.900"'),
    ("TIMESTAMP 'infinity'", '"infinity"', '"infinity"'),
    (
        "TIMESTAMPTZ '2026-01-02 03:04:05.123456+02'",
        '"2026-01-02T01:04:05.123456Z"',
        '"2026-01-02T01:04:05.123Z"',
    ),
    ("TIMESTAMPTZ '2026-07-02 03:04:05-03:30'", '"2026-07-02T06:34:05Z"', '"2026-07-02T06:34:05Z"'),
    ("TIMESTAMPTZ '-infinity'", '"-infinity"', '"-infinity"'),
    (
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID",
        '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"',
        '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"',
    ),
    (r"'\xDE\xAD\xBE\xEF'::BLOB", '"3q2+7w=="', '"deadbeef"'),
    ("''::BLOB", '""', '""'),
    ("[1, NULL, 3]", "[1,null,3]", "[1, null, 3]"),
    ("[]::INTEGER[]", "[]", "[]"),
    ("NULL::INTEGER[]", "null", "null"),
    ("['a', NULL, 'b, \"c\"']", r'["a",null,"b, \"c\""]', r'["a", null, "b, \"c\""]'),
    ("['NaN'::DOUBLE, 1.5]", "[null,1.5]", "[null, 1.5]"),
    ("[[1], NULL, []]", "[[1],null,[]]", "[[1], null, []]"),
    ("[1.10::DECIMAL(3,2)]", "[1.10]", "[1.10]"),
    ("[0.5::DECIMAL(1,1)]", "[0.5]", "[0.5]"),
    ("[1, 2]::INTEGER[2]", "[1,2]", "[1, 2]"),
    (
        "{'a': 'NaN'::FLOAT, 'B c': {'q\"': [TIMESTAMP '2026-01-02 03:04:05.5']}}",
        r'{"a":null,"B c":{"q\"":["2026-01-02T03:04:05.5"]}}',
        r'{"a": null, "B c": {"q\"": ["2026-01-02T03:04:05.500"]}}',
    ),
    ("NULL::STRUCT(a INTEGER)", "null", "null"),
    ("MAP {'k': 1.5::DECIMAL(2,1), 'é': NULL}", '{"k":1.5,"é":null}', '{"k": 1.5, "é": null}'),
    ("MAP {1: [1], 2: []}", '{"1":[1],"2":[]}', '{"1": [1], "2": []}'),
    ("MAP {DATE '2026-01-02': true}", '{"2026-01-02":true}', '{"2026-01-02": true}'),
    ("MAP {}::MAP(VARCHAR, INTEGER)", "{}", "{}"),
    ("""'{"a":1.10}'::JSON""", '{"a":1.10}', '{"a": 1.10}'),
    (
        "'[123456789012345678901234567890.5]'::JSON",
        "[123456789012345678901234567890.5]",
        "[123456789012345678901234567890.5]",
    ),
    (
        """'[NaN,-Infinity,"NaN, inf",nan]'::JSON""",
        '[null,null,"NaN, inf",null]',
        '[null, null, "NaN, inf", null]',
    ),
    ("""'[1,{"a":[2,],},]'::JSON""", '[1,{"a":[2]}]', '[1, {"a": [2]}]'),
    ("""'["a,]\\" : "]'::JSON""", r'["a,]\" : "]', r'["a,]\" : "]'),
    ("'null'::JSON", "null", "null"),
]


def value_id(row: tuple[str, str, str]) -> str:
    return row[0][:40]


@WINDOWS
@FORMS
@pytest.mark.parametrize("row", VALUES, ids=value_id)
def test_json_value_is_exact_in_every_type(
    result: Make, row: tuple[str, str, str], spaced: bool, window: WindowAsk
) -> None:
    """Every type has one valid and exact JSON form in each style, streamed and paged alike."""
    sql, native, python = row
    encoding = JsonRows(PYTHON_MILLISECONDS if spaced else NATIVE, spaced=spaced)
    text = result(f"SELECT {sql} AS v").encoded(encoding, window)
    assert text == ('[{"v": ' + python + "}]" if spaced else '[{"v":' + native + "}]")
    json.loads(text, parse_constant=pytest.fail)


@WINDOWS
def test_json_of_large_numbers_stored_as_text_is_a_number(result: Make, window: WindowAsk) -> None:
    """What is too large for any number type is stored as text and is a number all the same."""
    stored = result("SELECT '340282366920938463463374607431768211455' AS a, 'NaN' AS b")
    stored.meaning(LogicalType.INTEGER, LogicalType.DECIMAL)
    text = stored.encoded(JsonRows(), window)
    assert text == '[{"a":340282366920938463463374607431768211455,"b":null}]'


@pytest.mark.parametrize("text", ["0x10", "1.", ".5", "01", "+1", " 1", "1e", "--1", "1,2"])
def test_json_of_text_that_is_no_number_is_null(result: Make, text: str) -> None:
    """A number column stored as text never breaks the JSON around it."""
    stored = result("SELECT ?::VARCHAR AS v", text).meaning(LogicalType.DECIMAL)
    assert stored.encoded(JsonRows()) == '[{"v":null}]'


@pytest.mark.parametrize(
    ("interval", "python"),
    [
        ("1 day 02:03:04", "1 day, 2:03:04"),
        ("-1 day", "-1 day, 0:00:00"),
        ("-00:00:01.5", "-1 day, 23:59:58.500000"),
        ("1 year 2 months 3 days", "428 days, 0:00:00"),
        ("100:00:00.000001", "4 days, 4:00:00.000001"),
        ("00:00:00", "0:00:00"),
    ],
)
def test_json_interval_is_written_as_python_writes_it(
    result: Make, interval: str, python: str
) -> None:
    """An interval, stored as text, is what str(timedelta) gives; months are 30 days."""
    stored = result("SELECT ?::INTERVAL::VARCHAR AS v", interval).meaning(LogicalType.INTERVAL)
    text = stored.encoded(JsonRows(PYTHON_MILLISECONDS))
    assert json.loads(text) == [{"v": python}]
    assert json.loads(stored.encoded(JsonRows())) == [{"v": interval}]


def test_json_interval_that_cannot_be_read_stays_text(result: Make) -> None:
    """An interval of a database that DuckDB cannot read is passed on as it is."""
    stored = result("SELECT 'P1W3X' AS v").meaning(LogicalType.INTERVAL)
    assert stored.encoded(JsonRows(PYTHON_MILLISECONDS)) == '[{"v":"P1W3X"}]'


@WINDOWS
def test_json_with_epochs_and_strings_keeps_integers_as_numbers(
    result: Make, window: WindowAsk
) -> None:
    """Times are integers since 1970, floats and decimals are strings without a bare ``.0``."""
    stored = result(
        "SELECT TIMESTAMP '2021-03-26 03:28:14.9' AS t, TIMESTAMPTZ '2021-03-26 05:28:14+02' AS z,"
        " 39590::DOUBLE AS f, 0.5::DECIMAL(9,2) AS d, 7 AS i, 'NaN'::DOUBLE AS n,"
        " DATE '2021-03-26' AS day"
    )
    text = stored.encoded(JsonRows(EPOCHS_AND_STRINGS, spaced=True), window)
    assert text == (
        '[{"t": 1616729294900, "z": 1616729294000, "f": "39590", "d": "0.50", "i": 7, "n": null,'
        ' "day": "2021-03-26"}]'
    )


def test_json_keys_may_repeat_be_empty_or_be_given(result: Make) -> None:
    """Keys are the names of the columns, whatever they are, unless the caller names them."""
    stored = result('SELECT 1 AS "a", 2 AS "A_1", 3 AS "x""\'{c}\n"')
    names = ("a", "", "x\"'{c}\n")
    stored.columns = tuple(
        replace(column, name=name) for column, name in zip(stored.columns, names, strict=True)
    )
    assert stored.encoded(JsonRows()) == r"""[{"a":1,"":2,"x\"'{c}\n":3}]"""
    assert stored.encoded(JsonRows(keys=["d", "d", "d1"])) == '[{"d":1,"d":2,"d1":3}]'
    assert stored.encoded(JsonRows(shape="arrays")) == "[[1,2,3]]"


@WINDOWS
def test_empty_result_is_complete(result: Make, window: WindowAsk) -> None:
    """No rows: JSON has its brackets, CSV its header line."""
    stored = result("SELECT 1 AS a, 'x' AS b WHERE false")
    envelope = JsonRows(head=b'{"rows": [', tail=b"]}", spaced=True)
    assert stored.encoded(envelope, window) == '{"rows": []}'
    assert stored.encoded(CsvRows(["a", "b"]), window) == "a,b\r\n"
    assert stored.encoded(CsvRows(["a"], options=CsvOptions(header=False)), window) == ""


# Text with everything that JSON, CSV and their quoting care about.
ODD_TEXT = st.text(
    st.one_of(
        st.sampled_from(
            [*map(chr, range(32)), *'"\\,;|\t{}[]: ', "\x7f", "\u2028", "\ufeff", "😀"]
        ),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=12,
)
PROPERTY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@PROPERTY
@given(texts=st.lists(st.one_of(st.none(), ODD_TEXT), min_size=1, max_size=40))
def test_json_text_is_what_python_writes(result: Make, texts: list[str | None]) -> None:
    """Spaced rows of any text are byte for byte json.dumps(..., ensure_ascii=False)."""
    stored = result("SELECT unnest(?::VARCHAR[]) AS v", texts)
    expected = json.dumps([{"v": text} for text in texts], ensure_ascii=False)
    assert stored.encoded(JsonRows(PYTHON_MILLISECONDS, spaced=True)) == expected
    assert json.loads(stored.encoded(JsonRows())) == json.loads(expected)


@PROPERTY
@given(
    rows=st.lists(
        st.tuples(st.lists(st.one_of(st.none(), ODD_TEXT), max_size=3), st.floats(), ODD_TEXT),
        min_size=1,
        max_size=10,
    )
)
def test_json_nested_is_what_python_writes(
    result: Make, rows: list[tuple[list[str | None], float, str]]
) -> None:
    """Spaced nested values are json.dumps too, with null for what JSON has no number for."""
    items = [{"t": texts, "f": number, "m": {text: number}} for texts, number, text in rows]
    stored = result(
        "SELECT unnest(?::STRUCT(t VARCHAR[], f DOUBLE, m MAP(VARCHAR, DOUBLE))[]) AS v",
        [
            {**item, "m": {"key": list(item["m"]), "value": list(item["m"].values())}}
            for item in items
        ],
    )
    expected = json.dumps([{"v": item} for item in items], ensure_ascii=False)
    without_nan = json.dumps(
        json.loads(expected, parse_constant=lambda _: None), ensure_ascii=False
    )
    assert stored.encoded(JsonRows(PYTHON_MILLISECONDS, spaced=True)) == without_nan


JSON_DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), ODD_TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(ODD_TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)


@PROPERTY
@given(document=JSON_DOCUMENTS, indent=st.sampled_from([None, 2]))
def test_json_document_is_spaced_as_python_spaces_it(
    result: Make, document: Any, indent: int | None
) -> None:
    """A JSON column loses its own white space and gets Python's, inside strings nothing changes."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    stored = result("SELECT ?::JSON AS v", text)
    spaced = stored.encoded(JsonRows(PYTHON_MILLISECONDS, spaced=True))
    assert spaced == json.dumps([{"v": document}], ensure_ascii=False)
    assert json.loads(stored.encoded(JsonRows())) == [{"v": document}]


@PROPERTY
@given(numbers=st.lists(st.floats(), min_size=1, max_size=40))
def test_json_float_is_the_shortest_that_reads_back(result: Make, numbers: list[float]) -> None:
    """A float is written with the digits of Python's repr."""
    text = result("SELECT unnest(?::DOUBLE[]) AS v", numbers).encoded(JsonRows(shape="arrays"))
    expected = ",".join(f"[{n!r}]" if math.isfinite(n) else "[null]" for n in numbers)
    assert text == f"[{expected}]"


def python_csv(rows: list[list[Any]], delimiter: str) -> str:
    lines = io.StringIO(newline="")
    csv.writer(lines, delimiter=delimiter).writerows(rows)
    return lines.getvalue()


@PROPERTY
@given(
    rows=st.lists(st.tuples(st.one_of(st.none(), ODD_TEXT), ODD_TEXT), min_size=1, max_size=20),
    names=st.lists(ODD_TEXT, min_size=2, max_size=2),
    delimiter=st.sampled_from([",", "\t", ";", "|"]),
)
def test_csv_is_what_python_writes(
    result: Make, rows: list[tuple[str | None, str]], names: list[str], delimiter: str
) -> None:
    """Header and lines of any text are byte for byte those of Python's csv module."""
    stored = result(
        "SELECT unnest(?::VARCHAR[]) AS a, unnest(?::VARCHAR[]) AS b",
        *map(list, zip(*rows, strict=True)),
    )
    encoding = CsvRows(names, options=CsvOptions(delimiter=delimiter))
    assert stored.encoded(encoding) == python_csv([names, *map(list, rows)], delimiter)


@PROPERTY
@given(texts=st.lists(st.one_of(st.none(), st.just(""), ODD_TEXT), min_size=1, max_size=20))
def test_csv_of_one_column_has_no_empty_lines(result: Make, texts: list[str | None]) -> None:
    """A single empty cell is written as ``""``, as Python does: an empty line would be no row."""
    stored = result("SELECT unnest(?::VARCHAR[]) AS a", texts)
    assert stored.encoded(CsvRows(["a"])) == python_csv([["a"], *([t] for t in texts)], ",")


@WINDOWS
@pytest.mark.parametrize("delimiter", [",", "\t"], ids=["csv", "tsv"])
def test_csv_value_of_every_type_reads_back(
    result: Make, delimiter: str, window: WindowAsk
) -> None:
    """Every type of the JSON table has a cell: bare scalars, JSON text for nested values."""
    cells = ", ".join(f"{sql} AS c{n}" for n, (sql, _, _) in enumerate(VALUES))
    names = [f"c{n}" for n in range(len(VALUES))]
    encoding = CsvRows(names, PYTHON_MILLISECONDS, options=CsvOptions(delimiter=delimiter))
    text = result(f"SELECT {cells}").encoded(encoding, window)
    header, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    assert header == names
    assert line == [as_cell(*row) for row in VALUES]


def as_cell(sql: str, native: str, python: str) -> str:
    if sql.endswith("::JSON"):  # as it is stored
        return native
    if python == "null":
        return ""
    return json.loads(python) if python.startswith('"') else python


def test_csv_dates_follow_the_given_patterns(result: Make) -> None:
    """Dates and datetimes are shown by strftime patterns, zoned ones in UTC, quoted if need be."""
    stored = result(
        "SELECT DATE '2026-01-02' AS d, TIMESTAMP '2026-01-02 03:04:05' AS t,"
        " TIMESTAMPTZ '2026-01-02 03:04:05+02' AS z, NULL::DATE AS n"
    )
    options = CsvOptions(date_format="%d/%m/%y", datetime_format="%d/%m/%y, '%H:%M'", header=False)
    text = stored.encoded(CsvRows([], options=options))
    assert text == "02/01/26,\"02/01/26, '03:04'\",\"02/01/26, '01:04'\",\r\n"


def test_csv_null_text_stands_for_null_and_nan(result: Make) -> None:
    """The null text is written for null and NaN, and quoted as any other text would be."""
    stored = result("SELECT NULL::VARCHAR AS a, 'NaN'::DOUBLE AS b, '' AS c")
    assert stored.encoded(CsvRows([], options=CsvOptions(null_text="NULL", header=False))) == (
        "NULL,NULL,\r\n"
    )
    assert stored.encoded(CsvRows([], options=CsvOptions(null_text="a,b", header=False))) == (
        '"a,b","a,b",\r\n'
    )


@pytest.mark.parametrize("style", [NATIVE, PYTHON_MILLISECONDS, EPOCHS_AND_STRINGS])
def test_every_style_writes_every_type(style: ValueStyle) -> None:
    """No style forgets a logical type that is not nested."""
    nested = {LogicalType.LIST, LogicalType.STRUCT, LogicalType.MAP}
    assert set(style.renderings) == set(LogicalType) - nested


def test_row_of_no_columns_is_an_empty_object() -> None:
    """A result without columns is still valid JSON."""
    (row,) = fetch(f"SELECT {JsonRows().row_expression([])}")
    assert row == ("{}",)


def test_sql_of_a_row_holds_no_unquoted_name() -> None:
    """Names reach DuckDB quoted: one with a quote selects that column and does nothing else."""
    hostile = column('a" FROM x; --', "VARCHAR")
    with duckdb.connect() as database:
        database.execute('CREATE TABLE t AS SELECT 1::VARCHAR AS "a"" FROM x; --"')
        (row,) = database.sql(f"SELECT {JsonRows().row_expression([hostile])} FROM t").fetchall()
    assert json.loads(row[0]) == {'a" FROM x; --': "1"}
