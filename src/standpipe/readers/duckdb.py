"""The reader of artifacts: one locked-down DuckDB in this process, one cursor for each read."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa

from standpipe.core.columns import Column
from standpipe.core.errors import ResultExpired
from standpipe.core.ports import Chunks, RowEncoding
from standpipe.core.windows import Window
from standpipe.readers.chunks import EncodedRows
from standpipe.readers.pages import PageSource

_BATCH_ROWS = 8192
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
        self._pages = PageSource()
        self._lock = Lock()

    def encode(
        self, artifact: Path, columns: Sequence[Column], window: Window, encoding: RowEncoding
    ) -> Chunks:
        """Encode the rows of a window in artifact order; ``columns`` are already selected.

        Opens nothing before the first chunk is asked for; ResultExpired if the file is gone.
        """

        def start(cursor: duckdb.DuckDBPyConnection) -> pa.RecordBatchReader:
            source = self._source(cursor, artifact, columns, window)
            separator = encoding.separator.decode()
            numbered = _numbered(columns)
            row = encoding.row_expression(numbered)
            if separator:
                row = f"concat({_literal(separator)}, {row})"
            selected = _renamed(columns, numbered)
            sql = f"SELECT {row} AS encoded FROM (SELECT {selected} FROM {source})"
            return cursor.sql(sql).to_arrow_reader(_BATCH_ROWS)

        return EncodedRows(self._open_cursor, start, encoding)

    def write_parquet(
        self, artifact: Path, columns: Sequence[Column], window: Window, into: Path
    ) -> None:
        """Write the rows of a window, under the names of the columns, to a new file.

        ``into`` lies below the artifact root. Names that repeat keep their stored form.
        """
        names = [column.name for column in columns]
        folded = [name.casefold() for name in names]
        targets = [
            column.name if column.name and folded.count(fold) == 1 else column.stored_name
            for column, fold in zip(columns, folded, strict=True)
        ]
        selected = ", ".join(
            f"{_name(column.stored_name)} AS {_name(target)}"
            for column, target in zip(columns, targets, strict=True)
        )
        with closing(self._open_cursor()) as cursor:
            source = self._source(cursor, artifact, columns, window)
            cursor.execute(
                f"COPY (SELECT {selected} FROM {source}) TO {_literal(str(into))}"
                f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_BATCH_ROWS})"
            )

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

    def _source(
        self,
        cursor: duckdb.DuckDBPyConnection,
        artifact: Path,
        columns: Sequence[Column],
        window: Window,
    ) -> str:
        """Return the SQL of the window's rows; a page is read here and known to the cursor."""
        _check_present(artifact)
        file = _literal(str(artifact))
        if not window.offset and window.limit is None:
            return f"read_parquet({file})"
        if window.limit is not None:
            names = list(dict.fromkeys(column.stored_name for column in columns))
            groups = self._pages.find_groups(artifact, window.offset, window.limit)
            if groups is not None:
                page = self._pages.read(
                    artifact, names, groups, offset=window.offset, limit=window.limit
                )
                cursor.register(_PAGE, page)
                return _PAGE
        limit = "" if window.limit is None else f" LIMIT {window.limit}"
        return f"(SELECT * FROM read_parquet({file}){limit} OFFSET {window.offset})"


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
