"""Groupings: the columns that come out, and what may refer to them."""

from datetime import UTC, datetime

import pytest

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import ColumnUnknown, WindowInvalid
from standpipe.core.windows import (
    Window,
    WindowAsk,
    check_window,
    parse_aggregates,
    parse_columns,
    parse_filter,
    parse_group,
    parse_sort,
)
from standpipe.core.windows import expressions as e

T = LogicalType
NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
TYPES = {
    "id": ("BIGINT", T.INTEGER),
    "wide": ("VARCHAR", T.INTEGER),
    "digits": ("VARCHAR", T.DECIMAL),
    "price": ("DECIMAL(12,2)", T.DECIMAL),
    "rate": ("DECIMAL(20,6)", T.DECIMAL),
    "ratio": ("FLOAT", T.FLOAT),
    "flag": ("BOOLEAN", T.BOOLEAN),
    "Region": ("VARCHAR", T.TEXT),
    "day": ("DATE", T.DATE),
    "at": ("TIMESTAMP_NS", T.TIMESTAMP),
    "seen": ("TIMESTAMP WITH TIME ZONE", T.TIMESTAMPTZ),
    "hour": ("VARCHAR", T.TIME),
    "key": ("UUID", T.UUID),
    "tags": ("VARCHAR[]", T.LIST),
}
COLUMNS = [
    Column(name=name, stored_name=name, logical_type=logical, stored_type=stored, source_type="?")
    for name, (stored, logical) in TYPES.items()
]


def cut(group: str = "", aggregates: str = "", sort: str = "", columns: str = "") -> Window:
    ask = WindowAsk(
        group_by=parse_group(group) if group else (),
        aggregates=parse_aggregates(aggregates) if aggregates else (),
        order_by=parse_sort(sort) if sort else (),
        columns=parse_columns(columns) if columns else None,
    )
    return check_window(ask, COLUMNS, now=NOW)


def order(window: Window) -> list[tuple[str, bool, bool]]:
    return [
        (term.expression.column.stored_name, term.is_descending, term.nulls_first)
        for term in window.order
        if isinstance(term.expression, e.ColumnValue)
    ]


@pytest.mark.parametrize(
    ("text", "logical", "stored"),
    [
        ("count(*)", T.INTEGER, "BIGINT"),
        ("count(tags)", T.INTEGER, "BIGINT"),
        ("count(distinct key)", T.INTEGER, "BIGINT"),
        ("sum(id)", T.INTEGER, "DECIMAL(38,0)"),
        ("sum(wide)", T.INTEGER, "VARCHAR"),
        ("sum(digits)", T.DECIMAL, "DECIMAL(38,10)"),
        ("sum(price)", T.DECIMAL, "DECIMAL(38,2)"),
        ("sum(distinct rate)", T.DECIMAL, "DECIMAL(38,6)"),
        ("sum(coalesce(price, 0.125))", T.DECIMAL, "DECIMAL(38,3)"),
        ("sum(ratio)", T.FLOAT, "DOUBLE"),
        ("avg(id)", T.FLOAT, "DOUBLE"),
        ("avg(price)", T.FLOAT, "DOUBLE"),
        ("median(price)", T.FLOAT, "DOUBLE"),
        ("stddev(ratio)", T.FLOAT, "DOUBLE"),
        ("variance(id)", T.FLOAT, "DOUBLE"),
        ("running_sum(wide)", T.INTEGER, "VARCHAR"),
        ("running_sum(price)", T.DECIMAL, "DECIMAL(38,2)"),
        ("running_avg(id)", T.FLOAT, "DOUBLE"),
        ("running_max(Region)", T.TEXT, "VARCHAR"),
        ("min(id)", T.INTEGER, "BIGINT"),
        ("max(wide)", T.INTEGER, "VARCHAR"),
        (f"max({10**38})", T.INTEGER, "VARCHAR"),
        ("max(1e37)", T.DECIMAL, "DECIMAL(38,0)"),
        ("max(1e38)", T.DECIMAL, "VARCHAR"),
        ("min(price)", T.DECIMAL, "DECIMAL(12,2)"),
        ("max(ratio)", T.FLOAT, "FLOAT"),
        ("max(Region)", T.TEXT, "VARCHAR"),
        ("min(at)", T.TIMESTAMP, "TIMESTAMP_NS"),
        ("max(seen)", T.TIMESTAMPTZ, "TIMESTAMP WITH TIME ZONE"),
        ("max(hour)", T.TIME, "VARCHAR"),
        ("max(flag)", T.BOOLEAN, "BOOLEAN"),
        ("round(avg(price), 2)", T.FLOAT, "DOUBLE"),
        ("coalesce(sum(price), null)", T.DECIMAL, "DECIMAL(38,2)"),
        ("coalesce(sum(price), 0)", T.DECIMAL, "DECIMAL(38,2)"),
        ("cast(sum(id) as text)", T.TEXT, "VARCHAR"),
        ("sum(id) > 5", T.BOOLEAN, "BOOLEAN"),
    ],
)
def test_an_aggregate_has_a_type_that_holds_it(
    text: str, logical: LogicalType, stored: str
) -> None:
    """Sums are exact and wide, averages are floating, extremes keep the type of the column."""
    (column,) = cut(aggregates=f"({text}) as x").columns
    assert (column.name, column.stored_name) == ("x", "aggregate 1")
    assert (column.logical_type, column.stored_type) == (logical, stored)


@pytest.mark.parametrize(
    ("text", "name", "logical", "stored"),
    [
        ("id", "id", T.INTEGER, "BIGINT"),
        ("REGION", "Region", T.TEXT, "VARCHAR"),
        ('"Region"', "Region", T.TEXT, "VARCHAR"),
        ("hour", "hour", T.TIME, "VARCHAR"),
        ("region as where_", "where_", T.TEXT, "VARCHAR"),
        ("lower(region)", "lower(region)", T.TEXT, "VARCHAR"),
        ("length(region)", "length(region)", T.INTEGER, "BIGINT"),
        ("date_trunc('month',day)", "date_trunc('month',day)", T.DATE, "DATE"),
        ("date_trunc('month', at)", "date_trunc('month', at)", T.TIMESTAMP, "TIMESTAMP"),
        ("date_trunc('day', seen) d", "d", T.TIMESTAMPTZ, "TIMESTAMP WITH TIME ZONE"),
        ("date_part('year', day)", "date_part('year', day)", T.INTEGER, "BIGINT"),
        ("abs(price)", "abs(price)", T.DECIMAL, "DECIMAL(13,2)"),
        ("abs(id)", "abs(id)", T.INTEGER, "DECIMAL(38,0)"),
        ("round(wide)", "round(wide)", T.INTEGER, "VARCHAR"),
        ("round(ratio)", "round(ratio)", T.FLOAT, "FLOAT"),
        ("coalesce(id, 0)", "coalesce(id, 0)", T.INTEGER, "DECIMAL(38,0)"),
        ("coalesce(ratio, 5)", "coalesce(ratio, 5)", T.FLOAT, "DOUBLE"),
        ("coalesce(id)", "coalesce(id)", T.INTEGER, "BIGINT"),
        ("coalesce(price, rate)", "coalesce(price, rate)", T.DECIMAL, "DECIMAL(38,6)"),
        ("coalesce(price, 1e-37)", "coalesce(price, 1e-37)", T.DECIMAL, "VARCHAR"),
        ("coalesce(price, digits)", "coalesce(price, digits)", T.DECIMAL, "VARCHAR"),
        ("coalesce(id, price, null)", "coalesce(id, price, null)", T.DECIMAL, "DECIMAL(38,2)"),
        ("price::integer", "price::integer", T.INTEGER, "DECIMAL(38,0)"),
        ("region::decimal", "region::decimal", T.DECIMAL, "DECIMAL(38,10)"),
        ("(price > 5)", "(price > 5)", T.BOOLEAN, "BOOLEAN"),
        ("tags::text", "tags::text", T.TEXT, "VARCHAR"),
    ],
)
def test_a_key_has_a_name_and_a_type(
    text: str, name: str, logical: LogicalType, stored: str
) -> None:
    """A key is called by its alias, by its column, or by what is written."""
    (column,) = cut(group=text).columns
    assert (column.name, column.stored_name) == (name, "key 1")
    assert (column.logical_type, column.stored_type) == (logical, stored)


def test_a_grouping_comes_out_as_keys_and_then_aggregates() -> None:
    """Without any wish the columns are all of them, sorted by the keys, nulls last."""
    window = cut("region, day", "count(*), sum(price) total")
    assert [column.name for column in window.columns] == ["Region", "day", "count(*)", "total"]
    assert order(window) == [("key 1", False, False), ("key 2", False, False)]
    assert window.group is not None
    assert window.group.aggregates[0].expression == e.AggregateCall(
        type=T.INTEGER, name="count", operand=None
    )
    assert window.group.aggregates[1].expression == e.AggregateCall(
        type=T.DECIMAL,
        name="sum",
        operand=e.ColumnValue(type=T.DECIMAL, column=COLUMNS[3]),
    )


def test_aggregates_without_keys_are_one_row() -> None:
    """There is nothing to sort by then; keys without aggregates are distinct values."""
    window = cut(aggregates="count(*)")
    assert window.group is not None
    assert (window.group.keys, window.order) == ((), ())
    assert cut("region").group.aggregates == ()  # type: ignore[union-attr]


def test_the_source_type_of_a_kept_value_stays() -> None:
    """Keys, minima and maxima of a column are what the source called them."""
    key, least, count = cut("id", "min(id), count(*)").columns
    assert [key.source_type, least.source_type, count.source_type] == ["?", "?", "BIGINT"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("region", [("key 1", False, False)]),
        ("-n, m nulls first", [("aggregate 1", True, False), ("key 2", False, True)]),
        ("count(*) desc", [("aggregate 1", True, False)]),
        ("date_trunc('MONTH', DAY)", [("key 2", False, False)]),
        ('"sum(price)"', [("aggregate 2", False, False)]),
        ("SUM( price )", [("aggregate 2", False, False)]),
        ("day", [("key 3", False, False)]),
    ],
)
def test_groups_are_sorted_by_what_comes_out(
    sort: str, expected: list[tuple[str, bool, bool]]
) -> None:
    """A term names an output, or says once more what it is made of."""
    group = "region, date_trunc('month', day) as m, day as d"
    assert order(cut(group, "count(*) n, sum(price)", sort)) == expected


def test_a_sort_may_be_a_function_of_an_output() -> None:
    """Behind the grouping its columns are columns like any other."""
    window = cut("region", "count(*) n", "lower(region), coalesce(n, 0)")
    first = window.order[0].expression
    assert isinstance(first, e.FunctionCall)
    assert first.arguments == (e.ColumnValue(type=T.TEXT, column=window.columns[0]),)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("n,region", ["aggregate 1", "key 1"]),
        ("REGION", ["key 1"]),
        ("count( * )", ["aggregate 1"]),
        ("day", ["key 2"]),
        ("sum(price),sum(price)", ["aggregate 2", "aggregate 2"]),
    ],
)
def test_columns_of_a_grouping_are_outputs(columns: str, expected: list[str]) -> None:
    """A column is named, or says once more what it is made of."""
    window = cut("region, day as d", "count(*) n, sum(price)", columns=columns)
    assert [column.stored_name for column in window.columns] == expected


@pytest.mark.parametrize(
    ("asked", "part", "position", "message"),
    [
        ({"group": "id, regoin"}, "group", 4, "There is no column 'regoin'."),
        ({"group": "id, tags"}, "group", 4, "'tags' is a list, which cannot be compared."),
        ({"group": "id, 1"}, "group", 4, "A value that is the same everywhere makes no groups."),
        ({"group": "count(*)"}, "group", 0, "'count' is an aggregate, which cannot stand here."),
        ({"aggregates": "id"}, "aggregate", 0, "'id' has many values in a group."),
        ({"aggregates": "sum(id), id"}, "aggregate", 9, "'id' has many values in a group."),
        ({"aggregates": "coalesce(sum(id), id)"}, "aggregate", 18, "'id' has many values"),
        ({"aggregates": "1"}, "aggregate", 0, "This is not an aggregate."),
        ({"aggregates": "abs(1)"}, "aggregate", 0, "This is not an aggregate."),
        ({"aggregates": "sum(avg(id))"}, "aggregate", 4, "'avg' is an aggregate, which"),
        ({"aggregates": "sum(region)"}, "aggregate", 4, "'region' is a text, which does not fit"),
        ({"aggregates": "sum(*)"}, "aggregate", 0, "'sum' does not take *."),
        ({"aggregates": "count()"}, "aggregate", 0, "'count' does not take 0 arguments."),
        ({"aggregates": "count(id, id)"}, "aggregate", 0, "'count' does not take 2 arguments."),
        ({"aggregates": "min(tags)"}, "aggregate", 4, "'tags' is a list, which cannot be"),
        ({"aggregates": "count(distinct tags)"}, "aggregate", 15, "'tags' is a list, which"),
        ({"aggregates": "sum(nope)"}, "aggregate", 4, "There is no column 'nope'."),
        ({"group": "id", "sort": "price"}, "sort", 0, "There is no column 'price'."),
        ({"group": "id", "sort": "id, sum(id)"}, "sort", 4, "'sum' is an aggregate, which"),
        ({"group": "id", "sort": "id, 1"}, "sort", 4, "A value that is the same everywhere"),
        ({"group": "id", "columns": "price"}, "columns", -1, "There is no column 'price'."),
        ({"group": "id", "columns": "sum(price)"}, "columns", -1, "There is no column 'sum("),
    ],
)  # fmt: skip
def test_what_makes_no_groups_is_refused(
    asked: dict[str, str], part: str, position: int, message: str
) -> None:
    """Single rows and groups are not mixed; the error says which part does."""
    with pytest.raises(WindowInvalid) as caught:
        cut(**asked)
    error = caught.value
    assert (error.part, error.position) == (part, position)
    assert error.message.startswith(message)


def test_an_unknown_output_is_answered_with_the_outputs() -> None:
    """Behind a grouping there are only its columns."""
    with pytest.raises(ColumnUnknown) as caught:
        cut("region as area", "count(*)", "aera")
    assert caught.value.detail == "There are: area, count(*)."
    assert caught.value.hint == "Did you mean 'area'?"


def test_a_filter_looks_at_rows_before_they_are_grouped() -> None:
    """The filter knows the columns of the result, not those of the grouping."""
    where = parse_filter("price > 5")
    ask = WindowAsk(where=where, aggregates=parse_aggregates("count(*) n"), offset=1, limit=2)
    window = check_window(ask, COLUMNS, now=NOW)
    assert isinstance(window.where, e.Compare)
    assert (window.offset, window.limit) == (1, 2)
    with pytest.raises(ColumnUnknown):
        check_window(
            WindowAsk(where=parse_filter("n > 5"), aggregates=ask.aggregates), COLUMNS, now=NOW
        )


def test_a_grouping_by_the_clock_is_unsteady() -> None:
    """What counts from now is different tomorrow."""
    assert cut("(day > today) as is_new", "count(*)").is_steady is False
    assert cut("day", "max(coalesce(seen, now))").is_steady is False
    assert cut("day", "count(*)").is_steady is True
