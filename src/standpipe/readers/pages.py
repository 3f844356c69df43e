"""Plain pages of an artifact, read by row group with a remembered footer.

The cost of a page does not grow with the artifact: DuckDB reads the whole footer for each
statement, which takes 50 ms when there are 1,200 row groups.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_FOOTERS_KEPT = 64
_LARGEST_PAGE_GROUPS = 16
_LARGEST_PAGE_ROWS = 16 * 8192  # of all of these groups
# Unpacked, in all of more than two groups; a page of one row may lie in one, of two rows in two.
_LARGEST_PAGE_BYTES = 64 * 1024**2
_ALWAYS_GROUPS = 2


@dataclass(frozen=True, slots=True)
class _Footer:
    """What a Parquet file says of itself; ``ends[i]`` rows are in groups 0 to i.

    ``sizes`` are the bytes of each group when it is unpacked.
    """

    metadata: Any
    names: tuple[str, ...]
    ends: tuple[int, ...]
    sizes: tuple[int, ...]


# Rows as long as this on the average of a group are read a few at a time: a vector of DuckDB holds
# 2048 of them, and an expression may take twenty times as much for each.
_LONG_ROW_BYTES = 2048
_PIECE_BYTES = 4 * 1024**2
_MOST_PIECE_ROWS = 2048


class PageSource:
    """Reads pages; keeps the footers of the artifacts used last (artifacts never change)."""

    def __init__(self) -> None:
        self._footers: OrderedDict[Path, _Footer] = OrderedDict()
        self._lock = Lock()

    def names(self, artifact: Path) -> tuple[str, ...]:
        """Return the stored names of all columns."""
        return self._footer(artifact).names

    def row_count(self, artifact: Path) -> int:
        """Return how many rows an artifact has; no row is read."""
        ends = self._footer(artifact).ends
        return ends[-1] if ends else 0

    def byte_count(self, artifact: Path) -> int:
        """Return how many bytes an artifact has when it is unpacked."""
        return sum(self._footer(artifact).sizes)

    def find_groups(self, artifact: Path, offset: int, limit: int) -> range | None:
        """Return the row groups that hold these rows; None if they are too much for a page."""
        footer = self._footer(artifact)
        ends = footer.ends
        last_row = min(offset + limit, self.row_count(artifact))
        if last_row <= offset:
            return range(0)
        groups = range(bisect_right(ends, offset), bisect_left(ends, last_row) + 1)
        rows = ends[groups.stop - 1] - (ends[groups.start - 1] if groups.start else 0)
        is_small = len(groups) <= _LARGEST_PAGE_GROUPS and rows <= _LARGEST_PAGE_ROWS
        size = sum(footer.sizes[groups.start : groups.stop])
        is_light = len(groups) <= _ALWAYS_GROUPS or size <= _LARGEST_PAGE_BYTES
        return groups if is_small and is_light else None

    def has_long_rows(self, artifact: Path) -> bool:
        """Whether rows of an artifact are too long to be read as many as usual at a time."""
        footer = self._footer(artifact)
        return any(size >= _LONG_ROW_BYTES * rows for rows, size in _groups(footer))

    def read_pieces(
        self, artifact: Path, names: Sequence[str], *, offset: int, limit: int | None
    ) -> Iterator[pa.Table]:
        """Yield the rows ``offset`` to ``offset + limit``, as many at a time as take 4 MiB."""
        footer = self._footer(artifact)
        start, rest = 0, footer.ends[-1] if limit is None and footer.ends else limit or 0
        file = pq.ParquetFile(artifact, metadata=footer.metadata, buffer_size=_PIECE_BYTES)
        with file:
            for group, (rows, size) in enumerate(_groups(footer)):
                skipped = max(0, offset - start)
                start += rows
                if skipped >= rows or rest <= 0:
                    continue
                count = max(1, min(_MOST_PIECE_ROWS, _PIECE_BYTES * rows // max(1, size)))
                batches = file.iter_batches(
                    batch_size=count, row_groups=[group], columns=list(names), use_threads=False
                )
                for batch in batches:
                    piece = pa.Table.from_batches([batch]).slice(skipped, rest)
                    skipped = max(0, skipped - len(batch))
                    rest -= len(piece)
                    if len(piece):
                        yield piece

    def read(
        self, artifact: Path, names: Sequence[str], groups: range, *, offset: int, limit: int
    ) -> pa.Table:
        """Return the rows ``offset`` to ``offset + limit`` of an artifact, found in ``groups``."""
        footer = self._footer(artifact)
        before = footer.ends[groups.start - 1] if groups.start else 0
        with pq.ParquetFile(artifact, metadata=footer.metadata) as file:
            table = file.read_row_groups(list(groups), columns=list(names), use_threads=False)
        return table.slice(offset - before, limit)

    def _footer(self, artifact: Path) -> _Footer:
        with self._lock:
            if artifact in self._footers:
                self._footers.move_to_end(artifact)
                return self._footers[artifact]
        metadata = pq.read_metadata(artifact)
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        footer = _Footer(
            metadata,
            names=tuple(metadata.schema.to_arrow_schema().names),
            ends=tuple(accumulate(group.num_rows for group in groups)),
            sizes=tuple(group.total_byte_size for group in groups),
        )
        with self._lock:
            self._footers[artifact] = footer
            while len(self._footers) > _FOOTERS_KEPT:
                self._footers.popitem(last=False)
        return footer


def _groups(footer: _Footer) -> Iterator[tuple[int, int]]:
    """Yield the rows and the unpacked bytes of each row group."""
    before = 0
    for end, size in zip(footer.ends, footer.sizes, strict=True):
        yield end - before, size
        before = end
