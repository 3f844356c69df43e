"""Batches of submissions."""

from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from standpipe.core.batches import FIRST_BATCH, Batch
from standpipe.core.errors import NotFound
from standpipe.core.executions import Holder, Submission
from standpipe.core.ids import (
    BatchId,
    DashboardId,
    DataSourceId,
    KeyId,
    Uid,
    UserId,
    WorkspaceId,
)
from standpipe.stores.metadata.request_tables import batches
from standpipe.stores.metadata.rows import AnyRow, read_submission
from standpipe.stores.metadata.submissions import Submissions, select_submissions
from standpipe.stores.metadata.tables import submissions
from standpipe.stores.metadata.values import from_time, from_uid, to_json, to_time

_BY_ID = select(batches).where(batches.c.id == bindparam("batch"))
_SUBMISSIONS = select_submissions(submissions.c.uid.in_(bindparam("uids", expanding=True)))
_OLD = (
    select(batches.c.id)
    .where(batches.c.created_at < bindparam("before"))
    .order_by(batches.c.created_at)
    .limit(bindparam("most"))
)


class Batches(Submissions):
    """Implements BatchStore."""

    def add_batch(self, batch: Batch) -> Batch:
        """Store a new one."""
        statement = insert(batches).values(
            workspace_id=batch.workspace_id,
            holder_user_id=batch.holder.user_id,
            holder_key_id=batch.holder.key_id,
            dashboard_id=batch.dashboard_id,
            data_source_id=batch.data_source_id,
            submissions=to_json([str(uid) for uid in batch.submission_uids]),
            created_at=to_time(batch.created_at),
        )
        return replace(batch, id=BatchId(self._insert(statement)))

    def get_batch(self, batch_id: BatchId) -> Batch:
        """Return one with its submissions as they stand; NotFound."""
        row = self._one(_BY_ID, {"batch": batch_id})
        if row is None:
            raise NotFound(f"There is no job {FIRST_BATCH + batch_id}.")
        return self._read_batch(row)

    def delete_batches(self, before: datetime, limit: int) -> int:
        """Forget those that were made before that time; oldest first. Returns how many."""
        values = {"before": to_time(before), "most": limit}
        if not self._all(_OLD, values):
            return 0
        with self.transaction():
            ids = [row.id for row in self._all(_OLD, values)]
            return self._write(delete(batches).where(batches.c.id.in_(ids)))

    def _read_batch(self, row: AnyRow) -> Batch:
        uids = tuple(
            from_uid(text) for text in msgspec.json.decode(row.submissions, type=list[str])
        )
        dashboard, source = row.dashboard_id, row.data_source_id
        return Batch(
            id=BatchId(row.id),
            workspace_id=WorkspaceId(row.workspace_id),
            holder=Holder(
                user_id=None if row.holder_user_id is None else UserId(row.holder_user_id),
                key_id=None if row.holder_key_id is None else KeyId(row.holder_key_id),
            ),
            dashboard_id=None if dashboard is None else DashboardId(dashboard),
            data_source_id=None if source is None else DataSourceId(source),
            submission_uids=uids,
            submissions=self._find_known(uids),
            created_at=from_time(row.created_at),
        )

    def _find_known(self, uids: tuple[Uid, ...]) -> tuple[Submission, ...]:
        """Return submissions in the order of their uids, as far as they are stored."""
        found = self._all(_SUBMISSIONS, {"uids": [str(uid) for uid in uids]}) if uids else ()
        known = {each.uid: each for each in map(read_submission, found)}
        return tuple(known[uid] for uid in uids if uid in known)
