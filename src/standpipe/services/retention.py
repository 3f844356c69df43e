"""Removing what nobody needs any more: old results and runs, sessions, what dead workers left."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.events import ExecutionRecovered
from standpipe.core.ports import (
    ArtifactStore,
    BatchStore,
    EncodingStore,
    ExecutionStore,
    IdempotencyStore,
    OAuthGrantStore,
    Observer,
    PartStore,
    PipelineStore,
    ReportRequestStore,
    ResultStore,
    SessionStore,
    Transactions,
)
from standpipe.services.idempotency import KEPT

BATCH = 100
KEYS_AT_ONCE = 500
LEFT_BEHIND_SECONDS = 86_400.0


class RetentionStore(
    ReportRequestStore,
    BatchStore,
    ExecutionStore,
    ResultStore,
    PartStore,
    SessionStore,
    IdempotencyStore,
    OAuthGrantStore,
    PipelineStore,
    Transactions,
    Protocol,
):
    """The slice of the metadata store that retention needs."""


class Retention:
    """Keeps the house clean; every call may be repeated, and any number of times at once."""

    def __init__(
        self,
        store: RetentionStore,
        *,
        artifacts: ArtifactStore,
        encodings: EncodingStore,
        clock: Clock,
        observe: Observer,
        max_attempts: int,
    ) -> None:
        """``max_attempts`` counts claims: 2 = one retry after a lost worker."""
        self._store = store
        self._artifacts = artifacts
        self._encodings = encodings
        self._clock = clock
        self._observe = observe
        self._max_attempts = max_attempts

    def recover(self, worker: str | None = None) -> int:
        """Give lost runs back to the queue, or fail them; returns how many."""
        changed = self._store.recover(
            self._clock.now(), max_attempts=self._max_attempts, worker=worker
        )
        for execution in changed:
            self._observe(ExecutionRecovered(execution_id=execution.id, state=execution.state))
        return len(changed)

    def expire_queued(self, max_wait: timedelta) -> int:
        """End runs that have waited longer than that."""
        now = self._clock.now()
        return self._store.expire_queued(now - max_wait, now)

    def remove_results(self, age: timedelta) -> int:
        """Remove 100 results of that age that are no query's latest; returns how many there were.

        The oldest first. Fewer than ``BATCH`` says that no other ones are left.
        """
        with self._store.transaction():  # none may become a query's latest meanwhile
            old = self._store.find_unreferenced(self._clock.now() - age, BATCH)
            for result in old:
                self._store.delete_result(result.id)
        for key in find_orphans(self._store, [result.artifact.key for result in old]):
            self._artifacts.delete(key)
        return len(old)

    def remove_executions(self, age: timedelta) -> int:
        """Forget 100 runs that ended that long ago, and who asked for them; returns how many.

        The oldest first, and none whose result is still stored. Fewer than ``BATCH`` says that no
        other ones are left.
        """
        return self._store.delete_executions(self._clock.now() - age, BATCH)

    def remove_pipelines(self, age: timedelta) -> int:
        """Forget 100 pipeline executions that ended that long ago; returns how many there were."""
        return self._store.delete_pipelines(self._clock.now() - age, BATCH)

    def remove_batches(self, age: timedelta) -> int:
        """Forget 100 batches that were made that long ago; returns how many there were."""
        return self._store.delete_batches(self._clock.now() - age, BATCH)

    def remove_report_requests(self, age: timedelta) -> int:
        """Forget 100 requests of reports that old; returns how many there were."""
        return self._store.delete_report_requests(self._clock.now() - age, BATCH)

    def remove_encodings(self, age: timedelta) -> int:
        """Remove what nobody has downloaded for that long; returns how many there were.

        They hold the rows of results, some of which are gone by now.
        """
        return self._encodings.sweep(age.total_seconds())

    def sweep(self) -> None:
        """Forget ended sessions, tokens and used idempotency keys; remove what dead workers left.

        That are slots, and artifacts that were sealed a day or longer ago but never became a
        result or a part of a table. Parts that were removed a day ago go too.
        """
        now = self._clock.now()
        self._store.delete_expired_sessions(now)
        self._store.delete_idempotent(now - KEPT)
        while self._store.delete_expired_grants(now, BATCH):
            pass
        self._artifacts.sweep_slots(LEFT_BEHIND_SECONDS)
        self._forget_parts()
        for key in find_orphans(self._store, self._artifacts.find_keys(LEFT_BEHIND_SECONDS)):
            self._artifacts.delete(key)

    def _forget_parts(self) -> None:
        """Remove parts of uploaded tables that were removed so long ago that no run reads them."""
        before = self._clock.now() - timedelta(seconds=LEFT_BEHIND_SECONDS)
        while keys := self._store.forget_parts(before, BATCH):
            for key in find_orphans(self._store, keys):
                self._artifacts.delete(key)


def find_orphans(store: ResultStore, keys: Iterable[str]) -> Iterator[str]:
    """Yield those of these artifacts that nothing refers to; few reads, however many they are."""
    waiting = iter(keys)
    while batch := tuple(islice(waiting, KEYS_AT_ONCE)):
        known = store.find_artifacts(batch)
        yield from (key for key in batch if key not in known)
