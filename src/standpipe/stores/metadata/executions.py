"""The queue: claims, heartbeats, ends and recovery of executions. One table is the truth.

A claim is fenced by the attempt: whoever finishes must name the attempt that he claimed, and
that must still be running.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from standpipe.core.errors import Conflict, ExecutionExpired, ExecutionLost, NotFound
from standpipe.core.executions import (
    Change,
    Claim,
    Execution,
    ExecutionState,
    HeartbeatAnswer,
    Progress,
    check_move,
)
from standpipe.core.ids import ExecutionId
from standpipe.core.results import NewResult
from standpipe.stores.metadata.results import Results
from standpipe.stores.metadata.rows import AnyRow, read_execution
from standpipe.stores.metadata.standing import Standing
from standpipe.stores.metadata.tables import IS_QUEUED, IS_RUNNING, executions
from standpipe.stores.metadata.values import to_time

_BY_ID = select(executions).where(executions.c.id == bindparam("id"))
# Statements of every run are built once: building one takes longer than running it.
_CHANGE = update(executions).where(executions.c.id == bindparam("execution_id"))
_CHANGE_AND_READ = _CHANGE.returning(executions)
_CLAIM = (
    _CHANGE.values(
        state=ExecutionState.RUNNING.value,
        attempt=executions.c.attempt + 1,
        open_fingerprint=None,
        worker=bindparam("claimed_by"),
        lease_until=bindparam("until"),
        started_at=bindparam("now"),
    )
).returning(executions)
# The fence: the claimed attempt is the running one.
_CLAIMED = select(executions).where(
    executions.c.id == bindparam("execution_id"),
    executions.c.attempt == bindparam("claimed_attempt"),
    executions.c.state == ExecutionState.RUNNING.value,
)


class Executions(Results, Standing):
    """Implements ClaimStore, and ExecutionStore but for ``enqueue``, which makes submissions."""

    def claim(
        self,
        worker: str,
        now: datetime,
        lease_seconds: float,
        only: ExecutionId | None = None,
    ) -> Claim | None:
        """Take the next queued execution by priority, then age; None if there is none.

        While more are waiting, another worker is woken.
        """
        # Looked at before the write lock is taken: most looks of an idle worker find nothing.
        if self._find_queued(only) is None:
            return None
        with self.transaction():
            queued = self._find_first_queued(only)
            if not queued:
                return None
            lease_until = now + timedelta(seconds=lease_seconds)
            values = {"execution_id": queued[0], "claimed_by": worker}
            times = {"until": to_time(lease_until), "now": to_time(now)}
            claimed = self._changed(_CLAIM, {**values, **times})
            self._tell_after_commit(Change(queued[0]))
            has_more = len(queued) > 1
            if has_more:
                self._wake_after_commit()
            execution = read_execution(claimed)
            return Claim(execution=execution, lease_until=lease_until, has_more=has_more)

    def heartbeat(
        self, claim: Claim, now: datetime, lease_seconds: float, progress: Progress
    ) -> HeartbeatAnswer:
        """Extend the lease and store the progress; says whether to cancel or to give up."""
        with self.transaction():
            row = self._find_claimed(claim)
            if row is None:
                return HeartbeatAnswer.LOST
            before = read_execution(row)
            values = {
                "execution_id": before.id,
                "lease_until": to_time(now + timedelta(seconds=lease_seconds)),
                "progress_rows": progress.rows,
                "progress_bytes": progress.bytes,
                "progress_percent": progress.percent,
            }
            self._write(_CHANGE, values)
            if progress != before.progress:
                self._tell_after_commit(Change(before.id, is_move=False))
            return HeartbeatAnswer.CANCEL if before.is_cancel_requested else HeartbeatAnswer.GO_ON

    def finish(
        self,
        claim: Claim,
        now: datetime,
        state: ExecutionState,
        *,
        result: NewResult | None = None,
        error: tuple[str, str] | None = None,
    ) -> Execution | None:
        """End a run in one transaction; None if the claim is no longer valid (fenced).

        With a result: stores it, and points every unarchived query of this data source whose
        ``default_fingerprint`` is the execution's at it; the materialised views whose refresh this
        is hold its rows from then on. Conflict unless the state is a final one that a run can
        have, with a result if and only if it succeeded.
        """
        check_move(ExecutionState.RUNNING, state)
        if not state.is_final or (state is ExecutionState.SUCCEEDED) != (result is not None):
            raise Conflict(f"A run with{'' if result else 'out'} a result cannot end as {state}.")
        with self.transaction():
            row = self._find_claimed(claim)
            if row is None:
                return None
            values: dict[str, Any] = {"state": state.value, "finished_at": to_time(now)}
            if result is not None:
                values["result_id"] = self._add_result(read_execution(row), result, now)
                self._fill_views(read_execution(row), result, now)
                values["progress_rows"] = result.row_count
                values["progress_bytes"] = result.artifact.byte_count
            if error is not None:
                values["error_code"], values["error_message"] = error
            return self._change(row.id, values)

    def give_back(self, claim: Claim, now: datetime) -> Execution | None:
        """Queue a run again whose worker stops; this attempt does not count. None when fenced.

        One with a requested cancel ends cancelled.
        """
        with self.transaction():
            row = self._find_claimed(claim)
            if row is None:
                return None
            is_cancelled = row.cancel_requested_at is not None
            values = _cancelled(now) if is_cancelled else self._requeued(row, now)
            return self._change(row.id, {**values, "given_back": row.given_back + 1})

    def recover(
        self, now: datetime, *, max_attempts: int, worker: str | None = None
    ) -> tuple[Execution, ...]:
        """Requeue runs whose lease has ended, or all of a dead ``worker``; the next claim counts.

        After ``max_attempts``, those given back not counted, they fail with ``execution_lost``;
        those with a requested cancel end cancelled. Returns what was changed, by id.
        """
        if worker is None:
            is_lost = executions.c.lease_until <= to_time(now)
        else:
            is_lost = executions.c.worker == worker
        # Ordered here: to order by id the database would walk through all that is over.
        lost = select(executions).where(IS_RUNNING, is_lost)
        if not self._all(lost):
            return ()
        with self.transaction():
            found = sorted(self._all(lost), key=lambda row: row.id)
            return tuple(self._recover_one(row, now, max_attempts) for row in found)

    def expire_queued(self, before: datetime, now: datetime) -> int:
        """End what has been waiting since before that time as expired; returns how many."""
        statement = update(executions).where(IS_QUEUED, executions.c.queued_at < to_time(before))
        with self.transaction():
            expired = self._all(
                statement.values(
                    state=ExecutionState.EXPIRED.value,
                    open_fingerprint=None,
                    finished_at=to_time(now),
                    error_code=ExecutionExpired.code,
                    error_message=ExecutionExpired().message,
                ).returning(executions.c.id)
            )
            for row in expired:
                self._tell_after_commit(Change(row.id))
        return len(expired)

    def get_execution(self, execution_id: ExecutionId) -> Execution:
        """Return an execution by id; NotFound."""
        row = self._one(_BY_ID, {"id": execution_id})
        if row is None:
            raise NotFound(f"There is no execution {execution_id}.")
        return read_execution(row)

    def _change(self, execution_id: ExecutionId, values: Mapping[str, Any]) -> Execution:
        """Write a move within a transaction, to be told after it."""
        changed = self._changed(_CHANGE_AND_READ, {"execution_id": execution_id, **values})
        self._tell_after_commit(Change(execution_id))
        return read_execution(changed)

    def _find_claimed(self, claim: Claim) -> AnyRow | None:
        execution = claim.execution
        values = {"execution_id": execution.id, "claimed_attempt": execution.attempt}
        return self._one(_CLAIMED, values)

    def _recover_one(self, row: AnyRow, now: datetime, max_attempts: int) -> Execution:
        if row.cancel_requested_at is not None:
            values = _cancelled(now)
        elif row.attempt - row.given_back >= max_attempts:
            values = {
                "state": ExecutionState.FAILED.value,
                "finished_at": to_time(now),
                "error_code": ExecutionLost.code,
                "error_message": _lost_message(row.attempt),
            }
        else:
            values = self._requeued(row, now)
        return self._change(row.id, values)

    def _requeued(self, row: AnyRow, now: datetime) -> dict[str, Any]:
        """Return the columns of a run that waits again; it may be joined if no other one can.

        A worker is woken for it.
        """
        self._wake_after_commit()
        other = self._one(
            select(executions.c.id).where(
                executions.c.data_source_id == row.data_source_id,
                executions.c.open_fingerprint == row.fingerprint,
            )
        )
        return {
            "state": ExecutionState.QUEUED.value,
            "open_fingerprint": row.fingerprint if other is None else None,
            "worker": None,
            "lease_until": None,
            "started_at": None,
            "queued_at": to_time(now),
            "progress_rows": 0,
            "progress_bytes": 0,
            "progress_percent": None,
        }


def _cancelled(now: datetime) -> dict[str, Any]:
    return {"state": ExecutionState.CANCELLED.value, "finished_at": to_time(now)}


def _lost_message(attempts: int) -> str:
    if attempts > 1:
        return ExecutionLost().message
    return "The worker died while it ran this."
