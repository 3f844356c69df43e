"""Executions that are over, and how they go."""

from datetime import datetime

from sqlalchemy import bindparam, delete, exists, select

from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.tables import executions, results, submissions
from standpipe.stores.metadata.values import to_time

_OVER = (
    select(executions.c.id)
    .where(
        executions.c.finished_at < bindparam("before"),
        ~exists().where(results.c.id == executions.c.result_id),
    )
    .order_by(executions.c.finished_at)
    .limit(bindparam("most"))
)


class Cleaning(Database):
    """Implements ``delete_executions`` of ExecutionStore."""

    def delete_executions(self, before: datetime, limit: int) -> int:
        """Forget executions that ended before that time, with their submissions; oldest first.

        Never one whose result is still stored. Returns how many, at most ``limit``.
        """
        values = {"before": to_time(before), "most": limit}
        if not self._all(_OVER, values):
            return 0
        with self.transaction():
            ids = [row.id for row in self._all(_OVER, values)]
            self._write(delete(submissions).where(submissions.c.execution_id.in_(ids)))
            return self._write(delete(executions).where(executions.c.id.in_(ids)))
