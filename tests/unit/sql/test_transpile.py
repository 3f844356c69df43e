"""Trino's SQL becomes DuckDB's: what is kept, what is left alone and what is refused."""

import subprocess
import sys
from typing import Any

import duckdb
import pytest

from standpipe.core.errors import StatementRefused
from standpipe.sql.transpile import to_duckdb
from standpipe.sql.trino.functions import TEMPLATES


def _execute(text: str, values: Any = None) -> duckdb.DuckDBPyConnection:
    """Run a statement on a connection of its own: an unread result keeps it busy."""
    return duckdb.connect().execute(text, values)


def test_placeholders_stay() -> None:
    """A bound name stands where it stood; one in a text or a comment is no placeholder."""
    text = to_duckdb("SELECT x FROM t WHERE y = $p1 AND z = '$p2' -- $p3\nLIMIT $p4")
    assert text == "SELECT x FROM t WHERE y = $p1 AND z = '$p2'\nLIMIT $p4"


def test_bound_values_reach_duckdb() -> None:
    """The translation runs with the values of the statement that was bound."""
    text = to_duckdb(
        "SELECT date_add('day', $p1, DATE '2020-01-01'), slice(ARRAY[1, 2, 3], $p2, 1),"
        " json_extract_scalar('{\"a\": 5}', $p3), 7 / $p1, greatest($p1, $p2)"
    )
    found = _execute(text, {"p1": 2, "p2": 3, "p3": "$.a"}).fetchall()
    assert [str(each) for each in found[0]] == ["2020-01-03", "[3]", "5", "3", "3"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 -- it's */ one",
        "SELECT /* '; DROP TABLE t; -- */ 1",
        "-- first\nSELECT 1",
        "SELECT 1 /* {{x}} $p1 */;",
    ],
)
def test_comments_go(sql: str) -> None:
    """Whatever a comment holds, it cannot become a part of the statement."""
    assert to_duckdb(sql).strip() == "SELECT 1 AS _col0"


@pytest.mark.parametrize(
    "text", ["it''s", "a\\b", "--", "/*", "$p1", "{{x}}", "''", "\n", "\t", "é😀", ";", '"', "\\''"]
)
def test_texts_stay(text: str) -> None:
    """A text is the same text afterwards."""
    found = _execute(to_duckdb(f"SELECT '{text}'")).fetchall()
    assert found == [(text.replace("''", "'"),)]


def test_words_stay_on_their_lines() -> None:
    """DuckDB's error names the line that the author wrote."""
    sql = "SELECT\n  date_trunc('day', t) AS d,\n  -- a comment\n  wrong_function(x)\nFROM t"
    assert to_duckdb(sql).split("\n")[3].strip().startswith("WRONG_FUNCTION(x)")


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT 1, x, x + 1, count(*) AS n FROM (VALUES 1) AS t(x) GROUP BY x", "_col0 x _col2 n"),
        ("VALUES (1, 2)", "_col0 _col1"),
        ("SELECT 1 UNION ALL SELECT 2", "_col0"),
        ("WITH a AS (SELECT 1 AS x) SELECT max(x), (x) FROM a GROUP BY x", "_col0 x"),
        ("(VALUES 1) UNION ALL SELECT 2", "_col0"),
        ("SELECT * FROM (VALUES (1, 2))", "_col0 _col1"),
    ],
)
def test_columns_without_names_are_counted(sql: str, names: str) -> None:
    """They are called as Trino calls them."""
    found = _execute(to_duckdb(sql)).description
    assert [column[0] for column in found] == names.split()


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW TABLES",
        "DESCRIBE t",
        "EXPLAIN SELECT 1",
        "INSERT INTO t VALUES (1)",
        "SELECT list_transform([1], lambda x: x + 1)",
        "SELECT x FROM t QUALIFY row_number() OVER () = 1",
        "PIVOT t ON x USING sum(y)",
    ],
)
def test_what_is_not_trinos_is_left_alone(sql: str) -> None:
    """It is for whoever runs it to judge."""
    assert to_duckdb(sql) == sql


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT x::int FROM (VALUES ('1')) t(x)", [(1,)]),
        ("FROM (VALUES (1)) t(x)", [(1,)]),
        ("SELECT * EXCLUDE (y) FROM (VALUES (1, 2)) t(x, y)", [(1,)]),
        ("SELECT [1, 2][2], {'a': 1}.a", [(2, 1)]),
        ("""SELECT a -> 'b', a ->> '$.b' FROM (SELECT JSON '{"b": 1}' AS a)""", [("1", "1")]),
        ("SELECT list_sum([1, 2]), strftime(DATE '2020-01-01', '%Y')", [(3, "2020")]),
    ],
)
def test_duckdbs_own_words_still_work(sql: str, rows: list[tuple[object, ...]]) -> None:
    """What Trino does not have is DuckDB's."""
    assert _execute(to_duckdb(sql)).fetchall() == rows


@pytest.mark.parametrize(
    ("sql", "where"),
    [
        ("SELECT\n  (", "Line 2, column 3: something is missing"),
        ("SELECT 'abc", ""),
        ("SELECT ? OFFSET ?", "'?' cannot stand"),
        ("SELECT FROM WHERE", "Line 1"),
        ("SELECT 1; SELECT 2", "one query"),
        ("-- nothing", "one query"),
        ("", "one query"),
        ("SELECT " + "(" * 2000 + "1" + ")" * 2000, ""),
        ("SELECT " + "ARRAY[" * 30 + "1" + "]" * 30, ""),
        ("SELECT " + "slice(a, " * 30 + "1" + ", 2)" * 30, ""),
    ],
)
def test_what_nobody_reads_is_refused(sql: str, where: str) -> None:
    """At once, and with the place where it is known."""
    with pytest.raises(StatementRefused) as caught:
        to_duckdb(sql)
    assert where in caught.value.detail


def test_import_is_late() -> None:
    """Naming the function loads no parser: the terminal and the web process start without it."""
    code = "import sys, standpipe.sql.transpile; print('sqlglot' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert shown.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "count"), [pytest.param(*call, id=f"{call[0]}/{call[1]}") for call in TEMPLATES]
)
def test_every_template_names_what_duckdb_has(name: str, count: int) -> None:
    """A function of the table that DuckDB does not know would be found by nobody but its user."""
    text = to_duckdb(f"SELECT {name}({', '.join(['NULL'] * count)})")
    try:
        _execute(text)
    except (duckdb.CatalogException, duckdb.ParserException) as error:
        pytest.fail(str(error))
    except duckdb.Error:
        pass  # NULL is no argument for all of them
