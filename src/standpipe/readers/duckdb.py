"""The reader of artifacts: locked-down DuckDBs in this process, one cursor for each read."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from standpipe.core.columns import Column
from standpipe.core.ports import Chunks, Encoding, ReaderSource
from standpipe.core.windows import Difference, DifferenceCounts, Facet, Window, whole
from standpipe.readers.chunks import EncodedWindow, Rows, Statements
from standpipe.readers.differences import counts_sql
from standpipe.readers.engines import Cursor, Engines, Room
from standpipe.readers.relations import scan
from standpipe.readers.scratch import Scratch
from standpipe.readers.sources import Sources, ask
from standpipe.readers.spelling import quote_name
from standpipe.readers.windows import WindowReading


class DuckDBReader:
    """Reads Parquet files under one folder; implements core.ports.ResultReader.

    Only files below ``artifact_root`` can be read or written, and no statement of a user comes
    near it. What it writes is in ``artifact_root/reading``.
    """

    def __init__(self, artifact_root: Path, *, room: Room | None = None) -> None:
        """Open the engine; remove what readers left that died."""
        self._scratch = Scratch(artifact_root / "reading")
        self._engines = Engines(artifact_root, self._scratch, room or Room())
        self._sources = Sources()

    def encode(self, source: ReaderSource, window: Window, encoding: Encoding) -> Chunks:
        """Encode the rows of a window; nothing is opened before the first chunk is asked for.

        Without a sort or a grouping rows keep the order of the artifact. WindowInvalid for values
        that cannot be computed, FieldInvalid for keys of a difference that repeat.
        """
        reading = self._reading(source, window)
        statements = Statements(
            self._engines, is_large=reading.is_large, is_computed=reading.is_computed
        )
        return EncodedWindow(statements, Rows(statements, reading), encoding)

    def count(self, source: ReaderSource, window: Window) -> int:
        """Return how many rows a window has before its offset and limit."""
        reading = self._reading(source, replace(window, order=()))
        with closing(self._computing(reading.is_large)) as statements:
            return statements.do(reading.count)

    def count_difference(self, difference: Difference) -> DifferenceCounts:
        """Return how many rows were added, removed, changed and kept.

        FieldInvalid says how many keys repeat in one of the artifacts.
        """

        def count(cursor: Cursor) -> tuple[int, ...]:
            self._sources.check(cursor, difference)
            return ask(cursor, counts_sql(difference), None)

        reading = self._reading(difference, whole(difference.columns))
        with closing(self._computing(reading.is_over_large)) as statements:
            added, removed, changed, unchanged = statements.do(count)
        return DifferenceCounts(added=added, removed=removed, changed=changed, unchanged=unchanged)

    def facets(
        self, source: ReaderSource, window: Window, columns: Sequence[Column], limit: int
    ) -> tuple[Facet, ...]:
        """Return, for each column, its most frequent values among the rows of a window.

        Columns are those of the window's rows, whether it chooses them or not.
        """
        reading = self._reading(source, window)
        with closing(self._computing(reading.is_over_large)) as statements:
            return tuple([statements.do(reading.facet(column, limit)) for column in columns])

    def distinct_values(
        self, artifact: Path, columns: Sequence[Column], limit: int
    ) -> tuple[tuple[Any, ...], ...]:
        """Return up to ``limit`` different rows of a few columns, by first appearance."""
        selected = "".join(
            f"{quote_name(column.stored_name)} AS c{n}, " for n, column in enumerate(columns)
        )
        values = ", ".join(f"c{n}" for n in range(len(columns)))
        sql = (
            f"SELECT {values} FROM (SELECT {selected}row_number() OVER () AS position"
            f" FROM {scan(artifact)}) GROUP BY {values} ORDER BY min(position) LIMIT ?"
        )

        def read(cursor: Cursor) -> list[tuple[Any, ...]]:
            self._sources.row_count(artifact)
            return cursor.execute(sql, [limit]).fetchall()

        with closing(Statements(self._engines)) as statements:
            return tuple(statements.do(read))

    def close(self) -> None:
        """Give back memory and disk; reads that are under way must be closed before."""
        self._engines.close()
        self._scratch.close()

    def _reading(self, source: ReaderSource, window: Window) -> WindowReading:
        return WindowReading(source, window, self._sources, self._scratch)

    def _computing(self, is_large: Callable[[], bool]) -> Statements:
        return Statements(self._engines, is_large=is_large, is_computed=True)
