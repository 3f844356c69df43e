"""Ends of statements, added limits, and the identity of a statement."""

from datetime import date
from decimal import Decimal

import pytest

from standpipe.core.executions import Statement
from standpipe.sql.auto_limit import with_auto_limit
from standpipe.sql.fingerprint import fingerprint, redash_query_hash
from standpipe.sql.statements import strip_terminator


@pytest.mark.parametrize(
    ("sql", "stripped"),
    [
        ("select 1", "select 1"),
        ("  select 1 ;  ", "select 1"),
        ("select 1;;\n;", "select 1"),
        ("select 1; -- note", "select 1"),
        ("select 1 -- note", "select 1"),
        ("select 1 /* a */;", "select 1 /* a */"),
        ("select 1 /* a */", "select 1"),
        ("-- head\nselect ';' /* ; */ + 1;", "-- head\nselect ';' /* ; */ + 1"),
        ("select 1 ; select 2 ;", "select 1;\nselect 2"),
        ("select 1; -- a\n-- b\n/* c */ select 2", "select 1;\n/* c */ select 2"),
        ("select 'open; ", "select 'open;"),
        (" -- nothing", ""),
        (";", ""),
        ("", ""),
        ("select '{{x}};' -- {{y}};", "select '{{x}};'"),
    ],
)
def test_the_end_of_a_text_is_stripped_of_semicolons_and_comments(sql, stripped):
    """As Redash sends it on; several statements stay several."""
    assert strip_terminator(sql, "duckdb") == stripped


@pytest.mark.parametrize(
    ("sql", "limited"),
    [
        ("select * from t", "select * from t LIMIT 1000"),
        ("SELECT * from (select 1 limit 5)", "SELECT * from (select 1 limit 5) LIMIT 1000"),
        ("select 1 -- note", "select 1 LIMIT 1000 -- note"),
        ("select 1; select 2", "select 1; select 2 LIMIT 1000"),
        ("select 1 limit 2 union select 3", "select 1 limit 2 union select 3 LIMIT 1000"),
        ("select 'limit' from limits", "select 'limit' from limits LIMIT 1000"),
        ("select 1 limit 5", "select 1 limit 5"),
        ("select 1 limit 5 offset 2", "select 1 limit 5 offset 2"),
        ("select 1 fetch first 5 rows only", "select 1 fetch first 5 rows only"),
        ("with a as (select 1) select * from a", "with a as (select 1) select * from a"),
        ("-- head\nselect 1", "-- head\nselect 1"),
        ("describe t", "describe t"),
        ("select 'open", "select 'open"),
        ("", ""),
    ],
)
def test_a_limit_is_added_to_a_select_without_one(sql, limited):
    """And to nothing else."""
    assert with_auto_limit(sql, "duckdb") == limited


def mark(sql, values=(), source=1, policy=""):
    return fingerprint(Statement(text=sql, values=dict(values), display=sql), source, policy)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT  a,b /* note */\nFROM t -- end",
        "SELECT a , b FROM t;",
        "\n-- head\nSELECT a, b FROM\tt ;;",
    ],
)
def test_white_space_and_comments_do_not_count(sql):
    """The same statement is the same run."""
    assert mark(sql) == mark("SELECT a, b FROM t")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select 'a b'", "select 'ab'"),
        ("select 'a  b'", "select 'a b'"),
        ("select 'A'", "select 'a'"),
        ('select "a b"', 'select "a  b"'),
        ("select 1 - -1", "select 1 --1"),
        ("select 1 x", "select 1x"),
        ("select 'a'\n'b'", "select 'a' 'b'"),
        ("select 'a;'", "select 'a'"),
        ("select /*+ fast */ 1", "select /*+ slow */ 1"),
        ("select 'open ", "select 'open  x"),
        ("select U & 'x'", "select U&'x'"),
    ],
)
def test_what_may_change_the_result_counts(one, other):
    """Better two runs than one wrong answer."""
    assert mark(one) != mark(other)


def test_values_count_with_their_types():
    """1, 1.0, '1' and true are four values, and NULL is no text."""
    values = [1, 1.0, "1", True, Decimal(1), None, "None", date(2026, 1, 1), "2026-01-01"]
    assert len({mark("select $p1", {"p1": value}) for value in values}) == len(values)


def test_source_and_policy_count():
    """Another database or another row filter is another result."""
    marks = {mark("select 1"), mark("select 1", source=2), mark("select 1", policy="p")}
    assert len(marks) == 3


def test_a_fingerprint_is_64_hex_digits():
    """As the column of the store is declared."""
    assert len(mark("select 1")) == 64
    assert int(mark("select 1"), 16)


@pytest.mark.parametrize(
    ("text", "squeezed"),
    [
        ("select 1", b"select1"),
        ("SELECT  'a b' /* c */ /**/\n-- d", b"SELECT'ab'--d"),
        ("a /* b\n*/ c", b"a/*b*/c"),
        ("é", "é".encode()),
    ],
)
def test_the_hash_of_redash_forgets_white_space_and_one_line_comments(text, squeezed):
    """Letter case stays, and so do comments over several lines."""
    import hashlib

    assert redash_query_hash(text) == hashlib.md5(squeezed).hexdigest()
