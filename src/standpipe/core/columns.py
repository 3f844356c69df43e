"""Logical column types and result columns."""

from dataclasses import dataclass
from enum import StrEnum


class LogicalType(StrEnum):
    """What a column means, apart from how it is stored."""

    INTEGER = "integer"
    FLOAT = "float"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"
    BYTES = "bytes"
    LIST = "list"
    STRUCT = "struct"
    MAP = "map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a result.

    ``name`` is what the statement called it and may repeat or be empty; ``stored_name`` is unique
    in the artifact even when case is ignored. ``stored_type`` is the DuckDB type in the artifact
    (``DECIMAL(38,0)``), ``source_type`` the type the data source named (``HUGEINT``), and
    ``logical_type`` what it means to every dialect.
    """

    name: str
    stored_name: str
    logical_type: LogicalType
    stored_type: str
    source_type: str
