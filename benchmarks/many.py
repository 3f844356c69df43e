"""Fills a home's metadata: its one query, execution, submission and result, many times over."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

_FRESH: Mapping[str, Mapping[str, Callable[[int], Any]]] = {
    "queries": {"uid": lambda _: str(uuid4()), "name": lambda n: f"Report no. {n}"},
    "executions": {"uid": lambda _: str(uuid4())},
    "submissions": {"uid": lambda _: str(uuid4())},
    "results": {"uid": lambda _: str(uuid4())},
}


def fill(home: Path, *, queries: int, executions: int) -> None:
    """Copy rows until there are that many; the server must not be running."""
    with sqlite3.connect(home / "standpipe.db") as database:
        for table, rows in (
            ("queries", queries),
            ("executions", executions),
            ("submissions", executions),
            ("results", executions),
        ):
            _multiply(database, table, rows)


def _multiply(database: sqlite3.Connection, table: str, rows: int) -> None:
    cursor = database.execute(f"SELECT * FROM {table} LIMIT 1")
    names = [column[0] for column in cursor.description]
    first = dict(zip(names, cursor.fetchone(), strict=True))
    present = database.execute(f"SELECT max(id) FROM {table}").fetchone()[0]
    marks = ", ".join("?" for _ in names)
    database.executemany(
        f"INSERT INTO {table} VALUES ({marks})",
        (_copied(first, table, number) for number in range(present + 1, rows + 1)),
    )


def _copied(first: Mapping[str, Any], table: str, number: int) -> list[Any]:
    changed = {name: make(number) for name, make in _FRESH[table].items()}
    return list({**first, **changed, "id": number}.values())
