"""Named files and folders as one data source, and query files on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from standpipe.cli.homes import operator
from standpipe.core.datasources import SourceTable
from standpipe.core.errors import FieldInvalid
from standpipe.services.query_files import QueryFile, read

if TYPE_CHECKING:
    from standpipe.app.house import House

FILES = "Files"
FILES_KIND = "duckdb"


def put_files(house: House, paths: Sequence[Path]) -> tuple[SourceTable, ...]:
    """Make files and folders the data source "Files", and return its tables.

    Nothing is changed when a file cannot be read or two of them want the same name.
    """
    from standpipe.services.datasources import SourceDraft

    who = operator(house)
    sources = house.services.data_sources
    settings = {"paths": [str(path.resolve()) for path in paths]}
    draft = SourceDraft(name=FILES, kind=FILES_KIND, settings=settings)
    with house.store.transaction():
        found = [source for source in sources.visible(who) if source.name == FILES]
        source = found[0] if found else sources.create(who, draft)
        return sources.tables(who, sources.configure(who, source.id, draft).id)


def read_query_files(paths: Sequence[Path]) -> list[QueryFile]:
    """Read query files, and all ``*.sql`` of folders; FieldInvalid names a file that is none."""
    found = [item for path in paths for item in _sql_files(path)]
    if not found:
        names = ", ".join(map(str, paths))
        raise FieldInvalid(f"There is no query file in {names}.", detail="They end in .sql.")
    return [read_query_file(path) for path in found]


def read_query_file(path: Path) -> QueryFile:
    """Read one query file; without a head it is plain SQL with the file's name."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise FieldInvalid(f"{path} is not UTF-8 text.", detail=str(error)) from error
    return read(text, path.name)


def _sql_files(path: Path) -> list[Path]:
    return sorted(path.glob("*.sql")) if path.is_dir() else [path]
