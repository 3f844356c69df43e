"""Whatever a caller sends stays a value, and whatever an author writes is read or refused."""

import re
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from standpipe.core.errors import PlaceholderUnbindable, StandpipeError
from standpipe.core.executions import Statement
from standpipe.core.parameter_values import check_values
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.sql.bind import bind
from standpipe.sql.fingerprint import fingerprint, redash_query_hash
from standpipe.sql.statements import strip_terminator
from standpipe.sql.tags import placeholder_names
from standpipe.sql.template import check_places, parse
from standpipe.sql.undeclared import with_undeclared

# Our own list: every way out of a literal, comment, name or number that we know of.
INJECTIONS = [
    "'",
    "''",
    "'''",
    '"',
    '""',
    "`",
    "\\",
    "\\'",
    "\\\\'",
    "';",
    "'; drop table t; --",
    "'; select 1; '",
    "' or '1'='1",
    "' or 1=1 --",
    "' union select 2 --",
    '" or ""="',
    "1 or 1=1",
    "1; drop table t",
    "1) or (1=1",
    "1))) --",
    "0x31",
    "1e1",
    "--",
    "-- '",
    "-- \n'",
    "#",
    "/*",
    "*/",
    "/* '",
    "*/ ' /*",
    "/* /* */ '",
    "/*! select 1 */",
    "/*+ '",
    "$$",
    "$$ || '",
    "$t$",
    "$t$ '",
    "$1",
    "$p1",
    "$p2",
    ":p1",
    "?",
    "%s",
    "%(p1)s",
    "%%",
    "{{x}}",
    "{{y}}",
    "{{#x}}",
    "}}",
    "{{",
    "{% raw %}",
    "E'\\''",
    "U&'\\0027'",
    "\u02bc",
    "\uff07",
    "\u2019; select 1",
    "\x00",
    "'\x00",
    "a\x00b",
    "\n",
    "\r\n';",
    "\u2028'",
    "\u00a0or\u00a01=1",
    "\u202e'",
    "\U0001f600'",
    "zq0z",
    "z0z",
    "null",
    "NULL) or (true",
    "select 1",
    "",
    " ",
]

# What the caller's text becomes in each place, and the SQL that shows it.
PLACES = {
    "bare": ("select {{x}}", "{}"),
    "literal": ("select '{{x}}'", "{}"),
    "part of a literal": ("select 'a''{{x}}b'", "a'{}b"),
    "dollar quotes": ("select $q$<{{x}}>$q$", "<{}>"),
    "twice": ("select '{{x}}{{x}}'", "{}{}"),
    "function": ("select concat('', {{x}})", "{}"),
    "array": ("select [{{x}}][1]", "{}"),
    "case": ("select case when true then '{{x}}' end", "{}"),
    "subquery": ("select * from (values ('{{x}}'))", "{}"),
    "cast": ("select varchar '{{x}}'", "{}"),
    "IN": ("select v from (values ({{x}})) r(v) where v in ('{{x}}')", "{}"),
    "comment": ("select {{x}} -- {{x}}\n /* {{x}} */", "{}"),
}

texts = st.text(st.characters(exclude_categories=["Cs"]))
hostile = st.one_of(
    texts,
    st.sampled_from(INJECTIONS),
    st.lists(st.sampled_from(INJECTIONS), min_size=1, max_size=4).map("".join),
)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def statement(sql: str, values: dict, *parameters: Parameter) -> Statement:
    template = parse(sql, "duckdb")
    complete = with_undeclared(template, parameters)
    check_places(template, complete)
    bound = check_values(complete, values, members=None, use_defaults=False, needed=template.names)
    return bind(template, bound, complete)


@pytest.mark.parametrize("value", INJECTIONS)
@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_value_comes_back_as_it_was(database, place, value):
    """DuckDB returns exactly the value, from every place."""
    sql, expected = PLACES[place]
    made = statement(sql, {"x": value})
    row = database.execute(made.text, dict(made.values)).fetchone()
    assert row == (expected.replace("{}", value),)


@settings(max_examples=60, deadline=None)
@given(value=hostile)
@pytest.mark.parametrize("place", PLACES)
def test_any_value_comes_back_as_it_was(database, place, value):
    """The same for whatever can be written."""
    sql, expected = PLACES[place]
    made = statement(sql, {"x": value})
    row = database.execute(made.text, dict(made.values)).fetchone()
    assert row == (expected.replace("{}", value),)


@settings(max_examples=60, deadline=None)
@given(one=hostile, other=hostile)
@pytest.mark.parametrize("place", PLACES)
def test_the_text_does_not_depend_on_the_value(place, one, other):
    """Stronger than not containing it: two values give one and the same text."""
    sql, _ = PLACES[place]
    assert statement(sql, {"x": one}).text == statement(sql, {"x": other}).text


@settings(max_examples=100, deadline=None)
@given(value=hostile)
def test_a_value_is_no_part_of_the_text(value):
    """Marked on both sides, it would be found."""
    marked = f"<<{value}>>"
    made = statement("select {{x}}, '{{x}}', 'a{{x}}b', date '{{x}}', [{{x}}]", {"x": marked})
    assert marked not in made.text


@settings(max_examples=100, deadline=None)
@given(members=st.lists(hostile, max_size=6, unique=True), kept=st.data())
def test_a_list_keeps_what_it_holds(database, members, kept):
    """IN finds the members and NOT IN the others, for any members."""
    chosen = kept.draw(st.lists(st.sampled_from(members), unique=True)) if members else []
    definition = Parameter(
        name="l",
        kind=ParameterKind.ENUM,
        options=tuple(members),
        multiple=Multiple(prefix="'", suffix="'"),
    )
    for sql in ("v in ({{l}})", "v in ('{{l}}')", "not (v not in ({{l}}))"):
        made = statement(f"select v from all_values where {sql}", {"l": chosen}, definition)
        database.execute("create or replace temp table all_values (v varchar)")
        for member in members:
            database.execute("insert into all_values values ($v)", {"v": member})
        found = database.execute(made.text, dict(made.values)).fetchall()
        assert sorted(found) == sorted((member,) for member in chosen)


@settings(max_examples=200, deadline=None)
@given(value=hostile)
@pytest.mark.parametrize(
    "definition",
    [
        Parameter(name="x", kind=ParameterKind.ENUM, options=("day", "i")),
        Parameter(name="x", kind=ParameterKind.NUMBER),
    ],
    ids=lambda definition: definition.kind,
)
def test_a_closed_place_holds_a_name_or_a_number_or_nothing(definition, value):
    """The only text that comes from a caller cannot hold a quote, blank or operator."""
    try:
        made = statement('select i from t order by {{x}}, "{{x}}"', {"x": value}, definition)
    except StandpipeError:
        return
    name_or_number = r'("[A-Za-z_][A-Za-z0-9_]*"|-?[0-9]+)'
    assert re.fullmatch(
        rf'select i from t order by {name_or_number}, "[-A-Za-z0-9_]+"', made.text, re.ASCII
    )


FRAGMENTS = [
    *("{{x}}", "{{ x }}", "{{{x}}}", "{{&x}}", "{{#x}}", "{{/x}}", "{{!x}}", "{{>x}}", "{{=x=}}"),
    *("{{", "}}", "{", "}", "'", "''", '"', "`", "\\", "$$", "$t$", "$", "$1", "?", ":x", "@", "#"),
    *("--", "/*", "*/", "/*+", "/*!", "{#", "#}", "{%", "%}", "\n", "\r\n", "\t", " ", "\x00"),
    *("select", "from", "where", "in", "not", "(", ")", "[", "]", ",", ";", ".", "::", "=", "%"),
    *("order by", "group by", "date", "timestamp", "interval", "day", "with time zone", "as"),
    *("E'", "N'", "x'", "U&'", "r'", "1", "1e5", ".5", "a", "é", "日本", "\U0001f600", "\ud800"),
    *("call", "explain", "show", "execute", "fetch", "begin", "extract(", "decimal(", "using"),
]
sql_texts = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=14).map(" ".join),
    st.text(max_size=60),
)


@settings(max_examples=300, deadline=None)
@given(sql=sql_texts, value=hostile)
@example(sql="{{" * 50 + "}}" * 50, value="'")
@example(sql="select 1; call f({{x}})", value="'")
@example(sql="date /* {{x}} */ '{{x}}'", value="'")
@example(sql="/* {{x}} /* */ {{x}} */ {{x}}", value="*/")
@pytest.mark.parametrize("sql_dialect", ["duckdb", "postgres", "mysql"])
def test_any_text_is_read_or_refused(sql_dialect, sql, value):
    """Nothing but our own errors, and no text of the caller in what is executed."""
    names = placeholder_names(sql)
    try:
        template = parse(sql, sql_dialect)
    except StandpipeError:
        return
    assert set(template.names) == set(names)
    complete = with_undeclared(template, ())
    try:
        check_places(template, complete)
    except PlaceholderUnbindable:
        return
    one, other = (
        check_values(complete, dict.fromkeys(names, each), members=None, use_defaults=False)
        for each in (value, f"{value}!")
    )
    first = bind(template, one, complete)
    assert first.text == bind(template, other, complete).text
    assert not re.search(r"z[0-9a-f]{16}x[0-9]+z", first.text)  # no word is left behind
    assert len(fingerprint(first, 1, "", sql_dialect)) == 64


@settings(max_examples=200, deadline=None)
@given(sql=sql_texts)
def test_any_text_can_be_stripped_and_hashed(sql):
    """Both work on texts that no engine would take, and stripping twice changes nothing more."""
    stripped = strip_terminator(sql, "duckdb")
    assert strip_terminator(stripped, "duckdb") == stripped
    assert len(redash_query_hash(sql)) == 32
