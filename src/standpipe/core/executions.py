"""Executions, the submissions that share them, and the one table of allowed moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from standpipe.core.data_set_queries import DataSetQuery
from standpipe.core.errors import (
    Conflict,
    ExecutionCancelled,
    ExecutionExpired,
    ExecutionFailed,
    ExecutionLost,
    MemoryExceeded,
    ResultTooLarge,
    SourceFailed,
    SourceTimedOut,
    StandpipeError,
    StatementRefused,
    Unavailable,
)
from standpipe.core.ids import (
    DataSourceId,
    ExecutionId,
    KeyId,
    QueryId,
    ResultId,
    SubmissionId,
    TableId,
    Uid,
    UserId,
    WorkspaceId,
)
from standpipe.core.tables import TablePin


class ExecutionState(StrEnum):
    """Where an execution stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """Whether nothing can change any more."""
        return not _MOVES[self]


_MOVES: Mapping[ExecutionState, frozenset[ExecutionState]] = {
    ExecutionState.QUEUED: frozenset(
        {
            ExecutionState.RUNNING,
            ExecutionState.CANCELLED,
            ExecutionState.EXPIRED,
            ExecutionState.FAILED,
        }
    ),
    ExecutionState.RUNNING: frozenset(
        {
            ExecutionState.QUEUED,  # its worker was lost or stopped, and it is retried
            ExecutionState.SUCCEEDED,
            ExecutionState.FAILED,
            ExecutionState.CANCELLED,
        }
    ),
    ExecutionState.SUCCEEDED: frozenset(),
    ExecutionState.FAILED: frozenset(),
    ExecutionState.CANCELLED: frozenset(),
    ExecutionState.EXPIRED: frozenset(),
}


def check_move(before: ExecutionState, after: ExecutionState) -> None:
    """Raise Conflict unless an execution may go from ``before`` to ``after``."""
    if after not in _MOVES[before]:
        raise Conflict(f"An execution cannot go from {before} to {after}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a data source is asked: text with named placeholders, and the values to bind.

    ``values`` maps a placeholder name to a str, bytes, int, float, Decimal, bool, date,
    datetime or None.
    ``display`` is the text with the values written into it: for people only, never executed.
    """

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)
    display: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """What one run may use; None = no limit."""

    seconds: float | None = 1800.0
    memory_bytes: int = 512 * 1024**2
    artifact_bytes: int | None = 32 * 1024**3


class ExecutionOrigin(StrEnum):
    """Who asked first."""

    CALLER = "caller"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is: rows and bytes stored, percent where the engine knows it."""

    rows: int = 0
    bytes: int = 0
    percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One run of a statement; it may serve many submissions.

    ``attempt`` is the fencing token: whoever finishes must name the attempt that was claimed.
    ``tables`` are the uploaded ones that its statement names and its first caller may read; they
    are part of the fingerprint, so that all who share the run may read them.
    """

    id: ExecutionId
    uid: Uid
    workspace_id: WorkspaceId
    data_source_id: DataSourceId
    query_id: QueryId | None
    query_revision: int | None
    fingerprint: str
    statement: Statement
    limits: RunLimits
    tables: tuple[TablePin, ...] = ()
    origin: ExecutionOrigin
    priority: int
    state: ExecutionState
    attempt: int
    worker: str | None
    progress: Progress
    error_code: str | None = None
    error_message: str | None = None
    result_id: ResultId | None = None
    is_cancel_requested: bool = False
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None


def error_of(execution: Execution) -> StandpipeError | None:
    """Return why an execution ended without a result, as the error of its code; None otherwise."""
    if execution.state is ExecutionState.CANCELLED:
        return ExecutionCancelled()
    if execution.state not in (ExecutionState.FAILED, ExecutionState.EXPIRED):
        return None
    kind = _FAILURES.get(execution.error_code or "", ExecutionFailed)
    return kind(execution.error_message)


# A run may also fail because a worker or its source cannot do anything just now.
_FAILURES: Mapping[str, Callable[[str | None], StandpipeError]] = {
    SourceFailed.code: SourceFailed,
    StatementRefused.code: StatementRefused,
    SourceTimedOut.code: SourceTimedOut,
    MemoryExceeded.code: MemoryExceeded,
    ResultTooLarge.code: ResultTooLarge,
    ExecutionLost.code: ExecutionLost,
    ExecutionExpired.code: ExecutionExpired,
    Unavailable.code: Unavailable,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRequest:
    """What is put into the queue, or joined there.

    ``joins_running`` is False when the caller wants a run that starts after its request
    (``max_age = 0``): then only a queued execution may be joined. ``joins_others`` is False for
    callers who may read nothing but the results of this revision of this query. With
    ``ended_since`` a run that has left its result at that time or later is joined like one under
    way: it may have ended since its result was looked for. ``format`` and ``data_set_query`` are
    what the submission asks for, ``view_id`` is the view that it refreshes; runs are the same for
    all.
    """

    workspace_id: WorkspaceId
    data_source_id: DataSourceId
    query_id: QueryId | None
    query_revision: int | None
    fingerprint: str
    statement: Statement
    limits: RunLimits
    tables: tuple[TablePin, ...] = ()
    origin: ExecutionOrigin = ExecutionOrigin.CALLER
    priority: int = 0
    joins_running: bool = True
    joins_others: bool = True
    ended_since: datetime | None = None
    format: str | None = None
    data_set_query: DataSetQuery | None = None
    view_id: TableId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a submission: a user, or a key that stands for nobody."""

    user_id: UserId | None = None
    key_id: KeyId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a caller asked for and holds: rights, cancel and history belong to it.

    ``uid`` is the id that dialects print (a Redash job, a Dune execution id, a MyReports request),
    ``id`` where they need a number (a Holistics job). ``format`` is the name of the format in which
    the result is wanted as a file; None = its rows, in any format. With a ``data_set_query`` these
    are a page of its groups. ``view_id`` is the materialised view that it refreshes, which may be
    gone.
    ``state`` is the execution's, except that a cancelled submission is cancelled although a
    shared execution may go on for others.
    """

    id: SubmissionId
    uid: Uid
    workspace_id: WorkspaceId
    holder: Holder
    query_id: QueryId | None
    execution: Execution
    cancelled_at: datetime | None
    created_at: datetime
    format: str | None = None
    data_set_query: DataSetQuery | None = None
    view_id: TableId | None = None

    @property
    def state(self) -> ExecutionState:
        """Where this submission stands for its holder."""
        return ExecutionState.CANCELLED if self.cancelled_at else self.execution.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An execution that a worker took until ``lease_until``; its attempt is the token.

    ``has_more`` says whether another one was waiting behind it.
    """

    execution: Execution
    lease_until: datetime
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to an execution; it is a move unless only its progress changed."""

    execution_id: ExecutionId
    is_move: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """How an execution stands, to be compared with how it stood; values mean nothing else."""

    move: tuple[Any, ...]
    progress: tuple[Any, ...]


class HeartbeatAnswer(StrEnum):
    """What a worker learns from its heartbeat."""

    GO_ON = "go_on"
    CANCEL = "cancel"
    LOST = "lost"  # the lease ran out and the execution belongs to somebody else, or is over
