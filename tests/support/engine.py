"""DuckDB for what a test wants to know, on a connection of its own.

The one behind ``duckdb.sql`` belongs to the whole process: what one test leaves unread on it
breaks the next one.
"""

from typing import Any

import duckdb


def fetch(sql: str) -> list[tuple[Any, ...]]:
    """Return all rows of a statement."""
    with duckdb.connect() as own:
        return own.execute(sql).fetchall()


def fetch_names(sql: str) -> list[str]:
    """Return the names of a statement's columns."""
    with duckdb.connect() as own:
        return [name for name, *_ in own.execute(sql).description or ()]
