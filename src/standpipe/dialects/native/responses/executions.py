"""Executions as their holders see them, as bodies and as events; and dry runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.results import Result
from standpipe.dialects.native.responses.bodies import Addresses
from standpipe.dialects.native.responses.results import ColumnShown, show_columns
from standpipe.services.planning import Plan

ProblemBody = Annotated[Any, Meta(extra_json_schema={"$ref": "#/components/schemas/Problem"})]


class ResultLink(msgspec.Struct, kw_only=True, frozen=True):
    """What a run left: its id, how many rows, and where they are."""

    id: UUID
    row_count: int
    url: str


class ExecutionLinks(msgspec.Struct, kw_only=True, frozen=True):
    """Where to go on from an execution."""

    self: str
    events: str
    results: str


class ExecutionShown(msgspec.Struct, kw_only=True, frozen=True):
    """One run as its caller holds it."""

    id: UUID
    state: ExecutionState
    query_id: int | None
    data_source_id: int
    queue_position: Annotated[int | None, Meta(description="1 is next; null when not queued.")]
    rows: Annotated[int, Meta(description="Rows stored so far.")]
    bytes: Annotated[int, Meta(description="Bytes stored so far.")]
    percent: Annotated[float | None, Meta(description="How far it is, where the source says so.")]
    error: Annotated[ProblemBody | None, Meta(description="Why there is no result.")]
    result: ResultLink | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: ExecutionLinks


class StatementShown(msgspec.Struct, kw_only=True, frozen=True):
    """What would be sent to the data source: text with placeholders, and bound values."""

    text: str
    values: dict[str, Any]
    display: Annotated[str, Meta(description="With the values written in; for people only.")]


class PlanShown(msgspec.Struct, kw_only=True, frozen=True):
    """What a run would do."""

    is_allowed: bool
    refusal: Annotated[ProblemBody | None, Meta(description="The error that a run would meet.")]
    statement: StatementShown | None
    fingerprint: Annotated[str | None, Meta(description="Runs with the same one share results.")]
    columns: tuple[ColumnShown, ...]
    plan: Annotated[str, Meta(description="The plan of the data source, in its own words.")]
    estimated_rows: int | None
    stored: Annotated[ResultLink | None, Meta(description="The result at any age.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRun:
    """A submission and what stands beside it; ``problem`` is the body of its error."""

    submission: Submission
    queue_position: int | None
    problem: Any
    result: Result | None


def show_execution(run: ShownRun, to: Addresses) -> ExecutionShown:
    """Return a run as a body."""
    submission, execution = run.submission, run.submission.execution
    uid, progress = submission.uid, execution.progress
    here = to.execution(uid)
    return ExecutionShown(
        id=uid,
        state=submission.state,
        query_id=submission.query_id,
        data_source_id=execution.data_source_id,
        queue_position=run.queue_position,
        rows=progress.rows,
        bytes=progress.bytes,
        percent=progress.percent,
        error=run.problem,
        result=None if run.result is None else show_link(run.result, to),
        created_at=submission.created_at,
        started_at=execution.started_at,
        finished_at=submission.cancelled_at or execution.finished_at,
        links=ExecutionLinks(self=here, events=f"{here}/events", results=f"{here}/results"),
    )


def show_link(result: Result, to: Addresses) -> ResultLink:
    """Return a result as a link."""
    return ResultLink(id=result.uid, row_count=result.row_count, url=to.result(result.uid))


def show_plan(plan: Plan, problem: Any, to: Addresses) -> PlanShown:
    """Return a dry run as a body; ``problem`` is the body of its verdict."""
    statement = plan.statement
    return PlanShown(
        is_allowed=plan.is_allowed,
        refusal=problem,
        statement=None
        if statement is None
        else StatementShown(
            text=statement.text,
            values={name: _plain(value) for name, value in statement.values.items()},
            display=statement.display,
        ),
        fingerprint=plan.fingerprint,
        columns=show_columns(plan.columns),
        plan=plan.text,
        estimated_rows=plan.estimated_rows,
        stored=None if plan.stored is None else show_link(plan.stored, to),
    )


def write_event(name: str, data: Any) -> bytes:
    """Return one server-sent event with JSON data."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))


def _plain(value: Any) -> Any:
    """Return a bound value as JSON has it: what is no number, text or list as its text."""
    if value is None or isinstance(value, bool | int | str | list | Mapping):
        return value
    return str(value)
