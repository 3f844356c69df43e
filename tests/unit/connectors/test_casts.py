"""Stored names and types of columns."""

from duckdb.sqltypes import DuckDBPyType
from hypothesis import given
from hypothesis import strategies as st

from standpipe.connectors.duckdb.casts import cast_columns, holds_hugeint, select_list

INTEGER = DuckDBPyType("INTEGER")

names = st.lists(st.sampled_from(["a", "A", "a_1", "A_1", "", "b", "é", "É", "a_2", "column1"]))


@given(names)
def test_stored_names_are_unique_ignoring_case(display: list[str]) -> None:
    """No two stored names are alike, and none is empty; display names stay as they were."""
    columns = cast_columns(display, [INTEGER] * len(display))
    stored = [column.stored_name.lower() for column in columns]
    assert len(set(stored)) == len(stored)
    assert all(stored)
    assert [column.name for column in columns] == display


@given(names)
def test_a_name_that_does_not_repeat_is_stored_as_it_is(display: list[str]) -> None:
    """A number is put behind repeated names only."""
    lowered = [name.lower() for name in display]
    for column in cast_columns(display, [INTEGER] * len(display)):
        if column.name and lowered.count(column.name.lower()) == 1 and "" not in display:
            assert column.stored_name == column.name


def test_an_empty_name_is_stored_by_position() -> None:
    """A column needs a name in a file."""
    assert [column.stored_name for column in cast_columns(["x", ""], [INTEGER, INTEGER])] == [
        "x",
        "column2",
    ]


def test_only_what_needs_a_cast_gets_one() -> None:
    """Types that COPY keeps are left alone; names are quoted."""
    columns = cast_columns(['a"b', "h"], [INTEGER, DuckDBPyType("HUGEINT")])
    assert select_list(columns) == '#1 AS "a""b", #2::DECIMAL(38,0) AS "h"'


def test_a_hugeint_is_found_at_any_depth() -> None:
    """Lists, structs and maps are searched."""
    deep = DuckDBPyType("STRUCT(a MAP(VARCHAR, HUGEINT[]))")
    assert holds_hugeint(deep)
    assert not holds_hugeint(DuckDBPyType("STRUCT(a MAP(VARCHAR, UHUGEINT[]))"))
    assert not holds_hugeint(DuckDBPyType("DECIMAL(38,0)"))
