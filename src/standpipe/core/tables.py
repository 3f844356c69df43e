"""Named tables: what they are called, what their columns hold, and what they are made of.

The rows of a table lie in parts, each an immutable Parquet artifact: a reader names the parts it
reads, so that writers never wait for it nor it for them. ``version`` grows with every change of
what can be read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from standpipe.core.errors import FieldInvalid, FieldMissing
from standpipe.core.ids import TableId, Uid, UserId, WorkspaceId
from standpipe.core.results import Artifact

CATALOG = "dune"
LONGEST_NAME = 128
TABLES_MARK = "+"  # in a fingerprint, between the statement and the tables that it read
MOST_COLUMNS = 500

# Stored in a result otherwise than they were (see a column's ``source_type``); a materialised view
# gives them back as they were.
RESTORED_TYPES = frozenset({"HUGEINT", "UHUGEINT", "BIGNUM", "INTERVAL"})

# What databases call their own schemas.
_SCHEMAS = frozenset({"main", "information_schema", "pg_catalog"})
_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class TableColumnType(StrEnum):
    """What a column of an uploaded table holds."""

    VARCHAR = "varchar"
    VARBINARY = "varbinary"
    UINT256 = "uint256"
    INT256 = "int256"
    BIGINT = "bigint"
    INTEGER = "integer"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"  # without a time zone: UTC
    DATE = "date"


class TableKind(StrEnum):
    """Where the rows of a table come from."""

    UPLOAD = "upload"
    VIEW = "view"  # the last refresh of a query that succeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column; ``is_filtering`` only says that people filter by it.

    ``type`` is a TableColumnType, or in a materialised view the name of a DuckDB type.
    """

    name: str
    type: str
    is_nullable: bool = True
    description: str = ""
    is_filtering: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePart:
    """Some rows of a table, as they were written once."""

    artifact: Artifact
    row_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPart:
    """A part, and the table that holds it."""

    table_id: TableId
    table_name: str
    part: TablePart


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedTable:
    """A table of a user: ``dune.<namespace>.<name>`` in every statement on DuckDB.

    Both names are in small letters. A private one is seen by its owner and by administrators.
    A view that was never refreshed has no columns. ``row_count`` and ``byte_count`` are those of
    all its parts.
    """

    id: TableId
    uid: Uid
    workspace_id: WorkspaceId
    namespace: str
    name: str
    description: str = ""
    is_private: bool = False
    owner_id: UserId
    columns: tuple[TableColumn, ...]
    version: int = 1
    row_count: int = 0
    byte_count: int = 0
    created_at: datetime
    updated_at: datetime
    kind: TableKind = TableKind.UPLOAD

    @property
    def full_name(self) -> str:
        """The name in statements, where it need not be quoted."""
        return f"{CATALOG}.{self.namespace}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFilter:
    """Which tables a list holds: ``viewer_id``'s own, what is not private, or all of them."""

    workspace_id: WorkspaceId
    viewer_id: UserId | None = None
    sees_private: bool = False
    namespace: str | None = None
    kind: TableKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePin:
    """A table that a run was allowed to read when it was asked for."""

    id: TableId
    name: str
    version: int
    is_private: bool
    owner_id: UserId


class BodyFormat(StrEnum):
    """How the rows of an upload are written."""

    CSV = "csv"  # the first line names the columns
    NDJSON = "ndjson"  # one JSON object a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of the body of an upload."""

    columns: tuple[TableColumn, ...]
    row_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTable:
    """A table as a connector offers it to a statement: its parts as local files."""

    namespace: str
    name: str
    columns: tuple[TableColumn, ...]
    files: tuple[Path, ...]

    @property
    def full_name(self) -> str:
        """The name in statements, where it need not be quoted."""
        return f"{CATALOG}.{self.namespace}.{self.name}"


def check_table_name(name: str, field: str = "table_name") -> str:
    """Return the name of a table; FieldMissing, FieldInvalid names the ``field``."""
    if not name:
        raise FieldMissing(f"{field} is missing.")
    if not _TABLE_NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise FieldInvalid(
            f"{field}: {name[:LONGEST_NAME]!r} is not the name of a table.",
            detail="A small letter, then small letters, digits and underscores;"
            f" {LONGEST_NAME} at most.",
            hint=f"Try {to_table_name(name)!r}.",
        )
    return name


def check_columns(columns: Sequence[TableColumn]) -> tuple[TableColumn, ...]:
    """Return the columns of a table; FieldMissing without any, FieldInvalid names the field."""
    if not columns:
        raise FieldMissing("schema: a table has at least one column.")
    if len(columns) > MOST_COLUMNS:
        raise FieldInvalid(f"schema: {len(columns)} columns.", detail=f"{MOST_COLUMNS} at most.")
    seen: set[str] = set()
    for position, column in enumerate(columns):
        field = f"schema[{position}].name"
        if not _COLUMN_NAME.fullmatch(column.name) or len(column.name) > LONGEST_NAME:
            raise FieldInvalid(
                f"{field}: {column.name[:LONGEST_NAME]!r} is not the name of a column.",
                detail="A letter or underscore, then letters, digits and underscores;"
                f" {LONGEST_NAME} at most.",
            )
        if column.name.lower() in seen:
            raise FieldInvalid(f"{field}: {column.name!r} is there twice, if case is ignored.")
        seen.add(column.name.lower())
    return tuple(columns)


def read_column_type(text: str, field: str) -> TableColumnType:
    """Return the type of that name, whatever its case; FieldInvalid names the ``field``."""
    try:
        return TableColumnType(text.strip().lower())
    except ValueError as error:
        raise FieldInvalid(
            f"{field}: {text[:LONGEST_NAME]!r} is not the type of a column.",
            detail=f"Allowed: {', '.join(TableColumnType)}.",
        ) from error


def to_table_name(text: str) -> str:
    """Return the nearest name that a table may have."""
    name = _underscored(text.lower()).strip("_") or "table"
    return (name if name[0].isalpha() else f"t_{name}")[:LONGEST_NAME]


def to_column_names(header: Sequence[str]) -> tuple[str, ...]:
    """Return names that columns may have, as near as can be: unique even if case is ignored."""
    taken: set[str] = set()
    names: list[str] = []
    for position, text in enumerate(header, start=1):
        base = _underscored(text.strip())[:LONGEST_NAME] or f"column_{position}"
        base = base if not base[0].isdigit() else f"_{base}"[:LONGEST_NAME]
        name, number = base, 0
        while name.lower() in taken:
            number += 1
            name = f"{base[: LONGEST_NAME - 8]}_{number}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def handle_of(name: str) -> str:
    """Return a name in small letters, digits and underscores: what a namespace is called."""
    handle = _underscored(name).lower().strip("_") or "user"
    return f"{handle}_" if handle in _SCHEMAS else handle


def _underscored(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", text)
