"""Rows as Arrow record batches: the stream and the file of Arrow's IPC format."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from standpipe.core.columns import Column
from standpipe.core.ports import Batches, Encoding, WindowRows
from standpipe.formats.values import Compression, FormatOptions, Sink, distinct_names

OpenWriter = Callable[..., Any]

_BATCH_ROWS = 8192


def make_arrow_stream(columns: Sequence[Column], options: FormatOptions) -> Encoding:
    """Return the encoding of an Arrow stream."""
    return _make(ipc.new_stream, columns, options)


def make_arrow_file(columns: Sequence[Column], options: FormatOptions) -> Encoding:
    """Return the encoding of an Arrow file, which can be read at any place."""
    return _make(ipc.new_file, columns, options)


class ArrowRows:
    """Record batches in one of Arrow's two frames; implements core.ports.Encoding.

    ``names`` are those of the fields. Values are what the artifact holds: NaN, infinities and
    dates beyond year 9999 too.
    """

    def __init__(
        self,
        open_writer: OpenWriter,
        names: Sequence[str],
        *,
        compression: Compression = "none",
    ) -> None:
        self._open_writer = open_writer
        self._names = names
        self._compression = compression

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the schema, the batches and the end; ValueError if names do not fit."""
        batches = rows.batches()
        pairs = zip(batches.schema, self._names, strict=True)
        schema = pa.schema([field.with_name(name) for field, name in pairs])
        codec = None if self._compression == "none" else self._compression
        sink = Sink()
        options = ipc.IpcWriteOptions(compression=codec)
        writer = self._open_writer(sink, schema, options=options)
        places = pa.array(range(_BATCH_ROWS), pa.int32())
        for batch in _regrouped(batches):
            blanked = [_blanked(column, places) for column in batch.columns]
            writer.write_batch(pa.RecordBatch.from_arrays(blanked, schema=schema))
            yield sink.take()
        writer.close()  # not when the rows break off: what was sent must not look complete
        yield sink.take()


def _make(open_writer: OpenWriter, columns: Sequence[Column], options: FormatOptions) -> ArrowRows:
    names = distinct_names(columns)
    return ArrowRows(open_writer, names, compression=options.compression or "none")


def _blanked(column: Any, places: Any) -> Any:
    """Return a column with zeros behind its nulls.

    There DuckDB leaves what the memory held before, which is nobody's business, and makes the same
    rows other bytes each time.
    """
    return column.take(places.slice(0, len(column))) if column.null_count else column


def _regrouped(batches: Batches) -> Iterator[Any]:
    """Yield batches of as many rows each but for the last, however few come at a time.

    A filter leaves a row here and there, and a batch of one row takes a kilobyte.
    """
    waiting: list[Any] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += len(batch)
        while count >= _BATCH_ROWS:
            merged = waiting[0] if len(waiting) == 1 else pa.concat_batches(waiting)
            yield merged.slice(0, _BATCH_ROWS)
            waiting = [merged.slice(_BATCH_ROWS)]
            count -= _BATCH_ROWS
    if count:
        yield pa.concat_batches(waiting)
