"""Groups as SQL for people: the statement as it was, and values as literals."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from standpipe.core.columns import Column, LogicalType
from standpipe.core.data_set_queries import DataSetQuery, Dimension, Filter, Metric, Ordering
from standpipe.core.data_sets.plan import Model, plan_window
from standpipe.core.ids import DataSetId
from standpipe.sql.window_text import window_text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EMPTY = DataSetQuery(data_set_id=DataSetId(1))


def column(name: str, stored_name: str, kind: LogicalType, stored: str) -> Column:
    return Column(
        name=name,
        stored_name=stored_name,
        logical_type=kind,
        stored_type=stored,
        source_type=stored,
    )


def written(query: DataSetQuery, columns: list[Column], statement: str) -> str:
    window = plan_window(query, Model(columns=columns, now=NOW))
    return window_text(window, columns, statement)


def rows(text: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        return database.execute(text).fetchall()


INTEGER = LogicalType.INTEGER
TWINS = [column("a", "a", INTEGER, "INTEGER"), column("A", "A_1", INTEGER, "INTEGER")]


def test_the_text_is_one_that_people_read() -> None:
    """With lines, and no more words than it takes."""
    columns = [
        column("status", "status", LogicalType.TEXT, "VARCHAR"),
        column("t", "t", LogicalType.TIMESTAMP, "TIMESTAMP"),
    ]
    query = replace(
        EMPTY,
        dimensions=(Dimension(field="t", transformation="datetrunc day"),),
        metrics=(Metric(field="status", aggregation="count distinct", id="n"),),
        filters=(
            Filter(field="t", operator="matches", values=("last 2 months",)),
            Filter(field="status", operator="does_not_contain", values=("50%",)),
        ),
        order=(Ordering(id="n", is_descending=True),),
        timezone="Asia/Tokyo",
    )
    assert written(query, columns, "SELECT *\nFROM orders -- all\n;") == (
        """\
WITH data_set AS (
  SELECT *
FROM orders -- all
)
SELECT
  CAST(DATE_TRUNC('day', data_set."t" AT TIME ZONE 'UTC' AT TIME ZONE 'Asia/Tokyo') AS DATE) AS "t",
  COUNT(DISTINCT data_set."status") AS "CountD of status"
FROM data_set
WHERE
  (
    data_set."t" >= CAST('2025-12-31 15:00:00' AS TIMESTAMP)
    AND data_set."t" < CAST('2026-02-28 15:00:00' AS TIMESTAMP)
  )
  AND (
    NOT data_set."status" ILIKE '%50\\%%' ESCAPE '\\' OR data_set."status" IS NULL
  )
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC
LIMIT 20"""
    )


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT 1 AS a, 2 AS "A"',
        'SELECT 1 AS a, 2 AS "A" -- the end',
        'SELECT 1 AS a, 2 AS "A" /* 1 */; -- the end\n',
        'WITH data_set AS (SELECT 1 AS a) SELECT a, 2 AS "A" FROM data_set',
        "SELECT 1 AS a, length('x\n  y') - 3 AS \"A\"",
    ],
)
def test_a_statement_stays_as_it_is(statement: str) -> None:
    """Whatever names repeat in it, whatever follows it, and the line ends in its texts."""
    query = replace(EMPTY, dimensions=(Dimension(field="a"), Dimension(field="A")))
    assert rows(written(query, TWINS, statement)) == [(1, 2)]


def test_values_are_literals() -> None:
    """Quotes in them end nothing."""
    columns = [column("s", "s", LogicalType.TEXT, "VARCHAR")]
    hostile = "'; DROP TABLE x; --"
    query = replace(
        EMPTY,
        metrics=(Metric(field="s", aggregation="count"),),
        filters=(Filter(field="s", operator="is", values=(hostile, "b\n c", "\\")),),
    )
    statement = "SELECT unnest(['''; DROP TABLE x; --', 'b\n c', '\\', 'd']) AS s"
    assert rows(written(query, columns, statement)) == [(3,)]
