"""The worker's loop: claim, run, and sleep until woken."""

import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

from standpipe.core.clock import Clock
from standpipe.core.errors import ExecutionFailed
from standpipe.core.events import LoopCrashed
from standpipe.core.executions import Claim
from standpipe.core.ids import ExecutionId
from standpipe.core.ports import ClaimStore, Observer, Wakeups
from standpipe.services.run import Runner

FALLBACK_SECONDS = 1.0


class Worker:
    """Runs up to ``slots`` executions at a time, oldest first."""

    def __init__(  # noqa: PLR0913 - its ports
        self,
        name: str,
        *,
        store: ClaimStore,
        runner: Runner,
        wakeups: Wakeups,
        clock: Clock,
        observe: Observer,
        slots: int,
        lease_seconds: float,
        stop_seconds: float,
    ) -> None:
        """``name`` stands in the claimed rows, so that a supervisor can give them back."""
        self._name = name
        self._store = store
        self._runner = runner
        self._wakeups = wakeups
        self._clock = clock
        self._observe = observe
        self._lease_seconds = lease_seconds
        self._stop_seconds = stop_seconds
        self._slots = slots
        self._free = threading.Semaphore(slots)
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="run")

    def run(self, stop: threading.Event) -> None:
        """Claim and run until ``stop``. What runs then has ``stop_seconds`` to end.

        After that it goes back to the queue, and the attempt does not count.
        """
        while not stop.is_set():
            if not self._free.acquire(timeout=FALLBACK_SECONDS):
                continue
            claim = self._claim()
            if claim is None:
                self._free.release()
                self._wakeups.wait(FALLBACK_SECONDS)
            else:
                self._pool.submit(self._work, claim)
        self._end()

    def run_one(self, execution_id: ExecutionId) -> bool:
        """Claim and run exactly this execution here; False if somebody else has it."""
        claim = self._claim(execution_id)
        if claim is None:
            return False
        self._free.acquire()
        self._work(claim)
        return True

    def _end(self) -> None:
        deadline = self._clock.monotonic() + self._stop_seconds
        for _ in range(self._slots):
            self._free.acquire(timeout=max(0.0, deadline - self._clock.monotonic()))
        self._runner.give_back_all()
        self._pool.shutdown()

    def _claim(self, only: ExecutionId | None = None) -> Claim | None:
        return self._store.claim(self._name, self._clock.now(), self._lease_seconds, only)

    def _work(self, claim: Claim) -> None:
        try:
            self._runner.run(claim)
        except Exception:  # noqa: BLE001 - the outer edge of an execution
            self._observe(LoopCrashed(loop="run", trace=traceback.format_exc()))
            self._runner.fail(
                claim, ExecutionFailed("The run failed inside Standpipe.", hint="See the log.")
            )
        finally:
            self._free.release()
