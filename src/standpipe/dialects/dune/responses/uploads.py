"""Uploaded tables as Dune's clients read them (compat/dune.md 3.6, 3.7)."""

from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.tables import TableColumn, TableColumnType, TableKind, UploadedTable
from standpipe.dialects.dune.responses.bodies import show_time
from standpipe.dialects.dune.responses.types import spell_type
from standpipe.services.uploads import Inserted

_OF_UPLOADS: Final = frozenset(TableColumnType)
_DATASETS: Final = {TableKind.UPLOAD: "uploaded_table", TableKind.VIEW: "materialized_view"}


class TableCreated(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What came of a table that was to be made."""

    namespace: str
    table_name: str
    full_name: str
    example_query: str
    already_existed: bool
    message: str


class TableUploaded(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What came of a CSV."""

    success: bool
    table_name: str
    full_name: str
    example_query: str


class RowsInserted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How much was written."""

    rows_written: int
    bytes_written: int
    name: str


class TableDone(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What was done to a table, in words."""

    message: str


class OwnerShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who owns what is in a namespace: the workspace is the team."""

    handle: str
    type: str


class ColumnShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A column of a table."""

    name: str
    type: str
    nullable: bool
    metadata: dict[str, Any] | UnsetType = UNSET


class ListedTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A table as a line of a list: its size is a text."""

    full_name: str
    is_private: bool
    table_size_bytes: str
    created_at: str
    updated_at: str
    owner: OwnerShown
    columns: list[ColumnShown]


class TableList(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A page of tables, and where the next one begins."""

    tables: list[ListedTable]
    next_offset: int | UnsetType = UNSET


class DatasetShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A table as a dataset."""

    full_name: str
    type: str
    owner: OwnerShown
    columns: list[ColumnShown]
    metadata: dict[str, Any]
    created_at: str
    updated_at: str
    is_private: bool


def show_created(table: UploadedTable, *, already_existed: bool = False) -> TableCreated:
    """Return what came of a table that was to be made."""
    return TableCreated(
        namespace=table.namespace,
        table_name=table.name,
        full_name=table.full_name,
        example_query=_example(table),
        already_existed=already_existed,
        message="Table created successfully",
    )


def show_uploaded(table: UploadedTable) -> TableUploaded:
    """Return what came of a CSV."""
    return TableUploaded(
        success=True,
        table_name=table.name,
        full_name=table.full_name,
        example_query=_example(table),
    )


def show_inserted(inserted: Inserted) -> RowsInserted:
    """Return how much was written."""
    return RowsInserted(
        rows_written=inserted.row_count,
        bytes_written=inserted.byte_count,
        name=inserted.table.full_name,
    )


def show_listed_table(table: UploadedTable, team: str) -> ListedTable:
    """Return a table as a line of a list. ``team`` is the shared namespace."""
    return ListedTable(
        full_name=table.full_name,
        is_private=table.is_private,
        table_size_bytes=str(table.byte_count),
        created_at=show_time(table.created_at),
        updated_at=show_time(table.updated_at),
        owner=show_owner(table.namespace, team),
        columns=[_column(column) for column in table.columns],
    )


def show_dataset(table: UploadedTable, team: str) -> DatasetShown:
    """Return a table as a dataset. ``team`` is the namespace that the workspace shares."""
    return DatasetShown(
        full_name=table.full_name,
        type=_DATASETS[table.kind],
        owner=show_owner(table.namespace, team),
        columns=[_column(column) for column in table.columns],
        metadata={"description": table.description} if table.description else {},
        created_at=show_time(table.created_at),
        updated_at=show_time(table.updated_at),
        is_private=table.is_private,
    )


def show_owner(namespace: str, team: str) -> OwnerShown:
    """Return who owns what is in a namespace."""
    return OwnerShown(handle=namespace, type="team" if namespace == team else "user")


def _example(table: UploadedTable) -> str:
    return f"select * from {table.full_name} limit 10"  # noqa: S608 - to be shown


def _column(column: TableColumn) -> ColumnShown:
    said = {"description": column.description, "filtering_column": column.is_filtering}
    return ColumnShown(
        name=column.name,
        type=column.type if column.type in _OF_UPLOADS else spell_type(column.type),
        nullable=column.is_nullable,
        metadata=said if column.description or column.is_filtering else UNSET,
    )
