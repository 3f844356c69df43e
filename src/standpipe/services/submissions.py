"""What callers hold: looked at and cancelled by their holder."""

from collections.abc import Mapping
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import ExecutionCancelled, NotFound, StandpipeError
from standpipe.core.executions import ExecutionState, Submission, error_of
from standpipe.core.ids import QueryId, Uid
from standpipe.core.permissions import require_holder, require_permission
from standpipe.core.ports import ExecutionStore, SubmissionStore
from standpipe.core.principals import Permission, Principal


class SubmissionsStore(SubmissionStore, ExecutionStore, Protocol):
    """The slice of the metadata store that submissions need."""


class Submissions:
    """Submissions of a workspace."""

    def __init__(self, store: SubmissionsStore, *, clock: Clock) -> None:
        """Take the ports."""
        self._store = store
        self._clock = clock

    def get(self, principal: Principal, uid: Uid, *, query_id: QueryId | None = None) -> Submission:
        """Return a submission to its holder; NotFound for everybody else's.

        With ``query_id`` it must also be one of that query.
        """
        submission = self._store.get_submission(uid)
        require_holder(principal, submission, f"There is no submission {uid}.")
        if query_id is not None and submission.query_id != query_id:
            raise NotFound(f"Query {query_id} has no submission {uid}.")
        return submission

    def cancel(
        self, principal: Principal, uid: Uid, *, query_id: QueryId | None = None
    ) -> Submission:
        """Cancel for the holder; a run shared with others goes on for them. Repeating is fine."""
        self.get(principal, uid, query_id=query_id)
        return self._store.cancel_submission(uid, self._clock.now())

    def queue_position(self, submission: Submission) -> int | None:
        """Return the place of a submission that was got: 1 = its run is next; None = not queued."""
        if submission.state is not ExecutionState.QUEUED:
            return None
        return self._store.find_queue_position(submission.execution.id)

    def error_of(self, submission: Submission) -> StandpipeError | None:
        """Return why a submission has no result, as the error of its code; None otherwise."""
        if submission.cancelled_at is not None:
            return ExecutionCancelled()
        return error_of(submission.execution)

    def queue_sizes(self, principal: Principal) -> Mapping[ExecutionState, int]:
        """Return how many runs are queued and running on the whole server; for its operators."""
        require_permission(principal, Permission.SUPER_ADMIN)
        return self._store.count_states()
