"""What uploaded tables and their columns may be called."""

import pytest

from standpipe.core.errors import FieldInvalid, FieldMissing
from standpipe.core.tables import (
    MOST_COLUMNS,
    TableColumn,
    TableColumnType,
    check_columns,
    check_table_name,
    handle_of,
    read_column_type,
    to_column_names,
    to_table_name,
)


@pytest.mark.parametrize("name", ["a", "rates_2024", "z9_"])
def test_a_name_of_a_table_is_plain(name: str) -> None:
    """A small letter, then small letters, digits and underscores."""
    assert check_table_name(name) == name


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("Rates", "rates"), ("1st", "t_1st"), ("_x", "x"), ("a b-c", "a_b_c"), ("é", "table")],
)
def test_another_name_is_refused_with_one_that_would_do(name: str, nearest: str) -> None:
    """The field is named too."""
    assert to_table_name(name) == nearest
    with pytest.raises(FieldInvalid, match=f"table_name: '{name}'.*Try '{nearest}'"):
        check_table_name(name)
    assert check_table_name(nearest) == nearest


def test_a_missing_name_is_missing() -> None:
    """Which is another error."""
    with pytest.raises(FieldMissing, match="name is missing"):
        check_table_name("", "name")


@pytest.mark.parametrize("name", ["", "1a", "a b", "a.b", 'a"b', "ä", "a\n"])
def test_a_column_that_cannot_be_named_so_is_refused(name: str) -> None:
    """By its place in the schema."""
    columns = [TableColumn(name=each, type=TableColumnType.DATE) for each in ("_ok", name)]
    with pytest.raises(FieldInvalid, match=r"schema\[1\]\.name"):
        check_columns(columns)


def test_a_table_has_some_columns_but_not_too_many() -> None:
    """None is another error."""
    with pytest.raises(FieldMissing, match="schema"):
        check_columns(())
    columns = [TableColumn(name=f"c{n}", type=TableColumnType.DATE) for n in range(501)]
    assert len(check_columns(columns[:MOST_COLUMNS])) == MOST_COLUMNS
    with pytest.raises(FieldInvalid, match="501 columns"):
        check_columns(columns)


def test_types_are_read_in_any_case() -> None:
    """Another one is refused with those that are allowed."""
    assert read_column_type(" UINT256", "schema[0].type") is TableColumnType.UINT256
    with pytest.raises(FieldInvalid, match=r"schema\[0\]\.type: 'text'.*varchar"):
        read_column_type("text", "schema[0].type")


def test_headers_become_names_that_are_apart() -> None:
    """As near as can be; what has no name gets one."""
    header = ["Total Value", "total_value", "1st", "", "a", "A", "a_1"]
    names = to_column_names(header)
    assert names == ("Total_Value", "total_value_1", "_1st", "column_4", "a", "A_1", "a_1_1")
    check_columns([TableColumn(name=name, type=TableColumnType.DATE) for name in names])


def test_a_handle_is_a_name_in_small_letters() -> None:
    """Never one that databases use for schemas of their own."""
    names = ["Ada Lovelace", "main", "Émile", "1inch", "!", "team-x"]
    handles = ["ada_lovelace", "main_", "mile", "1inch", "user", "team_x"]
    assert [handle_of(name) for name in names] == handles
