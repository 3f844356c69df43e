"""What callers hold: enqueue joins them to executions, cancel takes them away."""

from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from standpipe.core.data_set_queries import DataSetQuery
from standpipe.core.errors import NotFound
from standpipe.core.executions import (
    Change,
    Execution,
    ExecutionRequest,
    ExecutionState,
    Holder,
    Submission,
    check_move,
)
from standpipe.core.ids import (
    DataSourceId,
    ExecutionId,
    QueryId,
    SubmissionId,
    TableId,
    Uid,
    new_uid,
)
from standpipe.stores.metadata.executions import Executions
from standpipe.stores.metadata.memory import remembered
from standpipe.stores.metadata.rows import AnyRow, read_execution, read_submission
from standpipe.stores.metadata.tables import IS_QUEUED, IS_RUNNING, executions, results, submissions
from standpipe.stores.metadata.usage import UsageDays
from standpipe.stores.metadata.values import to_bound, to_json, to_time


def select_submissions(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Return the statement that ``read_submission`` reads."""
    own = [column.label(f"s_{column.key}") for column in submissions.c]
    joined = submissions.join(executions, executions.c.id == submissions.c.execution_id)
    return select(executions, *own).select_from(joined).where(*conditions)


_OF_FINGERPRINT = select(executions.c.id).where(
    executions.c.data_source_id == bindparam("data_source_id"),
    executions.c.cancel_requested_at.is_(None),
)
_OPEN = _OF_FINGERPRINT.where(executions.c.open_fingerprint == bindparam("fingerprint"))
_RUNNING = _OF_FINGERPRINT.where(
    IS_RUNNING, executions.c.fingerprint == bindparam("fingerprint")
).limit(1)
_OTHERS = executions.alias("others")
_OTHER_IS_QUEUED = _OTHERS.c.state == literal_column("'queued'")
# Two counts, each a range of the partial index of what is queued.
_POSITION = select(
    (
        select(func.count())
        .where(_OTHER_IS_QUEUED, _OTHERS.c.priority > executions.c.priority)
        .scalar_subquery()
        + select(func.count())
        .where(
            _OTHER_IS_QUEUED,
            _OTHERS.c.priority == executions.c.priority,
            _OTHERS.c.id <= executions.c.id,
        )
        .scalar_subquery()
    ).label("position")
).where(IS_QUEUED, executions.c.id == bindparam("id"))
_BY_UID = select_submissions(submissions.c.uid == bindparam("uid"))
# Statements of every run are built once: building one takes longer than running it.
_JOINABLE = select(executions.c.id, executions.c.priority).where(
    executions.c.data_source_id == bindparam("source"),
    or_(
        bindparam("joins_others", type_=Boolean),
        and_(
            executions.c.query_id.is_not_distinct_from(bindparam("query")),
            executions.c.query_revision.is_not_distinct_from(bindparam("revision")),
        ),
    ),
)
_JOINABLE_QUEUED = _JOINABLE.where(
    executions.c.open_fingerprint.in_([bindparam("plain_name"), bindparam("own_name")])
).order_by(executions.c.id)
_JOINABLE_RUNNING = _JOINABLE.where(
    IS_RUNNING,
    executions.c.fingerprint == bindparam("plain_name"),
    executions.c.cancel_requested_at.is_(None),
).order_by(executions.c.id.desc())
_JOINABLE_ENDED = (
    _JOINABLE.join(results, results.c.execution_id == executions.c.id)
    .where(
        results.c.data_source_id == bindparam("source"),
        results.c.fingerprint == bindparam("plain_name"),
        results.c.retrieved_at >= bindparam("since"),
    )
    .order_by(executions.c.id.desc())
)
_TAKEN = select(executions.c.id).where(
    executions.c.data_source_id == bindparam("source"),
    executions.c.open_fingerprint == bindparam("name"),
)
OF_HOLDER = (
    submissions.c.holder_user_id.is_not_distinct_from(bindparam("user")),
    submissions.c.holder_key_id.is_not_distinct_from(bindparam("key")),
)
_EARLIER = select_submissions(
    submissions.c.execution_id == bindparam("execution"),
    submissions.c.cancelled_at.is_(None),
    *OF_HOLDER,
    submissions.c.query_id.is_not_distinct_from(bindparam("query")),
    submissions.c.format.is_not_distinct_from(bindparam("format")),
    submissions.c.data_set_query.is_not_distinct_from(bindparam("data_set_query")),
    submissions.c.view_id.is_not_distinct_from(bindparam("view")),
).limit(1)
_ADD_EXECUTION = insert(executions).returning(executions)
_ADD_SUBMISSION = insert(submissions)


class Wish(NamedTuple):
    """What a submission is for; a holder has one of each for an execution."""

    query_id: QueryId | None
    format: str | None = None
    view_id: TableId | None = None
    data_set_query: str | None = None


class Submissions(UsageDays, Executions):
    """Implements SubmissionStore, and ``enqueue`` of ExecutionStore."""

    def enqueue(self, request: ExecutionRequest, holder: Holder, now: datetime) -> Submission:
        """Join a fitting execution or queue a new one, atomically, and wake a worker.

        Joined: same data source and fingerprint, no cancel requested, and queued (or running, or
        ended well at the time that the request names or later, if it allows), and of the same
        revision of the same query unless the request joins others; a queued one takes the higher
        priority of the two. The same holder joining the same execution for the same query, format,
        groups and view gets his earlier submission back.
        """
        with self.transaction():
            joined = self._find_joinable(request)
            if joined is None:
                execution = self._add_execution(request, now)
                self._wake_after_commit()
            else:
                execution = self.get_execution(joined.id)
                earlier = self._find_held(execution.id, holder, _wish_of(request))
                if earlier is not None:
                    return earlier
            return self._add_submission(execution, request, holder, now)

    def get_submission(self, uid: Uid) -> Submission:
        """Return a submission with its execution, in one read; NotFound."""
        row = self._one(_BY_UID, {"uid": str(uid)})
        if row is None:
            raise NotFound(f"There is no submission {uid}.")
        return read_submission(row)

    def cancel_submission(self, uid: Uid, now: datetime) -> Submission:
        """Cancel for its holder; if it was the execution's last one, the execution too.

        A queued execution is cancelled at once, a running one is asked to stop. Repeating, and
        cancelling what is over, changes nothing.
        """
        with self.transaction():
            submission = self.get_submission(uid)
            if submission.state.is_final:
                return submission
            self._write(
                update(submissions)
                .where(submissions.c.id == submission.id)
                .values(cancelled_at=to_time(now))
            )
            self._tell_after_commit(Change(submission.execution.id))
            if not self._count_live(submission.execution.id):
                self._cancel_execution(submission.execution, now)
            return self.get_submission(uid)

    @remembered
    def find_queue_position(self, execution_id: ExecutionId) -> int | None:
        """Return how many executions are claimed until this one is, itself included: 1 = next.

        None unless it is queued.
        """
        row = self._one(_POSITION, {"id": execution_id})
        return None if row is None else int(row.position)

    def _find_joinable(self, request: ExecutionRequest) -> AnyRow | None:
        wanted = {
            "source": request.data_source_id,
            "joins_others": request.joins_others,
            "query": request.query_id,
            "revision": request.query_revision,
            "plain_name": request.fingerprint,
        }
        own_name = request.fingerprint if request.joins_others else _own_name(request)
        queued = self._one(_JOINABLE_QUEUED, {**wanted, "own_name": own_name})
        if queued is not None:
            if request.priority > queued.priority:
                self._write(
                    update(executions)
                    .where(executions.c.id == queued.id)
                    .values(priority=request.priority)
                )
            return queued
        if not request.joins_running:
            return None
        running = self._one(_JOINABLE_RUNNING, wanted)
        if running is not None or request.ended_since is None:
            return running
        return self._one(_JOINABLE_ENDED, {**wanted, "since": to_time(request.ended_since)})

    def _find_held(
        self, execution_id: ExecutionId, holder: Holder, wish: Wish
    ) -> Submission | None:
        """Return what a holder has of an execution for the same wish, not cancelled."""
        values = {
            "execution": execution_id,
            "user": holder.user_id,
            "key": holder.key_id,
            "query": wish.query_id,
            "format": wish.format,
            "view": wish.view_id,
            "data_set_query": wish.data_set_query,
        }
        row = self._one(_EARLIER, values)
        return None if row is None else read_submission(row)

    def is_under_way(self, data_source_id: DataSourceId, fingerprint: str) -> bool:
        """Whether an execution of this fingerprint is queued or running, and not to be stopped."""
        values = {"data_source_id": data_source_id, "fingerprint": fingerprint}
        return self._one(_OPEN, values) is not None or self._one(_RUNNING, values) is not None

    def _open_name(self, request: ExecutionRequest) -> str:
        """Return under which name a new execution may be joined: one has the plain fingerprint."""
        if request.joins_others:
            return request.fingerprint
        plain = {"source": request.data_source_id, "name": request.fingerprint}
        return request.fingerprint if self._one(_TAKEN, plain) is None else _own_name(request)

    def _add_execution(self, request: ExecutionRequest, now: datetime) -> Execution:
        values = {
            "uid": str(new_uid(now)),
            "workspace_id": request.workspace_id,
            "data_source_id": request.data_source_id,
            "query_id": request.query_id,
            "query_revision": request.query_revision,
            "fingerprint": request.fingerprint,
            "open_fingerprint": self._open_name(request),
            "statement_text": request.statement.text,
            "statement_values": to_bound(request.statement.values),
            "statement_display": request.statement.display,
            "limit_seconds": request.limits.seconds,
            "limit_memory_bytes": request.limits.memory_bytes,
            "limit_artifact_bytes": request.limits.artifact_bytes,
            "tables": to_json(request.tables) if request.tables else None,
            "origin": request.origin.value,
            "priority": request.priority,
            "state": ExecutionState.QUEUED.value,
            "attempt": 0,
            "progress_rows": 0,
            "progress_bytes": 0,
            "queued_at": to_time(now),
            "created_at": to_time(now),
        }
        return read_execution(self._changed(_ADD_EXECUTION, values))

    def _add_submission(
        self, execution: Execution, request: ExecutionRequest, holder: Holder, now: datetime
    ) -> Submission:
        added = Submission(
            id=SubmissionId(0),
            uid=new_uid(now),
            workspace_id=request.workspace_id,
            holder=holder,
            query_id=request.query_id,
            execution=execution,
            cancelled_at=None,
            created_at=now,
            format=request.format,
            data_set_query=request.data_set_query,
            view_id=request.view_id,
        )
        values = {
            "uid": str(added.uid),
            "workspace_id": added.workspace_id,
            "execution_id": execution.id,
            "holder_user_id": holder.user_id,
            "holder_key_id": holder.key_id,
            "query_id": added.query_id,
            "created_at": to_time(now),
            "format": added.format,
            "data_set_query": _written(added.data_set_query),
            "view_id": added.view_id,
        }
        added = replace(added, id=SubmissionId(self._insert(_ADD_SUBMISSION, values)))
        self._add_run(request, holder, now.date())
        return added

    def _count_live(self, execution_id: ExecutionId) -> int:
        row = self._one(
            select(func.count()).where(
                submissions.c.execution_id == execution_id, submissions.c.cancelled_at.is_(None)
            )
        )
        return 0 if row is None else int(row[0])

    def _cancel_execution(self, execution: Execution, now: datetime) -> None:
        values: dict[str, Any] = {"cancel_requested_at": to_time(now)}
        if execution.state is ExecutionState.QUEUED:
            check_move(execution.state, ExecutionState.CANCELLED)
            values["state"] = ExecutionState.CANCELLED.value
            values["open_fingerprint"] = None
            values["finished_at"] = to_time(now)
        self._write(update(executions).where(executions.c.id == execution.id).values(**values))


def _written(query: DataSetQuery | None) -> str | None:
    """Return the text that is stored of a query: the same for equal ones."""
    return None if query is None else to_json(query)


def _wish_of(request: ExecutionRequest) -> Wish:
    groups = _written(request.data_set_query)
    return Wish(request.query_id, request.format, request.view_id, groups)


def _own_name(request: ExecutionRequest) -> str:
    """Return the name under which only requests of the same query look for an execution."""
    return f"{request.fingerprint}/{request.query_id}.{request.query_revision}"
