"""Functions and casts in filters and sorts: what they take, and what comes out."""

from datetime import UTC, datetime

import pytest

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import WindowInvalid
from standpipe.core.windows import WindowAsk, check_window, parse_sort
from standpipe.core.windows import expressions as e

T = LogicalType
NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
TYPES = {
    "i": ("INTEGER", T.INTEGER),
    "d": ("DECIMAL(12,2)", T.DECIMAL),
    "f": ("DOUBLE", T.FLOAT),
    "b": ("BOOLEAN", T.BOOLEAN),
    "s": ("VARCHAR", T.TEXT),
    "day": ("DATE", T.DATE),
    "ts": ("TIMESTAMP", T.TIMESTAMP),
    "tz": ("TIMESTAMP WITH TIME ZONE", T.TIMESTAMPTZ),
    "t": ("TIME", T.TIME),
    "u": ("UUID", T.UUID),
    "x": ("BLOB", T.BYTES),
    "j": ("JSON", T.JSON),
}
COLUMNS = [
    Column(name=name, stored_name=name, logical_type=logical, stored_type=stored, source_type="?")
    for name, (stored, logical) in TYPES.items()
]


def check(text: str) -> e.Expression:
    window = check_window(WindowAsk(order_by=parse_sort(text)), COLUMNS, now=NOW)
    return window.order[0].expression


def constant(type_: LogicalType, value: object) -> e.Constant:
    return e.Constant(type=type_, value=value)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("lower(s)", T.TEXT),
        ("UPPER(s)", T.TEXT),
        ("trim(s)", T.TEXT),
        ("length(s)", T.INTEGER),
        ("substr(s, 2)", T.TEXT),
        ("substr(s, 2, i)", T.TEXT),
        ("abs(i)", T.INTEGER),
        ("abs(d)", T.DECIMAL),
        ("abs(f)", T.FLOAT),
        ("round(i)", T.INTEGER),
        ("round(d, 1)", T.DECIMAL),
        ("round(f, -2)", T.FLOAT),
        ("coalesce(i)", T.INTEGER),
        ("coalesce(i, 0)", T.INTEGER),
        ("coalesce(i, 0.5)", T.DECIMAL),
        ("coalesce(i, d, f)", T.FLOAT),
        ("coalesce(s, 'none')", T.TEXT),
        ("coalesce(day, '2024-03-01')", T.DATE),
        ("coalesce(day, '2024-03-01 15:00')", T.TIMESTAMP),
        ("coalesce(day, ts, now)", T.TIMESTAMP),
        ("coalesce(null, tz)", T.TIMESTAMPTZ),
        ("coalesce(tz, coalesce(null, '2024-03-01'))", T.TIMESTAMPTZ),
        ("date_trunc('month', day)", T.DATE),
        ("date_trunc('HOUR', ts)", T.TIMESTAMP),
        ("date_trunc('week', tz)", T.TIMESTAMPTZ),
        ("date_trunc('day', '2024-03-01 15:00')", T.TIMESTAMP),
        ("date_part('year', day)", T.INTEGER),
        ("date_part('isodow', tz)", T.INTEGER),
        ("date_part('second', ts)", T.INTEGER),
        ("lower(null)", T.TEXT),
        ("abs(null)", T.DECIMAL),
        ("date_part('year', null)", T.INTEGER),
        ("abs(5)", T.INTEGER),
        ("abs('-5.5')", T.DECIMAL),
        ("lower(cast(j as text))", T.TEXT),
        ("(b and i = 1)", T.BOOLEAN),
    ],
)
def test_a_function_has_the_type_that_it_returns(text: str, type_: LogicalType) -> None:
    """Functions of numbers and dates keep their type, the others have one of their own."""
    assert check(text).type is type_


def test_a_call_keeps_its_arguments() -> None:
    """Arguments are checked expressions, units in lower case, written values of their type."""
    seen = check("date_trunc('Month', coalesce(day, '2024-03-01'))")
    day = e.ColumnValue(type=T.DATE, column=COLUMNS[5])
    fallback = constant(T.DATE, datetime(2024, 3, 1, tzinfo=UTC).date())
    coalesced = e.FunctionCall(type=T.DATE, name="coalesce", arguments=(day, fallback))
    assert seen == e.FunctionCall(
        type=T.DATE, name="date_trunc", arguments=(constant(T.TEXT, "month"), coalesced)
    )


@pytest.mark.parametrize(
    ("text", "position", "message", "detail"),
    [
        ("lowr(s)", 0, "There is no function 'lowr'.", "lower, upper, trim"),
        ("lower(s, s)", 0, "'lower' does not take 2 arguments.", "lower(text)"),
        ("lower()", 0, "'lower' does not take 0 arguments.", "lower(text)"),
        ("substr(s)", 0, "'substr' does not take 1 argument.", "substr(text, start)"),
        ("coalesce()", 0, "'coalesce' does not take 0 arguments.", "coalesce(x, y, ...)"),
        ("lower(*)", 0, "'lower' takes neither * nor DISTINCT.", "count, sum"),
        ("lower(distinct s)", 0, "'lower' takes neither * nor DISTINCT.", "count, sum"),
        ("coalesce(*)", 0, "'coalesce' takes neither * nor DISTINCT.", "count, sum"),
        ("foo(*)", 0, "There is no function 'foo'.", ""),
        ("lower(i)", 6, "'i' is an integer, which does not fit here.", "lower(text)"),
        ("lower(5)", 6, "5 is an integer, which does not fit here.", "lower(text)"),
        ("length(x)", 7, "'x' is a string of bytes, which does not fit here.", "length(text)"),
        ("lower(j)", 6, "'j' is a JSON document, which cannot be compared.", "cast to text"),
        ("substr(s, f)", 10, "'f' is a floating-point number, which does not", "substr"),
        ("substr(s, 1.5)", 10, "1.5 is a decimal number, which does not fit here.", "substr"),
        ("abs(s)", 4, "'s' is a text, which does not fit here.", "abs(number)"),
        ("abs('x')", 4, "'x' is a text, which does not fit here.", "abs(number)"),
        ("round(d, i)", 9, "The digits of round are written as a whole number.", "-38 to 38"),
        ("round(d, 39)", 9, "The digits of round are written", "-38 to 38"),
        ("round(d, null)", 9, "The digits of round are written", "-38 to 38"),
        ("coalesce(null, 5)", 0, "A value that is the same everywhere sorts nothing.", ""),
        ("coalesce(i, s)", 12, "'i' is an integer and 's' is a text", ""),
        ("coalesce(i, 'x')", 12, "'x' cannot be compared with 'i'", "whole numbers"),
        ("date_trunc('fortnight', day)", 11, "'date_trunc' does not know this unit.", "'week'"),
        ("date_trunc(month, day)", 11, "'date_trunc' does not know this unit.", "'week'"),
        ("date_trunc(null, day)", 11, "'date_trunc' does not know this unit.", "'week'"),
        ("date_trunc('dow', day)", 11, "'date_trunc' does not know this unit.", "'week'"),
        ("date_part('epoch', day)", 10, "'date_part' does not know this unit.", "'isodow'"),
        ("date_trunc('month')", 0, "'date_trunc' does not take 1 argument.", "date_trunc("),
        ("date_trunc()", 0, "'date_trunc' does not take 0 arguments.", "date_trunc("),
        ("date_trunc('month', t)", 20, "'t' is a time, which does not fit here.", "date_trunc("),
        ("date_part('year', 'x')", 18, "'x' is a text, which does not fit here.", "date_part("),
        ("sum(i)", 0, "'sum' is an aggregate, which cannot stand here.", "grouping"),
        ("abs(sum(i))", 4, "'sum' is an aggregate, which cannot stand here.", "grouping"),
        ("cast(i as dat)", 0, "There is no type 'dat'.", "date"),
        ("i::blob", 0, "There is no type 'blob'.", ""),
        ("i::date", 0, "No cast makes a date of an integer.", "date, text, timestamp"),
        ("u::integer", 0, "No cast makes an integer of a UUID.", "boolean, decimal"),
        ("tz::time", 0, "No cast makes a time of a timestamp with time zone.", "text, time"),
        ("j::integer", 0, "No cast makes an integer of a JSON document.", ""),
    ],
)  # fmt: skip
def test_what_a_function_does_not_take_is_refused(
    text: str, position: int, message: str, detail: str
) -> None:
    """The error points at the argument, and says how the function is written."""
    with pytest.raises(WindowInvalid) as caught:
        check(text)
    error = caught.value
    assert (error.part, error.position) == ("sort", position)
    assert error.message.startswith(message)
    assert detail in error.detail


NUMBERS = {"integer", "int", "bigint", "smallint", "double", "float", "real", "decimal", "numeric"}


@pytest.mark.parametrize(
    ("name", "types"),
    [
        *((name, "i d f b s") for name in sorted(NUMBERS)),
        ("double precision", "i d f b s"),
        *((name, "i d f b s") for name in ("boolean", "bool")),
        *((name, "i d f b s day ts tz t u x j") for name in ("text", "varchar", "string")),
        *((name, "s day ts tz") for name in ("date", "timestamp", "datetime", "timestamptz")),
        ("timestamp with time zone", "s day ts tz"),
        ("time", "s ts t"),
        ("uuid", "s u"),
    ],
)
def test_casts_are_those_that_mean_something(name: str, types: str) -> None:
    """Each type is made of the ones that can hold its values; null is of every type."""
    for column in COLUMNS:
        text = f"cast({column.name} as {name})"
        if column.name in types.split():
            found = check(text)
            assert isinstance(found, e.Conversion)
            assert found.operand == e.ColumnValue(type=column.logical_type, column=column)
        else:
            with pytest.raises(WindowInvalid, match="No cast makes"):
                check(text)
    assert check(f"cast(null as {name})").type is found_type(name)


def found_type(name: str) -> LogicalType:
    return check(f"cast(s as {name})").type
