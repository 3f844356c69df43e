"""Queries as Trino's documentation has them give its rows on a real DuckDB."""

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from standpipe.sql.transpile import to_duckdb

Case = tuple[str, str, list[Any]]


def _corpus() -> list[Case]:
    text = Path(__file__).with_name("trino_corpus.sql").read_text(encoding="utf-8")
    blocks = text.strip().split("\n\n")[1:]
    cases = []
    for block in blocks:
        name, query, *rows = block.split("\n")
        cases.append((name.removeprefix("-- "), query, [json.loads(row) for row in rows]))
    return cases


def _shown(value: Any) -> Any:
    """Return a value as the corpus writes it."""
    match value:
        case dict():
            return {str(key): _shown(each) for key, each in value.items()}
        case list() | tuple():
            return [_shown(each) for each in value]
        case bytes():
            return value.hex()
        case Decimal():
            return str(value)
        case dt.date():
            return str(value)
    return value


def _read(place: int, kind: str) -> str:
    """Return a column, moments with a zone as text: the driver wants a package for them."""
    return f"CAST(#{place} AS VARCHAR)" if kind == "TIMESTAMP WITH TIME ZONE" else f"#{place}"


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


@pytest.mark.parametrize(
    ("query", "rows"), [pytest.param(query, rows, id=name) for name, query, rows in _corpus()]
)
def test_trino_query_gives_trinos_rows(
    engine: duckdb.DuckDBPyConnection, query: str, rows: list[Any]
) -> None:
    """Translated and run, it answers what Trino does."""
    found = engine.sql(to_duckdb(query))
    columns = [_read(place, str(kind)) for place, kind in enumerate(found.types, 1)]
    assert [_shown(list(row)) for row in found.project(", ".join(columns)).fetchall()] == rows


def test_corpus_is_read_whole() -> None:
    """A missing blank line would swallow cases."""
    assert len(_corpus()) > 80
