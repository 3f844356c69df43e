"""Batches: several jobs that one request begins, watched and cancelled as one."""

from collections.abc import Sequence
from typing import Protocol

from standpipe.core.batches import FIRST_BATCH, Batch
from standpipe.core.clock import Clock
from standpipe.core.executions import Submission
from standpipe.core.ids import BatchId, DashboardId, DataSourceId, Uid
from standpipe.core.permissions import require_holder
from standpipe.core.ports import BatchStore, SubmissionStore
from standpipe.core.principals import Principal
from standpipe.services.jobs import Jobs, PreparedJob
from standpipe.services.submit import Prepared


class BatchesStore(BatchStore, SubmissionStore, Protocol):
    """The slice of the metadata store that batches need."""


class Batches:
    """Begins and finds batches."""

    def __init__(self, store: BatchesStore, *, jobs: Jobs, clock: Clock) -> None:
        """Take the port and the service of single jobs."""
        self._store = store
        self._jobs = jobs
        self._clock = clock

    def begin(
        self,
        principal: Principal,
        jobs: Sequence[PreparedJob] = (),
        *,
        dashboard_id: DashboardId | None = None,
        data_source_id: DataSourceId | None = None,
    ) -> Batch:
        """Queue all prepared jobs that have to run, and the batch of them, or nothing at all."""
        with self._store.transaction():
            begun = [self._jobs.begin(principal, job) for job in jobs if _has_to_run(job)]
            draft = Batch(
                id=BatchId(0),
                workspace_id=principal.workspace_id,
                holder=principal.holder,
                dashboard_id=dashboard_id,
                data_source_id=data_source_id,
                submission_uids=_each_once([job.uid for job in begun]),
                created_at=self._clock.now(),
            )
            return self._store.get_batch(self._store.add_batch(draft).id)

    def get(self, principal: Principal, batch_id: BatchId) -> Batch:
        """Return a batch to its holder; NotFound for everybody else's."""
        batch = self._store.get_batch(batch_id)
        require_holder(principal, batch, f"There is no job {FIRST_BATCH + batch_id}.")
        return batch

    def find_job(self, principal: Principal, number: int) -> Submission | Batch:
        """Return the job of a number, of either kind, to its holder; NotFound."""
        if number > FIRST_BATCH:
            return self.get(principal, BatchId(number - FIRST_BATCH))
        return self._jobs.get(principal, number)

    def cancel_job(self, principal: Principal, number: int) -> Submission | Batch:
        """Cancel the job of a number, of either kind; repeating is fine. NotFound."""
        if number > FIRST_BATCH:
            return self.cancel(principal, BatchId(number - FIRST_BATCH))
        return self._jobs.cancel(principal, number)

    def cancel(self, principal: Principal, batch_id: BatchId) -> Batch:
        """Cancel what is not over, for the holder; repeating is fine."""
        now = self._clock.now()
        with self._store.transaction():
            for job in self.get(principal, batch_id).submissions:
                self._store.cancel_submission(job.uid, now)
            return self._store.get_batch(batch_id)


def _has_to_run(job: PreparedJob) -> bool:
    return isinstance(job.found, Prepared)


def _each_once(uids: Sequence[Uid]) -> tuple[Uid, ...]:
    return tuple(dict.fromkeys(uids))
