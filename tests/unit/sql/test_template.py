"""Reading SQL text with placeholders."""

import pytest

from standpipe.core.errors import ConfigurationInvalid, InvalidRequest, PlaceholderUnbindable
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.sql.places import PlaceKind
from standpipe.sql.template import Shown, check_places, parse, warm
from standpipe.sql.undeclared import with_undeclared

K = ParameterKind


def test_a_template_names_its_placeholders_once_in_order_comments_included():
    """Whoever asks for the needed values asks for all that is shown."""
    template = parse("select {{b}}, '{{ r.start }} {{a}}' -- {{c}}, {{b}}", "duckdb")
    assert template.names == ("b", "r.start", "a", "c")


def test_a_template_keeps_what_is_executed_and_what_is_shown_apart():
    """Comments with placeholders are shown and not executed; line ends stay."""
    template = parse("select 1 -- {{x}}\n, '{{y}}' /* kept */, 2 ; -- end", "duckdb")
    text, comment, rest, place, tail = template.pieces
    assert (text, comment, rest, tail) == ("select 1", "\n", ", ", " /* kept */, 2")
    assert place.kind is PlaceKind.LITERAL
    shown = ("select 1 -- ", Shown("x"), "\n, '", Shown("y"), "' /* kept */, 2")
    assert template.display == shown


def test_a_template_is_read_once():
    """The same text gives the same object."""
    assert parse("select {{x}}", "duckdb") is parse("select {{x}}", "duckdb")


def test_a_text_that_holds_the_words_of_the_template_is_safe():
    """The words that stand for tags while tokenizing never occur in the text."""
    sql = " ".join(f"'z{number}z {{{{x}}}} zq{number}z'" for number in range(1))
    (place,) = parse(f"select {sql}", "duckdb").places
    assert place.texts == ("z0z ", " zq0z")


@pytest.mark.parametrize("sql", ["", "  ", ";", "-- only", "select 'open", "/* open", 'select "'])
def test_a_text_without_placeholders_is_left_to_the_engine(sql):
    """It will say better what is wrong."""
    template = parse(sql, "duckdb")
    assert template.names == ()
    assert "".join(template.pieces).strip() in sql


@pytest.mark.parametrize(
    ("sql", "what"),
    [("select \0", "NUL"), ("select '\ud800'", "Unicode"), (" " * 250_001, "too long")],
)
def test_a_text_that_no_database_should_get_is_refused(sql, what):
    """Before anything is saved."""
    with pytest.raises(InvalidRequest, match=what):
        parse(sql, "duckdb")


def test_an_unknown_dialect_is_a_matter_of_configuration():
    """Connectors name the dialect, not callers."""
    with pytest.raises(ConfigurationInvalid, match="nosuch"):
        parse("select 1", "nosuch")


@pytest.mark.parametrize(
    ("sql_dialect", "sql", "texts"),
    [
        ("mysql", r"select '\\{{x}}\'a'", ("\\", "'a")),
        ("mysql", 'select "a{{x}}" # {{x}}', ("a", "")),
        ("bigquery", "select '''it's {{x}}'''", ("it's ", "")),
        ("postgres", "select a ? 'k', $q$'{{x}}$q$", ("'", "")),
        ("sqlite", "select [a {{x}}]", ("a ", "")),
        ("spark", r"select r'\d{{x}}'", (r"\d", "")),
    ],
)
def test_quotes_are_those_of_the_dialect(sql_dialect, sql, texts):
    """What is text for the engine is text for the template."""
    (place,) = parse(sql, sql_dialect).places
    assert place.texts == texts


@pytest.mark.parametrize(
    ("sql_dialect", "sql"),
    [
        ("postgres", "select E'{{x}}'"),
        ("trino", "select U&'{{x}}'"),
        ("mysql", "select /*+ {{x}} */ 1"),
        ("postgres", "select $1"),
    ],
)
def test_literals_hints_and_binds_of_other_dialects_are_refused(sql_dialect, sql):
    """Nothing can be bound there."""
    with pytest.raises(PlaceholderUnbindable):
        parse(sql, sql_dialect)


def test_every_undeclared_placeholder_becomes_a_text_parameter():
    """Declared ones come first, ends of ranges are served, forgotten ones are dropped."""
    declared = (
        Parameter(name="n", kind=K.NUMBER),
        Parameter(name="r", kind=K.DATE_RANGE),
    )
    stale = Parameter(name="old", kind=K.TEXT, is_declared=False)
    template = parse("select {{b}}, {{n}}, {{r.start}}, {{a}}, {{n.start}}", "duckdb")
    assert with_undeclared(template, (*declared, stale)) == (
        *declared,
        *(
            Parameter(name=name, kind=K.TEXT, title=name, is_declared=False)
            for name in ("b", "a", "n.start")
        ),
    )


@pytest.mark.parametrize(
    "sql",
    [
        "select " + ", ".join(f"'{{{{x{n}}}}}' /* {{{{y}}}} */" for n in range(3_000)),
        "(" * 50_000 + "{{x}}",
        "select '" + "{{x}}" * 20_000 + "'",
    ],
)
def test_a_huge_text_is_read_in_time_linear_in_its_length(sql):
    """This test would not end if reading were quadratic."""
    assert "y" in parse(sql, "duckdb").names or parse(sql, "duckdb").names == ("x",)


def test_a_huge_text_is_refused_in_time_linear_in_its_length():
    """The first placeholder that stands wrong ends it, also without any definition."""
    template = parse("{{x}} " * 20_000, "duckdb")
    with pytest.raises(PlaceholderUnbindable, match="right behind"):
        check_places(template, ())


def test_warming_up_reads_a_text_like_any_other():
    """It loads what the first template needs, for the dialects that are in use."""
    assert warm() is None
    assert warm("postgres") is None
