"""What a finished execution left."""

from dataclasses import dataclass
from datetime import datetime

from standpipe.core.columns import Column
from standpipe.core.ids import (
    DataSourceId,
    ExecutionId,
    QueryId,
    ResultId,
    Uid,
    UserId,
    WorkspaceId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The stored bytes of a result: a key in the artifact store, never written twice."""

    key: str
    byte_count: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResult:
    """What a worker hands in when it finishes: everything but the id."""

    columns: tuple[Column, ...]
    row_count: int
    artifact: Artifact
    runtime_seconds: float
    cpu_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Metadata of an immutable result. ``sql`` is the text that ran, with its values written in.

    ``cpu_seconds`` is the processor time that its run took; None where nobody knows.

    ``private_to`` are the owners of the private tables it was read from: it is for whoever is
    all of them, and for administrators.
    """

    id: ResultId
    uid: Uid
    workspace_id: WorkspaceId
    execution_id: ExecutionId
    data_source_id: DataSourceId
    query_id: QueryId | None
    query_revision: int | None
    fingerprint: str
    sql: str
    columns: tuple[Column, ...]
    row_count: int
    artifact: Artifact
    runtime_seconds: float
    retrieved_at: datetime
    private_to: tuple[UserId, ...] = ()
    cpu_seconds: float | None = None
