"""How values and types are written: compat/dune.md 6, over real artifacts."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contracts.artifacts import read_all, write_artifact

from standpipe.core.columns import Column, LogicalType
from standpipe.core.windows import whole
from standpipe.dialects.dune.responses.executions import HeadShown, MetadataShown
from standpipe.dialects.dune.responses.results import Page, csv_encoding, json_encoding
from standpipe.dialects.dune.responses.types import type_name
from standpipe.dialects.dune.responses.values import shown_columns
from standpipe.readers.duckdb import DuckDBReader


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[DuckDBReader]:
    reader = DuckDBReader(tmp_path)
    yield reader
    reader.close()


HEAD = HeadShown(
    execution_id="01", query_id=1, is_execution_finished=True, state="x", submitted_at="now"
)
METADATA = MetadataShown(
    column_names=[],
    column_types=[],
    row_count=1,
    result_set_bytes=1,
    total_row_count=1,
    total_result_set_bytes=1,
    datapoint_count=1,
    pending_time_millis=0,
    execution_time_millis=0,
)

# SQL of a value, its type, its JSON, its cell in CSV.
VALUES = [
    ("22::INTEGER", "integer", 22, "22"),
    ("9223372036854775807::BIGINT", "bigint", 9223372036854775807, "9223372036854775807"),
    ("3.1415926535", "decimal(11,10)", "3.1415926535", "3.1415926535"),
    ("10501366.303435229::DOUBLE", "double", 10501366.303435229, "10501366.303435229"),
    ("'nan'::DOUBLE", "double", "NaN", "NaN"),
    ("'-inf'::FLOAT", "real", "-Infinity", "-Infinity"),
    ("true", "boolean", True, "true"),
    ("'a,\"b'", "varchar", 'a,"b', '"a,""b"'),
    ("'\\xDE\\xAD'::BLOB", "varbinary", "0xdead", "0xdead"),
    ("DATE '2024-03-01'", "date", "2024-03-01", "2024-03-01"),
    (
        "TIMESTAMP '2024-03-01 00:00:11.123456'",
        "timestamp(3)",
        "2024-03-01 00:00:11.123",
        "2024-03-01 00:00:11.123",
    ),
    (
        "TIMESTAMPTZ '2024-03-01 02:00:11+02'",
        "timestamp(3) with time zone",
        "2024-03-01 00:00:11.000 UTC",
        "2024-03-01 00:00:11.000 UTC",
    ),
    ("NULL::INTEGER", "integer", None, '""'),
    ("[1, 2]", "array(integer)", [1, 2], '"[1, 2]"'),
    ("{'a': 1, 'b': 'x'}", "row(a integer, b varchar)", [1, "x"], None),
]


@pytest.mark.parametrize(("sql", "type_", "value", "cell"), VALUES)
def test_values_are_written_as_trino_does(
    reader: DuckDBReader, tmp_path: Path, sql: str, type_: str, value: object, cell: str | None
) -> None:
    """In JSON and in CSV."""
    path = tmp_path / "one.parquet"
    columns = shown_columns(write_artifact(path, f"SELECT {sql} AS v"))
    assert [type_name(column) for column in columns] == [type_]
    assert rows_of(reader, path, columns) == [{"v": value}]
    written = read_all(reader.encode(path, whole(columns), csv_encoding(columns))).decode()
    assert cell is None or written == f"v\n{cell}\n"


@pytest.mark.parametrize(
    ("source_type", "stored", "type_", "value"),
    [
        ("HUGEINT", "9223372036854775807::DECIMAL(38,0)", "bigint", 9223372036854775807),
        ("HUGEINT", "9223372036854775808::DECIMAL(38,0)", "bigint", "9223372036854775808"),
        ("HUGEINT", "(-5)::DECIMAL(38,0)", "bigint", -5),
        ("HUGEINT", "NULL::DECIMAL(38,0)", "bigint", None),
        ("UHUGEINT", "'5'", "uint256", "5"),
    ],
)
def test_integers_beyond_64_bits_are_strings(
    reader: DuckDBReader,
    tmp_path: Path,
    source_type: str,
    stored: str,
    type_: str,
    value: object,
) -> None:
    """What is a sum of integers is a number as long as it fits; 256-bit types never are."""
    path = tmp_path / "one.parquet"
    (column,) = write_artifact(path, f"SELECT {stored} AS v")
    column = replace(column, source_type=source_type, logical_type=LogicalType.INTEGER)
    columns = shown_columns([column])
    assert [type_name(column) for column in columns] == [type_]
    assert rows_of(reader, path, columns) == [{"v": value}]


def rows_of(
    reader: DuckDBReader, path: Path, columns: tuple[Column, ...]
) -> list[dict[str, object]]:
    page = Page(
        head=HEAD,
        columns=columns,
        metadata=METADATA,
        after={"next_offset": 1},
        is_whole=False,
    )
    body = json.loads(read_all(reader.encode(path, whole(columns), json_encoding(page))))
    result = body["result"]
    assert (body["state"], body["next_offset"]) == ("x", 1)
    assert result["metadata"]["row_count"] == len(result["rows"])
    assert result["metadata"]["result_set_bytes"] == result["result_set_bytes"]
    rows: list[dict[str, object]] = result["rows"]
    return rows
