"""Statements made of templates and values."""

from datetime import date
from decimal import Decimal

import pytest

from standpipe.core.errors import ParameterMissing
from standpipe.core.executions import Statement
from standpipe.core.parameters import BoundParameters, Multiple, Parameter, ParameterKind
from standpipe.sql.bind import TRINO, BindStyle, bind
from standpipe.sql.template import parse

K = ParameterKind


def test_a_statement_holds_marks_values_and_the_text_that_people_see(statement):
    """The three are never mixed."""
    assert statement("select '{{x}}', {{n}};", {"x": "o'b", "n": 2}) == Statement(
        text="select $p1, $p2", values={"p1": "o'b", "p2": 2}, display="select 'o'b', 2"
    )


def test_equal_runs_give_equal_statements(statement):
    """Nothing in a statement is random."""
    first = statement("select {{x}}, '{{x}}', 'a{{x}}'", {"x": "1"})
    parse.cache_clear()
    assert statement("select {{x}}, '{{x}}', 'a{{x}}'", {"x": "1"}) == first


def test_the_same_placeholder_in_the_same_form_is_one_bind(statement):
    """So an expression in SELECT and GROUP BY stays the same expression."""
    made = statement("select '{{x}}', '{{x}}', {{x}}, '{{x}}a', '{{x}}a'", {"x": "1"})
    assert made.text == "select $p1, $p1, $p2, $p3, $p3"


def test_the_name_of_a_bind_never_meets_the_author_s_text(statement):
    """Even where it would only be text in quotes."""
    made = statement("select '$p1', '$pp1', {{x}}", {"x": "1"})
    assert made.text == "select '$p1', '$pp1', $ppp1"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(5, "5"), (1.0, "1.0"), (True, "True"), (None, ""), ("it's", "it's"), (["a", "b"], "a,b")],
)
def test_people_see_values_as_python_writes_them(statement, value, shown):
    """As the template language of Redash pastes them; lists have their own form."""
    assert statement("select f({{ x }}) -- {{{x}}}!\n + 1", {"x": value}).display == (
        f"select f({shown}) -- {shown}!\n + 1"
    )


def test_people_see_lists_as_their_definition_joins_them(statement):
    """Prefix, suffix and separator."""
    definition = Parameter(
        name="l",
        kind=K.ENUM,
        options=("a", "b"),
        multiple=Multiple(prefix='"', suffix='"', separator=";"),
    )
    made = statement("select 1 where 'a' in ({{l}})", {"l": ["a", "b"]}, [definition])
    assert made.display == """select 1 where 'a' in ("a";"b")"""
    assert made.values == {"p1": "a", "p2": "b"}


def test_people_see_what_redash_recorded(statement):
    """The text of a recorded result of Redash, from the same query and values."""
    sql = (
        "select '{{t}}' t, {{n}} n, '{{e}}' e, '{{d}}' d, '{{dr.start}}' s, '{{ dr.end }}' en, "
        "'{{tp}}' tp where 'x' in ({{m}})"
    )
    options = ("x", "y", "z")
    parameters = [
        Parameter(name="t", kind=K.TEXT),
        Parameter(name="n", kind=K.NUMBER),
        Parameter(name="e", kind=K.ENUM, options=options),
        Parameter(
            name="m", kind=K.ENUM, options=options, multiple=Multiple(prefix="'", suffix="'")
        ),
        Parameter(name="d", kind=K.DATE),
        Parameter(name="dr", kind=K.DATE_RANGE),
        Parameter(name="tp", kind=K.PATTERN, pattern="[a-z]+"),
        Parameter(name="unused", kind=K.DATETIME_RANGE),
    ]
    days = {"start": "2026-01-01", "end": "2026-01-31"}
    given = {
        "t": "a",
        "n": 1,
        "e": "x",
        "m": ["x", "z"],
        "d": "2026-01-01",
        "dr": days,
        "tp": "abc",
    }
    assert statement(sql, given, parameters).display == (
        "select 'a' t, 1 n, 'x' e, '2026-01-01' d, '2026-01-01' s, '2026-01-31' en, "
        "'abc' tp where 'x' in ('x','z')"
    )


def test_a_value_that_looks_like_sql_changes_nothing_but_the_display(statement):
    """Quotes, comments and semicolons of a value cannot cut the text that people see."""
    hostile = "'; drop table t; --"
    made = statement("select '{{x}}' as a; -- note", {"x": hostile})
    assert made.text == "select $p1 as a"
    assert made.display == f"select '{hostile}' as a"


def test_a_value_that_looks_like_a_placeholder_stays_a_value(statement):
    """Values are never read again."""
    made = statement("select '{{x}}', '{{y}}'", {"x": "{{y}}", "y": "$p1"})
    assert made.values == {"p1": "{{y}}", "p2": "$p1"}


def test_what_has_no_value_is_named_in_the_order_of_the_text():
    """Also for placeholders in comments, which are shown."""
    template = parse("select {{b}}, {{a}} -- {{c}}", "duckdb")
    with pytest.raises(ParameterMissing) as caught:
        bind(template, BoundParameters({"a": 1}, {"a": "1"}), ())
    assert caught.value.names == ("b", "c")


STYLES = [
    (BindStyle(mark="${name}"), "select $p1, $p2, 5 % 2, $p1", {"p1": 1, "p2": "ab"}),
    (BindStyle(mark=":{name}"), "select :p1, :p2, 5 % 2, :p1", {"p1": 1, "p2": "ab"}),
    (BindStyle(mark="${number}"), "select $1, $2, 5 % 2, $1", {"p1": 1, "p2": "ab"}),
    (
        BindStyle(mark="?", reuses_names=False),
        "select ?, ?, 5 % 2, ?",
        {"p1": 1, "p2": "ab", "p3": 1},
    ),
    (
        BindStyle(mark="%s", reuses_names=False, doubles_percent=True),
        "select %s, %s, 5 %% 2, %s",
        {"p1": 1, "p2": "ab", "p3": 1},
    ),
    (
        BindStyle(mark="%({name})s", doubles_percent=True),
        "select %(p1)s, %(p2)s, 5 %% 2, %(p1)s",
        {"p1": 1, "p2": "ab"},
    ),
]


@pytest.mark.parametrize(("style", "text", "values"), STYLES, ids=lambda each: str(each)[:30])
def test_marks_are_written_as_the_driver_wants_them(style, text, values):
    """Positional drivers get the values in the order of their marks."""
    template = parse("select {{x}}, 'a{{y}}', 5 % 2, {{x}}", "duckdb")
    bound = BoundParameters({"x": 1, "y": "b"}, {"x": "1", "y": "b"})
    made = bind(template, bound, (), style=style)
    assert (made.text, dict(made.values)) == (text, values)
    assert list(made.values) == sorted(made.values)


@pytest.mark.parametrize(
    ("typed", "value"), [(date(2026, 1, 1), "2026-01-01"), (Decimal("1.5"), "1.5"), ("a", "a")]
)
def test_whole_literals_are_typed_for_drivers_that_need_it(typed, value):
    """Some drivers call every string a text, and then no date compares with it."""
    template = parse("select '{{x}}', '{{x}} '", "postgres")
    bound = BoundParameters({"x": typed}, {"x": value})
    style = BindStyle(mark="${number}", types_literals=True)
    assert dict(bind(template, bound, (), style=style).values) == {"p1": typed, "p2": f"{value} "}
    plain = bind(template, bound, (), style=BindStyle(mark="${number}"))
    assert dict(plain.values) == {"p1": value, "p2": f"{value} "}


def test_names_are_quoted_as_the_engine_quotes():
    """Backticks for those that want them."""
    definition = Parameter(name="c", kind=K.ENUM, options=("a",))
    template = parse("select 1 from t order by {{c}}, `x_{{c}}`", "mysql")
    bound = BoundParameters({"c": "a"}, {"c": "a"})
    made = bind(template, bound, [definition], style=BindStyle(mark="%s", quote="`"))
    assert made.text == "select 1 from t order by `a`, `x_a`"


def test_a_text_of_hexadecimal_digits_is_bytes_where_trino_reads_it():
    """Without quotes, alone or in a list; with them it is a text."""
    template = parse(
        "select 1 where a = {{x}} and b in ({{y}}) and c = '{{x}}' and d = {{z}}", "duckdb"
    )
    definitions = [
        Parameter(name="x", kind=K.TEXT),
        Parameter(name="y", kind=K.ENUM, options=("0x0A", "0xf"), multiple=Multiple()),
        Parameter(name="z", kind=K.TEXT),
    ]
    bound = BoundParameters(
        {"x": "0xAb", "y": ("0x0A", "0xf", "0x"), "z": "0xg"},
        {"x": "0xAb", "y": "0x0A,0xf,0x", "z": "0xg"},
    )
    values = bind(template, bound, definitions, style=TRINO).values
    assert list(values.values()) == [b"\xab", b"\x0a", b"\x0f", b"", "0xAb", "0xg"]
    assert next(iter(bind(template, bound, definitions).values.values())) == "0xAb"
