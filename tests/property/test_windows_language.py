"""Filters of every shape are read back as they were meant; nothing else gets through a check."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import WindowInvalid
from standpipe.core.windows import (
    WindowAsk,
    check_window,
    parse_aggregates,
    parse_columns,
    parse_filter,
    parse_group,
    parse_sort,
)
from standpipe.core.windows.limits import children
from standpipe.core.windows.syntax import (
    Between,
    Both,
    Call,
    Cast,
    Comparison,
    Either,
    Is,
    Likeness,
    Literal,
    Membership,
    Moment,
    Name,
    Negation,
    Node,
    Operator,
    OutputTerm,
    Shift,
    SortTerm,
    TypedLiteral,
    Unit,
)

NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
TYPES = {
    "i": ("BIGINT", LogicalType.INTEGER),
    "d": ("DECIMAL(12,2)", LogicalType.DECIMAL),
    "f": ("FLOAT", LogicalType.FLOAT),
    "b": ("BOOLEAN", LogicalType.BOOLEAN),
    "s": ("VARCHAR", LogicalType.TEXT),
    "day": ("DATE", LogicalType.DATE),
    "ts": ("TIMESTAMP", LogicalType.TIMESTAMP),
    "tz": ("TIMESTAMP WITH TIME ZONE", LogicalType.TIMESTAMPTZ),
    "t": ("TIME", LogicalType.TIME),
    "u": ("UUID", LogicalType.UUID),
    "x": ("BLOB", LogicalType.BYTES),
    "tags": ("VARCHAR[]", LogicalType.LIST),
    "b c": ("INTEGER", LogicalType.INTEGER),
    "and": ("INTEGER", LogicalType.INTEGER),
}
COLUMNS = [
    Column(name=name, stored_name=name, logical_type=logical, stored_type=stored, source_type="?")
    for name, (stored, logical) in TYPES.items()
]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN_NAMES = [name for name in TYPES if name not in {"b c", "and"}]
FUNCTIONS = ["lower", "length", "substr", "abs", "round", "coalesce", "date_trunc", "sum", "nope"]
CAST_TYPES = ["integer", "double precision", "text", "date", "timestamp with time zone", "nope"]

names = st.one_of(
    st.sampled_from(PLAIN_NAMES).map(lambda text: Name(text=text)),
    (TEXTS | st.sampled_from(list(TYPES))).map(lambda text: Name(text=text, is_quoted=True)),
)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)
literals = st.one_of(
    TEXTS,
    st.sampled_from(["2024-03-01", "12:30", "0xab", "5.5", "month", "true"]),
    st.integers(min_value=-(10**60), max_value=10**60),
    decimals.filter(lambda number: abs(int(number.as_tuple().exponent)) < 300),
    st.binary(max_size=8),
    st.booleans(),
    st.none(),
).map(lambda value: Literal(value=value))
typed_literals = st.builds(
    TypedLiteral, kind=st.sampled_from(["date", "timestamp"]), text=TEXTS | st.just("2024-03-01")
)
shifts = st.builds(
    Shift, count=st.integers(min_value=-(10**6), max_value=10**6), unit=st.sampled_from(Unit)
)
moments = st.builds(Moment, is_today=st.booleans(), shifts=st.lists(shifts, max_size=3).map(tuple))


def compounds(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    escapes = st.none() | st.sampled_from(["!", "\\", "'", "ab"])
    return st.one_of(
        st.builds(Comparison, operator=st.sampled_from(Operator), left=inner, right=inner),
        st.builds(Membership, operand=inner, members=some, is_negated=st.booleans()),
        st.builds(Between, operand=inner, low=inner, high=inner, is_negated=st.booleans()),
        st.builds(
            Likeness,
            operand=inner,
            pattern=TEXTS,
            escape=escapes,
            ignores_case=st.booleans(),
            is_negated=st.booleans(),
        ),
        st.builds(
            Is, operand=inner, what=st.sampled_from([None, True, False]), is_negated=st.booleans()
        ),
        st.builds(Both, parts=several),
        st.builds(Either, parts=several),
        st.builds(Negation, operand=inner),
        st.builds(
            Call,
            name=st.sampled_from(FUNCTIONS),
            arguments=st.lists(inner, max_size=3).map(tuple),
        ),
        st.builds(Call, name=st.just("count"), arguments=some, is_distinct=st.just(True)),
        st.just(Call(name="count", arguments=(), is_star=True)),
        st.builds(Cast, operand=inner, type=st.sampled_from(CAST_TYPES)),
    )


nodes: st.SearchStrategy[Node] = st.recursive(
    names | literals | typed_literals | moments, compounds, max_leaves=12
)

sort_terms = st.builds(SortTerm, node=nodes, is_descending=st.booleans(), nulls_first=st.booleans())


def quoted(text: str, quote: str) -> str:
    return quote + text.replace(quote, quote * 2) + quote


def literal_text(value: object) -> str:
    if isinstance(value, str):
        return quoted(value, "'")
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return "NULL" if value is None else str(value).upper()


def moment_text(moment: Moment) -> str:
    shifts = [f" + interval '{shift.count}' {shift.unit}s" for shift in moment.shifts]
    return "".join(["today" if moment.is_today else "NOW()", *shifts])


def operand_text(node: Node) -> str:
    """Write an operand: conditions in parentheses, everything else as it is."""
    match node:
        case Name():
            text = quoted(node.text, '"') if node.is_quoted else node.text
        case Literal():
            text = literal_text(node.value)
        case TypedLiteral():
            text = f"{node.kind.upper()} {quoted(node.text, chr(39))}"
        case Moment():
            text = moment_text(node)
        case Cast():
            text = f"CAST({operand_text(node.operand)} AS {node.type})"
        case Call():
            inner = ", ".join(operand_text(argument) for argument in node.arguments)
            marks = "*" * node.is_star + "DISTINCT " * node.is_distinct
            text = f"{node.name}({marks}{inner})"
        case _:
            text = f"({written(node)})"
    return text


def written(node: Node) -> str:
    """Write a condition as a caller would, with parentheses around each part."""
    match node:
        case Comparison():
            text = f"{operand_text(node.left)} {node.operator.value} {operand_text(node.right)}"
        case Both():
            text = " AND ".join(operand_text(part) for part in node.parts)
        case Either():
            text = " or ".join(operand_text(part) for part in node.parts)
        case Negation():
            text = f"not {operand_text(node.operand)}"
        case Is():
            what = "null" if node.what is None else str(node.what)
            text = f"{operand_text(node.operand)} IS {'NOT ' * node.is_negated}{what}"
        case Membership() | Between() | Likeness():
            text = f"{operand_text(node.operand)} {'NOT ' * node.is_negated}{worded(node)}"
        case _:
            text = operand_text(node)
    return text


def worded(node: Membership | Between | Likeness) -> str:
    match node:
        case Membership():
            return f"IN ({', '.join(operand_text(member) for member in node.members)})"
        case Between():
            return f"between {operand_text(node.low)} and {operand_text(node.high)}"
    escape = "" if node.escape is None else f" escape {quoted(node.escape, chr(39))}"
    return f"{'i' * node.ignores_case}like {quoted(node.pattern, chr(39))}{escape}"


@settings(max_examples=400)
@given(nodes)
@example(Literal(value=Decimal("-0.000")))
@example(Cast(operand=Literal(value=-1), type="text"))
def test_a_written_tree_is_read_as_the_same_tree(node: Node) -> None:
    """Whatever stands in names and texts, and however conditions are nested, nothing changes."""
    assert parse_filter(written(node)) == node


@given(st.lists(sort_terms, min_size=1, max_size=4))
def test_a_written_sort_is_read_as_the_same_sort(terms: list[SortTerm]) -> None:
    """Each term keeps what it sorts by, its direction and the place of its nulls."""
    text = ", ".join(
        operand_text(term.node)
        + " DESC" * term.is_descending
        + (" nulls FIRST" if term.nulls_first else " NULLS last")
        for term in terms
    )
    assert parse_sort(text) == tuple(terms)


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_quoted_columns_are_read_as_they_are(columns: list[str]) -> None:
    """A name in quotes is taken whole: commas, blanks, backslashes, quotes."""
    escaped = (name.replace("\\", "\\\\").replace('"', '\\"') for name in columns)
    assert parse_columns(",".join(f'"{name}"' for name in escaped)) == tuple(columns)


PARSERS: list[tuple[str, Callable[[str], object]]] = [
    ("filter", parse_filter),
    ("sort", parse_sort),
    ("group", parse_group),
    ("aggregate", parse_aggregates),
    ("columns", parse_columns),
]
SNIPPETS = [
    *(
        "a",
        "b c",
        "'",
        '"',
        "''",
        '""',
        "(",
        ")",
        ",",
        "=",
        "<",
        ">",
        "!",
        "-",
        "+",
        "*",
        ":",
        "::",
    ),
    *("and", "or", "not", "in", "like", "ilike", "escape", "between", "is", "null", "true", "now"),
    *("today", "interval", "days", "7", "1e9", "0x", "0xf", ".", "1.", "cast", "as", "distinct"),
    *("count", "lower", "date", "timestamp", "desc", "nulls", "first", " ", "\x00", "\t", "\\"),
    *("😀", "ß", "\u202e", "\ufeff", "\ud800", "½", "٣", "１", ";", "--", "/*", "$1", "?", "“"),
]


def refusal(make: Callable[[], object]) -> WindowInvalid | None:
    """Return why something cannot be made; nothing but this error may come out of it."""
    try:
        make()
    except WindowInvalid as error:
        return error
    return None


def refused_in_words(parse: Callable[[str], object], part: str, text: str) -> None:
    error = refusal(lambda: parse(text))
    if error is not None:
        assert error.part == part
        assert 0 <= error.position <= len(text)
        assert len(str(error)) < 1000


@pytest.mark.parametrize(("part", "parse"), PARSERS)
@settings(max_examples=300)
@given(data=st.data())
def test_any_text_is_read_or_refused_in_words(part, parse, data) -> None:
    """No text makes anything but a tree, or an error with a part and a place."""
    strategy = st.one_of(
        st.text(st.characters(), max_size=200),
        st.lists(st.sampled_from(SNIPPETS), max_size=60).map("".join),
        st.lists(st.sampled_from(SNIPPETS), max_size=60).map(" ".join),
    )
    refused_in_words(parse, part, data.draw(strategy))


@given(nodes, st.integers(min_value=0), st.sampled_from(SNIPPETS), st.integers(0, 3))
def test_a_changed_filter_is_read_or_refused_in_words(
    node: Node, place: int, snippet: str, cut: int
) -> None:
    """A filter with something missing or too much never breaks the parser."""
    text = written(node)
    at = place % (len(text) + 1)
    refused_in_words(parse_filter, "filter", text[:at] + snippet + text[at + cut :])


OPENINGS = [
    *("(", "not ", "a in (a, (", "a = (", "lower(", "cast(", "a or (", "a between (", "a, "),
    *("a between a and (", "coalesce(a, ", "now - interval '1 day' - ", "- ", "a::"),
]


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(OPENINGS), min_size=1, max_size=5),
    st.integers(1, 3_000),
    st.integers(0, 3_000),
)
def test_a_deep_text_is_read_or_refused_in_words(opening, times: int, closing: int) -> None:
    """However deep a text goes, the stack is never what ends it."""
    refused_in_words(parse_filter, "filter", "".join(opening) * times + "a" + ")" * closing)


def has_moment(node: Node) -> bool:
    return isinstance(node, Moment) or any(has_moment(child) for child in children(node))


@settings(max_examples=400)
@given(nodes)
def test_every_tree_becomes_a_condition_or_an_error_at_its_place(node: Node) -> None:
    """A filter that does not fit the columns is refused with a place in its text."""
    text = written(node)
    ask = WindowAsk(where=parse_filter(text))
    error = refusal(lambda: check_window(ask, COLUMNS, now=NOW))
    if error is not None:
        assert error.part == "filter"
        assert 0 <= error.position < len(text)
        assert len(str(error)) < 1000


def values(*nodes: Node) -> st.SearchStrategy[Node]:
    """Values that compare with each other: these, null, and what functions make of them."""
    some = st.sampled_from([*nodes, Literal(value=None)])
    return some | st.lists(some, min_size=1, max_size=3).map(
        lambda several: Call(name="coalesce", arguments=tuple(several))
    )


COMPARABLE_VALUES = [
    values(Name(text="i"), Name(text="D"), Name(text="f"), Literal(value=5), Literal(value="-.5")),
    values(Name(text="s"), Literal(value="it's"), Cast(operand=Name(text="tags"), type="text")),
    values(
        *(Name(text="day"), Name(text="ts"), Name(text="tz"), Literal(value="2024-03-01 12:30")),
        *(Moment(shifts=(Shift(count=-7, unit=Unit.DAY),)), Moment(is_today=True)),
        TypedLiteral(kind="date", text="2024-03-01"),
    ),
    values(Name(text="b"), Literal(value=True)),
    values(Name(text="x"), Literal(value=b"\xab")),
]


def predicates(operands: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Comparison, operator=st.sampled_from(Operator), left=operands, right=operands),
        st.builds(
            Membership,
            operand=operands,
            members=st.lists(operands, max_size=3).map(tuple),
            is_negated=st.booleans(),
        ),
        st.builds(Between, operand=operands, low=operands, high=operands),
        st.builds(Is, operand=operands, what=st.none(), is_negated=st.booleans()),
    )


def connections(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Both, parts=several),
        st.builds(Either, parts=several),
        st.builds(Negation, operand=inner),
        st.builds(Is, operand=inner, what=st.booleans(), is_negated=st.booleans()),
    )


conditions = st.recursive(
    st.one_of(*(predicates(operands) for operands in COMPARABLE_VALUES), st.just(Name(text="b"))),
    connections,
    max_leaves=6,
)


@given(conditions)
def test_conditions_of_values_that_compare_are_windows(node: Node) -> None:
    """What is of one kind compares, however it is nested; only the clock makes it unsteady."""
    window = check_window(WindowAsk(where=node), COLUMNS, now=NOW)
    assert window.where is not None
    assert window.where.type is LogicalType.BOOLEAN
    assert window.is_steady is not has_moment(node)


sums = st.builds(
    lambda name, operand: Call(name=name, arguments=(operand,)),
    st.sampled_from(["count", "sum", "avg", "min", "max", "median", "stddev", "abs", "round"]),
    st.sampled_from(["i", "d", "f", "s", "day", "x", "tags"]).map(lambda name: Name(text=name))
    | literals,
)
keys = st.builds(OutputTerm, node=names | sums | nodes, text=TEXTS, alias=st.none() | TEXTS)
aggregates = st.builds(OutputTerm, node=sums | nodes, text=TEXTS, alias=st.none() | TEXTS)


@settings(max_examples=300)
@given(
    st.lists(keys, max_size=2).map(tuple),
    st.lists(aggregates, max_size=2).map(tuple),
    st.lists(st.builds(SortTerm, node=names | nodes), max_size=2).map(tuple),
    st.none() | st.lists(st.sampled_from(["i", "sum(i)", "x"]) | TEXTS, max_size=2).map(tuple),
)
def test_every_grouping_is_checked_or_refused_in_its_part(group, sums, sort, columns) -> None:
    """Nothing but an error with a part comes out of what makes no groups."""
    ask = WindowAsk(group_by=group, aggregates=sums, order_by=sort, columns=columns)
    error = refusal(lambda: check_window(ask, COLUMNS, now=NOW))
    if error is not None:
        assert error.part in {"sort", "group", "aggregate", "columns"}
        assert len(str(error)) < 1000


grouped = st.sampled_from(["i", "s", "day", "coalesce(d, 0)", "lower(s) as i", "(b) as b"])
counted = st.sampled_from(["count(*)", "sum(d) as i", "min(day)", "count(distinct s) as s"])


@given(st.lists(grouped, max_size=4), st.lists(counted, min_size=1, max_size=4))
def test_columns_of_a_grouping_are_told_apart(group: list[str], aggregates: list[str]) -> None:
    """Outputs of the same name have different names in the relation, and come out in order."""
    ask = WindowAsk(
        group_by=parse_group(", ".join(group)) if group else (),
        aggregates=parse_aggregates(", ".join(aggregates)),
    )
    window = check_window(ask, COLUMNS, now=NOW)
    assert window.group is not None
    derived = (*window.group.keys, *window.group.aggregates)
    assert window.columns == tuple(each.column for each in derived)
    assert len({column.stored_name for column in window.columns}) == len(group + aggregates)
    assert len(window.order) == len(group)
