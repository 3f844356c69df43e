"""The fence: one reading statement passes, without its closing semicolons."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.connectors.duckdb.fence import is_pivot, single_reading_statement, wrap
from standpipe.core.errors import SourceFailed, StandpipeError, StatementRefused

READING = [
    "SELECT 1",
    "(SELECT 1)",
    "FROM range(3)",
    "VALUES (1)",
    "TABLE t",
    "WITH a AS (SELECT 1) FROM a",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) FROM r",
    "DESCRIBE t",
    "SUMMARIZE t",
    "SHOW TABLES",
    "PIVOT t ON a USING sum(b)",
    "WITH t AS (SELECT 1 a) PIVOT t ON a USING count(*)",
    "UNPIVOT t ON a INTO NAME n VALUE v",
    "SELECT ';' AS \"x;\"",
    "SELECT $$;$$",
    "SELECT 'é' -- ;",
]

PIECES = [
    "SELECT 1",
    "'",
    '"',
    ";",
    "--",
    "/*",
    "*/",
    "$$",
    "(",
    ")",
    "\n",
    "é",
    " AS a",
    "COPY t TO 'x'",
]


@pytest.mark.parametrize("statement", READING)
@pytest.mark.parametrize("end", ["", ";", " ;;\n", "; -- done;\n;", ";/* a; */"])
def test_a_reading_statement_passes_without_its_end(statement: str, end: str) -> None:
    """What comes back is the statement itself; it can stand in a subquery."""
    given_text = statement + ("\n" if "--" in statement else "") + end
    assert single_reading_statement(given_text).strip() == statement.strip()


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DROP TABLE t", "DROP"),
        ("COPY (PIVOT t ON a USING sum(b)) TO 'x'", "COPY"),
        ("CREATE TABLE x AS PIVOT t ON a USING sum(b)", "CREATE"),
        ("EXPLAIN PIVOT t ON a USING sum(b)", "EXPLAIN"),
        ("EXPLAIN ANALYZE SELECT 1", "EXPLAIN"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("SELECT 1; DROP TABLE t;", "2 statements"),
        (";;", "empty"),
    ],
)
def test_a_refusal_names_what_was_found(statement: str, kind: str) -> None:
    """The author learns what was found and what is allowed."""
    with pytest.raises(StatementRefused, match=kind) as caught:
        single_reading_statement(statement)
    assert "Allowed: one SELECT" in caught.value.detail


def test_a_statement_that_cannot_be_parsed_brings_the_engines_message() -> None:
    """A syntax error points at the author's line."""
    with pytest.raises(SourceFailed, match="LINE 2: SELEC"):
        single_reading_statement("\nSELEC 1")


def test_only_a_pivot_runs_in_two_halves() -> None:
    """PIVOT without a list of values first looks for its columns."""
    assert is_pivot("PIVOT t ON a USING sum(b)")
    assert not is_pivot("SELECT 1")


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_what_passes_is_one_statement_inside_a_subquery(text: str) -> None:
    """Whatever is put together, nothing that passes can end the subquery it is put into."""
    try:
        statement = single_reading_statement(text)
    except StandpipeError:
        return
    (wrapped,) = duckdb.extract_statements(wrap(statement))
    assert wrapped.type.name in ("SELECT", "MULTI")
    (bare,) = duckdb.extract_statements(statement)
    assert bare.type == wrapped.type
