"""A reader over artifacts of a few rows, to be encoded in any format."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.contracts.artifacts import WHOLE, cut, read_all, write_artifact

from standpipe.core.columns import Column, LogicalType
from standpipe.core.ports import Encoding
from standpipe.core.windows import WindowAsk
from standpipe.formats import FormatOptions, get_format
from standpipe.readers.duckdb import DuckDBReader


class Stored:
    """An artifact with its columns."""

    def __init__(self, reader: DuckDBReader, path: Path, columns: Sequence[Column]) -> None:
        self.path = path
        self.columns = tuple(columns)
        self._reader = reader

    def meaning(self, *logical_types: LogicalType | None) -> "Stored":
        """Return the artifact with columns that mean something else than they are stored as."""
        pairs = zip(self.columns, logical_types, strict=True)
        columns = [replace(each, logical_type=kind or each.logical_type) for each, kind in pairs]
        return Stored(self._reader, self.path, columns)

    def named(self, *names: str) -> "Stored":
        """Return the artifact with columns under other names than they are stored under."""
        pairs = zip(self.columns, names, strict=True)
        columns = [replace(each, name=name) for each, name in pairs]
        return Stored(self._reader, self.path, columns)

    def encode(self, encoding: Encoding, window: WindowAsk = WHOLE) -> bytes:
        """Return a window as an encoding writes it."""
        return read_all(self._reader.encode(self.path, cut(self.columns, window), encoding))

    def read(self, name: str, window: WindowAsk = WHOLE, **options: Any) -> bytes:
        """Return a window in the format of that name."""
        encoding = get_format(name).make(self.columns, FormatOptions(**options))
        return self.encode(encoding, window)


class FormatLab:
    """Writes artifacts into a folder and reads them."""

    def __init__(self, folder: Path) -> None:
        self.reader = DuckDBReader(folder)
        self._folder = folder
        self._count = 0

    def store(self, select: str, *values: object) -> Stored:
        """Return the rows of a statement as an artifact."""
        self._count += 1
        path = self._folder / f"{self._count}.parquet"
        return Stored(self.reader, path, write_artifact(path, select, values))

    def close(self) -> None:
        """Give back the memory."""
        self.reader.close()
