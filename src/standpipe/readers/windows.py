"""One window on its way: the statements that answer it, as a stream, a file, a count, a facet."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from standpipe.core.columns import Column
from standpipe.core.ports import ReaderSource
from standpipe.core.windows import Difference, Facet, Window
from standpipe.readers.chunks import BATCH_ROWS, FEW_ROWS, Relation
from standpipe.readers.engines import Cursor
from standpipe.readers.facets import read_facet
from standpipe.readers.relations import WindowSql
from standpipe.readers.scratch import Scratch
from standpipe.readers.sources import PAGE, Sources, ask, is_small
from standpipe.readers.spelling import Values, quote_name, quote_text, unused_name

_HELD_ROWS = 5_000


class WindowReading:
    """A window of a source; each of its methods runs on a cursor, or says what should."""

    def __init__(
        self, source: ReaderSource, window: Window, sources: Sources, scratch: Scratch
    ) -> None:
        self._source = source
        self._window = window
        self._sources = sources
        self._scratch = scratch
        self.numbered = _numbered(window.columns)

    @property
    def is_computed(self) -> bool:
        """Whether the window needs more than to read what is stored."""
        return not isinstance(self._source, Path) or not self._window.is_plain

    def is_large(self) -> bool:
        """Whether many rows must be held at once to answer the window. ResultExpired."""
        window = self._window
        is_sorting = bool(window.order) and _held(window.offset, window.limit) > _HELD_ROWS
        is_sampling = window.sample is not None and window.sample.rows > _HELD_ROWS
        holds_rows = is_sorting or is_sampling or window.group is not None
        return (holds_rows or isinstance(self._source, Difference)) and self.is_over_large()

    def may_be_tiny(self) -> bool:
        """Whether it takes little to look how many rows come out. ResultExpired."""
        limit = self._window.limit
        return (limit is not None and limit <= FEW_ROWS) or is_small(self._source)

    def is_over_large(self) -> bool:
        """Whether the source has many rows. ResultExpired."""
        return self._sources.is_large(self._source)

    def relation(self, cursor: Cursor) -> Relation:
        """Return the SQL of the rows with the columns ``numbered``, and its values."""
        return self._select(cursor, [column.stored_name for column in self.numbered])

    def pieces(self) -> Iterator[pa.Table] | None:
        """Return the rows a few at a time if they are long; None if there is no need. Blocks."""
        return self._sources.find_pieces(self._source, self._window, self._stored())

    def piece(self, cursor: Cursor, table: pa.Table) -> Relation:
        """Return the SQL of a piece's rows with the columns ``numbered``."""
        cursor.register(PAGE, table)
        names = [column.stored_name for column in self.numbered]
        return f"SELECT {self._selected(names)} FROM {PAGE} AS source", None

    def copy(self, cursor: Cursor) -> BinaryIO:
        """Write the rows to a Parquet file and open it; its name is already gone.

        Columns have their own names; those that repeat keep their stored form.
        """
        sql, values = self._select(cursor, _file_names(self._window.columns))
        path = self._scratch.new_file()
        options = (
            f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {BATCH_ROWS}, USE_TMP_FILE false"
        )
        try:
            cursor.execute(f"COPY ({sql}) TO {quote_text(str(path))} ({options})", values)
            return path.open("rb")
        finally:
            path.unlink(missing_ok=True)

    def count(self, cursor: Cursor) -> int:
        """Return how many rows there are before offset and limit."""
        window = self._window
        if window.group is not None:
            return self._ask_count(cursor, window)
        if window.where is None and isinstance(self._source, Path):
            count = self._sources.row_count(self._source)
        else:
            count = self._ask_count(cursor, replace(window, sample=None, order=()))
        return count if window.sample is None else min(count, window.sample.rows)

    def facet(self, column: Column, limit: int) -> Callable[[Cursor], Facet]:
        """Return what reads the facet of a column among the rows that come out."""

        def read(cursor: Cursor) -> Facet:
            values = Values()
            rows = self._sql(cursor, self._unsorted(), values).rows()
            return read_facet(column, limit, rows, lambda sql: ask(cursor, sql, values.bound))

        return read

    def _select(self, cursor: Cursor, names: Sequence[str]) -> Relation:
        values, selected = Values(), self._selected(names)
        cut = self._sources.find_cut(cursor, self._source, self._window, self._stored())
        if cut is not None:
            return f"SELECT {selected} FROM {cut.sql} AS source", None
        return self._sql(cursor, self._window, values).page(selected), values.bound

    def _selected(self, names: Sequence[str]) -> str:
        return ", ".join(
            f"source.{quote_name(column.stored_name)} AS {quote_name(name)}"
            for column, name in zip(self._window.columns, names, strict=True)
        )

    def _stored(self) -> list[str]:
        """Return the stored names of the columns, each once."""
        return list(dict.fromkeys(column.stored_name for column in self._window.columns))

    def _ask_count(self, cursor: Cursor, window: Window) -> int:
        values = Values()
        sql = self._sql(cursor, window, values).count()
        return int(ask(cursor, sql, values.bound)[0])

    def _unsorted(self) -> Window:
        """Return the window without a sort that decides nothing."""
        window = self._window
        is_paged = window.limit is not None or window.offset
        return window if is_paged else replace(window, order=())

    def _sql(self, cursor: Cursor, window: Window, values: Values) -> WindowSql:
        return WindowSql(self._sources.open(cursor, self._source, window), window, values)


def _held(offset: int, limit: int | None) -> float:
    """Return how many rows a sort must remember at once."""
    return float("inf") if limit is None else offset + limit


def _numbered(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns under names with a blank in them.

    An expression's own words (the ``t`` of a lambda) would otherwise be taken for a column of
    that name.
    """
    return tuple(
        replace(column, stored_name=f"column {number}") for number, column in enumerate(columns)
    )


def _file_names(columns: Sequence[Column]) -> list[str]:
    """Return the names of the columns in a file, which must differ even when case is ignored."""
    folded = [column.name.casefold() for column in columns]
    names: list[str] = []
    for column, fold in zip(columns, folded, strict=True):
        is_own = column.name and folded.count(fold) == 1
        names.append(unused_name(column.name if is_own else column.stored_name, names))
    return names
