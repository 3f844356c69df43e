"""Submissions by their number: found, listed, and made for results that are stored already."""

from datetime import datetime

from sqlalchemy import bindparam, insert

from standpipe.core.errors import NotFound
from standpipe.core.executions import Holder, Submission
from standpipe.core.ids import QueryId, SubmissionId, WorkspaceId, new_uid
from standpipe.core.results import Result
from standpipe.stores.metadata.rows import read_submission
from standpipe.stores.metadata.submissions import OF_HOLDER, Submissions, select_submissions
from standpipe.stores.metadata.tables import submissions
from standpipe.stores.metadata.values import to_time

_BY_ID = select_submissions(submissions.c.id == bindparam("id"))
_LISTED = (
    select_submissions(
        submissions.c.workspace_id == bindparam("workspace"),
        submissions.c.id < bindparam("before"),
    )
    .order_by(submissions.c.id.desc())
    .limit(bindparam("most"))
)
_LISTED_OF = _LISTED.where(*OF_HOLDER)
_BEYOND = 2**63 - 1


class Jobs(Submissions):
    """Implements what SubmissionStore says of numbers."""

    def get_submission_by_id(self, submission_id: SubmissionId) -> Submission:
        """Return a submission by its number; NotFound."""
        row = self._one(_BY_ID, {"id": submission_id})
        if row is None:
            raise NotFound(f"There is no submission {submission_id}.")
        return read_submission(row)

    def find_submissions(
        self,
        workspace_id: WorkspaceId,
        holder: Holder | None,
        limit: int,
        before: SubmissionId | None = None,
    ) -> tuple[Submission, ...]:
        """Return submissions with a number below ``before``, newest first; None = of all."""
        values = {"workspace": workspace_id, "before": before or _BEYOND, "most": limit}
        if holder is None:
            return tuple(map(read_submission, self._all(_LISTED, values)))
        own = {"user": holder.user_id, "key": holder.key_id}
        return tuple(map(read_submission, self._all(_LISTED_OF, {**values, **own})))

    def hold_result(
        self, result: Result, query_id: QueryId, holder: Holder, format: str | None, now: datetime
    ) -> Submission:
        """Return the holder's submission of the run that left a result, for this query and format.

        One that he did not cancel is returned again, else one is made. Nothing runs.
        """
        with self.transaction():
            earlier = self._find_held(result.execution_id, holder, query_id, format)
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
