"""The scheduler's loop: submits what is due, recovers what was lost, removes what is old."""

import threading
from datetime import timedelta

from standpipe.core.clock import Clock
from standpipe.services.retention import BATCH, Retention
from standpipe.services.scheduling import Scheduling

TICK_SECONDS = 1.0
CLEANING_SECONDS = 600.0


class Scheduler:
    """One per deployment is enough; several do no harm, since due work is claimed."""

    def __init__(
        self,
        *,
        scheduling: Scheduling,
        retention: Retention,
        clock: Clock,
        queue_max_wait: timedelta,
        result_age: timedelta,
        execution_age: timedelta,
    ) -> None:
        """Take the services."""
        self._scheduling = scheduling
        self._retention = retention
        self._clock = clock
        self._queue_max_wait = queue_max_wait
        self._result_age = result_age
        self._execution_age = execution_age

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``. An unexpected error ends the process, which is then restarted."""
        cleaned_at = float("-inf")
        has_more = False  # a batch each tick then, or a busy server would keep old ones for ever
        while not stop.is_set():
            self._retention.recover()
            self._scheduling.tick()
            is_due = self._clock.monotonic() - cleaned_at >= CLEANING_SECONDS
            if is_due:
                cleaned_at = self._clock.monotonic()
                self._retention.expire_queued(self._queue_max_wait)
                self._retention.sweep()
                self._retention.remove_encodings(self._result_age)
            if is_due or has_more:
                has_more = self._remove_batch()
            stop.wait(TICK_SECONDS)

    def _remove_batch(self) -> bool:
        """Remove some old results and runs; whether more may be left."""
        results = self._retention.remove_results(self._result_age)
        executions = self._retention.remove_executions(self._execution_age)
        return max(results, executions) >= BATCH
