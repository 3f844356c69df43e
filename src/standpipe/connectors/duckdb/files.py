"""Finds data files under paths and describes them as a tree.

Looks at names and sizes and opens nothing but the first bytes of a database file.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from stat import S_ISDIR, S_ISREG

import msgspec

from standpipe.core.errors import ConfigurationInvalid

__all__ = ["DataFile", "DataFolder", "Entry", "digest_of", "find_files", "is_database", "stamp_of"]

_FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".duckdb": "duckdb",
    ".db": "duckdb",
}
_COMPRESSIONS = (".gz", ".zst")
_COMPRESSIBLE = {"csv", "tsv", "json", "ndjson"}
_MAGIC = b"DUCK"

Stamp = tuple[int, int, int]


class DataFile(msgspec.Struct, frozen=True, tag="file"):
    """A file that can be opened."""

    name: str
    path: str
    format: str
    stamp: Stamp


class DataFolder(msgspec.Struct, frozen=True, tag="folder"):
    """A folder with at least one data file somewhere below; entries are sorted by path."""

    name: str
    path: str
    entries: tuple["DataFile | DataFolder", ...]

    def files(self) -> Iterator[DataFile]:
        """Yield every file below, in the order of their paths."""
        for entry in self.entries:
            if isinstance(entry, DataFile):
                yield entry
            else:
                yield from entry.files()


Entry = DataFile | DataFolder


def digest_of(entries: Sequence[Entry]) -> str:
    """Return a text that changes when any file is added, removed, renamed or written."""
    return hashlib.sha256(msgspec.msgpack.encode(entries)).hexdigest()


def find_files(paths: Iterable[Path], *, hidden: Sequence[Path] = ()) -> tuple[Entry, ...]:
    """Return what the paths hold, in the order given; folders without data are left out.

    Names that begin with a dot or underscore, ``hidden`` folders, and links that lead out of the
    folder they are in are passed over.

    Raises:
        ConfigurationInvalid: a path does not exist, or a named file is of an unknown kind.
    """
    hidden_paths = frozenset(path.resolve() for path in hidden)
    distinct = dict.fromkeys(path.resolve() for path in paths)
    entries = (_read_named(path, hidden_paths) for path in distinct)
    return tuple(entry for entry in entries if entry is not None)


def stamp_of(path: Path) -> Stamp | None:
    """Return what changes when the file is written or replaced; None if it is no regular file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if not S_ISREG(status.st_mode):
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def is_database(path: Path) -> bool:
    """Whether the file starts like a DuckDB database."""
    with path.open("rb") as file:
        return file.read(12)[8:] == _MAGIC


def _read_named(path: Path, hidden: frozenset[Path]) -> Entry | None:
    try:
        status = path.stat()
    except OSError as error:
        raise ConfigurationInvalid(
            f"Cannot open {path}: {error.strerror}.", hint="Name an existing file or folder."
        ) from error
    if S_ISDIR(status.st_mode):
        return _read_folder(path, path, hidden)
    file = _read_file(path, is_named=True)
    if file is None:
        raise ConfigurationInvalid(
            f"{path} is not a kind of file that can be opened.",
            detail=f"Known endings: {', '.join(_FORMATS)} (text files also with .gz or .zst).",
        )
    return file


def _read_folder(path: Path, top: Path, hidden: frozenset[Path]) -> DataFolder | None:
    if path in hidden:
        return None
    try:
        children = sorted(path.iterdir())
    except OSError as error:
        raise ConfigurationInvalid(f"Cannot read the folder {path}: {error.strerror}.") from error
    entries = [_read_found(child, top, hidden) for child in children]
    present = tuple(entry for entry in entries if entry is not None)
    return DataFolder(path.name, str(path), present) if present else None


def _read_found(path: Path, top: Path, hidden: frozenset[Path]) -> Entry | None:
    try:
        return _read_child(path, top, hidden)
    except OSError as error:
        raise ConfigurationInvalid(f"Cannot open {path}: {error.strerror}.") from error


def _read_child(path: Path, top: Path, hidden: frozenset[Path]) -> Entry | None:
    if path.name.startswith((".", "_")):
        return None
    if path.is_symlink() and (path.is_dir() or not path.resolve().is_relative_to(top)):
        return None
    if path.is_dir():
        return _read_folder(path, top, hidden)
    return _read_file(path, is_named=False)


def _read_file(path: Path, *, is_named: bool) -> DataFile | None:
    stem, format_name = _split_name(path.name)
    if not format_name or not stem:
        return None
    stamp = stamp_of(path)
    if stamp is None:
        return None
    if format_name == "duckdb" and not _is_readable_database(path):
        if path.suffix.lower() == ".db" and not is_named:
            return None  # many programs call their files .db
        raise ConfigurationInvalid(f"{path} is not a DuckDB database.")
    _check_name(path)
    return DataFile(stem, str(path), format_name, stamp)


def _check_name(path: Path) -> None:
    """Refuse what the engine, and our own wire, cannot spell."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise ConfigurationInvalid(
            f"The name {os.fsencode(path)!r} is not UTF-8.", hint="Rename it."
        ) from error


def _is_readable_database(path: Path) -> bool:
    try:
        return is_database(path)
    except OSError as error:
        raise ConfigurationInvalid(f"Cannot open {path}: {error.strerror}.") from error


def _split_name(name: str) -> tuple[str, str | None]:
    path = Path(name)
    if path.suffix.lower() in _COMPRESSIONS:
        inner = Path(path.stem)
        format_name = _FORMATS.get(inner.suffix.lower())
        return inner.stem, format_name if format_name in _COMPRESSIBLE else None
    return path.stem, _FORMATS.get(path.suffix.lower())
