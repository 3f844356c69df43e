"""The names of types as Trino spells them: compat/dune.md 6.1."""

from typing import Final

from standpipe.core.columns import Column
from standpipe.core.stored_types import StoredType, parse_stored_type

_NAMES: Final = {
    "TINYINT": "tinyint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "bigint",
    "HUGEINT": "bigint",  # what a sum of integers is: few of them are larger
    "UHUGEINT": "uint256",
    "BIGNUM": "int256",
    "FLOAT": "real",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "BLOB": "varbinary",
    "DATE": "date",
    "TIME": "time(6)",
    "TIME_NS": "time(9)",
    "TIMESTAMP": "timestamp(3)",
    "TIMESTAMP_S": "timestamp(3)",
    "TIMESTAMP_MS": "timestamp(3)",
    "TIMESTAMP_NS": "timestamp(3)",
    "TIMESTAMP WITH TIME ZONE": "timestamp(3) with time zone",
    "TIMESTAMPTZ_NS": "timestamp(3) with time zone",
    "INTERVAL": "interval day to second",
    "UUID": "uuid",
    "JSON": "json",
    "NULL": "unknown",
}
# Written as strings, as decimals are; of the second kind only numbers that do not fit 64 bits.
_STRINGS: Final = frozenset({"UHUGEINT", "BIGNUM", "DECIMAL"})
_PERHAPS_STRINGS: Final = frozenset({"UBIGINT", "HUGEINT"})


def type_name(column: Column) -> str:
    """Return the Trino name of a column's type."""
    return spell_type(column.source_type)


def spell_type(stored_type: str) -> str:
    """Return the Trino name of a DuckDB type."""
    return _spell(parse_stored_type(stored_type))


def is_string(column: Column) -> bool:
    """Whether every number of this column is written as a string."""
    return parse_stored_type(column.source_type).name in _STRINGS


def may_be_string(column: Column) -> bool:
    """Whether numbers of this column are written as strings if they do not fit 64 bits."""
    return parse_stored_type(column.source_type).name in _PERHAPS_STRINGS


def _spell(kind: StoredType) -> str:
    parts = [(name, _spell(part)) for name, part in kind.parts]
    if kind.name == "DECIMAL":
        return f"decimal({','.join(map(str, kind.numbers))})" if kind.numbers else "decimal(38,0)"
    if kind.name == "LIST" and parts:
        return f"array({parts[0][1]})"
    if kind.name == "MAP" and parts:
        return f"map({', '.join(part for _, part in parts)})"
    if kind.name == "STRUCT" and parts:
        return f"row({', '.join(f'{name} {part}' for name, part in parts)})"
    return _NAMES.get(kind.name, "varchar")
