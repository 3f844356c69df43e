"""Which numbers a double cannot hold: programs that read numbers as doubles would change them."""

from standpipe.core.columns import LogicalType
from standpipe.core.stored_types import StoredType

_EXACT_INTEGER = 2**53
_EXACT_DIGITS = 15
_SMALL = frozenset({"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"})


def long_number(operand: str, text: str, meant: LogicalType, stored: StoredType) -> str | None:
    """Return SQL that says whether a number is long; None if no value of the type can be.

    Long are integers beyond 2^53 and decimals of more than 15 significant digits. ``operand`` is
    the stored value, ``text`` its exact text.
    """
    if stored.name in {"FLOAT", "DOUBLE"} or stored.name in _SMALL:
        return None
    if stored.name == "DECIMAL" and stored.numbers[0] <= _EXACT_DIGITS:
        return None
    if stored.logical_type is LogicalType.TEXT:
        return _long_integer_text(text) if meant is LogicalType.INTEGER else _many_digits(text)
    if stored.logical_type is LogicalType.DECIMAL:
        return _many_digits(text)
    return f"{operand} NOT BETWEEN -{_EXACT_INTEGER} AND {_EXACT_INTEGER}"


def _many_digits(text: str) -> str:
    digits = f"regexp_replace({text}, '[eE].*|[-.]', '', 'g')"
    return f"length(trim({digits}, '0')) > {_EXACT_DIGITS}"


def _long_integer_text(text: str) -> str:
    digits = f"ltrim({text}, '-')"
    most = str(_EXACT_INTEGER)
    return (
        f"(length({digits}) > {len(most)}"
        f" OR (length({digits}) = {len(most)} AND {digits} > '{most}'))"
    )
