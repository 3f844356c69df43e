"""Removing what nobody needs any more: old results, ended sessions, slots of dead workers."""

from datetime import timedelta
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.events import ExecutionRecovered
from standpipe.core.ports import (
    ArtifactStore,
    ExecutionStore,
    Observer,
    ResultStore,
    SessionStore,
    Transactions,
)

BATCH = 100
LEFT_BEHIND_SECONDS = 86_400.0


class RetentionStore(ExecutionStore, ResultStore, SessionStore, Transactions, Protocol):
    """The slice of the metadata store that retention needs."""


class Retention:
    """Keeps the house clean; every call may be repeated, and any number of times at once."""

    def __init__(
        self,
        store: RetentionStore,
        *,
        artifacts: ArtifactStore,
        clock: Clock,
        observe: Observer,
        max_attempts: int,
    ) -> None:
        """``max_attempts`` counts claims: 2 = one retry after a lost worker."""
        self._store = store
        self._artifacts = artifacts
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
        for result in old:
            if not self._store.has_artifact(result.artifact.key):
                self._artifacts.delete(result.artifact.key)
        return len(old)

    def sweep(self) -> None:
        """Forget ended sessions; remove what workers left that died a day or longer ago.

        That are slots, and artifacts that were sealed but never became a result.
        """
        self._store.delete_expired_sessions(self._clock.now())
        self._artifacts.sweep_slots(LEFT_BEHIND_SECONDS)
        for key in self._artifacts.find_keys(LEFT_BEHIND_SECONDS):
            if not self._store.has_artifact(key):
                self._artifacts.delete(key)
