"""How submits and polls are answered: compat/holistics.md 3.1, 3.2, 3.4, 3.5."""

from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.columns import Column
from standpipe.core.executions import Submission

# Clients in R ask again after this text only (holistics.md 3.2).
NOT_YET: Final = "not yet"


class SubmittedShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A job that was begun, or one that is as good."""

    status: str
    job_id: int


class FileShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where the file is."""

    http_path: str


class ExportShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How an export stands: ``not yet``, ``success`` or ``failure``."""

    status: str
    export: FileShown | UnsetType | None = UNSET
    error: str | UnsetType = UNSET


class PaginatedShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which page of how many."""

    page: int
    page_size: int
    num_pages: int
    num_rows: int


class ColumnShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A column and its logical type."""

    name: str
    type: str


class RowsShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a job stands, and a page of its rows once it succeeded."""

    status: str
    job_id: int
    error: str | UnsetType = UNSET
    errors: list[str] | UnsetType = UNSET
    fields: list[str] | UnsetType = UNSET
    columns: list[ColumnShown] | UnsetType = UNSET
    values: list[list[str | None]] | UnsetType = UNSET
    paginated: PaginatedShown | UnsetType = UNSET
    last_cache_updated: str | UnsetType = UNSET


def show_submitted(job: Submission) -> SubmittedShown:
    """Return that a job was begun; nothing says whether it existed already."""
    return SubmittedShown(status="created", job_id=job.id)


def show_pending_rows(job: Submission) -> RowsShown:
    """Return that a job is not over."""
    return RowsShown(status="running", job_id=job.id)


def show_failed_rows(job: Submission, error: str) -> RowsShown:
    """Return why a job has no rows."""
    return RowsShown(status="failure", job_id=job.id, error=error, errors=[error])


def show_columns(columns: tuple[Column, ...]) -> dict[str, Any]:
    """Return the fields of a page before its rows."""
    return {
        "fields": [column.name for column in columns],
        "columns": [
            ColumnShown(name=column.name, type=column.logical_type.value) for column in columns
        ],
    }
