"""How executions stand: the head of the queue, how many there are, the newest, marks to compare."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import bindparam, exists, func, or_, select

from standpipe.core.errors import NotFound
from standpipe.core.executions import Execution, ExecutionState, Mark
from standpipe.core.ids import ExecutionId, QueryId, Uid
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.rows import AnyRow, read_execution
from standpipe.stores.metadata.tables import IS_QUEUED, IS_RUNNING, executions, submissions

_IN_ORDER = (
    select(executions.c.id).where(IS_QUEUED).order_by(executions.c.priority.desc(), executions.c.id)
)
_NEXT = _IN_ORDER.limit(1)
_NEXT_TWO = _IN_ORDER.limit(2)
_THIS = select(executions.c.id).where(IS_QUEUED, executions.c.id == bindparam("only"))
# Two counts, each with its own partial index; one with OR would walk through all that is over.
_COUNTS = select(
    select(func.count()).where(IS_QUEUED).scalar_subquery().label("queued"),
    select(func.count()).where(IS_RUNNING).scalar_subquery().label("running"),
)
_MARKS = select(
    executions.c.id,
    executions.c.state,
    executions.c.attempt,
    executions.c.progress_rows.label("rows"),
    executions.c.progress_bytes.label("bytes"),
    executions.c.progress_percent.label("percent"),
    select(func.count(submissions.c.cancelled_at))
    .where(submissions.c.execution_id == executions.c.id)
    .scalar_subquery()
    .label("cancels"),
).where(executions.c.id.in_(bindparam("ids", expanding=True)))
_MARKED_AT_ONCE = 500
_BY_UID = select(executions).where(executions.c.uid == bindparam("uid"))
_NEWEST = (
    select(executions)
    .where(
        executions.c.query_id == bindparam("query_id"),
        executions.c.query_revision == bindparam("revision"),
    )
    .order_by(executions.c.id.desc())
    .limit(1)
)
_NEWEST_ALIKE = _NEWEST.where(executions.c.fingerprint == bindparam("fingerprint"))

_HAS_RUN = select(
    or_(
        exists().where(executions.c.query_id == bindparam("query_id")),
        exists().where(submissions.c.query_id == bindparam("query_id")),
    ).label("has_run")
)


class Standing(Database):
    """Implements what ExecutionStore says of many executions at once."""

    def count_states(self) -> Mapping[ExecutionState, int]:
        """Return how many executions are queued and running."""
        row = self._one(_COUNTS)
        return {
            ExecutionState.QUEUED: 0 if row is None else row.queued,
            ExecutionState.RUNNING: 0 if row is None else row.running,
        }

    def find_marks(self, execution_ids: Collection[ExecutionId]) -> Mapping[ExecutionId, Mark]:
        """Return how executions stand, in few reads; one that does not exist is left out.

        The mark of a queued execution also changes when the head of the queue does.
        """
        head = self._find_queued(None)
        wanted = list(execution_ids)
        found: dict[ExecutionId, Mark] = {}
        for start in range(0, len(wanted), _MARKED_AT_ONCE):
            ids = wanted[start : start + _MARKED_AT_ONCE]
            found.update((row.id, _mark(row, head)) for row in self._all(_MARKS, {"ids": ids}))
        return found

    def get_execution_by_uid(self, uid: Uid) -> Execution:
        """Return an execution by its uid; NotFound."""
        row = self._one(_BY_UID, {"uid": str(uid)})
        if row is None:
            raise NotFound(f"There is no execution {uid}.")
        return read_execution(row)

    def find_newest_execution(
        self, query_id: QueryId, revision: int, fingerprint: str | None = None
    ) -> Execution | None:
        """Return the newest run of a revision of a query, in any state.

        With a fingerprint, of those values only.
        """
        values: dict[str, Any] = {"query_id": query_id, "revision": revision}
        if fingerprint is None:
            row = self._one(_NEWEST, values)
        else:
            row = self._one(_NEWEST_ALIKE, {**values, "fingerprint": fingerprint})
        return None if row is None else read_execution(row)

    def has_run(self, query_id: QueryId) -> bool:
        """Whether a query was ever run, whatever came of it; a shared run counts."""
        row = self._one(_HAS_RUN, {"query_id": query_id})
        return row is not None and bool(row.has_run)

    def _find_queued(self, only: ExecutionId | None) -> ExecutionId | None:
        row = self._one(_NEXT) if only is None else self._one(_THIS, {"only": only})
        return None if row is None else ExecutionId(row.id)

    def _find_first_queued(self, only: ExecutionId | None) -> list[ExecutionId]:
        """Return the next queued execution and the one behind it, as far as there are any."""
        rows = self._all(_NEXT_TWO) if only is None else self._all(_THIS, {"only": only})
        return [ExecutionId(row.id) for row in rows]


def _mark(row: AnyRow, head: ExecutionId | None) -> Mark:
    is_queued = row.state == ExecutionState.QUEUED.value
    return Mark(
        move=(row.state, row.attempt, row.cancels),
        progress=(row.rows, row.bytes, row.percent, head if is_queued else None),
    )
