"""A workbook as a stream: sheets are zipped while their rows are read, the list of sheets last."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from standpipe.core.columns import Column
from standpipe.core.errors import LimitExceeded
from standpipe.core.ports import Encoding, WindowRows
from standpipe.formats.values import FormatOptions, Sink
from standpipe.formats.xlsx.cells import row_expression
from standpipe.formats.xlsx.parts import (
    ROW_END,
    SHEET_END,
    first_parts,
    last_parts,
    sheet_head,
    sheet_name,
)

MAX_COLUMNS = 16_384
MAX_ROWS = 1_048_576

# Excel takes offence at parts of the zip that need its 64-bit form.
_SHEET_BYTES = 1_000_000_000
_LEVEL = 1  # 6 takes four times as long and saves a quarter


def make_xlsx(columns: Sequence[Column], options: FormatOptions) -> Encoding:
    """Return the encoding of a workbook; LimitExceeded for more columns than a sheet has."""
    if len(columns) > MAX_COLUMNS:
        raise LimitExceeded(
            f"A sheet has {MAX_COLUMNS:,} columns, and these are {len(columns):,}.",
            hint="Ask for fewer columns, or for another format such as csv.",
        )
    return XlsxBook(None if options.header is False else [column.name for column in columns])


class XlsxBook:
    """Typed cells on as many sheets as the rows need; implements core.ports.Encoding.

    ``names`` stand in the first row of each sheet; None leaves that row out. Numbers that a double
    cannot hold, and dates and times that Excel does not know, are texts; fractions of a second
    are kept to about a microsecond. A text is cut after 32,767 characters and then ends in an
    ellipsis. The same rows always make the same bytes.
    """

    def __init__(self, names: Sequence[str] | None, *, sheet_rows: int = MAX_ROWS) -> None:
        self._names = names
        self._data_rows = sheet_rows if names is None else sheet_rows - 1

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the zip as it grows."""
        sink = Sink()
        head = sheet_head(rows.columns, self._names)
        with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
            _write_parts(archive, first_parts())
            with closing(_Sheets(archive, head, self._data_rows)) as sheets:
                for count, text in rows.texts(row_expression(rows.columns)):
                    sheets.add(count, text)
                    yield sink.take()
            _write_parts(archive, last_parts(sheets.count))
        yield sink.take()


class _Sheets:
    """The sheets of an archive, one after another; there is always one."""

    def __init__(self, archive: ZipFile, head: bytes, data_rows: int) -> None:
        self.count = 0
        self._archive = archive
        self._head = head
        self._data_rows = data_rows
        self._begin()

    def add(self, count: int, text: memoryview) -> None:
        """Write rows; what no longer fits begins another sheet."""
        while count > self._free_rows:
            end = _end_of_rows(text, self._free_rows)
            self._part.write(text[:end])
            count, text = count - self._free_rows, text[end:]
            self._turn()
        if self._size + len(text) > _SHEET_BYTES:
            self._turn()
        self._part.write(text)
        self._free_rows -= count
        self._size += len(text)

    def close(self) -> None:
        """End the last sheet."""
        self._part.write(SHEET_END)
        self._part.close()

    def _turn(self) -> None:
        self.close()
        self._begin()

    def _begin(self) -> None:
        self.count += 1
        self._free_rows = self._data_rows
        self._size = 0
        # A bare name has the date 1980, so that the same rows make the same bytes.
        self._part: IO[bytes] = self._archive.open(sheet_name(self.count), "w")
        self._part.write(self._head)


def _write_parts(archive: ZipFile, parts: Iterator[tuple[str, bytes]]) -> None:
    for name, content in parts:
        with archive.open(name, "w") as part:
            part.write(content)


def _end_of_rows(text: memoryview, rows: int) -> int:
    """Return where the first rows end; in texts every ``<`` is escaped."""
    after = bytes(text).split(ROW_END.encode(), rows)[-1]
    return len(text) - len(after)
