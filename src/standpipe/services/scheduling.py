"""Scheduled queries: planned, and submitted like any client's when they are due."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import StandpipeError
from standpipe.core.events import ScheduleSkipped
from standpipe.core.executions import ExecutionOrigin
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import QueryId
from standpipe.core.ports import Observer, PeopleStore, QueryStore, ResultStore, ScheduleStore
from standpipe.core.queries import Query
from standpipe.core.schedules import DueQuery, Schedule
from standpipe.services.keys import Keys
from standpipe.services.submit import QueryAsk, Submit
from standpipe.services.timetable import backoff, first_run, next_run


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
        """Plan what is new, submit what is due; returns how many were submitted."""
        now = self._clock.now()
        for query_id in self._store.find_unplanned():
            self._plan(self._store.get_query(query_id), now)
        due = self._store.claim_due(now, limit=100)
        return sum(self._run(item, now) for item in due)

    def _run(self, due: DueQuery, now: datetime) -> bool:
        query = self._store.get_query(due.query_id)
        if query.schedule is None:
            self._store.set_next_run(due.query_id, None, consecutive_failures=0)
            return False
        failures = 0
        try:
            self._submit_as_owner(query)
        except StandpipeError as error:
            failures = due.consecutive_failures + 1
            self._observe(ScheduleSkipped(query_id=query.id, reason=str(error)))
        next_run_at = self._when(query, lambda schedule: next_run(schedule, now))
        if failures and next_run_at is not None:
            next_run_at = max(next_run_at, now + backoff(failures))
        self._store.set_next_run(query.id, next_run_at, consecutive_failures=failures)
        return not failures

    def _submit_as_owner(self, query: Query) -> None:
        owner = self._keys.principal_of(self._store.get_user(query.owner_id))
        self._submit.query(
            owner,
            QueryAsk(
                query_id=query.id,
                values={},
                freshness=MUST_RUN,
                origin=ExecutionOrigin.SCHEDULE,
            ),
        )

    def _plan(self, query: Query, now: datetime) -> None:
        last_run = self._last_run(query.id)
        next_run_at = self._when(query, lambda schedule: first_run(schedule, last_run, now))
        self._store.set_next_run(query.id, next_run_at, consecutive_failures=0)

    def _when(self, query: Query, find: Callable[[Schedule], datetime | None]) -> datetime | None:
        """Return what ``find`` finds; None where the schedule cannot be followed any more."""
        try:
            return None if query.schedule is None else find(query.schedule)
        except StandpipeError as error:  # a time zone that is gone must not stop all the others
            self._observe(ScheduleSkipped(query_id=query.id, reason=str(error)))
            return None

    def _last_run(self, query_id: QueryId) -> datetime | None:
        latest = self._store.get_query(query_id).latest_result_id
        return None if latest is None else self._store.get_result(latest).retrieved_at
