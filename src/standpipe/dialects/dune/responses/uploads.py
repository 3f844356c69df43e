"""Uploaded tables as Dune's clients read them (compat/dune.md 3.6, 3.7)."""

from typing import Any

from standpipe.core.tables import TableColumn, UploadedTable
from standpipe.dialects.dune.responses.bodies import show_time
from standpipe.services.uploads import Inserted


def show_created(table: UploadedTable, *, already_existed: bool = False) -> dict[str, Any]:
    """Return what came of a table that was to be made."""
    return {
        "namespace": table.namespace,
        "table_name": table.name,
        "full_name": table.full_name,
        "example_query": _example(table),
        "already_existed": already_existed,
        "message": "Table created successfully",
    }


def show_uploaded(table: UploadedTable) -> dict[str, Any]:
    """Return what came of a CSV."""
    return {
        "success": True,
        "table_name": table.name,
        "full_name": table.full_name,
        "example_query": _example(table),
    }


def show_inserted(inserted: Inserted) -> dict[str, Any]:
    """Return how much was written."""
    return {
        "rows_written": inserted.row_count,
        "bytes_written": inserted.byte_count,
        "name": inserted.table.full_name,
    }


def show_listed_table(table: UploadedTable, team: str) -> dict[str, Any]:
    """Return a table as a line of a list: its size is a text. ``team`` is the shared namespace."""
    return {
        "full_name": table.full_name,
        "is_private": table.is_private,
        "table_size_bytes": str(table.byte_count),
        "created_at": show_time(table.created_at),
        "updated_at": show_time(table.updated_at),
        "owner": show_owner(table.namespace, team),
        "columns": [_column(column) for column in table.columns],
    }


def show_dataset(table: UploadedTable, team: str) -> dict[str, Any]:
    """Return a table as a dataset. ``team`` is the namespace that the workspace shares."""
    return {
        "full_name": table.full_name,
        "type": "uploaded_table",
        "owner": show_owner(table.namespace, team),
        "columns": [_column(column) for column in table.columns],
        "metadata": {"description": table.description} if table.description else {},
        "created_at": show_time(table.created_at),
        "updated_at": show_time(table.updated_at),
        "is_private": table.is_private,
    }


def show_owner(namespace: str, team: str) -> dict[str, str]:
    """Return who owns what is in a namespace: the workspace is the team."""
    return {"handle": namespace, "type": "team" if namespace == team else "user"}


def _example(table: UploadedTable) -> str:
    return f"select * from {table.full_name} limit 10"  # noqa: S608 - to be shown


def _column(column: TableColumn) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": column.name,
        "type": column.type.value,
        "nullable": column.is_nullable,
    }
    if column.description or column.is_filtering:
        shown["metadata"] = {
            "description": column.description,
            "filtering_column": column.is_filtering,
        }
    return shown
