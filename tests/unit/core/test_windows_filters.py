"""Filters, read from text."""

from decimal import Decimal

import pytest

from standpipe.core.errors import WindowInvalid
from standpipe.core.windows import parse_filter
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
    Shift,
    TypedLiteral,
    Unit,
)

A, B, C = Name(text="a"), Name(text="b"), Name(text="c")


def value(of: str | int | Decimal | bytes | bool | None) -> Literal:
    return Literal(value=of)


def equal(left: Node, right: Node) -> Comparison:
    return Comparison(operator=Operator.EQUAL, left=left, right=right)


def moment(*shifts: tuple[int, Unit], today: bool = False) -> Moment:
    return Moment(
        is_today=today, shifts=tuple(Shift(count=count, unit=unit) for count, unit in shifts)
    )


@pytest.mark.parametrize(
    ("written", "operator"),
    [
        ("=", Operator.EQUAL),
        ("!=", Operator.UNEQUAL),
        ("<>", Operator.UNEQUAL),
        ("<", Operator.LESS),
        ("<=", Operator.AT_MOST),
        (">", Operator.GREATER),
        (">=", Operator.AT_LEAST),
    ],
)
def test_every_comparison_is_read(written: str, operator: Operator) -> None:
    """All seven ways to compare are understood, with and without blanks."""
    expected = Comparison(operator=operator, left=A, right=value(1))
    assert parse_filter(f"a{written}1") == parse_filter(f" a\n{written}\t1 ") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'x'", "x"),
        ("''", ""),
        ("'it''s'", "it's"),
        ("'ü 😀 \n \x00'", "ü 😀 \n \x00"),
        ("12", 12),
        ("+12", 12),
        ("- 12", -12),
        ("12.50", Decimal("12.50")),
        (".5", Decimal("0.5")),
        ("5.", Decimal(5)),
        ("1e3", Decimal("1E+3")),
        ("-1.5E-3", Decimal("-0.0015")),
        ("1" * 400, int("1" * 400)),
        ("0xAb01", b"\xab\x01"),
        ("0xabc", b"\x0a\xbc"),
        ("0x", b""),
        ("TRUE", True),
        ("false", False),
        ("Null", None),
    ],
)
def test_values_are_exact(text: str, expected: object) -> None:
    """A value is what is written: no number is rounded, no text is changed."""
    found = parse_filter(f"a = {text}").right
    assert found == Literal(value=expected)
    assert type(found.value) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        ("Straße_2$", Name(text="Straße_2$")),
        ('"a"', Name(text="a", is_quoted=True)),
        ('"24 ""h"" 😀"', Name(text='24 "h" 😀', is_quoted=True)),
        ('""', Name(text="", is_quoted=True)),
        ('"and"', Name(text="and", is_quoted=True)),
        ("date", Name(text="date")),
        ("interval", Name(text="interval")),
        ("month", Name(text="month")),
        ("lower", Name(text="lower")),
        ("escape", Name(text="escape")),
    ],
)
def test_names_are_read_as_written(text: str, expected: Name) -> None:
    """Quotes are only needed where a name would be something else."""
    assert parse_filter(text) == expected
    assert parse_filter(text).is_quoted is expected.is_quoted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a and b or c", Either(parts=(Both(parts=(A, B)), C))),
        ("a or b and c", Either(parts=(A, Both(parts=(B, C))))),
        ("(a OR b) AND c", Both(parts=(Either(parts=(A, B)), C))),
        ("a and b and c", Both(parts=(A, B, C))),
        ("a and (b and c)", Both(parts=(A, Both(parts=(B, C))))),
        ("not a and b", Both(parts=(Negation(operand=A), B))),
        ("not not a", Negation(operand=Negation(operand=A))),
        ("not a = b", Negation(operand=equal(A, B))),
        ("((a))", A),
        ("(a = b) = c", equal(equal(A, B), C)),
        ("a = (b or c)", equal(A, Either(parts=(B, C)))),
        (
            "a in (1, 'x', null, b)",
            Membership(operand=A, members=(value(1), value("x"), value(None), B)),
        ),
        ("a NOT IN (1)", Membership(operand=A, members=(value(1),), is_negated=True)),
        ("a like 'x%'", Likeness(operand=A, pattern="x%")),
        (
            "a not ilike '!%%' escape '!'",
            Likeness(operand=A, pattern="!%%", escape="!", ignores_case=True, is_negated=True),
        ),
        (
            "a between 1 and 2 and b",
            Both(parts=(Between(operand=A, low=value(1), high=value(2)), B)),
        ),
        ("a not between b and c", Between(operand=A, low=B, high=C, is_negated=True)),
        ("a is null", Is(operand=A, what=None)),
        ("a is not null", Is(operand=A, what=None, is_negated=True)),
        ("a is true", Is(operand=A, what=True)),
        ("a is not false", Is(operand=A, what=False, is_negated=True)),
        ("a = date '2024-03-01'", equal(A, TypedLiteral(kind="date", text="2024-03-01"))),
        ("a = TIMESTAMP'x'", equal(A, TypedLiteral(kind="timestamp", text="x"))),
        ("date = 'x'", equal(Name(text="date"), value("x"))),
        ("LOWER(a) = 'x'", equal(Call(name="lower", arguments=(A,)), value("x"))),
        ("coalesce(a, (b = c), 1)", Call(name="coalesce", arguments=(A, equal(B, C), value(1)))),
        ("f()", Call(name="f", arguments=())),
        ("count(*) = a", equal(Call(name="count", arguments=(), is_star=True), A)),
        ("count(distinct a)", Call(name="count", arguments=(A,), is_distinct=True)),
        ("count(distinct)", Call(name="count", arguments=(Name(text="distinct"),))),
        ("cast(a AS Date)", Cast(operand=A, type="date")),
        ("cast(a as timestamp  with time zone)", Cast(operand=A, type="timestamp with time zone")),
        ("a::int::TEXT", Cast(operand=Cast(operand=A, type="int"), type="text")),
        ("-1::text", Cast(operand=value(-1), type="text")),
    ],
)  # fmt: skip
def test_conditions_are_read_as_trees(text: str, expected: Node) -> None:
    """AND binds more tightly than OR, NOT more than both; parentheses are kept as written."""
    assert parse_filter(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", moment()),
        ("NOW()", moment()),
        ("today", moment(today=True)),
        ("today()", moment(today=True)),
        ("now() - 7 days", moment((-7, Unit.DAY))),
        ("now-7days", moment((-7, Unit.DAY))),
        (
            "today + 1 month - 2 hours",
            moment((1, Unit.MONTH), (-2, Unit.HOUR), today=True),
        ),
        ("now - interval '7 days'", moment((-7, Unit.DAY))),
        ("now - interval 7 day", moment((-7, Unit.DAY))),
        ("now - interval '7' DAYS", moment((-7, Unit.DAY))),
        ("now - interval '1 year -2weeks'", moment((-1, Unit.YEAR), (2, Unit.WEEK))),
        (
            "now + 1 second + 1 minute + 1 quarter",
            moment((1, Unit.SECOND), (1, Unit.MINUTE), (1, Unit.QUARTER)),
        ),
    ],
)
def test_relative_dates_are_read(text: str, expected: Moment) -> None:
    """A moment is now or today, with any number of units added and taken away."""
    assert parse_filter(f"a > {text}").right == expected


def test_positions_point_at_where_a_node_begins() -> None:
    """Each node knows where it stands, so that a later check can say so."""
    both = parse_filter("  (a = 1) and not  lower(b) in ('x', now)")
    comparison, negation = both.parts
    membership = negation.operand
    call = membership.operand
    nodes = [both, comparison, comparison.right, negation, membership, call, *call.arguments]
    assert [node.position for node in [*nodes, *membership.members]] == [
        *(3, 3, 7, 14, 19, 19, 25),
        *(32, 37),
    ]


@pytest.mark.parametrize(
    ("text", "position", "message", "expected", "hint"),
    [
        ("", 0, "The filter is empty.", "", ""),
        ("  ", 0, "The filter is empty.", "", ""),
        ("a = ", 4, "The filter ends too early.", "a column, a value or a function", ""),
        ("a adn b", 2, "Unexpected 'adn' in the filter.", "AND, OR or the end", "mean AND?"),
        ("a = 1 b", 6, "Unexpected 'b' in the filter.", "an operator, AND, OR or the end", ""),
        ("a == 1", 2, "Unexpected '==' in the filter.", "", "a single ="),
        ("a && b", 2, "Unexpected '&&' in the filter.", "", "Write AND."),
        ("a || b", 2, "Unexpected '||' in the filter.", "", "Write OR."),
        ("!a", 0, "Unexpected '!' in the filter.", "", "Write NOT."),
        ("a = 'x", 4, '"\'x" in the filter has no closing quote.', "a ' at its end", "''"),
        ('"a = 1', 0, "'\"a = 1' in the filter has no closing quote.", 'a " at its end', '""'),
        ("`a` = 1", 0, "Unexpected '`' in the filter.", "", "double quotes"),
        ("a = ‘x’", 4, "Unexpected '‘' in the filter.", "", "straight single quotes"),
        ("a = [1]", 4, "Unexpected '[' in the filter.", "", "parentheses"),
        ("a.b = 1", 1, "Unexpected '.' in the filter.", "", "double quotes"),
        ("a = 1; drop", 5, "Unexpected ';' in the filter.", "", ""),
        ("a\x00", 1, "Unexpected '\\x00' in the filter.", "", ""),
        ("a = 12abc", 6, "Unexpected 'abc' in the filter.", "", ""),
        ("a = 0xfg", 7, "Unexpected 'g' in the filter.", "", ""),
        ("a in ()", 6, "Unexpected ')' in the filter.", "a column, a value", ""),
        ("a in 1", 5, "Unexpected '1' in the filter.", "(", ""),
        ("a in (1 2)", 8, "Unexpected '2' in the filter.", "a comma or )", ""),
        ("(a = 1", 6, "The filter ends too early.", "AND, OR or )", ""),
        ("a = 1)", 5, "Unexpected ')' in the filter.", "", ""),
        ("a not 5", 6, "Unexpected '5' in the filter.", "IN, LIKE, ILIKE or BETWEEN", ""),
        ("a is 5", 5, "Unexpected '5' in the filter.", "NULL, TRUE or FALSE", ""),
        ("a is not", 8, "The filter ends too early.", "NULL, TRUE or FALSE", ""),
        ("a like b", 7, "Unexpected 'b' in the filter.", "a pattern in single quotes", ""),
        ("a like 'x' escape 1", 18, "Unexpected '1' in the filter.", "a character", ""),
        ("a between 1", 11, "The filter ends too early.", "AND", ""),
        ("a = b = c", 6, "Unexpected '=' in the filter.", "", ""),
        ("and = 1", 0, "Unexpected 'and' in the filter.", "", '"and"'),
        ("a = -b", 5, "Unexpected 'b' in the filter.", "a number", "cannot be added"),
        ("a + 1 = 2", 2, "Unexpected '+' in the filter.", "", ""),
        ("a = 1e401", 4, "The number '1e401' is too long.", "", ""),
        ("a = now - 1.5 days", 10, "Unexpected '1.5' in the filter.", "7 days", "smaller unit"),
        ("a = now - 7", 11, "The filter ends too early.", "second, minute", ""),
        ("a = now - 7 dyas", 12, "Unexpected 'dyas' in the filter.", "second, minute", ""),
        ("a = now - b", 10, "Unexpected 'b' in the filter.", "7 days", ""),
        ("a = now - 9999999999999 days", 10, "Unexpected '9999999999999'", "smaller", ""),
        ("a = now - interval '7'", 19, "Unexpected \"'7'\" in the filter.", "'7 days'", ""),
        ("a = now - interval 'x'", 19, "Unexpected \"'x'\" in the filter.", "'7 days'", ""),
        ("a = now(", 8, "The filter ends too early.", ")", ""),
        ("cast(a)", 6, "Unexpected ')' in the filter.", "AS", ""),
        ("cast(a as 5)", 10, "Unexpected '5' in the filter.", "a type", ""),
        ("a::", 3, "The filter ends too early.", "a type", ""),
        ("f(a", 3, "The filter ends too early.", "a comma or )", ""),
        ("f(*", 3, "The filter ends too early.", ")", ""),
        ("'\ud800'", 1, "The text of the filter holds half of a character.", "", ""),
    ],
)  # fmt: skip
def test_errors_show_the_token_and_what_was_expected(
    text: str, position: int, message: str, expected: str, hint: str
) -> None:
    """What cannot be read is named with its place, what would be right, and what to do."""
    with pytest.raises(WindowInvalid) as caught:
        parse_filter(text)
    error = caught.value
    assert (error.part, error.position) == ("filter", position)
    assert error.message.startswith(message)
    assert expected in error.detail
    assert hint in error.hint


def test_long_tokens_are_cut_in_messages() -> None:
    """An error is never longer than a person reads."""
    with pytest.raises(WindowInvalid) as caught:
        parse_filter(f"a {'b' * 1000}")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        "(" * 101 + "a" + ")" * 101,
        "(" * 16_000,
        "not " * 3_999 + "a",
        "a" + "::text" * 2_600,
        "a = (" * 3_000,
        "a in (a, (" * 1_600,
        "a between a and (" * 900,
        "lower(" * 2_600,
        "cast(" * 3_200,
        "a or (a and not " * 900,
    ],
)
def test_texts_of_any_depth_are_refused_in_words(text: str) -> None:
    """Nesting is bounded: the stack never ends before the parser does."""
    with pytest.raises(WindowInvalid) as caught:
        parse_filter(text)
    assert caught.value.part == "filter"
    assert 0 <= caught.value.position <= len(text)


def test_a_hundred_levels_are_read() -> None:
    """A hundred parentheses, a hundred levels of a tree: both are allowed."""
    assert parse_filter("(" * 100 + "a" + ")" * 100) == A
    assert isinstance(parse_filter("not " * 99 + "a"), Negation)


def test_a_text_of_16000_characters_is_read() -> None:
    """Long lists are read, one character more is refused at its place."""
    text = f"a in ({'1,' * 7_996}1)"
    assert len(parse_filter(text.ljust(16_000)).members) == 7_997
    with pytest.raises(WindowInvalid) as caught:
        parse_filter(text.ljust(16_001))
    assert (caught.value.part, caught.value.position) == ("filter", 16_000)
