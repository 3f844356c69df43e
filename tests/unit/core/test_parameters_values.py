"""Checking the values of one run against the definitions."""

# ruff: noqa: DTZ001 - what people write without a zone has none

from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, isnan

import pytest

from standpipe.core.errors import ParameterInvalid, ParameterMissing
from standpipe.core.parameter_values import check_values
from standpipe.core.parameters import (
    BoundParameters,
    Multiple,
    Parameter,
    ParameterKind,
    Range,
)

K = ParameterKind
COLOURS = ("red", "green", "7")
SEVERAL = Multiple(prefix="'", suffix="'", separator=", ")


def parameter(kind, **fields):
    return Parameter(name="x", kind=kind, **fields)


def check(definition, value, *, members=None):
    return check_values([definition], {"x": value}, members=members, use_defaults=False)


ACCEPTED = [
    (K.TEXT, "o'brien", "o'brien"),
    (K.TEXT, "", ""),
    (K.NUMBER, 5, 5),
    (K.NUMBER, True, 1),
    (K.NUMBER, "  -12 ", -12),
    (K.NUMBER, "3.14", Decimal("3.14")),
    (K.NUMBER, 1.5, Decimal("1.5")),
    (K.NUMBER, 12345678901234567890, 12345678901234567890),
    (K.NUMBER, "12345678901234567890.12", Decimal("12345678901234567890.12")),
    (K.NUMBER, "1e3", 1000.0),
    (K.NUMBER, "inf", inf),
    (K.DATE, "2026-01-31", date(2026, 1, 31)),
    (K.DATE, "2026-01-31 10:00", datetime(2026, 1, 31, 10)),
    (K.DATETIME, "2026-01-31", datetime(2026, 1, 31)),
    (K.DATETIME, "2026-01-31 10:05", datetime(2026, 1, 31, 10, 5)),
    (K.DATETIME_SECONDS, "2026-01-31 10:05:06", datetime(2026, 1, 31, 10, 5, 6)),
    (K.DATETIME_SECONDS, "2026-01-31T10:05:06Z", datetime(2026, 1, 31, 10, 5, 6, tzinfo=UTC)),
]


@pytest.mark.parametrize(("kind", "value", "typed"), ACCEPTED)
def test_a_value_that_fits_is_typed_and_kept_as_written(kind, value, typed):
    """What is bound has the declared type; what is shown is what the caller wrote."""
    assert check(parameter(kind), value) == BoundParameters({"x": typed}, {"x": str(value)})


def test_the_number_nan_is_a_number():
    """Redash clients may send it, so it is bound as a float."""
    value = check(parameter(K.NUMBER), "nan").values["x"]
    assert isinstance(value, float)
    assert isnan(value)


REFUSED = [
    (K.TEXT, 5),
    (K.TEXT, None),
    (K.TEXT, ["a"]),
    (K.TEXT, {"a": 1}),
    (K.TEXT, "\ud800"),
    (K.PATTERN, "abc"),
    (K.NUMBER, "abc"),
    (K.NUMBER, "1 or 1=1"),
    (K.NUMBER, ""),
    (K.NUMBER, None),
    (K.NUMBER, [1]),
    (K.NUMBER, "1e999"),
    (K.NUMBER, "9" * 401),
    (K.ENUM, "blue"),
    (K.ENUM, ["red"]),
    (K.ENUM, None),
    (K.QUERY, "red"),
    (K.DATE, "garbage"),
    (K.DATE, "10"),
    (K.DATE, "today"),
    (K.DATE, "d_now"),
    (K.DATE, "2026-13-45"),
    (K.DATE, "01/02/2026"),
    (K.DATE, None),
    (K.DATE, 20260101),
    (K.DATE_RANGE, "d_this_week"),
    (K.DATE_RANGE, {"start": "2026-01-01"}),
    (K.DATE_RANGE, {"start": "2026-01-01", "end": "x"}),
    (K.DATE_RANGE, ["2026-01-01", "2026-01-02"]),
    (K.DATETIME_RANGE, None),
]


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_by_name(kind, value):
    """The error names the parameter."""
    with pytest.raises(ParameterInvalid) as caught:
        check(parameter(kind, options=COLOURS), value)
    assert caught.value.names == ("x",)


@pytest.mark.parametrize(
    ("kind", "value", "detail"),
    [
        (K.NUMBER, "abc", "x: 'abc' is not a number."),
        (K.ENUM, "blue", "x: 'blue' is not one of 'red', 'green', '7'."),
        (K.DATE, "10", "x: '10' is not a date; write YYYY-MM-DD."),
        (
            K.DATE_RANGE,
            "d_today",
            'x: \'d_today\' is not a range; send {"start": ..., "end": ...}.',
        ),
        (
            K.DATE_RANGE,
            {"start": "2013-01-01", "end": "nope"},
            "x.end: 'nope' is not a date; write YYYY-MM-DD.",
        ),
        (K.QUERY, "z", "x: 'z' is not among the values that query 4 lists."),
    ],
)
def test_a_refusal_says_the_value_and_what_is_allowed(kind, value, detail):
    """Whoever reads it knows what to send instead."""
    with pytest.raises(ParameterInvalid) as caught:
        check(parameter(kind, options=COLOURS, query_id=4), value)
    assert caught.value.detail == detail


@pytest.mark.parametrize(("value", "text"), [("red", "red"), (7, "7")])
def test_an_enum_takes_what_reads_like_an_option(value, text):
    """Membership is decided on the text of the value."""
    assert check(parameter(K.ENUM, options=COLOURS), value).values == {"x": text}


@pytest.mark.parametrize(
    ("value", "values", "written"),
    [
        (["red", 7], ("red", "7"), "'red', '7'"),
        ([], (), ""),
        ("red", "red", "red"),
    ],
)
def test_an_enum_of_several_takes_a_list_a_scalar_and_nothing(value, values, written):
    """Lists are joined as the definition says, for people; scalars are left alone."""
    bound = check(parameter(K.ENUM, options=COLOURS, multiple=SEVERAL), value)
    assert bound == BoundParameters({"x": values}, {"x": written})


def test_an_enum_of_several_refuses_a_list_with_one_stranger():
    """Every member must be an option."""
    with pytest.raises(ParameterInvalid):
        check(parameter(K.ENUM, options=COLOURS, multiple=SEVERAL), ["red", "blue"])


def test_a_query_list_takes_what_the_members_hold():
    """The allowed values come from outside, asked for by definition."""
    definition = parameter(K.QUERY, query_id=4, multiple=Multiple())
    bound = check(definition, ["a", 1], members=lambda asked: {f"{asked.query_id - 3}", "a"})
    assert bound.values == {"x": ("a", "1")}


def test_a_pattern_must_match_as_a_whole():
    """Half a match is none, however the pattern is written."""
    assert check(parameter(K.PATTERN, pattern="a|b"), "b").values == {"x": "b"}
    with pytest.raises(ParameterInvalid, match="do not fit"):
        check(parameter(K.PATTERN, pattern="a|b"), "bx")


def test_a_range_is_typed_as_a_range_and_written_by_its_ends():
    """Placeholders ask for ``x.start`` and ``x.end``."""
    bound = check(parameter(K.DATE_RANGE), {"start": "2026-01-01", "end": "2026-01-31"})
    assert bound.values == {"x": Range(date(2026, 1, 1), date(2026, 1, 31))}
    assert bound.written == {"x.start": "2026-01-01", "x.end": "2026-01-31"}


def test_wrong_names_come_as_declared_and_then_the_unknown():
    """The order of the definitions, not of the request."""
    parameters = [Parameter(name=name, kind=K.NUMBER) for name in ("a", "b")]
    with pytest.raises(ParameterInvalid) as caught:
        check_values(parameters, {"z": 1, "b": "?", "a": "?"}, members=None, use_defaults=False)
    assert caught.value.names == ("a", "b", "z")


def test_a_wrong_value_is_told_before_a_missing_one():
    """Values are checked before it is asked whether all are there."""
    parameters = [Parameter(name=name, kind=K.NUMBER) for name in ("a", "b")]
    with pytest.raises(ParameterInvalid):
        check_values(parameters, {"b": "?"}, members=None, use_defaults=False)


def test_missing_values_are_named_with_both_ends_of_ranges():
    """A range lacks two values."""
    parameters = [Parameter(name="r", kind=K.DATE_RANGE), Parameter(name="n", kind=K.NUMBER)]
    with pytest.raises(ParameterMissing) as caught:
        check_values(parameters, {}, members=None, use_defaults=False)
    assert caught.value.names == ("r.start", "r.end", "n")


def test_only_what_the_text_needs_can_be_missing():
    """A declared parameter without placeholder needs no value; the order is that of the text."""
    parameters = [Parameter(name=name, kind=K.NUMBER) for name in ("a", "b", "c")]
    with pytest.raises(ParameterMissing) as caught:
        check_values(parameters, {}, members=None, use_defaults=False, needed=("c", "a"))
    assert caught.value.names == ("c", "a")


UNDECLARED = [Parameter(name=name, kind=K.TEXT, is_declared=False) for name in ("x", "r.start")]


@pytest.mark.parametrize("value", ["a", 5, 1.5, True, None])
def test_a_query_without_definitions_takes_any_scalar(value):
    """Nobody said what the value must be."""
    bound = check_values(UNDECLARED[:1], {"x": value}, members=None, use_defaults=False)
    written = "" if value is None else str(value)
    assert bound == BoundParameters({"x": value}, {"x": written})


def test_a_query_without_definitions_ignores_names_without_placeholder():
    """They cannot do anything."""
    bound = check_values(UNDECLARED[:1], {"x": 1, "y": 2}, members=None, use_defaults=False)
    assert bound.values == {"x": 1}


def test_a_query_without_definitions_takes_fields_of_objects_and_lists():
    """An object's fields answer dotted placeholders, a list is joined by commas."""
    given = {"r": {"start": "2026-01-01"}, "x": ["a", 1]}
    bound = check_values(UNDECLARED, given, members=None, use_defaults=False)
    assert bound.values == {"x": ("a", 1), "r.start": "2026-01-01"}
    assert bound.written == {"x": "a,1", "r.start": "2026-01-01"}


def test_a_query_without_definitions_names_what_has_no_value():
    """Every placeholder needs one."""
    with pytest.raises(ParameterMissing) as caught:
        check_values(UNDECLARED, {"x": 1}, members=None, use_defaults=False)
    assert caught.value.names == ("r.start",)


def test_a_query_without_definitions_refuses_nested_lists():
    """There is no text for them."""
    with pytest.raises(ParameterInvalid):
        check_values(UNDECLARED[:1], {"x": [["a"]]}, members=None, use_defaults=False)


def test_an_undeclared_name_is_unknown_where_anything_is_declared():
    """As soon as one parameter is declared, the definitions are the whole list."""
    parameters = [parameter(K.NUMBER), Parameter(name="y", kind=K.TEXT, is_declared=False)]
    with pytest.raises(ParameterInvalid) as caught:
        check_values(parameters, {"x": 1, "y": "a"}, members=None, use_defaults=False)
    assert caught.value.names == ("y",)


def test_defaults_fill_what_is_not_given():
    """What the caller sends wins; without the flag defaults do not count."""
    parameters = [parameter(K.NUMBER, default=3), Parameter(name="y", kind=K.NUMBER, default=4)]
    bound = check_values(parameters, {"y": 9}, members=None, use_defaults=True)
    assert bound.values == {"x": 3, "y": 9}
    with pytest.raises(ParameterMissing):
        check_values(parameters, {"y": 9}, members=None, use_defaults=False)


def test_an_empty_default_is_none_unless_it_is_text():
    """Forms store an empty field as empty text."""
    text = check_values([parameter(K.TEXT, default="")], {}, members=None, use_defaults=True)
    assert text.values == {"x": ""}
    with pytest.raises(ParameterMissing):
        check_values([parameter(K.DATE, default="")], {}, members=None, use_defaults=True)


def test_a_default_that_does_not_fit_is_refused():
    """Definitions may have changed after the default was stored."""
    with pytest.raises(ParameterInvalid):
        check_values([parameter(K.NUMBER, default="n")], {}, members=None, use_defaults=True)


def test_dynamic_defaults_are_resolved_now_and_missing_without_a_now():
    """A schedule knows its moment; an identity that must last has none."""
    definition = parameter(K.DATE_RANGE, default="d_yesterday")
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    bound = check_values([definition], {}, members=None, use_defaults=True, now=now)
    assert bound.written == {"x.start": "2026-02-28", "x.end": "2026-02-28"}
    with pytest.raises(ParameterMissing):
        check_values([definition], {}, members=None, use_defaults=True)


def test_many_wrong_values_make_a_short_detail():
    """All are named, ten are explained."""
    parameters = [Parameter(name=f"p{n}", kind=K.NUMBER) for n in range(30)]
    with pytest.raises(ParameterInvalid) as caught:
        check_values(
            parameters, {f"p{n}": "?" for n in range(30)}, members=None, use_defaults=False
        )
    assert len(caught.value.names) == 30
    assert caught.value.detail.endswith("p9: '?' is not a number; and 20 more.")
