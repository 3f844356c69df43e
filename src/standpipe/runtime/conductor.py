"""The loop that carries on pipelines, beside the scheduler's."""

import select
import threading
import traceback
from collections.abc import Sequence

from standpipe.core.clock import Clock
from standpipe.core.events import LoopCrashed
from standpipe.core.ids import Uid
from standpipe.core.ports import ChangeListener, Observer
from standpipe.services.pipelines import Pipelines

LOOK_SECONDS = 1.0  # what a lost message, or whoever was killed half-way, costs
PAUSE_SECONDS = 0.005  # so that many changes at a time are one look
SHARE = 10  # at most one part in so many of the time goes into looking at everything


class Conductor:
    """Hears of runs that have ended, and begins what waits for them.

    Several at once do no harm, and web processes begin pipelines themselves.
    """

    def __init__(
        self, pipelines: Pipelines, changes: ChangeListener, *, clock: Clock, observe: Observer
    ) -> None:
        """Take the service, and what tells of changes."""
        self._pipelines = pipelines
        self._changes = changes
        self._clock = clock
        self._observe = observe

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``. An unexpected error sets it, so that the process is restarted."""
        try:
            while not stop.is_set():
                began = self._clock.monotonic()
                self._advance(self._pipelines.find_open())
                took = self._clock.monotonic() - began
                self._follow(stop, began + max(LOOK_SECONDS, SHARE * took))
        except BaseException:
            stop.set()
            raise

    def _follow(self, stop: threading.Event, until: float) -> None:
        """Carry on at once what moves, until it is time to look at everything again."""
        poll = select.poll()
        poll.register(self._changes.fileno(), select.POLLIN)
        while not stop.is_set() and (seconds := until - self._clock.monotonic()) > 0:
            is_told = poll.poll(min(seconds, LOOK_SECONDS) * 1000)
            if is_told and not any(change.is_move for change in self._changes.take()):
                continue
            began = self._clock.monotonic()
            self._advance(self._pipelines.find_moved())
            stop.wait(max(PAUSE_SECONDS, self._clock.monotonic() - began))

    def _advance(self, uids: Sequence[Uid]) -> None:
        for uid in uids:
            try:
                self._pipelines.advance(uid)
            except Exception:  # noqa: BLE001 - one pipeline must not stop all the others
                trace = traceback.format_exc()
                self._observe(LoopCrashed(loop=f"conductor, pipeline {uid}", trace=trace))
