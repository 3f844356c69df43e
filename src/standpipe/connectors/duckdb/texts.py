"""Texts of uploaded rows as SQL values: what is read as what, and what is refused.

Every reading gives NULL for a text that is no such value; nothing is rounded on the way, but for
timestamps, which keep microseconds.
"""

from collections.abc import Callable, Mapping, Sequence

from standpipe.core.tables import TableColumnType

__all__ = ["INFERRED", "is_missing", "value_of"]

_INTEGER = r"[-+]?[0-9]+(\.0*)?"
_NUMBER = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
_NOT_FINITE = "(?i)[-+]?(nan|inf|infinity)"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ZONE = r" ?(Z|UTC|[-+][0-9]{2}(:?[0-9]{2})?)"
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_MIDNIGHT = r"00:00(:00(\.0+)?)?( ?(Z|UTC))?"
# What an engine would write itself needs no pattern: most texts are so, and this is much faster.
_PLAIN_TIME_LENGTH = len("2024-01-01 00:00:00")
_LARGEST = {"uint256": 2**256 - 1, "int256": 2**255 - 1}
_LEAST = {"uint256": 0, "int256": -(2**255)}


def value_of(kind: str, text: str) -> str:
    """Return the stored value of an SQL text, NULL if it is none of this kind."""
    return _READINGS[TableColumnType(kind)](text)


def is_missing(kind: str, text: str, *, is_empty_null: bool) -> str:
    """Return whether a text says nothing: NULL, and for CSV an empty one that is no VARCHAR."""
    if is_empty_null and kind != TableColumnType.VARCHAR:
        return f"coalesce(trim({text}) = '', true)"
    return f"{text} IS NULL"


def _if(condition: str, value: str) -> str:
    return f"CASE WHEN {condition} THEN {value} END"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, '{pattern}')"


def _integer(sql_type: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        trimmed = f"trim({text})"
        plain = f"TRY_CAST({text} AS {sql_type})"
        other = _if(_matches(trimmed, _INTEGER), f"TRY_CAST({trimmed} AS {sql_type})")
        return f"CASE WHEN {plain}::VARCHAR = {text} THEN {plain} ELSE {other} END"

    return read


def _of_256_bits(kind: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        number = f"TRY_CAST(trim({text}) AS BIGNUM)"
        least, largest = (f"'{bound}'::BIGNUM" for bound in (_LEAST[kind], _LARGEST[kind]))
        fits = f"{number} BETWEEN {least} AND {largest}"
        return _if(f"{_matches(f'trim({text})', _INTEGER)} AND {fits}", f"{number}::VARCHAR")

    return read


def _double(text: str) -> str:
    trimmed = f"trim({text})"
    number = f"TRY_CAST({trimmed} AS DOUBLE)"
    is_finite = f"{_matches(trimmed, _NUMBER)} AND isfinite({number})"
    return _if(f"({is_finite}) OR {_matches(trimmed, _NOT_FINITE)}", number)


def _boolean(text: str) -> str:
    words = f"lower(trim({text}))"
    return (
        f"CASE WHEN {words} IN ('true', 't', '1') THEN true"
        f" WHEN {words} IN ('false', 'f', '0') THEN false END"
    )


def _varbinary(text: str) -> str:
    trimmed = f"trim({text})"
    return (
        f"CASE WHEN {_matches(trimmed, '0[xX]([0-9a-fA-F]{2})*')}"
        f" THEN TRY(unhex(substr({trimmed}, 3))) ELSE TRY(from_base64({trimmed})) END"
    )


def _timestamp(text: str) -> str:
    trimmed = f"trim({text})"
    is_time = _matches(trimmed, f"{_DAY}([ T]{_TIME})?({_ZONE})?")
    other = _if(is_time, f"timezone('UTC', TRY_CAST({trimmed} AS TIMESTAMPTZ))")
    plain = f"TRY_CAST({text} AS TIMESTAMP)"
    is_plain = f"length({text}) = {_PLAIN_TIME_LENGTH} AND {plain}::VARCHAR = {text}"
    return f"CASE WHEN {is_plain} THEN {plain} ELSE {other} END"


def _date(text: str) -> str:
    trimmed = f"trim({text})"
    is_date = _matches(trimmed, f"{_DAY}([ T]{_MIDNIGHT})?")
    return _if(is_date, f"TRY_CAST(left({trimmed}, 10) AS DATE)")


_READINGS: Mapping[TableColumnType, Callable[[str], str]] = {
    TableColumnType.VARCHAR: lambda text: text,
    TableColumnType.VARBINARY: _varbinary,
    TableColumnType.UINT256: _of_256_bits("uint256"),
    TableColumnType.INT256: _of_256_bits("int256"),
    TableColumnType.BIGINT: _integer("BIGINT"),
    TableColumnType.INTEGER: _integer("INTEGER"),
    TableColumnType.DOUBLE: _double,
    TableColumnType.BOOLEAN: _boolean,
    TableColumnType.TIMESTAMP: _timestamp,
    TableColumnType.DATE: _date,
}

# What a column of unknown kind may be, the first that fits all of its texts; else it is VARCHAR.
# A number with zeros before it is a code of some kind, not a number.
_PLAIN_INTEGER = r"-?(0|[1-9][0-9]*)"
_CODE = r"[-+]?0[0-9].*"


def _is_plain_integer(kind: TableColumnType) -> Callable[[str], str]:
    def fits(text: str) -> str:
        return f"{_matches(f'trim({text})', _PLAIN_INTEGER)} AND {value_of(kind, text)} IS NOT NULL"

    return fits


def _is_boolean(text: str) -> str:
    return _matches(f"trim({text})", "(?i)true|false")


def _is_double(text: str) -> str:
    return f"NOT {_matches(f'trim({text})', _CODE)} AND {_double(text)} IS NOT NULL"


def _is_date(text: str) -> str:
    return f"{_matches(f'trim({text})', _DAY)} AND {_date(text)} IS NOT NULL"


def _is_timestamp(text: str) -> str:
    return f"{_timestamp(text)} IS NOT NULL"


INFERRED: Sequence[tuple[TableColumnType, Callable[[str], str]]] = (
    (TableColumnType.BOOLEAN, _is_boolean),
    (TableColumnType.BIGINT, _is_plain_integer(TableColumnType.BIGINT)),
    (TableColumnType.UINT256, _is_plain_integer(TableColumnType.UINT256)),
    (TableColumnType.INT256, _is_plain_integer(TableColumnType.INT256)),
    (TableColumnType.DOUBLE, _is_double),
    (TableColumnType.DATE, _is_date),
    (TableColumnType.TIMESTAMP, _is_timestamp),
)
