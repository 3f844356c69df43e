"""Scheduled queries: planned, and submitted like any client's when they are due."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import StandpipeError
from standpipe.core.events import ScheduleSkipped
from standpipe.core.executions import ExecutionOrigin, ExecutionState, Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import ExecutionId, QueryId
from standpipe.core.ports import Observer, PeopleStore, QueryStore, ResultStore, ScheduleStore
from standpipe.core.queries import Query
from standpipe.core.schedules import DueQuery, EndedRun, Schedule
from standpipe.services.keys import Keys
from standpipe.services.submit import QueryAsk, Submit
from standpipe.services.timetable import backoff, first_run, next_run, postponed


class SchedulingStore(ScheduleStore, QueryStore, PeopleStore, ResultStore, Protocol):
    """The slice of the metadata store that scheduling needs."""


class Scheduling:
    """Plans and submits scheduled runs."""

    def __init__(
        self,
        store: SchedulingStore,
        *,
        submit: Submit,
        keys: Keys,
        clock: Clock,
        observe: Observer,
    ) -> None:
        """Take the ports and the submit service."""
        self._store = store
        self._submit = submit
        self._keys = keys
        self._clock = clock
        self._observe = observe

    def tick(self) -> int:
        """Look at what has ended, plan what is new, submit what is due; returns how many were."""
        now = self._clock.now()
        for ended in self._store.find_ended_runs():
            self._settle(ended)
        for query_id in self._store.find_unplanned():
            self._plan(self._store.get_query(query_id), now)
        due = self._store.claim_due(now, limit=100)
        return sum(self._run(item, now) for item in due)

    def _run(self, due: DueQuery, now: datetime) -> bool:
        query = self._store.get_query(due.query_id)
        if query.schedule is None:
            self._store.set_next_run(due.query_id, None, consecutive_failures=0)
            return False
        next_run_at = self._when(query, lambda schedule: next_run(schedule, now))
        failures = due.consecutive_failures
        execution_id = due.running_id
        is_submitted = False
        if execution_id is not None:
            self._skip(query, "The run before has not ended.")
        else:
            try:
                execution_id = self._submit_as_owner(query)
                is_submitted = True
            except StandpipeError as error:
                self._skip(query, str(error))
                failures += 1
                next_run_at = self._later(query, next_run_at, now + backoff(failures))
        self._store.set_next_run(
            query.id, next_run_at, consecutive_failures=failures, execution_id=execution_id
        )
        return is_submitted

    def _submit_as_owner(self, query: Query) -> ExecutionId | None:
        owner = self._keys.principal_of(self._store.get_user(query.owner_id))
        submitted = self._submit.query(
            owner,
            QueryAsk(
                query_id=query.id,
                values={},
                freshness=MUST_RUN,
                origin=ExecutionOrigin.SCHEDULE,
            ),
        )
        return submitted.execution.id if isinstance(submitted, Submission) else None

    def _skip(self, query: Query, reason: str) -> None:
        self._observe(ScheduleSkipped(query_id=query.id, reason=reason))

    def _settle(self, run: EndedRun) -> None:
        """Let the next run wait when this one failed; one that was cancelled says nothing."""
        failures, next_run_at = run.consecutive_failures, run.next_run_at
        if run.state is ExecutionState.SUCCEEDED:
            failures = 0
        elif run.state is not ExecutionState.CANCELLED:
            failures += 1
            query = self._store.get_query(run.query_id)
            next_run_at = self._later(query, next_run_at, run.finished_at + backoff(failures))
        self._store.settle_run(run, next_run_at, consecutive_failures=failures)

    def _later(self, query: Query, run_at: datetime | None, earliest: datetime) -> datetime | None:
        if run_at is None:
            return None
        return self._when(query, lambda schedule: postponed(schedule, run_at, earliest))

    def _plan(self, query: Query, now: datetime) -> None:
        last_run = self._last_run(query.id)
        next_run_at = self._when(query, lambda schedule: first_run(schedule, last_run, now))
        self._store.set_next_run(query.id, next_run_at, consecutive_failures=0)

    def _when(self, query: Query, find: Callable[[Schedule], datetime | None]) -> datetime | None:
        """Return what ``find`` finds; None where the schedule cannot be followed any more."""
        try:
            return None if query.schedule is None else find(query.schedule)
        except StandpipeError as error:  # a time zone that is gone must not stop all the others
            self._skip(query, str(error))
            return None

    def _last_run(self, query_id: QueryId) -> datetime | None:
        latest = self._store.get_query(query_id).latest_result_id
        return None if latest is None else self._store.get_result(latest).retrieved_at
