"""The DuckDB of a reader: it reads and writes in one folder and can do nothing else."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from standpipe.readers.spelling import quote_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a reader may use: of memory and of disk, as DuckDB writes sizes, and threads.

    Sorts, groupings and comparisons that do not fit the memory go to the disk.
    """

    memory_limit: str = "256MB"
    spill_limit: str = "16GB"
    threads: int = 2


def open_engine(root: Path, spill: Path, room: Room) -> duckdb.DuckDBPyConnection:
    """Return an engine for which only ``root`` exists; nobody can change that back.

    The order counts: without external access no folder can be named any more.
    """
    database = duckdb.connect(":memory:")
    folders = ", ".join(quote_text(str(folder)) for folder in (root.resolve(), root))
    for setting in (
        f"memory_limit = {quote_text(room.memory_limit)}",
        f"threads = {room.threads:d}",
        "GLOBAL timezone = 'UTC'",
        f"temp_directory = {quote_text(str(spill))}",
        f"max_temp_directory_size = {quote_text(room.spill_limit)}",
        "streaming_buffer_size = '1MiB'",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        "allow_persistent_secrets = false",
        "python_enable_replacements = false",
        f"allowed_directories = [{folders}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        database.execute(f"SET {setting}")
    return database
