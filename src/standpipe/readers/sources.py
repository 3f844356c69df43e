"""What windows are cut from: artifacts that are there, differences whose keys tell rows apart."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa

from standpipe.core.errors import ResultExpired
from standpipe.core.ports import ReaderSource
from standpipe.core.windows import Difference, Window
from standpipe.readers.differences import difference_source, require_unique_keys
from standpipe.readers.engines import Cursor
from standpipe.readers.pages import PageSource
from standpipe.readers.relations import Source, scan
from standpipe.readers.spelling import quote_name, unused_name

_CHECKS_KEPT = 256
PAGE = "page"
# Unpacked, as the file counts; rows in memory take some times that.
_LARGE_BYTES = 16 * 1024**2
_SMALL_BYTES = 64 * 1024
_TINY_BYTES = 8 * 1024  # packed: not even long texts of one letter are many in so few


class Sources:
    """Finds the relation of a source for a cursor; remembers footers and checked keys."""

    def __init__(self) -> None:
        self._pages = PageSource()
        self._checked: OrderedDict[tuple[Any, ...], None] = OrderedDict()
        self._lock = Lock()

    def open(self, cursor: Cursor, source: ReaderSource, window: Window) -> Source:
        """Return the whole source of a window; ResultExpired, FieldInvalid for repeated keys."""
        if isinstance(source, Path):
            _require_present(source)
            return self._artifact(source, window)
        self.check(cursor, source)
        return difference_source(source)

    def check(self, cursor: Cursor, difference: Difference) -> None:
        """ResultExpired if an artifact is gone, FieldInvalid if a key repeats in one."""
        _require_present(difference.before)
        _require_present(difference.after)
        keys = (difference.before, difference.after, difference.keys)
        with self._lock:
            if keys in self._checked or not difference.keys:
                return
        require_unique_keys(difference, lambda sql: ask(cursor, sql, None))
        with self._lock:
            self._checked[keys] = None
            while len(self._checked) > _CHECKS_KEPT:
                self._checked.popitem(last=False)

    def find_cut(
        self, cursor: Cursor, source: ReaderSource, window: Window, names: Sequence[str]
    ) -> Source | None:
        """Return a part of an artifact, already cut, with these columns; None for all others."""
        is_part = window.limit is not None or window.offset > 0
        if not isinstance(source, Path) or not window.is_plain or not is_part or is_small(source):
            return None
        page = self._find_page(source, window, names)
        if page is None:
            return self._find_rows(source, window)
        cursor.register(PAGE, page)
        return Source(PAGE, ())

    def find_pieces(
        self, source: ReaderSource, window: Window, names: Sequence[str]
    ) -> Iterator[pa.Table] | None:
        """Return the rows of a plain window a few at a time, if they are long; None for others."""
        if not isinstance(source, Path) or not window.is_plain or is_small(source, _TINY_BYTES):
            return None
        if not self._pages.has_long_rows(source):
            return None
        return self._pages.read_pieces(source, names, offset=window.offset, limit=window.limit)

    def row_count(self, artifact: Path) -> int:
        """Return how many rows an artifact has; no row is read. ResultExpired."""
        _require_present(artifact)
        return self._pages.row_count(artifact)

    def is_large(self, source: ReaderSource) -> bool:
        """Whether the rows of a source are too many to hold beside others. ResultExpired."""
        if isinstance(source, Difference):
            return self.is_large(source.before) or self.is_large(source.after)
        _require_present(source)
        return self._pages.byte_count(source) > _LARGE_BYTES

    def _find_page(self, artifact: Path, window: Window, names: Sequence[str]) -> pa.Table | None:
        if window.limit is None:
            return None
        groups = self._pages.find_groups(artifact, window.offset, window.limit)
        if groups is None:
            return None
        return self._pages.read(artifact, names, groups, offset=window.offset, limit=window.limit)

    def _find_rows(self, artifact: Path, window: Window) -> Source | None:
        """Return a window by the places of its rows: LIMIT would have one thread read them all."""
        if self._hides_places(artifact):
            return None
        bounds = f"file_row_number >= {window.offset:d}"
        if window.limit is not None:
            bounds += f" AND file_row_number < {window.offset + window.limit:d}"
        return Source(f"(SELECT * FROM {scan(artifact)} WHERE {bounds})", ())

    def _hides_places(self, artifact: Path) -> bool:
        """Whether a column is called like that of DuckDB in which the places of rows are."""
        return "file_row_number" in {name.casefold() for name in self._pages.names(artifact)}

    def _artifact(self, artifact: Path, window: Window) -> Source:
        """Return an artifact; with the positions of its rows if the window needs them."""
        if window.sample is None and (window.group is not None or not window.order):
            return Source(scan(artifact), ())
        names = self._pages.names(artifact)
        position = quote_name(unused_name("position", names))
        number = "row_number() OVER ()" if self._hides_places(artifact) else "file_row_number"
        numbered = f"(SELECT *, {number} AS {position} FROM {scan(artifact)})"
        return Source(numbered, (f"source.{position}",))


def is_small(source: ReaderSource, most_bytes: int = _SMALL_BYTES) -> bool:
    """Whether all of a source is read sooner than a part of it is found. ResultExpired."""
    if isinstance(source, Difference):
        return False
    try:
        return source.stat().st_size <= most_bytes
    except FileNotFoundError as error:
        raise ResultExpired from error


def ask(cursor: Cursor, sql: str, values: list[str | bytes] | None) -> tuple[Any, ...]:
    """Return the only row of a statement of ours, and leave the cursor free for the next."""
    (row,) = cursor.execute(sql, values).fetchall()
    found: tuple[Any, ...] = row
    return found


def _require_present(artifact: Path) -> None:
    if not artifact.is_file():
        raise ResultExpired
