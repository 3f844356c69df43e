"""The names of DuckDB types, as DuckDB prints them."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.columns import LogicalType
from standpipe.core.stored_types import StoredType, parse_stored_type

INTEGER = StoredType("INTEGER")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INTEGER", INTEGER),
        ("DECIMAL(12,2)", StoredType("DECIMAL", (12, 2))),
        ("TIMESTAMP WITH TIME ZONE", StoredType("TIMESTAMP WITH TIME ZONE")),
        ("INTEGER[]", StoredType("LIST", parts=(("", INTEGER),))),
        (
            "INTEGER[3][]",
            StoredType("LIST", parts=(("", StoredType("LIST", parts=(("", INTEGER),))),)),
        ),
        (
            'STRUCT(a INTEGER, "b, c""(" DECIMAL(4,2)[])',
            StoredType(
                "STRUCT",
                parts=(
                    ("a", INTEGER),
                    ('b, c"(', StoredType("LIST", parts=(("", StoredType("DECIMAL", (4, 2))),))),
                ),
            ),
        ),
        (
            "MAP(VARCHAR, INTEGER)",
            StoredType("MAP", parts=(("", StoredType("VARCHAR")), ("", INTEGER))),
        ),
        ("ENUM('a', 'b)')", StoredType("ENUM")),
        ("GEOMETRY('OGC:CRS84')", StoredType("GEOMETRY")),
        ("STRUCT(a INTEGER", StoredType("STRUCT(A INTEGER")),
        ("INTEGER[", StoredType("INTEGER[")),
        ("INTEGER %", StoredType("INTEGER %")),
        ("MAP(])", StoredType("MAP(])")),
        (")", StoredType(")")),
        ("", StoredType("")),
    ],
)
def test_stored_type_is_read_as_a_tree(text: str, expected: StoredType) -> None:
    """Every name is read; what makes no sense becomes a type of that name."""
    assert parse_stored_type(text) == expected


@pytest.mark.parametrize(
    ("text", "logical"),
    [
        ("UHUGEINT", LogicalType.INTEGER),
        ("DECIMAL(38,0)", LogicalType.INTEGER),
        ("DECIMAL(38,2)", LogicalType.DECIMAL),
        ("TIMESTAMP_NS", LogicalType.TIMESTAMP),
        ("TIMESTAMP WITH TIME ZONE", LogicalType.TIMESTAMPTZ),
        ("STRUCT(a INTEGER)", LogicalType.STRUCT),
        ('"NULL"', LogicalType.TEXT),
        ("SOMETHING NEW", LogicalType.TEXT),
        ("MAP(VARCHAR)", LogicalType.TEXT),
        ("LIST", LogicalType.TEXT),
    ],
)
def test_stored_type_has_a_meaning(text: str, logical: LogicalType) -> None:
    """Each stored type means one logical type; an unknown one is text."""
    assert parse_stored_type(text).logical_type is logical


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)


@given(names=st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold))
def test_names_of_fields_are_read_as_duckdb_prints_them(names: list[str]) -> None:
    """Whatever a field is called, its name survives."""
    fields = ", ".join('"' + name.replace('"', '""') + '" INTEGER' for name in names)
    with duckdb.connect() as database:
        (row,) = database.execute(f"SELECT typeof(NULL::STRUCT({fields}))").fetchall()
    assert [name for name, _ in parse_stored_type(row[0]).parts] == names


@given(text=st.text(max_size=40) | st.text("()[],\"' aA1", max_size=20))
def test_any_text_is_a_type(text: str) -> None:
    """No text breaks the reading of types."""
    assert isinstance(parse_stored_type(text), StoredType)
