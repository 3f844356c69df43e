"""Which queries are due, and when they are due next."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from standpipe.core.ids import QueryId
from standpipe.core.schedules import DueQuery
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.tables import queries, schedules
from standpipe.stores.metadata.values import from_time, to_optional_time, to_time

_CLAIM_LASTS = timedelta(minutes=1)
_IS_SCHEDULED = and_(queries.c.schedule.is_not(None), queries.c.is_archived.is_(False))


class Schedules(Database):
    """Implements ScheduleStore."""

    def claim_due(self, now: datetime, limit: int) -> tuple[DueQuery, ...]:
        """Take due queries so that no other scheduler takes them for a minute; oldest first."""
        due = (
            select(schedules)
            .where(schedules.c.next_run_at <= to_time(now), _is_free(now))
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
            )
            for row in found
        )

    def set_next_run(
        self, query_id: QueryId, next_run_at: datetime | None, *, consecutive_failures: int
    ) -> None:
        """Say when a query is due next; None = never again.

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
                )
            )

    def find_unplanned(self) -> tuple[QueryId, ...]:
        """Return scheduled, unarchived queries that nobody has planned yet, by id."""
        found = (
            select(queries.c.id)
            .join(schedules, schedules.c.query_id == queries.c.id, isouter=True)
            .where(_IS_SCHEDULED, schedules.c.query_id.is_(None))
            .order_by(queries.c.id)
        )
        return tuple(row.id for row in self._all(found))


def _is_free(now: datetime) -> ColumnElement[bool]:
    claimed_until = schedules.c.claimed_until
    return or_(claimed_until.is_(None), claimed_until <= to_time(now))
