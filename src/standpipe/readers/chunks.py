"""Encoded rows as they come out of DuckDB: the string buffer of each Arrow batch, not copied."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa

from standpipe.core.errors import Unavailable
from standpipe.core.ports import RowEncoding

_SMALL_BYTES = 64 * 1024
_INTERRUPT_SECONDS = 0.01

# An interrupt reaches us as an OSError of Arrow, a broken file as bad input.
_READ_FAILURES = (
    duckdb.OperationalError,
    duckdb.InterruptException,
    duckdb.InvalidInputException,
    pa.ArrowException,
    OSError,
)

Start = Callable[[duckdb.DuckDBPyConnection], pa.RecordBatchReader]


class EncodedRows:
    """Head, rows and tail of one window; implements core.ports.Chunks.

    Nothing is opened before the first chunk is asked for. ``start`` gets a cursor of its own and
    returns batches of one string column, each row with the separator before it.
    """

    def __init__(
        self,
        open_cursor: Callable[[], duckdb.DuckDBPyConnection],
        start: Start,
        encoding: RowEncoding,
    ) -> None:
        self._open_cursor = open_cursor
        self._start = start
        self._encoding = encoding
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._batches: Any = None
        self._is_closed = False
        self._lock = Lock()  # held by whoever is inside DuckDB

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """Yield chunks of at least 64 KiB but for the last; Unavailable once it is closed."""
        try:
            yield from _coalesced(self._pieces())
        finally:
            self.close()

    def close(self) -> None:
        """Stop producing and free the cursor, from any thread; repeating is fine."""
        self._is_closed = True
        while not self._lock.acquire(timeout=_INTERRUPT_SECONDS):
            cursor = self._cursor
            if cursor is not None:
                with suppress(duckdb.Error):  # another thread may have closed it by now
                    cursor.interrupt()
        try:
            self._free()
        finally:
            self._lock.release()

    def _pieces(self) -> Iterator[bytes | memoryview]:
        skip = len(self._encoding.separator)
        rows = self._next_rows()
        yield self._encoding.head
        while rows is not None:
            yield rows[skip:]
            skip = 0 if len(rows) else skip
            rows = self._next_rows()
        yield self._encoding.tail

    def _next_rows(self) -> memoryview | None:
        with self._lock:
            try:
                if self._is_closed:
                    raise Unavailable("The reading of this result was stopped.")
                if self._batches is None:
                    self._cursor = self._open_cursor()
                    self._batches = self._start(self._cursor)
                return _string_bytes(self._batches.read_next_batch())
            except StopIteration:
                return None
            except _READ_FAILURES as error:
                raise self._failure(error) from error

    def _failure(self, error: Exception) -> Unavailable:
        if self._is_closed:
            return Unavailable("The reading of this result was stopped.")
        return Unavailable("The stored result cannot be read.", detail=str(error))

    def _free(self) -> None:
        batches, self._batches = self._batches, None
        cursor, self._cursor = self._cursor, None
        if batches is not None:
            batches.close()
        if cursor is not None:
            cursor.close()


def _string_bytes(batch: pa.RecordBatch) -> memoryview:
    column = batch.column(0)
    _, offsets, data = column.buffers()
    if not len(column) or data is None:
        return memoryview(b"")
    starts = memoryview(offsets).cast("i")
    return memoryview(data)[starts[column.offset] : starts[column.offset + len(column)]]


def _coalesced(pieces: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """Join small pieces, so that a page is one chunk and a large one is passed on uncopied."""
    pending: list[bytes | memoryview] = []
    size = 0
    for piece in pieces:
        if not pending and len(piece) >= _SMALL_BYTES:
            yield piece
            continue
        pending.append(piece)
        size += len(piece)
        if size >= _SMALL_BYTES:
            yield b"".join(pending)
            pending, size = [], 0
    if size:
        yield b"".join(pending)
