"""The DuckDBs of a reader: they read and write in one folder and can do nothing else.

Plain reads share one. What must hold many rows at once (to sort, group or compare a large result)
gets one of its own, so that it takes no memory away from anybody; few of them exist at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Final

import duckdb

from standpipe.core.errors import Unavailable
from standpipe.readers.scratch import Scratch
from standpipe.readers.spelling import quote_text

Cursor = duckdb.DuckDBPyConnection

_POLL_SECONDS: Final = 0.05
_MOST_WAITING: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much each engine of a reader may use: memory and disk, as DuckDB writes sizes; threads.

    Sorts, groupings and comparisons that do not fit the memory go to the disk. At most
    ``large_engines`` of these exist beside the shared one; who wants one waits that many seconds.
    """

    memory_limit: str = "256MB"
    spill_limit: str = "16GB"
    threads: int = 2
    large_engines: int = 2
    wait_seconds: float = 20.0


class Session:
    """A cursor, and what must be given back with it."""

    def __init__(self, cursor: Cursor, give_back: Callable[[], None] | None = None) -> None:
        self.cursor = cursor
        self.is_large = give_back is not None
        self._give_back = give_back

    def close(self) -> None:
        """Close the cursor, and the engine if it has one of its own."""
        self.cursor.close()
        if self._give_back is not None:
            self._give_back()


class Engines:
    """Opens sessions on engines for which only ``root`` exists."""

    def __init__(self, root: Path, scratch: Scratch, room: Room) -> None:
        """Open the shared engine."""
        self._root = root
        self._scratch = scratch
        self._room = room
        self._lock = Lock()
        self._large = BoundedSemaphore(room.large_engines)
        self._waiting = BoundedSemaphore(_MOST_WAITING)
        self._shared = _open_engine(root, scratch.new_folder(), room)

    def share(self) -> Session:
        """Open a cursor of the shared engine."""
        with self._lock:
            return Session(self._shared.cursor())

    def reserve(self, is_wanted: Callable[[], bool], *, threads: int | None = None) -> Session:
        """Open an engine of one's own, with all of the room.

        Unavailable if there are too many of them for too long, or it ``is_wanted`` no more.
        """
        self._take_turn(is_wanted)
        try:
            return self._open_large(threads or self._room.threads)
        except BaseException:
            self._large.release()
            raise

    def close(self) -> None:
        """Close the shared engine; sessions must be closed before."""
        self._shared.close()

    def _open_large(self, threads: int) -> Session:
        spill = self._scratch.new_folder()
        database = _open_engine(self._root, spill, replace(self._room, threads=threads))

        def give_back() -> None:
            database.close()
            self._scratch.remove(spill)
            self._large.release()

        return Session(database.cursor(), give_back)

    def _take_turn(self, is_wanted: Callable[[], bool]) -> None:
        if self._large.acquire(blocking=False):
            return
        if not self._waiting.acquire(blocking=False):
            raise _too_many()
        try:
            for _ in range(int(self._room.wait_seconds / _POLL_SECONDS)):
                if self._large.acquire(timeout=_POLL_SECONDS):
                    return
                if not is_wanted():
                    break
        finally:
            self._waiting.release()
        raise _too_many()


def _too_many() -> Unavailable:
    return Unavailable(
        "Too many large results are being sorted, grouped or compared.",
        hint="Try again in a few seconds.",
    )


def _open_engine(root: Path, spill: Path, room: Room) -> duckdb.DuckDBPyConnection:
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
        # In 2.0 it fails to plan a LIMIT over a filter that compares columns of a file.
        "GLOBAL disabled_optimizers = 'late_materialization'",
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
