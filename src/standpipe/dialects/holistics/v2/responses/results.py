"""Answers of data sets, and results of jobs: Data and JobResult, compat/holistics.md 3.8."""

from typing import Any, Final

import msgspec

from standpipe.core.columns import Column
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.ports import Encoding
from standpipe.dialects.holistics.responses.files import page_encoding
from standpipe.dialects.holistics.responses.polls import ColumnShown, show_columns
from standpipe.formats.json import JsonRows
from standpipe.formats.values import STRINGS

ACTION: Final = "DataModel.execute_model_query"
_PENDING: Final = {
    ExecutionState.QUEUED: "queued",
    ExecutionState.RUNNING: "running",
    ExecutionState.CANCELLED: "cancelled",
}


class MetaShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which page, and how many rows all pages have together."""

    page: int
    page_size: int
    num_rows: int


class DataShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A page of rows."""

    fields: list[str]
    columns: list[ColumnShown]
    values: list[list[str | None]]
    meta: MetaShown


class JobRef(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A job that was begun, or joined."""

    id: int
    status: str
    existing_job_id: int | None


class AsyncShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An answer that is collected later."""

    job: JobRef


class ResultShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a job has made."""

    type: str
    data: DataShown | None


class JobResultShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a job stands, and what it has made."""

    status: str
    error: str | None
    result: ResultShown | None


def show_begun(job: Submission, *, is_new: bool) -> AsyncShown:
    """Return a job; one that was there says so, under the same number."""
    status = "created" if is_new else "already_existed"
    existing = None if is_new else job.id
    return AsyncShown(job=JobRef(id=job.id, status=status, existing_job_id=existing))


def show_pending(job: Submission) -> JobResultShown:
    """Return that a job has no result yet, or was cancelled."""
    return JobResultShown(status=_PENDING.get(job.state, "queued"), error=None, result=None)


def show_without_rows(state: ExecutionState) -> JobResultShown:
    """Return how a job stands that leaves no rows: a preload, for one."""
    status = "success" if state is ExecutionState.SUCCEEDED else _PENDING.get(state, "failure")
    return JobResultShown(status=status, error=None, result=None)


def show_failed(error: str) -> JobResultShown:
    """Return why a job has no result."""
    return JobResultShown(status="failure", error=error, result=ResultShown(type=ACTION, data=None))


def data_encoding(columns: tuple[Column, ...], meta: MetaShown) -> Encoding:
    """Return how a page is written by itself."""
    return page_encoding(show_columns(columns), {"meta": meta})


def result_encoding(columns: tuple[Column, ...], meta: MetaShown) -> Encoding:
    """Return how a page is written as the result of a job."""
    empty: dict[str, Any] = {**show_columns(columns), "values": [], "meta": meta}
    whole = {"status": "success", "error": None, "result": {"type": ACTION, "data": empty}}
    before, mark, after = msgspec.json.encode(whole).rpartition(b'"values":[')
    return JsonRows(STRINGS, shape="arrays", head=before + mark, tail=after)
