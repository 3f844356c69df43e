"""Rows as a Parquet file, made by the reader."""

from collections.abc import Iterator, Sequence

from standpipe.core.columns import Column
from standpipe.core.ports import Encoding, WindowRows
from standpipe.formats.values import FormatOptions


def make_parquet(columns: Sequence[Column], options: FormatOptions) -> Encoding:  # noqa: ARG001
    """Return the encoding of a Parquet file of some rows; a whole artifact is one already."""
    return ParquetRows()


class ParquetRows:
    """A Parquet file, zstd; implements core.ports.Encoding.

    Columns have their names; those that repeat, whatever their case, and empty ones keep the
    stored name.
    """

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the file; its first byte comes when its last row is written."""
        yield from rows.parquet()
