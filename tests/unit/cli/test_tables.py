"""Tables on the terminal: aligned, short, and safe to look at."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from standpipe.cli.tables import MAX_CELL, cell, render_table, width


def test_table_aligns_text_left_and_numbers_right() -> None:
    """Columns are as wide as their widest cell."""
    assert render_table(["name", "n"], [["a", 1], ["longer", 1000]]) == [
        "name       n",
        "------  ----",
        "a          1",
        "longer  1000",
    ]


def test_table_without_rows_is_its_head() -> None:
    """No rows is no error."""
    assert render_table(["a", "bb"], []) == ["a  bb", "-  --"]


def test_null_is_empty_and_booleans_are_words() -> None:
    """People see what the values mean; NULL does not turn a column of numbers into text."""
    assert render_table(["x", "y"], [[None, True], [Decimal("2.50"), False]]) == [
        "   x  y",
        "----  ---",
        "      yes",
        "2.50  no",
    ]


def test_wide_characters_take_two_columns() -> None:
    """East Asian text stays aligned, accents take no place of their own."""
    assert (width("売上"), width("é"), width("ab")) == (4, 1, 2)


def test_nested_values_are_one_line() -> None:
    """Lists are joined, objects are JSON."""
    assert (cell(["a", "b"]), cell({"a": 1})) == ("a, b", '{"a": 1}')


def test_control_characters_do_not_reach_the_terminal() -> None:
    """A value cannot clear the screen, start a line or turn the direction around."""
    assert cell("a\x1b[2Jb\nc\u202ed") == "a\\x1b[2Jb\\nc\\u202ed"


@given(st.text())
def test_cell_is_always_one_short_printable_line(text: str) -> None:
    """Whatever the value, a cell has one line and a limited length."""
    shown = cell(text)
    assert len(shown) <= MAX_CELL
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown
