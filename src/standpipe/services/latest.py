"""The latest run of a query: of any values, or of given ones; and any run by its own id."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from standpipe.core.errors import (
    NotAllowed,
    NotFound,
    ParameterInvalid,
    ParameterMissing,
    ResultNotCached,
    StandpipeError,
)
from standpipe.core.executions import Execution, ExecutionState, Submission, error_of
from standpipe.core.ids import QueryId, Uid
from standpipe.core.permissions import require_view, table_reader
from standpipe.core.ports import (
    DataSourceStore,
    ExecutionStore,
    QueryStore,
    ResultStore,
    SubmissionStore,
)
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.services.binding import Binding
from standpipe.services.query_text import BoundText
from standpipe.services.read import belongs, may_read
from standpipe.services.submissions import Submissions
from standpipe.sql.error_places import ErrorPlace, find_place
from standpipe.sql.fingerprint import without_tables

_BATCH = 20


class LatestStore(
    QueryStore, DataSourceStore, ResultStore, ExecutionStore, SubmissionStore, Protocol
):
    """The slice of the metadata store that this needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRun:
    """A run as somebody may see it who need not have asked for it.

    ``uid`` is that of the caller's submission, or of the execution itself. ``state`` and times are
    those of the submission if there is one: it may be cancelled while the execution goes on.
    ``result`` is there when it succeeded and is still stored.
    """

    uid: Uid
    query_id: QueryId | None
    execution: Execution
    state: ExecutionState
    submitted_at: datetime
    cancelled_at: datetime | None
    result: Result | None
    error: StandpipeError | None

    @property
    def error_place(self) -> ErrorPlace | None:
        """Where in the caller's text the source found the error, if it can be known."""
        message = self.execution.error_message
        return None if message is None else find_place(message, self.execution.statement)


class Latest:
    """Finds runs for those who may see their query."""

    def __init__(self, store: LatestStore, *, submissions: Submissions, binding: Binding) -> None:
        """Take the port and the services of runs."""
        self._store = store
        self._submissions = submissions
        self._binding = binding

    def of_query(
        self, principal: Principal, query_id: QueryId, values: Mapping[str, Any] | None
    ) -> SeenRun:
        """Return the newest run of a query's text of today.

        With ``values`` None the newest result whatever its values were, else that of these, where
        missing ones take their defaults; the same run of another query counts, once this one ran.
        Without a stored result the newest run, however it stands. Takes SQL apart if there are
        values. NotFound, NotAllowed for the query; ResultNotCached if it never ran so.
        """
        query = self._store.get_query(query_id)
        source_id = query.data_source_id
        source = None if source_id is None else self._store.get_data_source(source_id)
        require_view(principal, query, source)
        missing = ResultNotCached(f"Query {query_id} has not run.", hint="Run it first.")
        if not self._store.has_run(query_id):
            raise missing
        bound = None
        if values is not None and source is not None:
            try:
                bound = self._binding.query(query, source, values)
            except (ParameterInvalid, ParameterMissing) as error:
                raise ResultNotCached(error.message, detail=error.detail) from error
            bound = self._binding.pin(principal, source, bound, query)
        found = self._newest_result(principal, query, bound)
        if found is not None:
            return self._seen_result(query_id, found)
        fingerprint = None if bound is None else bound.fingerprint
        execution = self._store.find_newest_execution(query_id, query.revision, fingerprint)
        if execution is None or not _may_see(principal, query, execution):
            raise missing
        # It may have ended since results were looked for.
        result = self._stored(execution)
        if result is not None and not may_read(principal, query, result):
            raise missing
        return self._seen(execution, query_id, result)

    def get(self, principal: Principal, uid: Uid) -> SeenRun:
        """Return a run by the uid of a submission, to its holder, or by that of its execution.

        The latter to everybody who may see the query it belongs to, or who holds it; NotFound.
        """
        try:
            submission = self._submissions.get(principal, uid)
        except NotFound:
            return self._get_execution(principal, uid)
        return self._seen_submission(submission)

    def cancel(self, principal: Principal, uid: Uid) -> SeenRun:
        """Cancel one's own submission; NotFound. What is over stays as it is."""
        return self._seen_submission(self._submissions.cancel(principal, uid))

    def queue_position(self, run: SeenRun) -> int | None:
        """Return the place of a run in the queue: 1 = next; None = not queued."""
        if run.state is not ExecutionState.QUEUED:
            return None
        return self._store.find_queue_position(run.execution.id)

    def _get_execution(self, principal: Principal, uid: Uid) -> SeenRun:
        execution = self._store.get_execution_by_uid(uid)
        missing = f"There is no execution {uid}."
        if execution.workspace_id != principal.workspace_id or execution.query_id is None:
            raise NotFound(missing)
        query = self._store.get_query(execution.query_id)
        source_id = query.data_source_id
        source = None if source_id is None else self._store.get_data_source(source_id)
        try:
            require_view(principal, query, source)
        except NotAllowed as error:
            raise NotFound(missing) from error
        is_of_today = execution.query_revision == query.revision
        is_theirs = principal.is_user or is_of_today
        if execution.data_source_id != query.data_source_id or not is_theirs:
            raise NotFound(missing)
        if not _may_see(principal, query, execution):
            raise NotFound(missing)
        return self._seen(execution, query.id, self._stored(execution))

    def _newest_result(
        self, principal: Principal, query: Query, bound: BoundText | None
    ) -> Result | None:
        if bound is not None:
            found = self._find_bound(query, bound)
            return found if found is not None and may_read(principal, query, found) else None
        before = None
        while batch := self._store.find_results_of(query.id, _BATCH, before):
            for result in batch:
                if _is_of_today(query, result) and may_read(principal, query, result):
                    return result
            before = batch[-1].id
        return None

    def _find_bound(self, query: Query, bound: BoundText) -> Result | None:
        """Return the newest result of these values, of the tables as they are if there is one."""
        if query.data_source_id is None:
            return None
        found = self._store.find_latest(query.data_source_id, bound.fingerprint, None)
        if found is not None or not bound.names_tables:
            return found
        text = without_tables(bound.fingerprint)
        return self._store.find_latest(query.data_source_id, text, None, of_any_tables=True)

    def _seen_result(self, query_id: QueryId, result: Result) -> SeenRun:
        execution = self._store.get_execution(result.execution_id)
        return self._seen(execution, query_id, result)

    def _seen_submission(self, submission: Submission) -> SeenRun:
        execution = submission.execution
        is_done = submission.state is ExecutionState.SUCCEEDED
        return SeenRun(
            uid=submission.uid,
            query_id=submission.query_id,
            execution=execution,
            state=submission.state,
            submitted_at=submission.created_at,
            cancelled_at=submission.cancelled_at or _cancelled_at(execution),
            result=self._stored(execution) if is_done else None,
            error=self._submissions.error_of(submission),
        )

    def _seen(self, execution: Execution, query_id: QueryId, result: Result | None) -> SeenRun:
        return SeenRun(
            uid=execution.uid,
            query_id=query_id,
            execution=execution,
            state=execution.state,
            submitted_at=execution.created_at,
            cancelled_at=_cancelled_at(execution),
            result=result,
            error=error_of(execution),
        )

    def _stored(self, execution: Execution) -> Result | None:
        if execution.result_id is None:
            return None
        try:
            return self._store.get_result(execution.result_id)
        except NotFound:
            return None


def _is_of_today(query: Query, result: Result) -> bool:
    return belongs(result, query, is_user=False)


def _may_see(principal: Principal, query: Query, execution: Execution) -> bool:
    """Whether what private tables an execution reads is for this principal too."""
    owners = [pin.owner_id for pin in execution.tables if pin.is_private]
    return table_reader(principal, query).may_read_of(owners)


def _cancelled_at(execution: Execution) -> datetime | None:
    return execution.finished_at if execution.state is ExecutionState.CANCELLED else None
