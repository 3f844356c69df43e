"""Everything that can happen, one frozen class each; log, metrics and audit listen."""

from dataclasses import dataclass

from standpipe.core.executions import ExecutionState
from standpipe.core.ids import ExecutionId, KeyId, OAuthGrantId, QueryId, ResultId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionQueued:
    """A run was put into the queue."""

    execution_id: ExecutionId
    query_id: QueryId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionStarted:
    """A worker took a run."""

    execution_id: ExecutionId
    attempt: int
    waited_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFinished:
    """A run is over."""

    execution_id: ExecutionId
    attempt: int
    state: ExecutionState
    runtime_seconds: float
    row_count: int = 0
    result_id: ResultId | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishRefused:
    """A worker came back after its lease and was told that its work no longer counts."""

    execution_id: ExecutionId
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRecovered:
    """A run whose worker was lost or stopped was queued again, or failed at its last attempt."""

    execution_id: ExecutionId
    state: ExecutionState


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSkipped:
    """A scheduled run could not be submitted."""

    query_id: QueryId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed:
    """Somebody gave a wrong e-mail or password."""

    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody signed in."""

    user_id: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReplaced:
    """A key was revoked and a new one made."""

    key_id: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenReused:
    """A code or refresh token of OAuth came a second time; all tokens of that grant were revoked.

    Either it was stolen, or its client does not keep the newest one.
    """

    client_id: str
    grant_id: OAuthGrantId


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestServed:
    """An HTTP request was answered. ``path`` carries no query string: keys may stand there."""

    method: str
    path: str
    status: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCrashed:
    """A request met an error that nobody expected; ``trace`` is for the operator."""

    method: str
    path: str
    trace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopCrashed:
    """A long-running loop met an unexpected error and goes on."""

    loop: str
    trace: str


Event = (
    ExecutionQueued
    | ExecutionStarted
    | ExecutionFinished
    | FinishRefused
    | ExecutionRecovered
    | ScheduleSkipped
    | SignInFailed
    | SignedIn
    | KeyReplaced
    | TokenReused
    | RequestServed
    | RequestCrashed
    | LoopCrashed
)
