"""Materialised views: what they are made of, and the rows that a refresh gives them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, insert, or_, select, update

from standpipe.core.errors import NotFound
from standpipe.core.executions import Execution, ExecutionState, Submission
from standpipe.core.ids import ExecutionId, QueryId, TableId
from standpipe.core.materialized_views import MOST_RUNS, MaterializedView, columns_of
from standpipe.core.queries import Listing
from standpipe.core.results import NewResult
from standpipe.core.tables import TableFilter, TableKind, TablePart
from standpipe.stores.metadata.rows import AnyRow, read_table
from standpipe.stores.metadata.tables import executions, materialized_views, uploaded_tables
from standpipe.stores.metadata.uploads import Uploads, is_listed
from standpipe.stores.metadata.values import (
    from_optional_time,
    from_uid,
    to_json,
    to_optional_time,
    to_time,
)

_VIEW = materialized_views.c
_texts = msgspec.json.Decoder(tuple[str, ...])


def _select_views(*conditions: ColumnElement[bool]) -> Select[Any]:
    own = [column.label(f"v_{column.key}") for column in _VIEW]
    joined = materialized_views.join(uploaded_tables, uploaded_tables.c.id == _VIEW.table_id).join(
        executions, executions.c.id == _VIEW.execution_id, isouter=True
    )
    return (
        select(uploaded_tables, executions.c.state.label("v_state"), *own)
        .select_from(joined)
        .where(*conditions)
    )


_BY_ID = _select_views(_VIEW.table_id == bindparam("id"))
_REFRESHED = _select_views(_VIEW.execution_id == bindparam("execution"))
_IS = _VIEW.table_id == bindparam("view_id")


class Views(Uploads):
    """Implements ViewStore."""

    def get_view(self, table_id: TableId) -> MaterializedView:
        """Return a view by the id of its table; NotFound."""
        row = self._one(_BY_ID, {"id": table_id})
        if row is None:
            raise NotFound(f"There is no materialised view {table_id}.")
        return _read_view(row)

    def find_views(
        self, filter: TableFilter, *, limit: int, offset: int = 0
    ) -> Listing[MaterializedView]:
        """Return some views by full name, and the number of all that match."""
        is_wanted = and_(*is_listed(replace(filter, kind=TableKind.VIEW)))
        counted = self._one(select(func.count()).select_from(uploaded_tables).where(is_wanted))
        ordered = _select_views(is_wanted).order_by(
            uploaded_tables.c.namespace, uploaded_tables.c.name
        )
        rows = self._all(ordered.limit(limit).offset(offset))
        return Listing(int(counted[0]) if counted else 0, tuple(map(_read_view, rows)))

    def put_view(self, view: MaterializedView, at: datetime) -> MaterializedView:
        """Store a new view (its table has the id 0), or what was changed; NameTaken, NotFound.

        A view becomes private at once. It stays so while its rows were read from private tables.
        """
        is_private = view.is_private or view.reads_private
        with self.transaction():
            if view.id:
                table = self.get_table(view.id)
                if table.is_private != is_private:
                    table = self._put(replace(table, is_private=is_private, updated_at=at))
                self._write(
                    update(materialized_views).where(_IS).values(**_kept(view)), _id(view.id)
                )
            else:
                table = self.add_table(
                    replace(view.table, kind=TableKind.VIEW, is_private=is_private)
                )
                added = {"table_id": table.id, "reads_private": view.reads_private}
                fresh = {"runs": to_json(()), "trouble": ""}
                self._write(insert(materialized_views).values(**added, **_kept(view), **fresh))
            return self.get_view(table.id)

    def note_refresh(self, table_id: TableId, submission: Submission) -> MaterializedView:
        """Let a run be the refresh of a view: if it succeeds, its rows become those of the view.

        An earlier one that has not ended is so no more. Within the transaction that queued the run:
        one that is over fills nothing. NotFound.
        """
        with self.transaction():
            view = self.get_view(table_id)
            others = [uid for uid in view.runs if uid != submission.uid]
            values = {
                "execution_id": submission.execution.id,
                "runs": to_json([str(uid) for uid in (submission.uid, *others)[:MOST_RUNS]]),
                "trouble": "",
            }
            self._write(update(materialized_views).where(_IS).values(**values), _id(table_id))
            return self.get_view(table_id)

    def find_due_views(self, now: datetime, limit: int) -> tuple[MaterializedView, ...]:
        """Return views whose time has come and that have not expired, the longest due first."""
        due = _select_views(
            _VIEW.next_run_at <= to_time(now),
            or_(_VIEW.expires_at.is_(None), _VIEW.expires_at > to_time(now)),
        )
        ordered = due.order_by(_VIEW.next_run_at, _VIEW.table_id).limit(limit)
        return tuple(map(_read_view, self._all(ordered)))

    def plan_view(
        self, view: MaterializedView, next_run_at: datetime | None, *, trouble: str = ""
    ) -> bool:
        """Say when a view is due next, and why it was not refreshed now if so.

        False, and nothing is changed, if that was planned anew since ``view`` was read.
        """
        is_same = _VIEW.next_run_at.is_not_distinct_from(to_optional_time(view.next_run_at))
        values = {"next_run_at": to_optional_time(next_run_at), "trouble": trouble}
        with self.transaction():
            if self._one(select(_VIEW.table_id).where(_IS, is_same), _id(view.id)) is None:
                return False
            self._write(update(materialized_views).where(_IS).values(**values), _id(view.id))
        return True

    def find_expired_views(self, now: datetime, limit: int) -> tuple[MaterializedView, ...]:
        """Return views that have expired, the oldest first."""
        expired = _select_views(_VIEW.expires_at <= to_time(now))
        ordered = expired.order_by(_VIEW.expires_at, _VIEW.table_id).limit(limit)
        return tuple(map(_read_view, self._all(ordered)))

    def _fill_views(self, execution: Execution, result: NewResult, now: datetime) -> None:
        """Let views hold the rows of a run that is their refresh, within its transaction."""
        part = TablePart(artifact=result.artifact, row_count=result.row_count, created_at=now)
        reads_private = any(table.is_private for table in execution.tables)
        for view in map(_read_view, self._all(_REFRESHED, {"execution": execution.id})):
            table = replace(
                view.table,
                columns=columns_of(result.columns),
                is_private=view.is_private or reads_private,
            )
            self.replace_table(table, part, now)
            changed = update(materialized_views).where(_IS).values(reads_private=reads_private)
            self._write(changed, _id(view.id))


def _id(table_id: TableId) -> dict[str, Any]:
    return {"view_id": table_id}


def _kept(view: MaterializedView) -> dict[str, Any]:
    return {
        "query_id": view.query_id,
        "is_private": view.is_private,
        "cron": view.cron,
        "expires_at": to_optional_time(view.expires_at),
        "next_run_at": to_optional_time(view.next_run_at),
    }


def _read_view(row: AnyRow) -> MaterializedView:
    return MaterializedView(
        table=read_table(row),
        query_id=QueryId(row.v_query_id),
        is_private=row.v_is_private,
        reads_private=row.v_reads_private,
        cron=row.v_cron,
        expires_at=from_optional_time(row.v_expires_at),
        next_run_at=from_optional_time(row.v_next_run_at),
        execution_id=None if row.v_execution_id is None else ExecutionId(row.v_execution_id),
        state=None if row.v_state is None else ExecutionState(row.v_state),
        runs=tuple(map(from_uid, _texts.decode(row.v_runs))),
        trouble=row.v_trouble,
    )
