"""What a compiled expression is to DuckDB, and how numbers of different kinds meet exactly.

Two kinds hold numbers that fit no column of their own, which an artifact keeps as text: BIGNUM
(integers of any size) and DIGITS, which is ours: the text itself, compared through ``digits_key``.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from standpipe.core.columns import Column, LogicalType
from standpipe.core.stored_types import StoredType, parse_stored_type
from standpipe.readers.spelling import quote_name, repeat

BIGINT: Final = StoredType("BIGINT")
HUGEINT: Final = StoredType("HUGEINT")
BIGNUM: Final = StoredType("BIGNUM")
DIGITS: Final = StoredType("DIGITS")
DOUBLE: Final = StoredType("DOUBLE")
VARCHAR: Final = StoredType("VARCHAR")
BOOLEAN: Final = StoredType("BOOLEAN")

MAX_DIGITS: Final = 38
FLOATS: Final = frozenset(("FLOAT", "DOUBLE"))

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
INTEGERS: Final = {
    **{name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in _BITS.items()},
    **{f"U{name}": (0, 2**bits - 1) for name, bits in _BITS.items()},
}

# A later kind holds what an earlier one does, though TIMESTAMP only with microseconds.
_DATES = ("DATE", "TIMESTAMP_NS", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_TIMES = ("TIME", "TIME_NS")

_PLAIN_DIGITS = r"[-+]?[0-9]*\.?[0-9]*"


@dataclass(frozen=True, slots=True)
class Sql:
    """An expression as DuckDB SQL, and the kind of its values."""

    text: str
    kind: StoredType


@dataclass(frozen=True, slots=True)
class Domain:
    """The exact numbers of a kind: multiples of ``10 ** -scale``; None has no bounds."""

    scale: int
    bounds: tuple[int, int] | None


def decimal_kind(width: int, scale: int) -> StoredType:
    """Return DECIMAL(width, scale)."""
    return StoredType("DECIMAL", (width, scale))


def spell(kind: StoredType) -> str:
    """Return the DuckDB type of a kind that is not nested."""
    if kind == DIGITS:
        return "VARCHAR"
    return f"{kind.name}({kind.numbers[0]},{kind.numbers[1]})" if kind.numbers else kind.name


def column_sql(column: Column, table: str, meant: LogicalType) -> Sql:
    """Return the value of a column as what it means: numbers that are kept as text are numbers."""
    kind = parse_stored_type(column.stored_type)
    sql = Sql(f"{table}.{quote_name(column.stored_name)}", kind)
    if kind != VARCHAR:
        return convert(sql, VARCHAR) if meant is LogicalType.TEXT else sql
    match meant:
        case LogicalType.INTEGER:
            return Sql(f"TRY_CAST({sql.text} AS BIGNUM)", BIGNUM)
        case LogicalType.DECIMAL:
            return Sql(sql.text, DIGITS)
        case LogicalType.FLOAT:
            return Sql(f"TRY_CAST({sql.text} AS DOUBLE)", DOUBLE)
    return sql


def find_domain(kind: StoredType) -> Domain | None:
    """Return which numbers a kind holds; None for one that is no exact number."""
    if kind.name in INTEGERS:
        return Domain(0, INTEGERS[kind.name])
    if kind.name == "DECIMAL":
        width, scale = kind.numbers
        return Domain(scale, (1 - 10**width, 10**width - 1))
    if kind == BIGNUM:
        return Domain(0, None)
    return None


def is_number(kind: StoredType) -> bool:
    """Whether values of a kind are numbers."""
    return kind.name in FLOATS or kind == DIGITS or find_domain(kind) is not None


def number_kind(value: int | Decimal) -> StoredType:
    """Return the narrowest kind of those used here that holds a number exactly."""
    if isinstance(value, int):
        kinds = (kind for kind in (BIGINT, HUGEINT) if _holds(kind, value))
        return next(kinds, BIGNUM)
    _, digits, exponent = value.as_tuple()
    scale = max(-int(exponent), 0)
    whole = max(len(digits) + int(exponent), 1)
    return decimal_kind(MAX_DIGITS, scale) if whole + scale <= MAX_DIGITS else DIGITS


def common_kind(left: StoredType, right: StoredType) -> StoredType:
    """Return the kind in which values of both kinds can be compared.

    Numbers lose nothing unless one of them is a float. Kinds that do not compare give the left.
    """
    if left == right:
        return left
    if is_number(left) and is_number(right):
        return _common_number(left, right)
    for ladder in (_DATES, _TIMES):
        if left.name in ladder and right.name in ladder:
            return max(left, right, key=lambda kind: ladder.index(kind.name))
    return left


def _common_number(left: StoredType, right: StoredType) -> StoredType:
    if {left.name, right.name} & FLOATS:
        return DOUBLE
    domains = find_domain(left), find_domain(right)
    if domains[0] is None or domains[1] is None:
        return DIGITS
    scale = max(domain.scale for domain in domains if domain)
    if BIGNUM in (left, right):
        return BIGNUM if scale == 0 else DIGITS
    if scale == 0:
        is_small = {left.name, right.name} <= {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"}
        return BIGINT if is_small else HUGEINT
    width = max(_whole_digits(domain) for domain in domains if domain) + scale
    return decimal_kind(width, scale) if width <= MAX_DIGITS else DIGITS


def convert(sql: Sql, kind: StoredType) -> Sql:
    """Return the same value as another kind; a conversion error when it does not fit."""
    if sql.kind == kind:
        return sql
    text = sql.text
    if kind == DOUBLE and sql.kind == DIGITS:
        return Sql(f"TRY_CAST({text} AS DOUBLE)", kind)
    through_text = BIGNUM in (sql.kind, kind) and "DECIMAL" in (sql.kind.name, kind.name)
    if through_text:
        text = f"CAST({text} AS VARCHAR)"
    return Sql(f"CAST({text} AS {spell(kind)})", kind)


def order_text(sql: Sql) -> str:
    """Return SQL whose values compare and sort as the expression's values do."""
    return digits_key(sql.text) if sql.kind == DIGITS else sql.text


def digits_key(text: str) -> str:
    """Return a text that sorts as the number does that ``text`` writes, however long it is.

    The sign, how many digits stand before the point, the digits; negated for negative numbers.
    NaN is greater than all, as everywhere in DuckDB; what is no plain number is greater still.
    """
    return repeat(text, _digits_key)


def _digits_key(text: str) -> str:
    unsigned = f"ltrim({text}, '+-')"
    whole = f"ltrim(split_part({unsigned}, '.', 1), '0')"
    fraction = f"rtrim(split_part({unsigned}, '.', 2), '0')"
    digits = f"lpad(CAST(length({whole}) AS VARCHAR), 6, '0') || {whole} || '.' || {fraction}"
    negated = f"translate({digits}, '0123456789', '9876543210')"
    is_negative = f"starts_with({text}, '-') AND regexp_matches({text}, '[1-9]')"
    return (
        f"(CASE WHEN regexp_full_match({text}, '{_PLAIN_DIGITS}')"
        f" THEN CASE WHEN {is_negative} THEN '0' || {negated} || '~' ELSE '1' || {digits} END"
        f" ELSE CASE lower({text}) WHEN 'nan' THEN '2' WHEN 'infinity' THEN '1~'"
        f" WHEN '-infinity' THEN '0' ELSE '3' || {text} END END)"
    )


def _holds(kind: StoredType, value: int) -> bool:
    low, high = INTEGERS[kind.name]
    return bool(low <= value <= high)


def _whole_digits(domain: Domain) -> int:
    if domain.bounds is None:
        return MAX_DIGITS + 1
    largest: int = max(abs(bound) for bound in domain.bounds)
    return len(str(largest)) - domain.scale
