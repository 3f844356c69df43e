"""The worker's loop: claim, run, and sleep until woken."""

import threading
import traceback
from collections.abc import Sequence

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
        self._looking = threading.Lock()
        self._is_queue_empty = False

    def run(self, stop: threading.Event) -> None:
        """Claim and run until ``stop``. What runs then has ``stop_seconds`` to end.

        After that it goes back to the queue, and the attempt does not count.
        """
        threads = [
            threading.Thread(target=self._serve, args=(stop,), name=f"run-{number}")
            for number in range(self._slots)
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        self._end(threads)

    def run_one(self, execution_id: ExecutionId) -> bool:
        """Claim and run exactly this execution here; False if somebody else has it."""
        claim = self._claim(execution_id)
        if claim is None:
            return False
        self._work(claim)
        return True

    def _serve(self, stop: threading.Event) -> None:
        """Claim and run, one after the other. Who claims also runs: a hop would cost more."""
        while not stop.is_set():
            try:
                claim = self._await_claim(stop)
                if claim is not None:
                    self._work(claim)
            except Exception:  # noqa: BLE001 - the outer edge of a loop
                self._observe(LoopCrashed(loop="worker", trace=traceback.format_exc()))
                stop.wait(FALLBACK_SECONDS)

    def _await_claim(self, stop: threading.Event) -> Claim | None:
        """Wait for an execution, while no other thread does; None when it is time to stop."""
        with self._looking:
            while not stop.is_set():
                if self._is_queue_empty:  # as far as is known: news since then end the sleep
                    self._wakeups.wait(FALLBACK_SECONDS)
                    self._is_queue_empty = False
                    continue
                claim = self._claim()
                self._is_queue_empty = claim is None or not claim.has_more
                if claim is not None:
                    return claim
        return None

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        deadline = self._clock.monotonic() + self._stop_seconds
        for thread in threads:
            thread.join(max(0.0, deadline - self._clock.monotonic()))
        self._runner.give_back_all()
        for thread in threads:
            thread.join()

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
