"""Every DuckDB type comes out of the artifact exactly as it went in, under a type that is named."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.connectors.duckdb import DuckDBLab

from standpipe.core.columns import LogicalType as T

# expression, source type, stored type, logical type, the stored value as text
TYPES = [
    ("true", "BOOLEAN", "BOOLEAN", T.BOOLEAN, "true"),
    ("(-128)::TINYINT", "TINYINT", "TINYINT", T.INTEGER, "-128"),
    ("(-32768)::SMALLINT", "SMALLINT", "SMALLINT", T.INTEGER, "-32768"),
    ("2147483647", "INTEGER", "INTEGER", T.INTEGER, "2147483647"),
    ("9223372036854775807", "BIGINT", "BIGINT", T.INTEGER, "9223372036854775807"),
    ("255::UTINYINT", "UTINYINT", "UTINYINT", T.INTEGER, "255"),
    ("65535::USMALLINT", "USMALLINT", "USMALLINT", T.INTEGER, "65535"),
    ("4294967295::UINTEGER", "UINTEGER", "UINTEGER", T.INTEGER, "4294967295"),
    ("18446744073709551615::UBIGINT", "UBIGINT", "UBIGINT", T.INTEGER, "18446744073709551615"),
    ("sum(9223372036854775807)", "HUGEINT", "DECIMAL(38,0)", T.INTEGER, "9223372036854775807"),
    (
        "(-99999999999999999999999999999999999999)::HUGEINT",
        *("HUGEINT", "DECIMAL(38,0)", T.INTEGER, "-99999999999999999999999999999999999999"),
    ),
    (
        "170141183460469231731687303715884105727::HUGEINT",
        *("HUGEINT", "VARCHAR", T.INTEGER, "170141183460469231731687303715884105727"),
    ),
    (
        "340282366920938463463374607431768211455::UHUGEINT",
        *("UHUGEINT", "VARCHAR", T.INTEGER, "340282366920938463463374607431768211455"),
    ),
    (
        "'123456789012345678901234567890123456789012345'::BIGNUM",
        *("BIGNUM", "VARCHAR", T.INTEGER, "123456789012345678901234567890123456789012345"),
    ),
    ("0.1::FLOAT", "FLOAT", "FLOAT", T.FLOAT, "0.1"),
    ("'nan'::FLOAT", "FLOAT", "FLOAT", T.FLOAT, "nan"),
    ("0.1::DOUBLE", "DOUBLE", "DOUBLE", T.FLOAT, "0.1"),
    ("'nan'::DOUBLE", "DOUBLE", "DOUBLE", T.FLOAT, "nan"),
    ("'inf'::DOUBLE", "DOUBLE", "DOUBLE", T.FLOAT, "inf"),
    ("'-inf'::DOUBLE", "DOUBLE", "DOUBLE", T.FLOAT, "-inf"),
    ("'-0.0'::DOUBLE", "DOUBLE", "DOUBLE", T.FLOAT, "-0.0"),
    ("12.50::DECIMAL(5,2)", "DECIMAL(5,2)", "DECIMAL(5,2)", T.DECIMAL, "12.50"),
    (
        "'0.12345678901234567890123456789012345678'::DECIMAL(38,38)",
        "DECIMAL(38,38)",
        "DECIMAL(38,38)",
        *(T.DECIMAL, ".12345678901234567890123456789012345678"),
    ),
    ("'a''\"\n\u2028😀'", "VARCHAR", "VARCHAR", T.TEXT, "a'\"\n\u2028😀"),
    ("''", "VARCHAR", "VARCHAR", T.TEXT, ""),
    ("'b'::ENUM('a', 'b')", "ENUM('a', 'b')", "VARCHAR", T.TEXT, "b"),
    ("'0101'::BIT", "BIT", "VARCHAR", T.TEXT, "0101"),
    ("NULL", "NULL", "VARCHAR", T.TEXT, None),
    ("'POINT (1 2)'::GEOMETRY", "GEOMETRY", "VARCHAR", T.TEXT, "POINT (1 2)"),
    ("'\\xAA\\x00b'::BLOB", "BLOB", "BLOB", T.BYTES, "\\xAA\\x00b"),
    ("uuid()::UUID = NULL", "BOOLEAN", "BOOLEAN", T.BOOLEAN, None),
    (
        "'00000000-0000-7000-8000-00000000000a'::UUID",
        *("UUID", "UUID", T.UUID, "00000000-0000-7000-8000-00000000000a"),
    ),
    ("'{\"a\": 1.10}'::JSON", "JSON", "JSON", T.JSON, '{"a": 1.10}'),
    ("DATE '2024-02-29'", "DATE", "DATE", T.DATE, "2024-02-29"),
    ("'infinity'::DATE", "DATE", "DATE", T.DATE, "infinity"),
    ("'0044-03-15 (BC)'::DATE", "DATE", "DATE", T.DATE, "0044-03-15 (BC)"),
    ("TIME '24:00:00'", "TIME", "TIME", T.TIME, "24:00:00"),
    ("'12:00:00.123456789'::TIME_NS", "TIME_NS", "TIME_NS", T.TIME, "12:00:00.123456789"),
    (
        "'12:00:00.5+05:30'::TIMETZ",
        *("TIME WITH TIME ZONE", "VARCHAR", T.TIME, "12:00:00.5+05:30"),
    ),
    (
        "'2024-01-02 03:04:05.123456'::TIMESTAMP",
        *("TIMESTAMP", "TIMESTAMP", T.TIMESTAMP, "2024-01-02 03:04:05.123456"),
    ),
    ("'-infinity'::TIMESTAMP", "TIMESTAMP", "TIMESTAMP", T.TIMESTAMP, "-infinity"),
    (
        "'2024-01-02 03:04:05'::TIMESTAMP_S",
        *("TIMESTAMP_S", "TIMESTAMP", T.TIMESTAMP, "2024-01-02 03:04:05"),
    ),
    (
        "'2024-01-02 03:04:05.123'::TIMESTAMP_MS",
        *("TIMESTAMP_MS", "TIMESTAMP", T.TIMESTAMP, "2024-01-02 03:04:05.123"),
    ),
    (
        "'2024-01-02 03:04:05.123456789'::TIMESTAMP_NS",
        *("TIMESTAMP_NS", "TIMESTAMP_NS", T.TIMESTAMP, "2024-01-02 03:04:05.123456789"),
    ),
    (
        "'2024-01-02 03:04:05+02'::TIMESTAMPTZ",
        "TIMESTAMP WITH TIME ZONE",
        "TIMESTAMP WITH TIME ZONE",
        *(T.TIMESTAMPTZ, "2024-01-02 01:04:05+00"),
    ),
    (
        "INTERVAL '-1 month 2 days 00:00:00.000001'",
        *("INTERVAL", "VARCHAR", T.INTERVAL, "-1 month 2 days 00:00:00.000001"),
    ),
    ("[1, NULL, 3]", "INTEGER[]", "INTEGER[]", T.LIST, "[1, NULL, 3]"),
    ("[]", '"NULL"[]', "VARCHAR[]", T.LIST, "[]"),
    ("[1, 2]::INTEGER[2]", "INTEGER[2]", "INTEGER[]", T.LIST, "[1, 2]"),
    ("[sum(2)]", "HUGEINT[]", "DECIMAL(38,0)[]", T.LIST, "[2]"),
    (
        "[170141183460469231731687303715884105727::HUGEINT]",
        *("HUGEINT[]", "VARCHAR[]", T.LIST, "[170141183460469231731687303715884105727]"),
    ),
    ("[[INTERVAL 1 DAY]]", "INTERVAL[][]", "VARCHAR[][]", T.LIST, "[[1 day]]"),
    (
        "{'a': 1, 'b c': {'h': [1::HUGEINT]}}",
        'STRUCT(a INTEGER, "b c" STRUCT(h HUGEINT[]))',
        'STRUCT(a INTEGER, "b c" STRUCT(h DECIMAL(38,0)[]))',
        *(T.STRUCT, "{'a': 1, 'b c': {'h': [1]}}"),
    ),
    (
        "MAP {1::HUGEINT: '101'::BIT}",
        *("MAP(HUGEINT, BIT)", "MAP(DECIMAL(38,0), VARCHAR)", T.MAP, "{1=101}"),
    ),
    ("row(1, 'a')", "TUPLE(INTEGER, VARCHAR)", "JSON", T.JSON, '[1,"a"]'),
    ("union_value(k := 1::HUGEINT)", "UNION(k HUGEINT)", "JSON", T.JSON, '{"k":1}'),
    ("{'a': 1}::VARIANT", "VARIANT", "JSON", T.JSON, '{"a":1}'),
    ("struct_pack()", "STRUCT", "JSON", T.JSON, "{}"),
    (
        "[{'u': union_value(k := 'x')}]",
        *("STRUCT(u UNION(k VARCHAR))[]", "STRUCT(u JSON)[]", T.LIST, "[{'u': '{\"k\":\"x\"}'}]"),
    ),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBLab]:
    lab = DuckDBLab(tmp_path_factory.mktemp("types"))
    yield lab
    lab.close()


@pytest.mark.parametrize(
    ("expression", "source_type", "stored_type", "logical_type", "text"),
    TYPES,
    ids=[row[0][:40].encode("unicode_escape").decode() for row in TYPES],
)
def test_a_value_survives(
    lab: DuckDBLab,
    expression: str,
    source_type: str,
    stored_type: str,
    logical_type: T,
    text: str | None,
) -> None:
    """The value, and the type that the column names, are what the file holds."""
    run, into = lab.start(f"SELECT {expression} AS v")
    (column,), _ = run.outcome()
    assert (column.source_type, column.stored_type) == (source_type, stored_type)
    assert column.logical_type is logical_type
    with duckdb.connect() as connection:
        connection.execute("SET timezone = 'UTC'")
        stored = connection.sql("SELECT v FROM read_parquet($p)", params={"p": str(into)})
        assert str(stored.types[0]) == stored_type
        assert stored.project("v::VARCHAR").fetchall() == [(text,)]


def test_every_type_of_the_engine_survives(lab: DuckDBLab) -> None:
    """The engine's own table of all types is stored with its extreme values unchanged."""
    run, into = lab.start("SELECT * FROM test_all_types()")
    columns, row_count = run.outcome()
    assert row_count == 3
    with duckdb.connect() as connection:
        connection.execute("SET timezone = 'UTC'")
        for column in columns:
            name = f'"{column.stored_name}"'
            stored = f"SELECT {name}::VARCHAR FROM read_parquet('{into}')"
            given = f"SELECT {name}::{column.stored_type}::VARCHAR FROM test_all_types()"
            assert connection.sql(stored).fetchall() == connection.sql(given).fetchall(), name


def test_a_second_attempt_keeps_its_file(lab: DuckDBLab) -> None:
    """The engine's late clean-up after a first attempt does not take the file of the second."""
    for _ in range(40):
        _, rows = lab.run(f"SELECT {2**127 - 1}::HUGEINT AS v, 1 AS one")
        assert rows == [(str(2**127 - 1), 1)]


def test_a_decimal_sum_of_integers_stays_an_integer(lab: DuckDBLab) -> None:
    """Stored as DECIMAL(38,0), a sum of integers is still an integer to every dialect."""
    (column,), rows = lab.run("SELECT sum(id) FROM things")
    assert column.logical_type is T.INTEGER
    assert rows == [(45,)]


def test_names_that_repeat_are_kept_beside_unique_stored_ones(lab: DuckDBLab) -> None:
    """Display names are the author's; stored names are unique even when case is ignored."""
    columns, _ = lab.run('SELECT 1 AS a, 2 AS a, 3 AS "A", 4 AS a_1, 5 AS "x,""y"')
    assert [column.name for column in columns] == ["a", "a", "A", "a_1", 'x,"y']
    assert [column.stored_name for column in columns] == ["a", "a_2", "A_3", "a_1", 'x,"y']


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    value=st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**127) + 1, 2**127 - 1),
        st.floats(allow_nan=False),
        st.decimals(
            allow_nan=False, allow_infinity=False, places=4, min_value=-1e15, max_value=1e15
        ),
        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        st.dates(),
        st.datetimes(),
    )
)
def test_a_bound_value_comes_back(lab: DuckDBLab, value: object) -> None:
    """Whatever is bound reaches the engine unchanged."""
    ((column,), rows) = lab.run("SELECT $v AS v", {"v": value})
    if column.stored_type == "VARCHAR" and column.logical_type is T.INTEGER:
        value = str(value)
    assert rows == [(value,)]
