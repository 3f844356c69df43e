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

LOOK_SECONDS = 1.0  # what a lost message, or whoever was killed half-way, costs at most
PAUSE_SECONDS = 0.005  # so that many changes at a time are one look


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
                self._advance(self._pipelines.find_open())
                self._follow(stop, self._clock.monotonic() + LOOK_SECONDS)
        except BaseException:
            stop.set()
            raise

    def _follow(self, stop: threading.Event, until: float) -> None:
        """Carry on at once what moves, until it is time to look at everything again."""
        poll = select.poll()
        poll.register(self._changes.fileno(), select.POLLIN)
        while not stop.is_set() and (seconds := until - self._clock.monotonic()) > 0:
            if poll.poll(seconds * 1000) and any(each.is_move for each in self._changes.take()):
                self._advance(self._pipelines.find_moved())
                stop.wait(PAUSE_SECONDS)

    def _advance(self, uids: Sequence[Uid]) -> None:
        for uid in uids:
            try:
                self._pipelines.advance(uid)
            except Exception:  # noqa: BLE001 - one pipeline must not stop all the others
                trace = traceback.format_exc()
                self._observe(LoopCrashed(loop=f"conductor, pipeline {uid}", trace=trace))
