"""What was used, by owner and day; and what somebody holds now."""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, select, true

from standpipe.core.executions import ExecutionRequest, Holder
from standpipe.core.ids import QueryId, UserId, WorkspaceId
from standpipe.core.queries import Visibility
from standpipe.core.usage import Account, Holdings, Reads, Used
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.tables import queries, uploaded_tables, usage_days

_NOBODY = 0  # the key of something that is gone, or no query's
_OWNER = select(queries.c.owner_id).where(queries.c.id == bindparam("id"))
_KEYS = (usage_days.c.workspace_id, usage_days.c.user_id, usage_days.c.day)
_ADD = sqlite.add_up(usage_days, _KEYS)


class UsageDays(Database):
    """Implements UsageStore."""

    def add_reads(self, reads: Mapping[Account, Reads], day: date) -> None:
        """Add reads to those of a day, all in one transaction."""
        with self.transaction():
            for account, read in reads.items():
                owner_id = self._owner(account.user_id, account.query_id)
                self._add_usage(
                    account.workspace_id,
                    owner_id,
                    day,
                    reads=read.count,
                    result_bytes=read.byte_count,
                )

    def find_usage(
        self, workspace_id: WorkspaceId, user_id: UserId | None, start: date, end: date
    ) -> tuple[Used, ...]:
        """Return the days before ``end`` on which something was used, of one user or of all."""
        day, totals = (
            usage_days.c.day,
            (
                usage_days.c.executions,
                usage_days.c.reads,
                usage_days.c.result_bytes,
            ),
        )
        found = self._all(
            select(day, *(func.sum(total).label(total.name) for total in totals))
            .where(
                usage_days.c.workspace_id == workspace_id,
                true() if user_id is None else usage_days.c.user_id == user_id,
                day >= start.isoformat(),
                day < end.isoformat(),
            )
            .group_by(day)
            .order_by(day)
        )
        return tuple(
            Used(
                start=date.fromisoformat(row.day),
                end=date.fromisoformat(row.day) + timedelta(days=1),
                executions=row.executions,
                reads=row.reads,
                result_bytes=row.result_bytes,
            )
            for row in found
        )

    def get_holdings(self, workspace_id: WorkspaceId, user_id: UserId | None) -> Holdings:
        """Return what one user has now, or all of a workspace; archived queries do not count."""
        private = self._one(
            select(func.count()).where(
                _whose(queries, workspace_id, user_id),
                queries.c.visibility == Visibility.PRIVATE.value,
                queries.c.is_archived.is_(False),
            )
        )
        sizes = func.coalesce(func.sum(uploaded_tables.c.byte_count), 0)
        held = self._one(select(sizes).where(_whose(uploaded_tables, workspace_id, user_id)))
        return Holdings(
            private_queries=int(private[0]) if private else 0,
            table_bytes=int(held[0]) if held else 0,
        )

    def _add_run(self, request: ExecutionRequest, holder: Holder, day: date) -> None:
        """Count a submission, within its transaction."""
        owner_id = self._owner(holder.user_id, request.query_id)
        self._add_usage(request.workspace_id, owner_id, day, executions=1)

    def _add_usage(
        self, workspace_id: WorkspaceId, owner_id: int, day: date, **counts: int
    ) -> None:
        keys = {"workspace_id": workspace_id, "user_id": owner_id, "day": day.isoformat()}
        self._write(_ADD, {"executions": 0, "reads": 0, "result_bytes": 0, **keys, **counts})

    def _owner(self, user_id: UserId | None, query_id: QueryId | None) -> int:
        """Return the user, or the owner of the query of a key."""
        if user_id is not None or query_id is None:
            return user_id or _NOBODY
        row = self._one(_OWNER, {"id": query_id})
        return _NOBODY if row is None else int(row.owner_id)


def _whose(table: Table, workspace_id: WorkspaceId, user_id: UserId | None) -> ColumnElement[bool]:
    own = true() if user_id is None else table.c.owner_id == user_id
    return and_(table.c.workspace_id == workspace_id, own)
