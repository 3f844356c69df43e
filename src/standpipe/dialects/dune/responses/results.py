"""Rows as JSON in Dune's envelope, and as CSV (compat/dune.md 3.3, 3.4, 5.1, 6)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from standpipe.core.columns import Column
from standpipe.core.ports import Encoding, WindowRows
from standpipe.dialects.dune.responses.executions import HeadShown, MetadataShown
from standpipe.dialects.dune.responses.types import type_name
from standpipe.dialects.dune.responses.values import CSV_STYLE, json_style
from standpipe.formats.csv import CsvOptions, CsvRows
from standpipe.formats.json import JsonRows
from standpipe.formats.values import distinct_names, joined

# Where the answers of 2023 had them (compat/dune.md 3.4).
_OLDER: Final = (
    "result_set_bytes",
    "total_row_count",
    "datapoint_count",
    "pending_time_millis",
    "execution_time_millis",
)


class ResultShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Rows, and what they are: as today, and beside them the figures where 2023 had them."""

    rows: list[dict[str, Any]]
    metadata: MetadataShown
    result_set_bytes: int
    total_row_count: int
    datapoint_count: int
    pending_time_millis: int
    execution_time_millis: int


class RowsShown(HeadShown, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A run with its rows; without them while it is not done."""

    result: ResultShown | UnsetType = UNSET
    next_uri: str | UnsetType = UNSET
    next_offset: int | UnsetType = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a result: what stands before and after its rows.

    ``head`` are the fields before ``result``; ``metadata`` are those of the whole result;
    ``after`` follow the result.
    """

    head: HeadShown
    columns: tuple[Column, ...]
    metadata: MetadataShown
    after: Mapping[str, Any]
    is_whole: bool


def json_encoding(page: Page) -> Encoding:
    """Return the encoding of a page as one JSON document."""
    head = msgspec.json.encode(page.head)[:-1] + b',"result":{"rows":['
    return _EnvelopedRows(page.columns, head, lambda rows, size: _tail(page, rows, size))


def csv_encoding(columns: Sequence[Column]) -> Encoding:
    """Return the encoding as CSV: lines end in LF, null is empty, no name has a line's end."""
    names = [" ".join(name.splitlines()) if name else name for name in _names(columns)]
    return CsvRows(names, CSV_STYLE, options=CsvOptions(line_end="\n"))


class _EnvelopedRows:
    """Rows as objects, then what was counted while they went by; a core.ports.Encoding."""

    def __init__(
        self, columns: Sequence[Column], head: bytes, tail: Callable[[int, int], bytes]
    ) -> None:
        self._rows = JsonRows(json_style(columns), keys=_names(columns))
        self._head = head
        self._tail = tail
        self._count = 0
        self._size = 0

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the head, the rows and the tail."""
        self._count = self._size = 0
        row = f"concat(',', {self._rows.row_expression(rows.columns)})"
        yield from joined(self._counted(rows.texts(row)), self._head, b",")
        yield self._tail(self._count, max(0, self._size - 1) + 2)

    def _counted(self, texts: Iterator[tuple[int, memoryview]]) -> Iterator[tuple[int, memoryview]]:
        for count, text in texts:
            self._count += count
            self._size += len(text)
            yield count, text


def _tail(page: Page, rows: int, size: int) -> bytes:
    """Return the end of the document; the figures stand in both places: 2023's and today's."""
    size = size if rows else 0
    metadata = replace(
        page.metadata,
        column_names=_names(page.columns),
        column_types=[type_name(column) for column in page.columns],
        row_count=rows,
        result_set_bytes=size,
        total_result_set_bytes=size if page.is_whole else page.metadata.total_result_set_bytes,
        datapoint_count=rows * len(page.columns),
    )
    older = {name: getattr(metadata, name) for name in _OLDER}
    result = msgspec.json.encode({"metadata": metadata, **older})
    after = msgspec.json.encode(page.after)[1:-1]
    return b"]," + result[1:] + (b"," + after if after else b"") + b"}"


def _names(columns: Sequence[Column]) -> list[str]:
    return list(distinct_names(columns))
