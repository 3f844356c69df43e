"""Which queries are due, and when they are due next."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from standpipe.core.executions import ExecutionState
from standpipe.core.ids import ExecutionId, QueryId
from standpipe.core.schedules import DueQuery, EndedRun
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.tables import executions, queries, schedules
from standpipe.stores.metadata.values import (
    from_optional_time,
    from_time,
    to_optional_time,
    to_time,
)

_CLAIM_LASTS = timedelta(minutes=1)
_IS_SCHEDULED = and_(queries.c.schedule.is_not(None), queries.c.is_archived.is_(False))
_WITH_RUN = schedules.join(executions, executions.c.id == schedules.c.execution_id, isouter=True)
_HAS_ENDED = executions.c.finished_at.is_not(None)


class Schedules(Database):
    """Implements ScheduleStore."""

    def claim_due(self, now: datetime, limit: int) -> tuple[DueQuery, ...]:
        """Take due queries so that no other scheduler takes them for a minute; oldest first.

        Not those whose last run has ended and is not settled yet.
        """
        due = (
            select(schedules)
            .select_from(_WITH_RUN)
            .where(schedules.c.next_run_at <= to_time(now), _is_free(now), ~_HAS_ENDED)
            .order_by(schedules.c.next_run_at, schedules.c.query_id)
            .limit(limit)
        )
        if not self._all(due):
            return ()
        with self.transaction():
            found = self._all(due)
            self._write(
                update(schedules)
                .where(schedules.c.query_id.in_([row.query_id for row in found]))
                .values(claimed_until=to_time(now + _CLAIM_LASTS))
            )
        return tuple(
            DueQuery(
                query_id=row.query_id,
                due_at=from_time(row.next_run_at),
                consecutive_failures=row.consecutive_failures,
                running_id=_run_of(row.execution_id),
            )
            for row in found
        )

    def set_next_run(
        self,
        query_id: QueryId,
        next_run_at: datetime | None,
        *,
        consecutive_failures: int,
        execution_id: ExecutionId | None = None,
    ) -> None:
        """Say when a query is due next (None = never again), and which run goes on meanwhile.

        Does nothing if the query has meanwhile lost its schedule or been archived.
        """
        with self.transaction():
            scheduled = select(queries.c.id).where(queries.c.id == query_id, _IS_SCHEDULED)
            if self._one(scheduled) is None:
                return
            self._write(
                sqlite.put(
                    schedules,
                    [schedules.c.query_id],
                    query_id=query_id,
                    next_run_at=to_optional_time(next_run_at),
                    claimed_until=None,
                    consecutive_failures=consecutive_failures,
                    execution_id=execution_id,
                )
            )

    def find_ended_runs(self) -> tuple[EndedRun, ...]:
        """Return the scheduled runs that have ended and were not settled yet, by query."""
        ended = (
            select(schedules, executions.c.state, executions.c.finished_at)
            .join(executions, executions.c.id == schedules.c.execution_id)
            .where(_HAS_ENDED)
            .order_by(schedules.c.query_id)
        )
        return tuple(
            EndedRun(
                query_id=QueryId(row.query_id),
                execution_id=ExecutionId(row.execution_id),
                state=ExecutionState(row.state),
                finished_at=from_time(row.finished_at),
                next_run_at=from_optional_time(row.next_run_at),
                consecutive_failures=row.consecutive_failures,
            )
            for row in self._all(ended)
        )

    def settle_run(
        self, run: EndedRun, next_run_at: datetime | None, *, consecutive_failures: int
    ) -> None:
        """Say what follows from an ended run, once; nothing if another one was noted since."""
        is_same = and_(
            schedules.c.query_id == run.query_id, schedules.c.execution_id == run.execution_id
        )
        values = {
            "next_run_at": to_optional_time(next_run_at),
            "consecutive_failures": consecutive_failures,
            "execution_id": None,
        }
        with self.transaction():
            self._write(update(schedules).where(is_same).values(**values))

    def find_unplanned(self) -> tuple[QueryId, ...]:
        """Return scheduled, unarchived queries that nobody has planned yet, by id."""
        found = (
            select(queries.c.id)
            .join(schedules, schedules.c.query_id == queries.c.id, isouter=True)
            .where(_IS_SCHEDULED, schedules.c.query_id.is_(None))
            .order_by(queries.c.id)
        )
        return tuple(row.id for row in self._all(found))


def _run_of(execution_id: int | None) -> ExecutionId | None:
    return None if execution_id is None else ExecutionId(execution_id)


def _is_free(now: datetime) -> ColumnElement[bool]:
    claimed_until = schedules.c.claimed_until
    return or_(claimed_until.is_(None), claimed_until <= to_time(now))
