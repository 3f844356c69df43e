"""The reader of artifacts: one locked-down DuckDB in this process, one cursor for each read."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import duckdb

from standpipe.core.columns import Column
from standpipe.core.errors import ResultExpired
from standpipe.core.ports import Chunks, Encoding, ReaderSource
from standpipe.core.windows import Difference, DifferenceCounts, Facet, Window
from standpipe.readers.chunks import BATCH_ROWS, Cursor, EncodedWindow, Rows, Statements
from standpipe.readers.pages import PageSource

_PAGE = "page"


class DuckDBReader:
    """Encodes windows of Parquet files under one folder; implements core.ports.ResultReader.

    Only files below ``artifact_root`` can be read or written, and no statement of a user comes
    near it.
    """

    def __init__(
        self, artifact_root: Path, *, memory_limit: str = "256MB", threads: int = 2
    ) -> None:
        self._database = duckdb.connect(":memory:")
        _lock_down(self._database, artifact_root, memory_limit, threads)
        self._scratch = artifact_root / "encoding"
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._pages = PageSource()
        self._lock = Lock()

    def encode(self, source: ReaderSource, window: Window, encoding: Encoding) -> Chunks:
        """Encode the rows of a window; nothing is opened before the first chunk is asked for.

        Without a sort or a grouping rows keep the order of the artifact.
        """
        statements = Statements(self._open_cursor)
        numbered = _numbered(window.columns)

        def relation(cursor: Cursor) -> tuple[str, list[Any]]:
            sql, values = self._relation(cursor, source, window)
            return f"SELECT {_renamed(window.columns, numbered)} FROM {sql}", values

        def copy(cursor: Cursor) -> Path:
            return self._copy(cursor, source, window)

        return EncodedWindow(statements, Rows(statements, numbered, relation, copy), encoding)

    def count(self, source: ReaderSource, window: Window) -> int:
        """Return how many rows a window has before its offset and limit."""
        raise NotImplementedError

    def count_difference(self, difference: Difference) -> DifferenceCounts:
        """Return how many rows were added, removed, changed and kept; FieldInvalid."""
        raise NotImplementedError

    def facets(
        self, source: ReaderSource, window: Window, columns: Sequence[Column], limit: int
    ) -> tuple[Facet, ...]:
        """Return, for each column, its most frequent values among the rows of a window."""
        raise NotImplementedError

    def distinct_values(
        self, artifact: Path, columns: Sequence[Column], limit: int
    ) -> tuple[tuple[Any, ...], ...]:
        """Return up to ``limit`` different rows of a few columns, by first appearance."""
        selected = "".join(
            f"{_name(column.stored_name)} AS c{n}, " for n, column in enumerate(columns)
        )
        values = ", ".join(f"c{n}" for n in range(len(columns)))
        with closing(self._open_cursor()) as cursor:
            _check_present(artifact)
            rows = cursor.execute(
                f"SELECT {values} FROM (SELECT {selected}row_number() OVER () AS position"
                f" FROM read_parquet({_literal(str(artifact))}))"
                f" GROUP BY {values} ORDER BY min(position) LIMIT ?",
                [limit],
            ).fetchall()
        return tuple(rows)

    def close(self) -> None:
        """Give back the memory; reads that are under way must be closed before."""
        self._database.close()

    def _open_cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            return self._database.cursor()

    def _relation(
        self, cursor: Cursor, source: ReaderSource, window: Window
    ) -> tuple[str, list[Any]]:
        """Return the SQL of the window's rows; a page is read here and known to the cursor."""
        if not isinstance(source, Path):
            raise NotImplementedError
        _check_present(source)
        file = _literal(str(source))
        if window.is_all_rows:
            return f"read_parquet({file})", []
        if window.limit is not None:
            names = list(dict.fromkeys(column.stored_name for column in window.columns))
            groups = self._pages.find_groups(source, window.offset, window.limit)
            if groups is not None:
                page = self._pages.read(
                    source, names, groups, offset=window.offset, limit=window.limit
                )
                cursor.register(_PAGE, page)
                return _PAGE, []
        limit = "" if window.limit is None else f" LIMIT {window.limit}"
        return f"(SELECT * FROM read_parquet({file}){limit} OFFSET {window.offset})", []

    def _copy(self, cursor: Cursor, source: ReaderSource, window: Window) -> Path:
        """Write the rows, under the names of the columns, to a new Parquet file.

        Names that repeat keep their stored form.
        """
        columns = window.columns
        folded = [column.name.casefold() for column in columns]
        targets = [
            column.name if column.name and folded.count(fold) == 1 else column.stored_name
            for column, fold in zip(columns, folded, strict=True)
        ]
        selected = ", ".join(
            f"{_name(column.stored_name)} AS {_name(target)}"
            for column, target in zip(columns, targets, strict=True)
        )
        into = self._scratch / f"{uuid4().hex}.parquet"
        sql, values = self._relation(cursor, source, window)
        cursor.execute(
            f"COPY (SELECT {selected} FROM {sql}) TO {_literal(str(into))}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {BATCH_ROWS})",
            values or None,
        )
        return into


def _numbered(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns under names with a blank in them.

    An expression's own words (the ``t`` of a lambda) would otherwise be taken for a column of
    that name.
    """
    return tuple(
        replace(column, stored_name=f"column {number}") for number, column in enumerate(columns)
    )


def _renamed(columns: Sequence[Column], numbered: Sequence[Column]) -> str:
    pairs = zip(columns, numbered, strict=True)
    return ", ".join(f"{_name(old.stored_name)} AS {_name(new.stored_name)}" for old, new in pairs)


def _lock_down(
    database: duckdb.DuckDBPyConnection, root: Path, memory_limit: str, threads: int
) -> None:
    """Allow one folder and nothing else; after the last line nobody can change it back."""
    for setting in (
        f"memory_limit = {_literal(memory_limit)}",
        f"threads = {int(threads)}",
        "GLOBAL timezone = 'UTC'",
        "temp_directory = ''",
        "streaming_buffer_size = '1MiB'",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        "allow_persistent_secrets = false",
        "python_enable_replacements = false",
        f"allowed_directories = [{_literal(str(root.resolve()))}, {_literal(str(root))}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        database.execute(f"SET {setting}")


def _check_present(artifact: Path) -> None:
    if not artifact.is_file():
        raise ResultExpired


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
