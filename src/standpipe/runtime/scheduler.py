"""The scheduler's loop: submits what is due, recovers what was lost, removes what is old."""

import threading
from dataclasses import dataclass
from datetime import timedelta

from standpipe.core.clock import Clock
from standpipe.services.retention import BATCH, Retention
from standpipe.services.scheduling import Scheduling
from standpipe.services.view_scheduling import ViewScheduling

TICK_SECONDS = 1.0
CLEANING_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How long a run may wait in the queue, and how long results and runs that are over stay."""

    queued: timedelta
    results: timedelta
    executions: timedelta


class Scheduler:
    """One per deployment is enough; several do no harm, since due work is claimed."""

    def __init__(
        self,
        *,
        scheduling: Scheduling,
        views: ViewScheduling,
        retention: Retention,
        clock: Clock,
        ages: Ages,
    ) -> None:
        """Take the services."""
        self._scheduling = scheduling
        self._views = views
        self._retention = retention
        self._clock = clock
        self._ages = ages

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``. An unexpected error ends the process, which is then restarted."""
        cleaned_at = float("-inf")
        has_more = False  # a batch each tick then, or a busy server would keep old ones for ever
        while not stop.is_set():
            self._retention.recover()
            self._scheduling.tick()
            self._views.tick()
            is_due = self._clock.monotonic() - cleaned_at >= CLEANING_SECONDS
            if is_due:
                cleaned_at = self._clock.monotonic()
                self._retention.expire_queued(self._ages.queued)
                self._views.sweep()
                self._retention.sweep()
                self._retention.remove_encodings(self._ages.results)
            if is_due or has_more:
                has_more = self._remove_batch()
            stop.wait(TICK_SECONDS)

    def _remove_batch(self) -> bool:
        """Remove some old results and runs; whether more may be left."""
        results = self._retention.remove_results(self._ages.results)
        executions = self._retention.remove_executions(self._ages.executions)
        pipelines = self._retention.remove_pipelines(self._ages.executions)
        batches = self._retention.remove_batches(self._ages.executions)
        requests = self._retention.remove_report_requests(self._ages.executions)
        return max(results, executions, pipelines, batches, requests) >= BATCH
