"""How much of results is sent to whom: added up in memory, stored about once a second."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from standpipe.core.errors import StandpipeError
from standpipe.core.usage import Account, Reads

EVERY_SECONDS = 1.0

Save = Callable[[Mapping[Account, Reads]], None]


@dataclass(slots=True)
class _Count:
    reads: int = 0
    byte_count: int = 0


class Meter:
    """Counts answers with results, and the bytes of their bodies.

    One addition an answer; a thread stores the sums a second after the first of them, so an
    idle server does nothing, and a killed one forgets that second. What cannot be stored now is
    kept and tried again.
    """

    def __init__(self, save: Save, *, every_seconds: float = EVERY_SECONDS) -> None:
        """``save`` stores what was counted since it was called last; it runs in one thread."""
        self._save = save
        self._every_seconds = every_seconds
        self._counts: dict[Account, _Count] = {}
        self._lock = threading.Lock()
        self._has_counts = threading.Event()
        self._is_closed = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, account: Account, byte_count: int) -> None:
        """Count one answer; from any thread."""
        with self._lock:
            self._add(account, 1, byte_count)
            if self._thread is None:
                self._thread = threading.Thread(target=self._store, name="meter", daemon=True)
                self._thread.start()
        if not self._has_counts.is_set():
            self._has_counts.set()

    def close(self) -> None:
        """Store what is left; nothing may be counted afterwards."""
        self._is_closed.set()
        self._has_counts.set()
        if self._thread is not None:
            self._thread.join()

    def _store(self) -> None:
        while not self._is_closed.is_set():
            self._has_counts.wait()
            self._is_closed.wait(self._every_seconds)
            self._has_counts.clear()
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return
        reads = {account: Reads(count.reads, count.byte_count) for account, count in counts.items()}
        try:
            self._save(reads)
        except StandpipeError:
            with self._lock:
                for account, read in reads.items():
                    self._add(account, read.count, read.byte_count)
            self._has_counts.set()

    def _add(self, account: Account, reads: int, byte_count: int) -> None:
        count = self._counts.setdefault(account, _Count())
        count.reads += reads
        count.byte_count += byte_count
