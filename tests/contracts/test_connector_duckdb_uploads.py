"""Uploads in the engine: what becomes of a body, and how its rows are read again."""

import base64
import json
import math
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contracts.connectors.duckdb import DuckDBLab, read_rows

from standpipe.core.errors import FieldInvalid, SourceFailed
from standpipe.core.executions import RunLimits
from standpipe.core.tables import BodyFormat, NamedTable, TableColumn, TableColumnType

CSV, NDJSON = BodyFormat.CSV, BodyFormat.NDJSON
T = TableColumnType
LARGEST = 2**256 - 1


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBLab]:
    lab = DuckDBLab(tmp_path_factory.mktemp("year=2026 [x]") / "lab")
    yield lab
    lab.close()


def column(name: str, kind: TableColumnType = T.VARCHAR, *, null: bool = True) -> TableColumn:
    return TableColumn(name=name, type=kind, is_nullable=null)


def table(columns: Sequence[TableColumn], *parts: Path, name: str = "rates") -> NamedTable:
    return NamedTable(namespace="ada", name=name, columns=tuple(columns), files=parts)


def refusal(lab: DuckDBLab, body: bytes, format: BodyFormat, *columns: TableColumn) -> str:
    """Return why a body is refused; nothing of it may be left."""
    before = set(lab.folder.glob("*.parquet"))
    with pytest.raises(FieldInvalid) as caught:
        lab.ingest(body, format, *columns)
    assert set(lab.folder.glob("*.parquet")) == before
    assert str(lab.folder) not in str(caught.value)
    return str(caught.value)


def test_rows_are_read_as_the_columns_say(lab: DuckDBLab) -> None:
    """The header may name them in any order and case; an empty field is no value."""
    columns = (column("day", T.DATE), column("Rate", T.DOUBLE), column("note"))
    body = b'note,RATE,day\n"a,\nb",1.5,2024-01-02\n,,\n"",-1e3,2024-01-03T00:00:00Z\n'
    part, done = lab.ingest(body, CSV, *columns)
    assert (done.columns, done.row_count) == (columns, 3)
    assert read_rows(part) == [
        (date(2024, 1, 2), 1.5, "a,\nb"),
        (None, None, None),
        (date(2024, 1, 3), -1000.0, ""),
    ]


def test_json_lines_are_read_by_name(lab: DuckDBLab) -> None:
    """What is not there is no value; the line end of the last row may be missing."""
    columns = (column("a", T.BIGINT), column("b"), column("c", T.UINT256))
    body = b'{"b": "x\\ny", "a": 5}\n\n{"a": null, "c": %d}\n{"b": {"k": [1]}, "c": "7"}' % LARGEST
    part, done = lab.ingest(body, NDJSON, *columns)
    assert done.row_count == 3
    assert read_rows(part) == [
        (5, "x\ny", None),
        (None, None, str(LARGEST)),
        (None, '{"k":[1]}', "7"),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (T.VARBINARY, "0x0aFF", b"\x0a\xff"),
        (T.VARBINARY, "0x", b""),
        (T.VARBINARY, "aGk=", b"hi"),
        (T.UINT256, "0007", "7"),
        (T.INT256, str(-(2**255)), str(-(2**255))),
        (T.BIGINT, " 12.0 ", 12),
        (T.INTEGER, "-2147483648", -(2**31)),
        (T.BOOLEAN, "TRUE", True),
        (T.TIMESTAMP, "2024-01-01 02:00:00+02:00", datetime.fromisoformat("2024-01-01")),
        (
            T.TIMESTAMP,
            "2024-01-01 00:00:00.123 UTC",
            datetime.fromisoformat("2024-01-01T00:00:00.123"),
        ),
        (T.TIMESTAMP, "2024-01-01", datetime.fromisoformat("2024-01-01")),
        (T.DOUBLE, "-Infinity", -math.inf),
    ],
)
def test_values_are_read_in_their_usual_forms(
    lab: DuckDBLab, kind: TableColumnType, text: str, value: Any
) -> None:
    """In both formats."""
    for body, format in ((f"v\n{text}\n", CSV), (json.dumps({"v": text}), NDJSON)):
        part, _ = lab.ingest(body.encode(), format, column("v", kind))
        assert read_rows(part) == [(value,)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (T.VARBINARY, "0xabc"),
        (T.VARBINARY, "no base64!"),
        (T.UINT256, "-1"),
        (T.UINT256, str(LARGEST + 1)),
        (T.INT256, str(2**255)),
        (T.BIGINT, "1.5"),
        (T.BIGINT, "1e3"),
        (T.BIGINT, str(2**63)),
        (T.INTEGER, str(2**31)),
        (T.DOUBLE, "1e400"),
        (T.DOUBLE, "1_000"),
        (T.BOOLEAN, "perhaps"),
        (T.TIMESTAMP, "2024-01-01 00:00:00 Europe/Berlin"),
        (T.TIMESTAMP, "2024-02-30"),
        (T.DATE, "01/02/2024"),
        (T.DATE, "2024-01-01 12:00:00"),
    ],
)
def test_what_is_no_value_refuses_all_rows(
    lab: DuckDBLab, kind: TableColumnType, text: str
) -> None:
    """With its row, its column and its text; nothing is rounded or guessed."""
    good = {T.VARBINARY: "0x00", T.BOOLEAN: "t", T.TIMESTAMP: "2024-01-01", T.DATE: "2024-01-01"}
    rows = [good.get(kind, "1"), text, text]
    columns = (column("a", T.BIGINT), column("v", kind))
    said = refusal(lab, "\n".join(["a,v", *(f"1,{row}" for row in rows)]).encode(), CSV, *columns)
    assert said.startswith(f"Row 2, column 'v': {text!r} is no value of the type {kind}.")
    lines = "\n".join(json.dumps({"v": row, "a": 1}) for row in rows)
    assert refusal(lab, lines.encode(), NDJSON, *columns) == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The CSV is empty"),
        (b"\n1,2\n", "Line 1 is empty"),
        (b"a\n1\n", "Line 1: the column 'b' is missing"),
        (b"a,b,c\n1,2,3\n", "Line 1: the column 'c' is not in the table"),
        (b"a,b,A\n1,2,3\n", "Line 1: the column 'a' is there twice"),
        (b"a,b\n1,2\n3\n", "Line 3: Expected Number of Columns: 2 Found: 1"),
        (b"a,b\n1,2,3\n", "Line 2: Expected Number of Columns: 2 Found: 3"),
        (b'a,b\n1,"x\n', "Line 2: Value with unterminated quote found."),
        (b"a,b\n1,\xff\n", "Line 2: Invalid unicode"),
        (b"a,b\n,1\n", "Row 1, column 'a': there is no value of the type bigint."),
    ],
)
def test_a_body_that_is_no_such_csv_is_refused(lab: DuckDBLab, body: bytes, said: str) -> None:
    """With the line, and no word of where it lies."""
    found = refusal(lab, body, CSV, column("a", T.BIGINT, null=False), column("b"))
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"a": ', "Row 2: no valid JSON."),
        (b'{"a": "\xff"}', "Row 2: no valid JSON."),
        (b"[1]", "Row 2: no JSON object."),
        (b"null", "Row 2: no JSON object."),
        (b'{"a": 1, "oh\'no": 2}', "Row 2: no such column: oh'no."),
        (b'{"A": 1}', "Row 2: no such column: A."),
        (b'{"a": true}', "Row 2, column 'a': 'true' is no value of the type bigint."),
        (b'{"a": ""}', "Row 2, column 'a': there is no value of the type bigint."),
        (b"{}", "Row 2, column 'a': there is no value of the type bigint."),
    ],
)
def test_a_line_that_is_no_such_object_is_refused(lab: DuckDBLab, line: bytes, said: str) -> None:
    """Those before it too."""
    body = b'{"a": 1}\n%s\n{"a": 2}\n' % line
    assert refusal(lab, body, NDJSON, column("a", T.BIGINT, null=False)).startswith(said)


def test_the_columns_of_a_csv_can_be_found(lab: DuckDBLab) -> None:
    """All rows are looked at; codes stay texts, and names become ones that columns may have."""
    header = "n,big,int,x,flag,day,at,code,text,none,1st name,N"
    rows = [
        f"1,{LARGEST},-{2**200},1.5,true,2024-01-01,2024-01-01 10:00:00,007,a,,x,y",
        "-2,3,4,2,false,2024-01-02,2024-01-02,012,5,,x,y",
    ]
    part, done = lab.ingest("\n".join([header, *rows]).encode(), CSV)
    assert [(each.name, each.type.value) for each in done.columns] == [
        ("n", "bigint"),
        ("big", "uint256"),
        ("int", "int256"),
        ("x", "double"),
        ("flag", "boolean"),
        ("day", "date"),
        ("at", "timestamp"),
        ("code", "varchar"),
        ("text", "varchar"),
        ("none", "varchar"),
        ("_1st_name", "varchar"),
        ("N_1", "varchar"),
    ]
    assert read_rows(part)[1][:4] == (-2, "3", "4", 2.0)


def test_a_csv_whose_columns_are_found_may_be_ragged(lab: DuckDBLab) -> None:
    """Rows may be shorter, or end in commas; values without a name are refused."""
    part, done = lab.ingest(b'a,b,\n1,"x\ny",,,\n2\n3,z,\n', CSV)
    assert [each.name for each in done.columns] == ["a", "b"]
    assert read_rows(part) == [(1, "x\ny"), (2, None), (3, "z")]
    said = refusal(lab, b"a,b\n1,2\n1,2,3\n", CSV)
    assert said.startswith("Row 2: more values than the header has names.")


def test_an_uploaded_table_is_read_under_its_full_name(lab: DuckDBLab) -> None:
    """All its parts in order, beside the source's own; numbers of 256 bits are numbers."""
    columns = (column("id", T.BIGINT), column("n", T.UINT256))
    parts = [
        lab.ingest(b"id,n\n%d,%d\n" % (id, n), CSV, *columns)[0] for id, n in ((1, LARGEST), (2, 1))
    ]
    named = table(columns, *parts)
    found, rows = lab.run(
        'SELECT r.id, name, n - 1::BIGNUM AS n FROM "DUNE".Ada."rates" r JOIN things USING (id)',
        tables=[named],
    )
    assert rows == [(1, "thing 1", str(LARGEST - 1)), (2, "thing 2", "0")]
    assert [each.logical_type.value for each in found] == ["integer", "text", "integer"]


def test_a_table_without_rows_has_its_types(lab: DuckDBLab) -> None:
    """Of every kind."""
    columns = [column(kind.value, kind) for kind in T]
    found, rows = lab.run("FROM dune.ada.rates", tables=[table(columns)])
    assert rows == []
    assert [(each.name, each.source_type) for each in found] == [
        ("varchar", "VARCHAR"),
        ("varbinary", "BLOB"),
        ("uint256", "BIGNUM"),
        ("int256", "BIGNUM"),
        ("bigint", "BIGINT"),
        ("integer", "INTEGER"),
        ("double", "DOUBLE"),
        ("boolean", "BOOLEAN"),
        ("timestamp", "TIMESTAMP"),
        ("date", "DATE"),
    ]


def test_a_run_sees_no_table_but_those_it_was_given(lab: DuckDBLab) -> None:
    """Nor their files; an engine that has others is not used for it."""
    columns = (column("a"),)
    secret = lab.ingest(b"a\nsecret\n", CSV, *columns)[0]
    assert lab.run("FROM dune.ada.secret", tables=[table(columns, secret, name="secret")])[1]
    for statement in ("FROM dune.ada.secret", f"FROM '{secret}'"):
        for tables in ([], [table(columns)]):
            with pytest.raises(SourceFailed):
                lab.run(statement, tables=tables)


def test_new_parts_are_seen_by_the_next_run(lab: DuckDBLab) -> None:
    """However warm the engine is."""
    columns = (column("a", T.BIGINT),)
    parts: list[Path] = []
    for number in range(3):
        parts.append(lab.ingest(b"a\n%d\n" % number, CSV, *columns)[0])
        assert len(lab.run("FROM dune.ada.rates", tables=[table(columns, *parts)])[1]) == number + 1


def test_a_part_that_is_gone_fails_the_run(lab: DuckDBLab) -> None:
    """With the name of the table, and not that of the file."""
    part = lab.ingest(b"a\n1\n", CSV, column("a"))[0]
    part.unlink()
    with pytest.raises(SourceFailed, match=r"dune\.ada\.rates cannot be read") as caught:
        lab.run("FROM dune.ada.rates", tables=[table((column("a"),), part)])
    assert str(part) not in str(caught.value)


def test_a_database_called_like_the_catalog_is_told(lab: DuckDBLab) -> None:
    """It works alone, but not together with an uploaded table."""
    path = lab.folder / "dune.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    source = lab.new_source(dbpath=path, number=7)
    assert lab.run("FROM dune.main.t", source=source)[1] == [(1,)]
    with pytest.raises(SourceFailed, match="database 'dune' of its own"):
        lab.run("FROM dune.ada.rates", source=source, tables=[table((column("a"),))])


def test_a_killed_child_leaves_nothing(lab: DuckDBLab) -> None:
    """A kill -9 in the middle of a body is told; there is no half of a part."""
    body = b"a,b\n" + b"1,x\n" * 20_000_000
    before = set(lab.folder.rglob("*.parquet"))
    caught: list[Exception] = []

    def ingest() -> None:
        try:
            lab.ingest(body, CSV, column("a", T.BIGINT), column("b"))
        except SourceFailed as error:
            caught.append(error)

    thread = threading.Thread(target=ingest)
    thread.start()
    crew_folder = lab.scratch
    while not list(crew_folder.rglob("result-*.parquet")):
        thread.join(0.01)
        assert thread.is_alive()
    for child in lab.child_ids():
        os.kill(child, signal.SIGKILL)
    thread.join()
    assert "process died" in str(caught[0])
    assert set(lab.folder.rglob("*.parquet")) == before


def test_a_body_is_held_to_the_limits_of_a_run(lab: DuckDBLab) -> None:
    """Here its time; no child is kept for it."""
    body = b"a\n" + b"123456789\n" * 5_000_000
    with pytest.raises(Exception, match="time limit"):
        lab.ingest(body, CSV, column("a", T.BIGINT), limits=RunLimits(seconds=0.2))


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
VALUES: dict[TableColumnType, st.SearchStrategy[Any]] = {
    T.VARCHAR: TEXTS,
    T.VARBINARY: st.binary(max_size=20),
    T.UINT256: st.integers(0, LARGEST),
    T.INT256: st.integers(-(2**255), 2**255 - 1),
    T.BIGINT: st.integers(-(2**63), 2**63 - 1),
    T.INTEGER: st.integers(-(2**31), 2**31 - 1),
    T.DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
    T.BOOLEAN: st.booleans(),
    T.TIMESTAMP: st.datetimes(),
    T.DATE: st.dates(),
}
ROWS = st.lists(st.tuples(*(st.none() | VALUES[kind] for kind in T)), max_size=5)


def printed(value: Any, *, is_hex: bool) -> Any:
    """Return a value as JSON has it; bytes in one of their two forms."""
    if isinstance(value, bytes):
        return "0x" + value.hex() if is_hex or not value else base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value


def quoted(value: Any) -> str:
    """Return a field of CSV: nothing for no value, and quotes around all texts."""
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else str(value)


def stored(kind: TableColumnType, value: Any) -> Any:
    """Return what is in the artifact."""
    return str(value) if kind in (T.UINT256, T.INT256) and value is not None else value


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, is_hex=st.booleans())
def test_values_of_every_kind_survive(lab: DuckDBLab, rows: list[Any], is_hex: bool) -> None:
    """In CSV and in JSON lines; nulls, quotes and line breaks too."""
    columns = [column(f"c_{kind}", kind) for kind in T]
    names = [each.name for each in columns]
    shown = [[printed(value, is_hex=is_hex) for value in row] for row in rows]
    lines = [json.dumps(dict(zip(names, row, strict=True))) for row in shown]
    records = [",".join(map(quoted, row)) for row in shown]
    bodies = {NDJSON: "\n".join(lines), CSV: "\n".join([",".join(names), *records, ""])}
    expected = [tuple(map(stored, T, row)) for row in rows]
    for format, body in bodies.items():
        part, _ = lab.ingest(body.encode(), format, *columns)
        assert read_rows(part) == expected
