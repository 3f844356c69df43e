"""What a data set answers is what DuckDB's GROUP BY says of the same rows; and so is its SQL."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_window_answers import (
    ODD,
    ROWS,
    TYPES,
    Table,
    alike,
    name,
    quoted,
    random_rows,
    read,
    thorough,
)

from standpipe.core.data_set_queries import ALL, DataSetQuery, Dimension, Filter, Metric, Ordering
from standpipe.core.data_sets.conditions import OPERATIONS
from standpipe.core.data_sets.metrics import AGGREGATIONS
from standpipe.core.data_sets.plan import Model, plan_window
from standpipe.core.errors import FieldInvalid, WindowInvalid
from standpipe.core.ids import DataSetId
from standpipe.readers.duckdb import DuckDBReader
from standpipe.sql.window_text import window_text

NOW = datetime(2024, 1, 2, 12, 0, tzinfo=UTC)
ZONE = "America/Sao_Paulo"
STATEMENT = f"SELECT {', '.join(map(name, TYPES))} FROM data -- everything\n;"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where artifacts are."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[DuckDBReader]:
    """Return a reader of them."""
    reader = DuckDBReader(root)
    yield reader
    reader.close()


@dataclass(frozen=True)
class Said:
    """A part of a query, and what it is in SQL."""

    part: Any
    sql: str


def local(column: str) -> str:
    return f"({column} AT TIME ZONE 'UTC' AT TIME ZONE '{ZONE}')"


def truncated(unit: str, column: str) -> Said:
    value = f"date_trunc('{unit}', {local(name(column)) if column == 'at' else column})"
    kind = "TIMESTAMP" if unit in {"hour", "minute"} and column == "at" else "DATE"
    return Said(
        Dimension(field=column, transformation=f"datetrunc {unit}"), f"CAST({value} AS {kind})"
    )


DIMENSIONS = st.one_of(
    st.sampled_from(
        [Said(Dimension(field=each), name(each)) for each in ("s", "small", "flag", "day", ODD)]
    ),
    st.builds(
        truncated,
        st.sampled_from(["year", "quarter", "month", "week", "day", "hour", "minute"]),
        st.sampled_from(["at", "day"]),
    ),
)
AGGREGATES = {
    "sum": "sum({0})",
    "avg": "avg(CAST({0} AS DOUBLE))",
    "max": "max({0})",
    "min": "min({0})",
    "count": "count({0})",
    "count distinct": "count(DISTINCT {0})",
    "median": "median(CAST({0} AS DOUBLE))",
    "stdev": "stddev_samp(CAST({0} AS DOUBLE))",
    "stdevp": "stddev_pop(CAST({0} AS DOUBLE))",
    "var": "var_samp(CAST({0} AS DOUBLE))",
    "varp": "var_pop(CAST({0} AS DOUBLE))",
}
METRICS = st.one_of(
    st.builds(
        lambda how, field: Said(
            Metric(field=field, aggregation=how), AGGREGATES[how].format(field)
        ),
        st.sampled_from(sorted(AGGREGATES)),
        st.sampled_from(["small", "tiny", "price"]),
    ),
    st.sampled_from(
        [
            Said(Metric(field="s", aggregation="max"), "max(s)"),
            Said(Metric(field="s", aggregation="count distinct"), "count(DISTINCT s)"),
            Said(Metric(field="day", aggregation="min"), "min(day)"),
        ]
    ),
)
RUNNING = [
    Said(Metric(field="small", aggregation="running sum"), "sum(sum(small)) OVER w"),
    Said(Metric(field="price", aggregation="running max"), "max(max(price)) OVER w"),
    Said(Metric(field="s", aggregation="running min"), "min(min(s)) OVER w"),
    Said(
        Metric(field="tiny", aggregation="running avg"),
        "CAST(sum(sum(tiny)) OVER w AS DOUBLE) / nullif(sum(count(tiny)) OVER w, 0)",
    ),
]
WORDS = st.sampled_from(["a", "A", "b", "%", "_", "'", "\\", "", "é", "12"])


def said(field: str, operator: str, sql: str, *values: Any, modifier: str | None = None) -> Said:
    filter = Filter(field=field, operator=operator, values=values, modifier=modifier)
    return Said(filter, sql)


def likeness(operator: str, word: str) -> Said:
    test = {
        "contains": f"contains(lower(s), lower({quoted(word)}))",
        "starts_with": f"starts_with(lower(s), lower({quoted(word)}))",
        "ends_with": f"ends_with(lower(s), lower({quoted(word)}))",
    }
    if operator == "does_not_contain":
        return said("s", operator, f"({test['contains']}) IS NOT TRUE", word)
    return said("s", operator, test[operator], word)


AT_NEXT = """"at" >= TIMESTAMP '2024-02-01 03:00' AND "at" < TIMESTAMP '2024-04-01 03:00'"""
AT_DAY = """"at" >= TIMESTAMP '2024-01-01 03:00' AND "at" < TIMESTAMP '2024-01-02 03:00'"""
FILTERS = st.one_of(
    st.builds(
        likeness,
        st.sampled_from(["contains", "starts_with", "ends_with", "does_not_contain"]),
        WORDS,
    ),
    st.builds(lambda w: said("s", "is", f"(s = {quoted(w)})", w), WORDS),
    st.builds(lambda w: said("s", "is_not", f"(s IS DISTINCT FROM {quoted(w)})", w), WORDS),
    st.sampled_from(
        [
            said("small", "is", "small IN (1, 2, 5)", 1, 2, "5"),
            said("small", "is_not", "(small IN (1, 2)) IS NOT TRUE", 1, 2),
            said("price", "greater_than", "price > 0.01", 0.01),
            said("price", "less_than", "price < 2.55", "2.55"),
            said("price", "between", "price BETWEEN -2.5 AND 2.54", -2.5, 2.54),
            said("flag", "is_true", "flag"),
            said("flag", "is_false", "NOT flag"),
            said("flag", "is", "flag", True),
            said("s", "is_null", "s IS NULL"),
            said("huge", "not_null", "huge IS NOT NULL"),
            said(
                "day",
                "matches",
                "day >= DATE '2023-12-31' AND day < DATE '2024-01-02'",
                "last 2 days",
            ),
            said("day", "is_not", "(day = DATE '2024-01-01') IS NOT TRUE", "2024-01-01"),
            said("day", "before", "day < DATE '2024-01-01'", "2024"),
            said("day", "after", "day >= DATE '2024-01-01'", "2023-12"),
            said(
                "day",
                "last",
                "day >= DATE '2023-01-01' AND day < DATE '2024-01-01'",
                1,
                modifier="year",
            ),
            said("at", "next", AT_NEXT, 2, modifier="month"),
            said("at", "is", AT_DAY, "2024-01-01"),
            said(
                "zoned",
                "between",
                "zoned >= TIMESTAMPTZ '2023-12-31 03:00+00'"
                " AND zoned < TIMESTAMPTZ '2024-01-02 03:00+00'",
                "31 Dec 2023",
                "1 Jan 2024",
            ),
            said(
                "zoned",
                "before",
                "zoned < TIMESTAMPTZ '2024-01-01 12:30+00'",
                "2024-01-01T12:30:00Z",
            ),
            said("s", "none", "TRUE"),
            said("s", "is", "TRUE"),
        ]
    ),
)


@thorough(150)
@given(
    rows=ROWS,
    dimensions=st.lists(DIMENSIONS, max_size=2),
    metrics=st.lists(METRICS, max_size=3),
    running=st.lists(st.sampled_from(RUNNING), max_size=2),
    filters=st.lists(FILTERS, max_size=3),
    pages=st.sampled_from([(None, 1, ALL), (3, 1, 20), (5, 2, 3), (None, 2, 4)]),
    is_descending=st.sampled_from([None, True, False]),
)
def test_answers_are_those_of_group_by(
    reader: DuckDBReader,
    root: Path,
    *,
    rows: list[tuple[Any, ...]],
    dimensions: list[Said],
    metrics: list[Said],
    running: list[Said],
    filters: list[Said],
    pages: tuple[int | None, int, int],
    is_descending: bool | None,
) -> None:
    """Whatever is asked, both the answer and the SQL that is shown give what plain SQL gives."""
    metrics = [*metrics, *running]
    if not dimensions and not metrics:
        return
    limit, page, size = pages
    query = DataSetQuery(
        data_set_id=DataSetId(1),
        dimensions=tuple(each.part for each in dimensions),
        metrics=tuple(
            Metric(field=each.part.field, aggregation=each.part.aggregation, id=f"m{n}")
            for n, each in enumerate(metrics)
        ),
        filters=tuple(each.part for each in filters),
        order=()
        if is_descending is None or not metrics
        else (Ordering(id="m0", is_descending=is_descending),),
        limit=limit,
        page=page,
        page_size=size,
        timezone=ZONE,
    )
    table = Table(root, rows)
    try:
        window = plan_window(query, Model(columns=table.columns, now=NOW))
        found = read(reader, table, window)
        expected = table.ask(plain(query, dimensions, metrics, filters))
        check(found, expected)
        text = window_text(window, table.columns, STATEMENT)
        check(table.ask(text), expected)
        total = reader.count(table.path, window)
        assert query.total(total) >= len(found)
    finally:
        table.close()


def check(found: list[Any], expected: list[Any]) -> None:
    assert len(found) == len(expected), (found, expected)
    for pair in zip(found, expected, strict=True):
        assert all(alike(*cells) for cells in zip(*pair, strict=True)), pair


def plain(
    query: DataSetQuery, dimensions: list[Said], metrics: list[Said], filters: list[Said]
) -> str:
    """Return the query as a person writes it."""
    way = "DESC" if query.order and query.order[0].is_descending else "ASC"
    first = metrics[0].sql if query.order else ""
    is_running = "OVER w" in first
    keys = [f"{each.sql} NULLS LAST" for each in dimensions]
    by = [f"{first} {way} NULLS LAST"] if first else []
    window = ", ".join([*([] if is_running else by), *keys])
    sql = f"SELECT {', '.join(each.sql for each in (*dimensions, *metrics))} FROM data"
    if filters:
        sql += f" WHERE {' AND '.join(f'({each.sql})' for each in filters)}"
    if dimensions:
        sql += f" GROUP BY {', '.join(each.sql for each in dimensions)}"
    if any("OVER w" in each.sql for each in metrics):
        sql += f" WINDOW w AS (ORDER BY {window or '1'} ROWS UNBOUNDED PRECEDING)"
    places = [f"{len(dimensions) + 1} {way} NULLS LAST"] if first else []
    order = ", ".join([*places, *keys])
    sql += f" ORDER BY {order}" if order else ""
    limit = query.row_limit
    return sql + ("" if limit is None else f" LIMIT {limit}") + f" OFFSET {query.offset}"


ANY_FIELD = st.sampled_from(list(TYPES))
ANY_VALUE = st.one_of(
    st.sampled_from(["today", "last 2 days", "2024", "9998", "0001-01-01", "12:30", "12", "true"]),
    st.sampled_from(["-1.5", "1e40", "NaN", "%_\\'", "é", "", str(10**40), "0xff", "\x00"]),
    st.sampled_from(["00000000-0000-0000-0000-000000000001", "2024-01-01T00:00:00.000001Z"]),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
ANY_FILTER = st.builds(
    Filter,
    field=ANY_FIELD,
    operator=st.sampled_from(sorted(OPERATIONS)),
    values=st.lists(ANY_VALUE, max_size=3).map(tuple),
    modifier=st.sampled_from(["year", "quarter", "month", "week", "day", "hour", "minute"]),
)
ANY_DIMENSION = st.builds(
    Dimension,
    field=ANY_FIELD,
    transformation=st.sampled_from([None, None, "datetrunc week", "datetrunc minute"]),
)
ANY_METRIC = st.builds(
    Metric, field=ANY_FIELD, aggregation=st.sampled_from(sorted(AGGREGATIONS)), id=st.just("m")
)


@thorough(600)
@given(
    query=st.builds(
        DataSetQuery,
        data_set_id=st.just(DataSetId(1)),
        dimensions=st.lists(ANY_DIMENSION, max_size=1).map(tuple),
        metrics=st.lists(ANY_METRIC, min_size=1, max_size=1).map(tuple),
        filters=st.lists(ANY_FILTER, max_size=2).map(tuple),
        order=st.sampled_from([(), (Ordering(id="m", is_descending=True),)]),
        timezone=st.sampled_from([None, "Asia/Kathmandu"]),
    ),
)
def test_whatever_is_planned_can_be_read(
    filled: Table, reader: DuckDBReader, query: DataSetQuery
) -> None:
    """Of columns of every type; and its SQL runs, with as many groups."""
    with suppress(FieldInvalid, WindowInvalid):
        window = plan_window(query, Model(columns=filled.columns, now=NOW))
        found = read(reader, filled, window)
        assert reader.count(filled.path, window) >= len(found)
        assert len(filled.ask(window_text(window, filled.columns, STATEMENT))) == len(found)


@pytest.fixture(scope="module")
def filled(root: Path) -> Iterator[Table]:
    """Return a table with rows full of odd values."""
    table = Table(root, random_rows(7, 30))
    yield table
    table.close()
