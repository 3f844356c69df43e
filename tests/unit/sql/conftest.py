"""A small table in DuckDB, and the way from SQL text and wire values to rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pytest

from standpipe.core.executions import Statement
from standpipe.core.parameter_values import check_values
from standpipe.core.parameters import Parameter
from standpipe.sql.bind import bind
from standpipe.sql.template import check_places, parse
from standpipe.sql.undeclared import with_undeclared

TABLE = """
    create table t as
    select i, date '2024-01-01' + i::int as d, timestamp '2024-01-01 10:00' + to_hours(i) as ts,
        'n' || i as s, (i * 1.5)::decimal(10, 2) as m
    from range(10) r(i)
"""


def to_statement(
    sql: str, given: Mapping[str, Any], parameters: Sequence[Parameter] = ()
) -> Statement:
    template = parse(sql, "duckdb")
    complete = with_undeclared(template, parameters)
    check_places(template, complete)
    values = check_values(complete, given, members=None, use_defaults=False, needed=template.names)
    return bind(template, values, complete)


@pytest.fixture
def statement() -> Callable[..., Statement]:
    return to_statement


@pytest.fixture(scope="session")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLE)
        yield connection


@pytest.fixture
def rows(database: duckdb.DuckDBPyConnection) -> Callable[..., list[tuple[Any, ...]]]:
    def run(
        sql: str, given: Mapping[str, Any], parameters: Sequence[Parameter] = ()
    ) -> list[tuple[Any, ...]]:
        made = to_statement(sql, given, parameters)
        return database.execute(made.text, dict(made.values)).fetchall()

    return run
