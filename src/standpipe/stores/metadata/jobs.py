"""Submissions by their number: found, listed, and made for results that are stored already."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, insert, literal_column

from standpipe.core.errors import NotFound
from standpipe.core.executions import Holder, Submission
from standpipe.core.ids import QueryId, SubmissionId, WorkspaceId, new_uid
from standpipe.core.results import Result
from standpipe.stores.metadata.rows import read_submission
from standpipe.stores.metadata.submissions import (
    OF_HOLDER,
    Submissions,
    Wish,
    select_submissions,
)
from standpipe.stores.metadata.tables import submissions
from standpipe.stores.metadata.values import to_time

_BY_ID = select_submissions(submissions.c.id == bindparam("id"))
_BEYOND = 2**63 - 1
_IS_HERE = submissions.c.workspace_id == bindparam("workspace")
_IS_REFRESH = submissions.c.view_id.is_not(None)


def _listed(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Return the statement of a list, newest first."""
    return (
        select_submissions(submissions.c.id < bindparam("before"), *conditions)
        .order_by(submissions.c.id.desc())
        .limit(bindparam("most"))
    )


def _walked(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column whose index is not wanted: it would sort more than the list has."""
    return column + literal_column("0")


# By whether refreshes are wanted, which are few and have an index of their own.
_LISTED = {
    True: _listed(_IS_HERE, _IS_REFRESH),
    False: _listed(_walked(submissions.c.workspace_id) == bindparam("workspace"), ~_IS_REFRESH),
    None: _listed(_walked(submissions.c.workspace_id) == bindparam("workspace")),
}
_LISTED_OF = {
    True: _listed(
        _IS_HERE,
        _IS_REFRESH,
        _walked(submissions.c.holder_user_id).is_not_distinct_from(bindparam("user")),
        submissions.c.holder_key_id.is_not_distinct_from(bindparam("key")),
    ),
    False: _listed(_IS_HERE, ~_IS_REFRESH, *OF_HOLDER),
    None: _listed(_IS_HERE, *OF_HOLDER),
}


class Jobs(Submissions):
    """Implements what SubmissionStore says of numbers."""

    def get_submission_by_id(self, submission_id: SubmissionId) -> Submission:
        """Return a submission by its number; NotFound."""
        row = self._one(_BY_ID, {"id": submission_id})
        if row is None:
            raise NotFound(f"There is no job {submission_id}.")
        return read_submission(row)

    def find_submissions(
        self,
        workspace_id: WorkspaceId,
        holder: Holder | None,
        limit: int,
        before: SubmissionId | None = None,
        *,
        is_refresh: bool | None = None,
    ) -> tuple[Submission, ...]:
        """Return submissions with a number below ``before``, newest first; None = of all.

        ``is_refresh`` wants only those that refresh materialised views, or none of them.
        """
        values = {"workspace": workspace_id, "before": before or _BEYOND, "most": limit}
        if holder is None:
            return tuple(map(read_submission, self._all(_LISTED[is_refresh], values)))
        own = {"user": holder.user_id, "key": holder.key_id}
        return tuple(map(read_submission, self._all(_LISTED_OF[is_refresh], {**values, **own})))

    def hold_result(
        self, result: Result, query_id: QueryId, holder: Holder, format: str | None, now: datetime
    ) -> Submission:
        """Return the holder's submission of the run that left a result, for this query and format.

        One that he did not cancel is returned again, else one is made. Nothing runs.
        """
        with self.transaction():
            earlier = self._find_held(result.execution_id, holder, Wish(query_id, format))
            if earlier is not None:
                return earlier
            values = {
                "uid": str(new_uid(now)),
                "workspace_id": result.workspace_id,
                "execution_id": result.execution_id,
                "holder_user_id": holder.user_id,
                "holder_key_id": holder.key_id,
                "query_id": query_id,
                "created_at": to_time(now),
                "format": format,
            }
            return self.get_submission_by_id(
                SubmissionId(self._insert(insert(submissions), values))
            )
