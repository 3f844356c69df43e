"""Where an engine's error is in the text that the author wrote."""

from typing import Any

import duckdb
import pytest

from standpipe.core.executions import Statement
from standpipe.sql.error_places import ErrorPlace, find_place
from standpipe.sql.transpile import to_duckdb

LONG = ", ".join(f"{number} AS column_number_{number}" for number in range(30))


def place(text: str, display: str | None = None, **values: Any) -> ErrorPlace | None:
    """Ask DuckDB, and take its message apart."""
    statement = Statement(text=text, values=values, display=display or text)
    with duckdb.connect() as database:
        try:
            database.execute(text, values or None)
        except duckdb.Error as error:
            return find_place(str(error), statement)
    raise AssertionError("nothing was wrong")


@pytest.mark.parametrize(
    ("sql", "line", "column"),
    [
        ("SELECT nope", 1, 8),
        ("SELECT 1,\n  bad + 2", 2, 3),
        ("SELEC 1", 1, 1),
        ("SELECT x FROM (SELECT 1\n\nFROM nothere)", 3, 6),
        ("SELECT 'ééé', nope", 1, 15),
        (f"SELECT {LONG}, nope, {LONG}", 1, 10 + len(LONG)),
        ("SELECT '...', nope", 1, 15),
    ],
)
def test_the_caret_is_where_the_author_looks(sql: str, line: int, column: int) -> None:
    """Lines and columns begin with 1; long lines are shown in part."""
    assert place(sql) == ErrorPlace(line, column)


def test_a_value_hides_the_column_behind_it() -> None:
    """The author wrote a placeholder there, of whatever length."""
    assert place("SELECT nope, $p1", "SELECT nope, 5", p1=5) == ErrorPlace(1, 8)
    assert place("SELECT $p1, nope", "SELECT 5, nope", p1=5) == ErrorPlace(1, None)
    many = ", ".join(["$p1"] * 300)
    asked, written = f"SELECT {many}, nope", f"SELECT {many}, nope".replace("$p1", "5, 5")
    assert place(asked, written, p1=5) == ErrorPlace(1, None)
    assert place(asked, written.replace("nope", "other"), p1=5) is None
    assert place("SELECT $p1,\nnope", "SELECT 5,\nnope", p1=5) == ErrorPlace(2, 1)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select nope, nope", ErrorPlace(1, 8)),
        ("select date_format(now(), '%Y'),\n  approx_distinct(nope)", ErrorPlace(2, 19)),
        ("select approx_distinct(nope), nope", None),
    ],
)
def test_a_translation_has_the_place_where_it_can_be_known(
    sql: str, found: ErrorPlace | None
) -> None:
    """By what stands before it, or by its only word."""
    assert place(to_duckdb(sql), sql) == found


def test_a_message_without_a_place_has_none() -> None:
    """Neither has one whose line is not there."""
    statement = Statement(text="SELECT 1", display="SELECT 1")
    assert find_place("Out of memory", statement) is None
    assert find_place("LINE 7: SELECT 1\n        ^", statement) is None
    assert find_place("LINE 1: SELECT 2\n        ^", statement) is None
