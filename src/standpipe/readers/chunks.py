"""A window being read: statements on a cursor of its own, which any thread may stop."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any, BinaryIO, Protocol, TypeVar

import duckdb
import pyarrow as pa

from standpipe.core.columns import Column
from standpipe.core.errors import StandpipeError, Unavailable
from standpipe.core.ports import Encoding
from standpipe.readers.engines import Cursor, Engines, Session
from standpipe.readers.failures import READ_FAILURES, read_failure

BATCH_ROWS = 8192
FEW_ROWS = 128
_WIDE_COLUMNS = 64
_WIDE_BATCH_ROWS = 2048  # the fewest that DuckDB works on at a time
_SMALL_BYTES = 64 * 1024
_FILE_BYTES = 1024 * 1024
_INTERRUPT_SECONDS = 0.01
_STOPPED = "The reading of this result was stopped."

Relation = tuple[str, list[str | bytes] | None]
T = TypeVar("T")


class Statements:
    """One session, opened when it is first needed; whoever is inside DuckDB holds the lock.

    ``is_large`` says, when it is called, whether much must be held at once; ``is_computed`` that
    values of the caller take part, which may be why a statement fails.
    """

    def __init__(
        self,
        engines: Engines,
        *,
        is_large: Callable[[], bool] = lambda: False,
        is_computed: bool = False,
    ) -> None:
        self._engines = engines
        self._is_large = is_large
        self._is_computed = is_computed
        self._session: Session | None = None
        self._readers: list[Any] = []
        self._is_closed = False
        self._lock = Lock()

    def do(self, work: Callable[[Cursor], T]) -> T:
        """Run blocking work on the cursor, anew on one thread if two need too much memory.

        Unavailable if it is stopped or cannot be read, WindowInvalid or LimitExceeded as
        ``read_failure`` says.
        """
        with self._lock:
            try:
                session = self._open()
                try:
                    return work(session.cursor)
                except duckdb.OutOfMemoryException:
                    if not session.is_large or self._is_closed:
                        raise
                self._free()
                self._session = self._reserve(threads=1)
                return work(self._session.cursor)
            except READ_FAILURES as error:
                raise self._failure(error) from error

    def stream(self, make: Callable[[Cursor], Any]) -> Any:
        """Open a RecordBatchReader; it is closed with the cursor."""
        reader = self.do(make)
        self._readers.append(reader)
        return reader

    def batches(self, reader: Any) -> Iterator[pa.RecordBatch]:
        """Yield the batches of a reader that ``stream`` opened; it is closed at the end.

        A cursor has one open result at a time, so a reader must also go when it is left half read.
        """
        try:
            while (batch := self._next_batch(reader)) is not None:
                yield batch
        finally:
            with self._lock:
                reader.close()

    def close(self) -> None:
        """Stop what is running and free the cursor, from any thread; repeating is fine."""
        self._is_closed = True
        while not self._lock.acquire(timeout=_INTERRUPT_SECONDS):
            session = self._session
            if session is not None:
                with suppress(duckdb.Error):  # another thread may have closed it by now
                    session.cursor.interrupt()
        try:
            self._free()
        finally:
            self._lock.release()

    def _open(self) -> Session:
        if self._is_closed:
            raise Unavailable(_STOPPED)
        if self._session is None:
            self._session = self._reserve() if self._is_large() else self._engines.share()
        return self._session

    def _reserve(self, *, threads: int | None = None) -> Session:
        try:
            return self._engines.reserve(lambda: not self._is_closed, threads=threads)
        except Unavailable as error:
            raise (Unavailable(_STOPPED) if self._is_closed else error) from None

    def _next_batch(self, reader: Any) -> pa.RecordBatch | None:
        with self._lock:
            try:
                self._open()
                return reader.read_next_batch()
            except StopIteration:
                return None
            except READ_FAILURES as error:
                raise self._failure(error) from error

    def _failure(self, error: Exception) -> StandpipeError:
        if self._is_closed:
            return Unavailable(_STOPPED)
        return read_failure(error, is_computed=self._is_computed)

    def _free(self) -> None:
        readers, self._readers = self._readers, []
        session, self._session = self._session, None
        for reader in readers:
            reader.close()
        if session is not None:
            session.close()


class Reading(Protocol):
    """What rows are read with; everything here blocks."""

    numbered: tuple[Column, ...]

    def relation(self, cursor: Cursor) -> Relation:
        """Return the SQL of a relation that holds ``numbered``, and its values."""
        ...

    def pieces(self) -> Iterator[pa.Table] | None:
        """Return the rows a few at a time if they are long; None if there is no need."""
        ...

    def piece(self, cursor: Cursor, table: pa.Table) -> Relation:
        """Return the same of one piece."""
        ...

    def copy(self, cursor: Cursor) -> BinaryIO:
        """Return a Parquet file of the rows, which has no name any more."""
        ...

    def may_be_tiny(self) -> bool:
        """Whether to look if a stream of the rows would cost more than they do."""
        ...


class Rows:
    """The rows of one window; implements core.ports.WindowRows."""

    def __init__(self, statements: Statements, reading: Reading) -> None:
        self.columns = reading.numbered
        self._statements = statements
        self._reading = reading

    def texts(self, expression: str) -> Iterator[tuple[int, memoryview]]:
        """Yield, a batch at a time, how many rows and the joined texts that SQL makes of each."""
        pieces = self._statements.do(lambda _: self._reading.pieces())
        if pieces is not None:
            yield from self._texts_of(pieces, expression)
            return
        few = self._statements.do(partial(self._few_texts, expression))
        if few is not None:
            yield len(few), memoryview("".join(few).encode())
            return
        for batch in self._stream(f"{expression} AS encoded"):
            yield len(batch), _string_bytes(batch)

    def batches(self) -> "ArrowBatches":
        """Return the rows as Arrow record batches, under the names of the columns."""
        names = [column.name for column in self.columns]
        reader = self._open("*")
        return ArrowBatches(reader, names, self._statements.batches(reader))

    def parquet(self) -> Iterator[bytes]:
        """Yield a Parquet file of the rows, under the names of the columns."""
        with self._statements.do(self._reading.copy) as file:
            while piece := file.read(_FILE_BYTES):
                yield piece

    def _stream(self, selected: str) -> Iterator[pa.RecordBatch]:
        return self._statements.batches(self._open(selected))

    def _texts_of(
        self, pieces: Iterator[pa.Table], expression: str
    ) -> Iterator[tuple[int, memoryview]]:
        while (table := self._statements.do(lambda _: next(pieces, None))) is not None:
            encoded = self._statements.do(partial(self._piece_texts, expression, table))
            yield len(table), memoryview(encoded)

    def _piece_texts(self, expression: str, table: pa.Table, cursor: Cursor) -> bytes:
        sql, _ = self._reading.piece(cursor, table)
        texts = cursor.sql(f"SELECT {expression} AS encoded FROM ({sql})").to_arrow_table()
        return b"".join(map(_string_bytes, texts.to_batches()))

    def _few_texts(self, expression: str, cursor: Cursor) -> list[str] | None:
        """Return all texts if they are few: a stream takes a millisecond more. None otherwise."""
        if not self._reading.may_be_tiny():
            return None
        sql, values = self._reading.relation(cursor)
        # The cursor is free for a stream only when all that it was asked for is fetched.
        few = f"SELECT {expression} FROM ({sql}) LIMIT {FEW_ROWS + 1}"
        found = cursor.execute(few, values).fetchall()
        return [text for (text,) in found] if len(found) <= FEW_ROWS else None

    def _open(self, selected: str) -> Any:
        def make(cursor: Cursor) -> Any:
            sql, values = self._reading.relation(cursor)
            statement = cursor.sql(f"SELECT {selected} FROM ({sql})", params=values)
            is_wide = len(self.columns) > _WIDE_COLUMNS
            return statement.to_arrow_reader(_WIDE_BATCH_ROWS if is_wide else BATCH_ROWS)

        return self._statements.stream(make)


class ArrowBatches:
    """Record batches under other names; implements core.ports.Batches."""

    def __init__(self, reader: Any, names: list[str], batches: Iterator[pa.RecordBatch]) -> None:
        fields = [field.with_name(name) for field, name in zip(reader.schema, names, strict=True)]
        self.schema = pa.schema(fields)
        self._batches = batches

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches as they are read."""
        for batch in self._batches:
            yield pa.RecordBatch.from_arrays(batch.columns, schema=self.schema)


class EncodedWindow:
    """The bytes of one window in one format; implements core.ports.Chunks.

    Nothing is opened before the first chunk is asked for.
    """

    def __init__(self, statements: Statements, rows: Rows, encoding: Encoding) -> None:
        self._statements = statements
        self._rows = rows
        self._encoding = encoding

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """Yield chunks of at least 64 KiB but for the last; Unavailable once it is closed."""
        try:
            yield from _coalesced(self._encoding.chunks(self._rows))
        finally:
            self.close()

    def close(self) -> None:
        """Stop producing and free the cursor, from any thread; repeating is fine."""
        self._statements.close()


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
