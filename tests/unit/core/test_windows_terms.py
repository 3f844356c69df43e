"""Sorts, groupings, aggregates and lists of columns, read from text."""

import pytest

from standpipe.core.errors import WindowInvalid
from standpipe.core.windows import parse_aggregates, parse_columns, parse_group, parse_sort
from standpipe.core.windows.syntax import Call, Literal, Name, Node, OutputTerm, SortTerm

A, B = Name(text="a"), Name(text="b c", is_quoted=True)


def call(name: str, *arguments: Node, **marks: bool) -> Call:
    return Call(name=name, arguments=arguments, **marks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", [SortTerm(node=A)]),
        ("a asc", [SortTerm(node=A)]),
        ("a DESC", [SortTerm(node=A, is_descending=True)]),
        ("a nulls first", [SortTerm(node=A, nulls_first=True)]),
        ("a desc NULLS LAST", [SortTerm(node=A, is_descending=True)]),
        ("-a", [SortTerm(node=A, is_descending=True)]),
        ('-"b c" nulls first', [SortTerm(node=B, is_descending=True, nulls_first=True)]),
        (
            'a, "b c" desc nulls first, lower(a)',
            [
                SortTerm(node=A),
                SortTerm(node=B, is_descending=True, nulls_first=True),
                SortTerm(node=call("lower", A)),
            ],
        ),
        ("date desc", [SortTerm(node=Name(text="date"), is_descending=True)]),
        ("desc, first", [SortTerm(node=Name(text="desc")), SortTerm(node=Name(text="first"))]),
        ("-1", [SortTerm(node=Literal(value=-1))]),
    ],
)  # fmt: skip
def test_a_sort_is_read(text: str, expected: list[SortTerm]) -> None:
    """Terms go up unless they are said to go down; nulls come last unless said first."""
    assert parse_sort(text) == tuple(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", [OutputTerm(node=A, text="a")]),
        ('"b c"', [OutputTerm(node=B, text='"b c"')]),
        (
            "a, date_trunc('month',  day) as month",
            [
                OutputTerm(node=A, text="a"),
                OutputTerm(
                    node=call("date_trunc", Literal(value="month"), Name(text="day")),
                    text="date_trunc('month', day)",
                    alias="month",
                ),
            ],
        ),
        ("a Region", [OutputTerm(node=A, text="a", alias="Region")]),
        ('a as "b c"', [OutputTerm(node=A, text="a", alias="b c")]),
    ],
)
def test_a_grouping_is_read(text: str, expected: list[OutputTerm]) -> None:
    """A key is a column or a function of one, with or without a name of its own."""
    assert parse_group(text) == tuple(expected)


def test_aggregates_are_read() -> None:
    """An aggregate is a function of a group; ``*`` and DISTINCT are marks of it."""
    text = "count(*), count(DISTINCT a) AS n, sum(a) total, Round(avg(a), 2)"
    assert parse_aggregates(text) == (
        OutputTerm(node=call("count", is_star=True), text="count(*)"),
        OutputTerm(node=call("count", A, is_distinct=True), text="count(DISTINCT a)", alias="n"),
        OutputTerm(node=call("sum", A), text="sum(a)", alias="total"),
        OutputTerm(node=call("round", call("avg", A), Literal(value=2)), text="Round(avg(a), 2)"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ("a",)),
        ("a,b", ("a", "b")),
        (" a , b c\n", ("a", "b c")),
        ('"a,b",c', ("a,b", "c")),
        (' "a" , "b ""c""" ', ("a", 'b "c"')),
        (r'"a \"b\"","c\\d"', ('a "b"', r"c\d")),
        (r'"a\b"', (r"a\b",)),
        ('""', ("",)),
        ("24 Hours' Volume (😀)", ("24 Hours' Volume (😀)",)),
        ('a"b', ('a"b',)),
        ("a,a", ("a", "a")),
    ],
)
def test_columns_are_read(text: str, expected: tuple[str, ...]) -> None:
    """Names are taken as they stand between commas; quotes are for names with commas."""
    assert parse_columns(text) == expected


@pytest.mark.parametrize(
    ("parse", "text", "part", "position", "message"),
    [
        (parse_sort, "", "sort", 0, "The sort is empty."),
        (parse_sort, "a,", "sort", 2, "The sort ends too early."),
        (parse_sort, "a up", "sort", 2, "Unexpected 'up' in the sort."),
        (parse_sort, "a nulls", "sort", 7, "The sort ends too early."),
        (parse_sort, "a nulls up", "sort", 8, "Unexpected 'up' in the sort."),
        (parse_sort, "-a desc", "sort", 3, "Unexpected 'desc' in the sort."),
        (parse_sort, "-lower(a), -", "sort", 12, "The sort ends too early."),
        (parse_sort, "a desc desc", "sort", 7, "Unexpected 'desc' in the sort."),
        (parse_sort, "a " * 9_000, "sort", 16_000, "The text of the sort has 18,000 characters."),
        (parse_sort, "a," * 2_000, "sort", 2_001, "Unexpected ',' in the sort."),
        (parse_sort, "(" * 200, "sort", 100, "The sort is nested too deep."),
        (parse_group, "a as", "group", 4, "The group ends too early."),
        (parse_group, "a as 'x'", "group", 5, "Unexpected \"'x'\" in the group."),
        (parse_group, "a b c", "group", 4, "Unexpected 'c' in the group."),
        (parse_group, "a::text" + "::text" * 100, "group", 0, "The group is nested too deep."),
        (parse_aggregates, "", "aggregate", 0, "The aggregate is empty."),
        (parse_aggregates, "count(*", "aggregate", 7, "The aggregate ends too early."),
        (parse_aggregates, "sum(a) as and", "aggregate", 10, "Unexpected 'and'"),
        (parse_columns, "", "columns", 0, "The name of a column is missing."),
        (parse_columns, "a,,b", "columns", 2, "The name of a column is missing."),
        (parse_columns, "a, ", "columns", 3, "The name of a column is missing."),
        (parse_columns, 'a, "b', "columns", 3, "'\"b' is not a name in quotes."),
        (parse_columns, '"b" c', "columns", 0, "'\"b\" c' is not a name"),
        (parse_columns, "\ud800", "columns", 0, "The text of the columns holds half"),
    ],
)  # fmt: skip
def test_errors_say_which_part_and_where(parse, text, part, position, message) -> None:
    """Each list is a part of the window with a name, and a place in its text."""
    with pytest.raises(WindowInvalid) as caught:
        parse(text)
    assert (caught.value.part, caught.value.position) == (part, position)
    assert caught.value.message.startswith(message)
