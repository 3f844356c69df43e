"""The loop that merges parts of uploaded tables, beside the scheduler's."""

import threading
import traceback

from standpipe.core.clock import Clock
from standpipe.core.errors import StandpipeError
from standpipe.core.events import LoopCrashed
from standpipe.core.ids import TableId
from standpipe.core.ports import Observer
from standpipe.services.compaction import Compaction

LOOK_SECONDS = 5.0
PAUSE_SECONDS = 600.0  # after a table that cannot be merged


class Compactor:
    """Looks for tables with many parts; one that cannot be merged is left alone for a while."""

    def __init__(self, compaction: Compaction, *, clock: Clock, observe: Observer) -> None:
        """Take the service."""
        self._compaction = compaction
        self._clock = clock
        self._observe = observe
        self._not_before: dict[TableId, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``. An unexpected error sets it, so that the process is restarted."""
        try:
            while not stop.wait(LOOK_SECONDS):
                self._merge_all(stop)
        except BaseException:
            stop.set()
            raise

    def _merge_all(self, stop: threading.Event) -> None:
        for table_id in self._compaction.find():
            if self._not_before.get(table_id, 0.0) <= self._clock.monotonic():
                self._merge(table_id, stop)

    def _merge(self, table_id: TableId, stop: threading.Event) -> None:
        try:
            while not stop.is_set() and self._compaction.merge(table_id):
                pass
        except StandpipeError:
            if stop.is_set():
                return
            self._not_before[table_id] = self._clock.monotonic() + PAUSE_SECONDS
            trace = traceback.format_exc()
            self._observe(LoopCrashed(loop=f"compactor, table {table_id}", trace=trace))
