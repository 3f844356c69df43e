"""Queries of data sets: what is refused, with its place, and what comes out under which name."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standpipe.core.columns import Column, LogicalType
from standpipe.core.data_set_queries import ALL, DataSetQuery, Dimension, Filter, Metric, Ordering
from standpipe.core.data_sets.attributes import with_attributes
from standpipe.core.data_sets.checks import check_query
from standpipe.core.data_sets.conditions import OPERATIONS
from standpipe.core.data_sets.metrics import AGGREGATIONS
from standpipe.core.data_sets.plan import OPERATORS, Model, plan_window
from standpipe.core.errors import FieldInvalid, WindowInvalid
from standpipe.core.ids import DataSetId
from standpipe.core.windows import Window

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = {
    "status": ("text", "VARCHAR"),
    "amount": ("decimal", "DECIMAL(12,2)"),
    "paid": ("boolean", "BOOLEAN"),
    "day": ("date", "DATE"),
    "at": ("timestamp", "TIMESTAMP"),
    "seen": ("timestamptz", "TIMESTAMP WITH TIME ZONE"),
    "tags": ("list", "VARCHAR[]"),
    "big": ("integer", "VARCHAR"),
    "key": ("uuid", "UUID"),
}
MODEL = Model(
    columns=[
        Column(
            name=name,
            stored_name=name,
            logical_type=LogicalType(kind),
            stored_type=stored,
            source_type=stored,
        )
        for name, (kind, stored) in KINDS.items()
    ],
    now=NOW,
)
EMPTY = DataSetQuery(data_set_id=DataSetId(1), model="orders")
BY_DAY = replace(EMPTY, dimensions=(Dimension(field="day"),))


def filtered(field: str, operator: str, *values: Any, modifier: str | None = None) -> DataSetQuery:
    filter = Filter(field=field, operator=operator, values=values, modifier=modifier)
    return replace(BY_DAY, filters=(filter,))


def named(window: Window) -> list[str]:
    return [column.name for column in window.columns]


def test_outputs_are_named_after_their_fields() -> None:
    """Dimensions by the field, metrics by what they are of it; twice the same where asked."""
    query = replace(
        EMPTY,
        dimensions=(
            Dimension(field="orders.day", transformation="datetrunc month"),
            Dimension(field="orders$day", transformation="datetrunc year"),
            Dimension(field="STATUS"),
        ),
        metrics=tuple(Metric(field="amount", aggregation=each) for each in AGGREGATIONS),
    )
    assert named(plan_window(query, MODEL)) == [
        *("day", "day", "status"),
        *(f"{each.label} of amount" for each in AGGREGATIONS.values()),
    ]


@pytest.mark.parametrize(
    ("limit", "page", "size", "offset", "rows", "total"),
    [
        (None, 1, 20, 0, 20, 95),
        (None, 3, 20, 40, 20, 95),
        (None, 2, ALL, 0, None, 95),
        (50, 3, 20, 40, 10, 50),
        (50, 4, 20, 60, 0, 50),
        (50, 1, ALL, 0, 50, 50),
        (500, 5, 20, 80, 20, 95),
    ],
)
def test_the_limit_holds_for_all_pages(
    limit: int | None, page: int, size: int, offset: int, rows: int | None, total: int
) -> None:
    """Pages are cut from what the limit leaves, and counted so."""
    query = replace(BY_DAY, limit=limit, page=page, page_size=size)
    window = plan_window(query, MODEL)
    assert (window.offset, window.limit, query.total(95)) == (offset, rows, total)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (EMPTY, "query: there are neither dimensions nor metrics."),
        (replace(BY_DAY, timezone="Mars/Base"), "query.timezone: 'Mars/Base' is not a time zone."),
        (
            replace(EMPTY, dimensions=(Dimension(field="dya"),)),
            "query.dimensions[0].field: There is no column 'dya'.",
        ),
        (
            replace(EMPTY, dimensions=(Dimension(field="day", transformation="datetrunc eon"),)),
            "query.dimensions[0].transformation: 'datetrunc eon' is not known.",
        ),
        (
            replace(EMPTY, dimensions=(Dimension(field="status", transformation="datetrunc day"),)),
            "query.dimensions[0].transformation: the field 'status' has no dates.",
        ),
        (
            replace(EMPTY, metrics=(Metric(field="amount"),)),
            "query.metrics[0].aggregation: the field 'amount' is a column, not a measure.",
        ),
        (
            replace(EMPTY, metrics=(Metric(field="amount", aggregation="median of"),)),
            "query.metrics[0].aggregation: 'median of' is not known.",
        ),
        (
            replace(EMPTY, metrics=(Metric(field="status", aggregation="sum"),)),
            "query.metrics[0].aggregation: 'status' holds values of the type text.",
        ),
        (
            replace(BY_DAY, order=(Ordering(id="amount"),)),
            "query.order[0].id: 'amount' is no dimension or metric of this query.",
        ),
        (
            replace(
                EMPTY,
                metrics=(
                    Metric(field="amount", aggregation="sum"),
                    Metric(field="amount", aggregation="avg"),
                ),
                order=(Ordering(id="amount"),),
            ),
            "query.order[0].id: 'amount' can mean 'Sum of amount' or 'Avg of amount'.",
        ),
        (filtered("day", "mathces", "today"), "query.filters[0].operator: 'mathces' is not known."),
        (
            filtered("day", "transform_pop_relative", 1, modifier="year"),
            "query.filters[0].operator: 'transform_pop_relative' is not offered here.",
        ),
        (
            filtered("status", "matches", "today"),
            "query.filters[0].operator: 'matches' does not fit the field 'status' (text).",
        ),
        (
            filtered("day", "between", "today"),
            "query.filters[0].values: 'between' does not take 1 values.",
        ),
        (
            filtered("day", "is", 2024),
            "query.filters[0].values[0]: 2024 is not a date.",
        ),
        (
            filtered("amount", "is", 1, "x"),
            "query.filters[0].values[1]: 'x' cannot be compared with 'amount'.",
        ),
        (
            filtered("amount", "is", True),
            "query.filters[0].values[0]: true cannot be compared with 'amount'.",
        ),
        (
            filtered("status", "is", 1),
            "query.filters[0].values[0]: 1 cannot be compared with 'status'.",
        ),
        (
            filtered("status", "contains", 1),
            "query.filters[0].values[0]: 1 is not a text.",
        ),
        (
            filtered("day", "last", 2),
            "query.filters[0].modifier: '' is not a unit.",
        ),
        (
            filtered("day", "last", 1.5, modifier="day"),
            "query.filters[0].values[0]: 1.5 is not a number of units.",
        ),
        (
            filtered("day", "next", 999_999, modifier="years"),
            "query.filters[0].values[0]: 999999 years lead out of the calendar.",
        ),
        (
            filtered("day", "transform_date_drill", "month"),
            "query.filters[0].values[0]: 'month' is not known.",
        ),
        (
            filtered("tags", "is", "a"),
            "query.filters[0].operator: 'is' does not fit the field 'tags' (list).",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(query: DataSetQuery, message: str) -> None:
    """And what is allowed there."""
    with pytest.raises(FieldInvalid) as refusal:
        plan_window(query, MODEL)
    assert refusal.value.message == message
    assert refusal.value.detail or refusal.value.hint


def test_a_sort_takes_an_id_before_a_name_before_a_field() -> None:
    """So that what is called like another one's field can be sorted by."""
    query = replace(
        EMPTY,
        dimensions=(Dimension(field="day", id="amount"), Dimension(field="status")),
        metrics=(
            Metric(field="status", aggregation="count"),
            Metric(field="amount", aggregation="sum"),
        ),
    )
    for wanted, place in (
        ("amount", 1),
        ("status", 2),
        ("Count of status", 1),
        ("Sum of amount", 2),
    ):
        window = plan_window(replace(query, order=(Ordering(id=wanted),)), MODEL)
        kind = "key" if wanted in {"amount", "status"} else "aggregate"
        (order,) = window.order
        assert order.expression.column.stored_name == f"{kind} {place}"


@pytest.mark.parametrize(
    "query",
    [
        filtered("day", "none"),
        filtered("status", "is"),
        filtered("status", "is_not"),
        filtered("day", "transform_pop_none"),
        filtered("day", "transform_date_drill", "datetrunc day"),
    ],
)
def test_some_conditions_ask_for_nothing(query: DataSetQuery) -> None:
    """Those without values among them."""
    assert plan_window(query, MODEL).where is None


def test_a_drill_changes_the_unit_of_its_dimension() -> None:
    """And of no other one."""
    both = (
        Dimension(field="day", transformation="datetrunc year"),
        Dimension(field="at", transformation="datetrunc year"),
    )
    drilled = replace(filtered("day", "transform_date_drill", "datetrunc month"), dimensions=both)
    by_month = replace(
        EMPTY, dimensions=(replace(both[0], transformation="datetrunc month"), both[1])
    )
    assert plan_window(drilled, MODEL) == plan_window(by_month, MODEL)


def test_attributes_are_values_of_the_caller() -> None:
    """Unknown ones are refused, and a condition without one lets nothing through."""
    query = filtered("status", "matches_user_attribute", "h_email")
    assert with_attributes(query, {"h_email": "a@b"}) == filtered("status", "is", "a@b")
    for wrong in (query, filtered("status", "matches_user_attribute")):
        with pytest.raises(FieldInvalid) as refusal:
            with_attributes(wrong, {"h_name": "A"})
        assert refusal.value.detail == "There are: h_name."


FIELDS = st.sampled_from([*KINDS, "orders.day", "nope", ""])
VALUES = st.one_of(
    st.sampled_from(["today", "last 2 days", "2024", "12", "1e400", "%_\\", "\ud800", "", "true"]),
    st.text(max_size=20),
    st.integers(),
    st.floats(allow_nan=True),
    st.booleans(),
)
QUERIES = st.builds(
    DataSetQuery,
    data_set_id=st.just(DataSetId(1)),
    model=st.just("orders"),
    dimensions=st.lists(
        st.builds(
            Dimension,
            field=FIELDS,
            transformation=st.sampled_from([None, "datetrunc month", "datetrunc hour", "x"]),
            id=st.sampled_from([None, "a", "b"]),
        ),
        max_size=2,
    ).map(tuple),
    metrics=st.lists(
        st.builds(
            Metric,
            field=FIELDS,
            aggregation=st.sampled_from([*AGGREGATIONS, "custom", None]),
            id=st.sampled_from([None, "a", "c"]),
        ),
        max_size=2,
    ).map(tuple),
    filters=st.lists(
        st.builds(
            Filter,
            field=FIELDS,
            operator=st.sampled_from([*OPERATORS, "transform_pop_absolute", "", "x"]),
            values=st.lists(VALUES, max_size=3).map(tuple),
            modifier=st.sampled_from([None, "day", "years", "second", "x"]),
        ),
        max_size=3,
    ).map(tuple),
    order=st.lists(
        st.builds(Ordering, id=st.sampled_from(["a", "day", "x"]), is_descending=st.booleans()),
        max_size=2,
    ).map(tuple),
    timezone=st.sampled_from([None, "Asia/Tokyo", "America/Sao_Paulo", "x"]),
)


@settings(max_examples=1500, deadline=None)
@given(query=QUERIES)
def test_any_query_is_a_window_or_refused(query: DataSetQuery) -> None:
    """What is refused for every result is refused for this one, too."""
    refused = False
    try:
        check_query(query, NOW)
    except FieldInvalid:
        refused = True
    try:
        window = plan_window(query, MODEL)
    except (FieldInvalid, WindowInvalid):
        return
    assert not refused
    assert len(window.columns) == len(query.dimensions) + len(query.metrics)


def test_every_operator_is_known() -> None:
    """Those of compat/holistics.md 3.10, but for the two of periods."""
    assert len(OPERATORS) == len(OPERATIONS) + 4
