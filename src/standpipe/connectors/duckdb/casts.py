"""How DuckDB's types are stored in Parquet without losing anything, and what they mean.

COPY would turn HUGEINT into DOUBLE, cut INTERVAL, shift TIMETZ and refuse empty structs; a cast
to the stored type before it keeps every value exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from duckdb.sqltypes import DuckDBPyType

from standpipe.connectors.duckdb.names import quote_name, spell_name
from standpipe.core.columns import Column, LogicalType

__all__ = ["cast_columns", "holds_hugeint", "select_list"]


@dataclass(frozen=True, slots=True)
class _Stored:
    type: str
    logical: LogicalType


_T = LogicalType
_SCALARS: Mapping[str, _Stored] = {
    **{
        name: _Stored(name.upper(), _T.INTEGER)
        for name in (
            *("tinyint", "smallint", "integer", "bigint"),
            *("utinyint", "usmallint", "uinteger", "ubigint"),
        )
    },
    "hugeint": _Stored("DECIMAL(38,0)", _T.INTEGER),
    "uhugeint": _Stored("VARCHAR", _T.INTEGER),
    "bignum": _Stored("VARCHAR", _T.INTEGER),
    "float": _Stored("FLOAT", _T.FLOAT),
    "double": _Stored("DOUBLE", _T.FLOAT),
    "boolean": _Stored("BOOLEAN", _T.BOOLEAN),
    "varchar": _Stored("VARCHAR", _T.TEXT),
    "enum": _Stored("VARCHAR", _T.TEXT),
    "bit": _Stored("VARCHAR", _T.TEXT),
    "geometry": _Stored("VARCHAR", _T.TEXT),
    "null": _Stored("VARCHAR", _T.TEXT),
    "blob": _Stored("BLOB", _T.BYTES),
    "uuid": _Stored("UUID", _T.UUID),
    "date": _Stored("DATE", _T.DATE),
    "time": _Stored("TIME", _T.TIME),
    "time_ns": _Stored("TIME_NS", _T.TIME),
    "time with time zone": _Stored("VARCHAR", _T.TIME),
    "timestamp": _Stored("TIMESTAMP", _T.TIMESTAMP),
    "timestamp_s": _Stored("TIMESTAMP", _T.TIMESTAMP),
    "timestamp_ms": _Stored("TIMESTAMP", _T.TIMESTAMP),
    "timestamp_ns": _Stored("TIMESTAMP_NS", _T.TIMESTAMP),
    "timestamp with time zone": _Stored("TIMESTAMP WITH TIME ZONE", _T.TIMESTAMPTZ),
    "timestamptz_ns": _Stored("TIMESTAMPTZ_NS", _T.TIMESTAMPTZ),
    "interval": _Stored("VARCHAR", _T.INTERVAL),
}
_JSON = _Stored("JSON", _T.JSON)
_UNKNOWN = _Stored("VARCHAR", _T.TEXT)


def cast_columns(
    names: Sequence[str], types: Sequence[DuckDBPyType], *, hugeint: str = "DECIMAL(38,0)"
) -> tuple[Column, ...]:
    """Return the columns of a result as they will be stored, in order.

    ``hugeint`` is the stored type of HUGEINT; VARCHAR where a value needs more than 38 digits.
    """
    stored = [_store(kind, hugeint) for kind in types]
    return tuple(
        Column(
            name=name,
            stored_name=stored_name,
            logical_type=to.logical,
            stored_type=to.type,
            source_type="NULL" if kind.id == "null" else str(kind),
        )
        for name, stored_name, kind, to in zip(
            names, _unique_names(names), types, stored, strict=True
        )
    )


def holds_hugeint(kind: DuckDBPyType) -> bool:
    """Whether a HUGEINT occurs in the type, at any depth."""
    if kind.id == "hugeint":
        return True
    if kind.id not in ("list", "array", "struct", "map"):
        return False
    return any(
        isinstance(child, DuckDBPyType) and holds_hugeint(child) for _, child in kind.children
    )


def select_list(columns: Sequence[Column]) -> str:
    """Return the SELECT list that casts and names the columns of a subquery by position."""
    return ", ".join(
        f"#{position}::{column.stored_type} AS {quote_name(column.stored_name)}"
        if column.stored_type != column.source_type
        else f"#{position} AS {quote_name(column.stored_name)}"
        for position, column in enumerate(columns, start=1)
    )


def _store(kind: DuckDBPyType, hugeint: str) -> _Stored:
    match kind.id:
        case "hugeint":
            stored = _Stored(hugeint, _T.INTEGER)
        case "decimal":
            stored = _Stored(str(kind), _T.DECIMAL)
        case "list" | "array":
            stored = _Stored(f"{_store(_children(kind)[0], hugeint).type}[]", _T.LIST)
        case "map":
            key, value = (_store(child, hugeint).type for child in _children(kind))
            stored = _Stored(f"MAP({key}, {value})", _T.MAP)
        case "struct" if kind.children:
            stored = _Stored(_struct(kind, hugeint), _T.STRUCT)
        case "struct" | "tuple" | "union" | "variant":
            stored = _JSON
        case _:
            # JSON is a VARCHAR by another name
            stored = _JSON if str(kind) == "JSON" else _SCALARS.get(kind.id, _UNKNOWN)
    return stored


def _struct(kind: DuckDBPyType, hugeint: str) -> str:
    names = [name for name, _ in kind.children]
    fields = zip(names, _children(kind), strict=True)
    inner = ", ".join(f"{spell_name(name)} {_store(child, hugeint).type}" for name, child in fields)
    return f"STRUCT({inner})"


def _children(kind: DuckDBPyType) -> list[DuckDBPyType]:
    return [child for _, child in kind.children if isinstance(child, DuckDBPyType)]


def _unique_names(names: Sequence[str]) -> list[str]:
    """Return a name per column, unique ignoring case: `a`, `A` become `a`, `A_1`."""
    taken = {name.lower() for name in names}
    seen: set[str] = set()
    unique = []
    for position, name in enumerate(names, start=1):
        base = candidate = name or f"column{position}"
        number = 0
        while candidate.lower() in seen or (number and candidate.lower() in taken):
            number += 1
            candidate = f"{base}_{number}"
        seen.add(candidate.lower())
        unique.append(candidate)
    return unique
