"""The metadata database of a home as a test sees it from outside."""

import sqlite3
from pathlib import Path
from typing import Any

VOLATILE = frozenset({"sessions", "alembic_version", "usage_days"})

Contents = dict[str, list[tuple[Any, ...]]]


class Metadata:
    """A reader that notices every committed change."""

    def __init__(self, home: Path) -> None:
        """Open for reading only."""
        self._connection = sqlite3.connect(f"file:{home / 'standpipe.db'}?mode=ro", uri=True)
        self._version = -1
        self._contents: Contents = {}

    def contents(self) -> Contents:
        """Return every row of every table; sessions apart, which sign-ins make."""
        version = self._connection.execute("pragma data_version").fetchone()[0]
        if version != self._version:
            self._version, self._contents = version, self._read()
        return self._contents

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement of the test's own."""
        return self._connection.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _read(self) -> Contents:
        names = self._connection.execute("select name from sqlite_master where type = 'table'")
        return {
            name: sorted(self._connection.execute(f'select * from "{name}"').fetchall(), key=repr)
            for (name,) in names.fetchall()
            if name not in VOLATILE
        }
