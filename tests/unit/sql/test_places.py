"""Every place where a placeholder can stand, run for real."""

# ruff: noqa: DTZ001 - what people write without a zone has none

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from standpipe.core.errors import ParameterInvalid, PlaceholderUnbindable
from standpipe.core.parameters import Multiple, Parameter, ParameterKind

K = ParameterKind


def enum(name, *options, multiple=None):
    return Parameter(name=name, kind=K.ENUM, options=options, multiple=multiple)


N = Parameter(name="n", kind=K.NUMBER)
D = Parameter(name="d", kind=K.DATE)
R = Parameter(name="r", kind=K.DATE_RANGE)
C = enum("c", "i", "s")
WAY = enum("way", "asc", "desc")
UNIT = enum("u", "day", "year")
QUOTED = Multiple(prefix="'", suffix="'")

BOUND = [
    # bare values
    ("select {{x}}", {"x": "o'brien"}, (), [("o'brien",)]),
    ("select {{n}} + 1", {"n": 41}, (N,), [(42,)]),
    ("select {{n}}", {"n": "1.50"}, (N,), [(Decimal("1.50"),)]),
    ("select i from t where i = {{x}}", {"x": "3"}, (), [(3,)]),
    ("select i from t order by i limit {{n}} offset {{n}}", {"n": 1}, (N,), [(1,)]),
    ("select {{d}} + 1", {"d": "2024-01-03"}, (D,), [(date(2024, 1, 4),)]),
    ("select case when {{x}} = 'a' then {{x}} else 'b' end", {"x": "a"}, (), [("a",)]),
    ("select -{{n}}, 7 % {{n}}, ({{n}})", {"n": 2}, (N,), [(-2, 1, 2)]),
    ("select {{x}} is null", {"x": None}, (), [(True,)]),
    ("select substring('abc' from {{n}} for 1)", {"n": 2}, (N,), [("b",)]),
    ("select 1 is distinct from {{n}}", {"n": 1}, (N,), [(False,)]),
    ("select 'a!%' like '%!%' escape {{x}}", {"x": "!"}, (), [(True,)]),
    ("select ['a', 'b'][{{n}}], (range(5))[1:{{n}}]", {"n": 2}, (N,), [("b", [0, 1])]),
    ("select {'k': {{x}}}", {"x": "v"}, (), [({"k": "v"},)]),
    ("from range({{n}})", {"n": 2}, (N,), [(0,), (1,)]),
    ("values ({{x}}), ({{y}})", {"x": "a", "y": "b"}, (), [("a",), ("b",)]),
    ("select sum(i) over (order by i rows {{n}} preceding) from t limit 1", {"n": 2}, (N,), [(0,)]),
    # whole literals
    ("select '{{x}}'", {"x": "o'brien"}, (), [("o'brien",)]),
    ("select $${{x}}$$, $t${{x}}$t$, n'{{x}}'", {"x": "'"}, (), [("'", "'", "'")]),
    ("select count(*) from t where d >= '{{d}}'", {"d": "2024-01-03"}, (D,), [(8,)]),
    ("select count(*) from t where i = '{{n}}'", {"n": 3}, (N,), [(1,)]),
    (
        "select count(*) from t where d between '{{r.start}}' and '{{ r.end }}'",
        {"r": {"start": "2024-01-03", "end": "2024-01-05"}},
        (R,),
        [(3,)],
    ),
    ("select count(*) from t where ts >= '{{x}}'", {"x": "2024-01-01 12:00"}, (), [(8,)]),
    ("select date_diff('day', '{{x}}', d) from t limit 1", {"x": "2023-12-31"}, (), [(1,)]),
    ("select '{{x}}'::date", {"x": "2024-01-03"}, (), [(date(2024, 1, 3),)]),
    ("select trim(both '{{x}}' from 'axa')", {"x": "a"}, (), [("x",)]),
    ("select position('{{x}}' in 'abc')", {"x": "c"}, (), [(3,)]),
    (
        "select date_trunc('{{x}}', d), count(*) from t group by date_trunc('{{x}}', d)",
        {"x": "month"},
        (),
        [(datetime(2024, 1, 1), 10)],
    ),
    # parts of literals
    ("select 'a{{x}}b{{y}}'", {"x": "'", "y": "%"}, (), [("a'b%",)]),
    ("select 'it''s {{x}}'", {"x": "x"}, (), [("it's x",)]),
    ("select count(*) from t where s like '%{{x}}%'", {"x": "n1"}, (), [(1,)]),
    ("select count(*) from t where d >= '{{n}}-01-03'", {"n": 2024}, (N,), [(8,)]),
    # typed literals
    ("select date '{{x}}'", {"x": "2024-01-03"}, (), [(date(2024, 1, 3),)]),
    ("select timestamp '{{x}} 10:00'", {"x": "2024-01-03"}, (), [(datetime(2024, 1, 3, 10),)]),
    ("select interval '{{n}} days'", {"n": 3}, (N,), [(timedelta(days=3),)]),
    ("select interval '{{n}}' day", {"n": 3}, (N,), [(timedelta(days=3),)]),
    ("select interval {{n}} day", {"n": 3}, (N,), [(timedelta(days=3),)]),
    ("select interval '{{n}}' {{u}}", {"n": 3, "u": "day"}, (N, UNIT), [(timedelta(days=3),)]),
    (
        "select typeof(timestamp with time zone '{{x}}')",
        {"x": "2024-01-03"},
        (),
        [("TIMESTAMP WITH TIME ZONE",)],
    ),
    ("select bigint '{{x}}'", {"x": "5"}, (), [(5,)]),
    # comments
    ("select 1 -- {{x}}\n + 1 /* {{x}} */", {"x": "*/ 2"}, (), [(2,)]),
    ("select /* a /* {{x}} */ b */ 1", {"x": "a"}, (), [(1,)]),
    ("select date /* {{x}} */ '{{x}}' -- {{x}}", {"x": "2024-01-03"}, (), [(date(2024, 1, 3),)]),
    ("select 1; -- {{x}}", {"x": "a"}, (), [(1,)]),
    ("select {{! a note }} 1", {}, (), [(1,)]),
    # closed forms
    (
        "select s from t order by {{c}} {{way}} limit 1",
        {"c": "i", "way": "desc"},
        (C, WAY),
        [("n9",)],
    ),
    ("select s from t order by {{n}} desc limit 1", {"n": 1}, (N,), [("n9",)]),
    ("select {{c}}, count(*) from t group by i, {{c}} limit 0", {"c": "s"}, (C,), []),
    ('select "{{c}}", t.{{c}} as {{c}} from t limit 1', {"c": "s"}, (C,), [("n0", "n0")]),
    ("select count(*) from (from t using sample {{n}} rows)", {"n": 3}, (N,), [(3,)]),
    ("select 1.25::decimal(10, {{n}})", {"n": 1}, (N,), [(Decimal("1.3"),)]),
    ("select extract({{u}} from date '2024-01-05')", {"u": "day"}, (UNIT,), [(5,)]),
    ("select extract(year from date '{{x}}')", {"x": "2024-01-05"}, (), [(2024,)]),
    ("select i from {{tab}} limit 1", {"tab": "t"}, (enum("tab", "t"),), [(0,)]),
    ("select * exclude ({{c}}, d, ts, m) from t limit 1", {"c": "i"}, (C,), [("n0",)]),
    ("explain select {{x}}", {"x": "a"}, (), None),
]


@pytest.mark.parametrize(("sql", "given", "parameters", "expected"), BOUND)
def test_a_placeholder_gives_its_value_where_it_stands(rows, sql, given, parameters, expected):
    """DuckDB returns what the author meant."""
    found = rows(sql, given, parameters)
    assert expected is None or found == expected


LIST = enum("l", "n1", "n2", "o'x", multiple=QUOTED)


@pytest.mark.parametrize("written", ["({{l}})", "('{{l}}')"])
@pytest.mark.parametrize(
    ("given", "kept"), [(["n1", "n2"], 2), (["n1"], 1), ("n1", 1), (["o'x"], 0), ([], 0)]
)
def test_a_list_in_in_is_one_bind_for_each_member(rows, written, given, kept):
    """With quotes around the placeholder or without; an empty list matches nothing."""
    assert rows(f"select count(*) from t where s in {written}", {"l": given}, [LIST]) == [(kept,)]


@pytest.mark.parametrize("written", ["({{l}})", "('{{l}}')"])
@pytest.mark.parametrize("column", ["s", "nullif(s, 'n0')"])
def test_an_empty_list_in_not_in_keeps_every_row(rows, written, column):
    """Rows with NULL too, as nothing is nothing."""
    sql = f"select count(*) from t where {column} not in {written}"
    assert rows(sql, {"l": []}, [LIST]) == [(10,)]


@pytest.mark.parametrize("column", ["i", "d", "ts", "m"])
def test_an_empty_list_suits_every_type_of_column(rows, column):
    """There is no value whose type could be wrong."""
    sql = f"select count(*) from t where {column} not in ({{{{l}}}}) or {column} in ({{{{l}}}})"
    assert rows(sql, {"l": []}, [LIST]) == [(10,)]


def test_a_list_of_texts_is_compared_as_the_column_is(rows):
    """Each member is a bind of its own, which DuckDB casts like a literal."""
    dates = enum("l", "2024-01-01", "2024-01-02", multiple=QUOTED)
    sql = "select count(*) from t where d in ({{l}})"
    assert rows(sql, {"l": list(dates.options)}, [dates]) == [(2,)]


def test_a_list_beside_other_values_joins_them(rows):
    """Except that nothing cannot be taken from NOT IN there."""
    assert rows("select count(*) from t where s in ('n5', {{l}})", {"l": []}, [LIST]) == [(1,)]
    assert rows("select count(*) from t where s not in ('n5', {{l}})", {"l": ["n1"]}, [LIST]) == [
        (8,)
    ]
    with pytest.raises(ParameterInvalid, match="do not fit"):
        rows("select count(*) from t where s not in ('n5', {{l}})", {"l": []}, [LIST])


@pytest.mark.parametrize(("given", "found"), [(["n1", "n2"], ["n1", "n2"]), ([], [])])
def test_a_list_makes_an_array(rows, given, found):
    """Square brackets hold the members, or none."""
    assert rows("select [{{l}}]", {"l": given}, [LIST]) == [(found,)]


def test_a_list_inside_a_longer_literal_is_joined_as_its_definition_says(rows):
    """Prefix, suffix and separator are data there."""
    assert rows("select 'x {{l}} y'", {"l": ["n1", "o'x"]}, [LIST]) == [("x 'n1','o'x' y",)]


def test_a_list_inside_a_literal_of_a_function_is_one_text(rows):
    """Only IN takes a literal apart."""
    plain = enum("l", "a", "b", multiple=Multiple())
    assert rows("select string_split('{{l}}', ',')", {"l": ["a", "b"]}, [plain]) == [(["a", "b"],)]


def test_several_values_where_one_can_stand_are_refused(rows):
    """One is taken, two are not guessed about."""
    assert rows("select count(*) from t where s = {{l}}", {"l": ["n1"]}, [LIST]) == [(1,)]
    with pytest.raises(ParameterInvalid) as caught:
        rows("select count(*) from t where s = {{l}}", {"l": ["n1", "n2"]}, [LIST])
    assert caught.value.names == ("l",)


def test_a_list_of_columns_orders_by_all_of_them(rows):
    """Allow-listed names are joined."""
    columns = enum("c", "i", "s", multiple=Multiple())
    assert rows("select i from t order by {{c}} limit 1", {"c": ["s", "i"]}, [columns]) == [(0,)]


REFUSED = [
    ("select E'{{x}}'", "that is not plain text"),
    ("select x'{{x}}'", "joined to other letters"),
    ("select a{{x}}", "joined to other letters"),
    ("select {{x}}b", "joined to other letters"),
    ("select 1{{x}}", "joined to other letters"),
    ("select {{x}}{{y}}", "joined to other letters"),
    ("select {{x}}'a'", "joined to other letters"),
    ("select @{{x}}", "joined to other letters"),
    ("select 'a'\n'{{x}}'", "joined to the next one"),
    ("select '{{x}}' 'a'", "joined to the next one"),
    ("select 'a {{x}}", "never ends"),
    ("select /* {{x}}", "never ends"),
    ("select $$ {{x}}", "never ends"),
    ("select ${{x}}$a${{x}}$", "never ends"),
    ("select * from '{{x}}'", "the name of a table"),
    ("select 1 as '{{x}}'", "behind AS"),
    ("select i '{{x}}' from t", "right behind 'i'"),
    ("select {{y}} '{{x}}' from t", r"right behind '{{...}}'"),
    ("select i from t order by '{{x}}'", "GROUP BY and ORDER BY"),
    ("select extract('{{x}}' from d) from t", "unit of EXTRACT"),
    ("select 'a' collate '{{x}}'", "behind COLLATE"),
    ("select 1; call f({{x}})", "in a command that is not a query"),
    ("{{#x}}a{{/x}}", "sections are not supported"),
    ("{{^x}}a{{/x}}", "sections are not supported"),
    ("{{> x}}", "partials are not supported"),
    ("{{=<% %>=}}", "other delimiters"),
    ("select {{ }}", "it has no name"),
]


@pytest.mark.parametrize(("sql", "why"), REFUSED)
def test_a_placeholder_where_nothing_can_be_bound_is_refused(rows, sql, why):
    """Whatever its definition is."""
    parameters = [enum("x", "a", "b"), enum("y", "a")]
    with pytest.raises(PlaceholderUnbindable, match=why):
        rows(sql, {"x": "a", "y": "a"}, parameters)


CLOSED = [
    ("select i from t order by {{x}}", "GROUP BY and ORDER BY"),
    ("select i from t order by i, {{x}} desc", "GROUP BY and ORDER BY"),
    ("select 1 from t group by rollup({{x}})", "GROUP BY and ORDER BY"),
    ("select sum(i) over (partition by {{x}}) from t", "GROUP BY and ORDER BY"),
    ("select i from t order by i {{x}}", "only ASC or DESC"),
    ('select "{{x}}" from t', "inside a quoted name"),
    ("select t.{{x}} from t", "dotted name"),
    ("select {{x}}.i from t", "dotted name"),
    ("select {{x}}(1)", "name of a function"),
    ("select 1 as {{x}}", "behind AS"),
    ("select 1 {{x}}", "right behind '1'"),
    ("select i {{x}} from t", "right behind 'i'"),
    ("select 1::{{x}}", "behind ::"),
    ("select 'a' collate {{x}}", "behind COLLATE"),
    ("select * from {{x}}", "the name of a table"),
    ("select * from t, {{x}}", "the name of a table"),
    ("select * from t join {{x}} using (i)", "behind JOIN"),
    ("select * from t a join t b using ({{x}})", "USING takes names"),
    ("select * exclude ({{x}}) from t", "EXCLUDE takes names"),
    ("select distinct on ({{x}}) i from t", "DISTINCT ON takes names"),
    ("select * from t tablesample {{x}}%", "size of a sample"),
    ("select * from t using sample reservoir({{x}} rows)", "size of a sample"),
    ("select 1::decimal({{x}}, 1)", "size of a type"),
    ("select extract({{x}} from d) from t", "unit of EXTRACT"),
    ("select interval '1' {{x}}", "unit of an interval"),
    ("with {{x}} as (select 1) select 1", "behind WITH"),
]


@pytest.mark.parametrize(("sql", "why"), CLOSED)
@pytest.mark.parametrize(
    "definition",
    [
        Parameter(name="x", kind=K.TEXT),
        Parameter(name="x", kind=K.TEXT, is_declared=False),
        Parameter(name="x", kind=K.QUERY),
        Parameter(name="x", kind=K.PATTERN, pattern="[a-z]+"),
        enum("x", "i", "i; drop table t"),
        enum("x"),
    ],
    ids=lambda definition: f"{definition.kind}-{len(definition.options)}",
)
def test_only_closed_forms_may_stand_where_a_name_must(statement, sql, why, definition):
    """Free text, other queries' values and options that are no names are refused at save."""
    with pytest.raises(PlaceholderUnbindable, match=why):
        statement(sql, {}, [definition])


def test_a_refusal_names_placeholder_line_reason_and_next_step(statement):
    """The author can mend it without asking anybody."""
    with pytest.raises(PlaceholderUnbindable) as caught:
        statement("select i\nfrom t\norder by {{ column }}", {})
    assert caught.value.message.startswith("Placeholder {{ column }} in line 3 cannot be bound:")
    assert "Declare it as a list (enum)" in caught.value.hint


def test_the_bare_name_of_a_range_is_refused(statement):
    """It has no value: its ends have."""
    with pytest.raises(PlaceholderUnbindable, match="is a range") as caught:
        statement("select {{r}}", {}, [R])
    assert "{{ r.start }}" in caught.value.hint


@pytest.mark.parametrize("value", ["1e3", "2.5", "nan", 1.5])
def test_a_closed_place_takes_whole_numbers_only(statement, value):
    """A number parameter may hold others, which are no column and no size."""
    with pytest.raises(ParameterInvalid, match="do not fit"):
        statement("select i from t order by {{n}}", {"n": value}, [N])


@pytest.mark.parametrize("sql", ["select $1", "select $name", "select ?", "select {{x}}, $p1"])
def test_binds_of_the_author_are_refused(statement, sql):
    """Nothing could ever be bound to them."""
    with pytest.raises(PlaceholderUnbindable, match="driver's placeholder"):
        statement(sql, {"x": 1})


@pytest.mark.parametrize(
    "sql", ["select '$1 ?'", 'select 1 as "?"', "select $$?$$ -- $1 ?", "select 5 -- {"]
)
def test_marks_inside_quotes_and_comments_are_no_binds(rows, sql):
    """They are text."""
    assert len(rows(sql, {})) == 1
