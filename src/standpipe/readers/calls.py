"""Functions, conversions and aggregates as DuckDB SQL over compiled arguments.

Aggregates of floats may differ in their last digits from one time to the next: threads add them in
no order. Sums of exact numbers are exact, or an error if they need more than 38 digits.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Final

from standpipe.core.columns import LogicalType
from standpipe.core.stored_types import StoredType, parse_stored_type
from standpipe.core.windows.kinds import STORED_TYPES
from standpipe.readers.kinds import (
    BIGINT,
    BIGNUM,
    BOOLEAN,
    DIGITS,
    DOUBLE,
    FLOATS,
    HUGEINT,
    INTEGERS,
    MAX_DIGITS,
    VARCHAR,
    Sql,
    common_kind,
    convert,
    decimal_kind,
    order_text,
    spell,
)
from standpipe.readers.spelling import repeat

_LARGE = frozenset((BIGNUM, DIGITS))
# Sums of decimals this wide stay below 38 digits for any number of rows.
_SAFE_WIDTH = 27
_SUMMED = decimal_kind(MAX_DIGITS, 10)
_MOST_CHARACTERS = 2**32 - 1
_TIMESTAMP = StoredType("TIMESTAMP")
_TIMESTAMPTZ = StoredType("TIMESTAMP WITH TIME ZONE")


def call_function(name: str, arguments: Sequence[Sql], type_: LogicalType) -> Sql:
    """Return a function of the filter language; ``type_`` is its logical type."""
    if name == "coalesce":
        return _coalesce(arguments)
    if name == "at_zone":
        return _at_zone(*arguments)
    if name in {"date_trunc", "date_part"}:
        unit, moment = (argument.text for argument in arguments)
        kind = _canonical(type_) if name == "date_trunc" else BIGINT
        return Sql(f"CAST({name}({unit}, {moment}) AS {spell(kind)})", kind)
    return _FUNCTIONS[name](*arguments)


def convert_or_null(operand: Sql, type_: LogicalType) -> Sql:
    """Return a value as another type, the one in which a grouping keeps it; null if it is none."""
    kind = _canonical(type_)
    text = operand.text
    if operand.kind == BIGNUM:
        through = "DOUBLE" if kind == BOOLEAN else "VARCHAR"
        text = f"CAST({text} AS {through})"
    return Sql(f"TRY_CAST({text} AS {spell(kind)})", kind)


def call_aggregate(name: str, operand: Sql | None, *, is_distinct: bool) -> Sql:
    """Return an aggregate over the rows of a group; without an operand it counts them."""
    if operand is None:
        return Sql("count(*)", BIGINT)
    return _AGGREGATES[name](operand, "DISTINCT " if is_distinct else "")


def keep(value: Sql, stored_type: str) -> str:
    """Return SQL of a value as it is kept in a column: what is equal is also written equal."""
    text, kept = value.text, parse_stored_type(stored_type)
    if value.kind == DIGITS:
        trimmed = (
            f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"
        )
        is_zero = f"regexp_full_match({text}, '[-+]?[0.]+')"
        value = Sql(f"CASE WHEN {is_zero} THEN '0' ELSE {trimmed} END", DIGITS)
    elif value.kind.name in FLOATS:  # -0.0 is equal to 0.0
        value = Sql(f"({text} + CAST(0 AS {value.kind.name}))", value.kind)
    return convert(value, DIGITS if value.kind == DIGITS and kept == VARCHAR else kept).text


def _canonical(type_: LogicalType) -> StoredType:
    return parse_stored_type(STORED_TYPES[type_])


def _coalesce(arguments: Sequence[Sql]) -> Sql:
    kind = reduce(common_kind, (argument.kind for argument in arguments))
    arguments = [convert(argument, kind) for argument in arguments]
    return Sql(f"coalesce({', '.join(argument.text for argument in arguments)})", kind)


def _at_zone(zone: Sql, moment: Sql) -> Sql:
    """Return what clocks of a zone show; a time without a zone is one of UTC."""
    if moment.kind != _TIMESTAMPTZ:
        moment = convert(convert(moment, _TIMESTAMP), _TIMESTAMPTZ)
    return Sql(f"timezone({zone.text}, {moment.text})", _TIMESTAMP)


def _text_function(name: str) -> Callable[[Sql], Sql]:
    return lambda text: Sql(f"{name}({text.text})", VARCHAR)


def _length(text: Sql) -> Sql:
    return Sql(f"CAST(length({text.text}) AS BIGINT)", BIGINT)


def _substr(text: Sql, *bounds: Sql) -> Sql:
    places = ", ".join(repeat(bound.text, _place_in_text) for bound in bounds)
    return Sql(f"substr({text.text}, {places})", VARCHAR)


def _place_in_text(number: str) -> str:
    """Return an integer of any size as one that DuckDB takes for a place in a text."""
    return (
        f"CASE WHEN {number} < -{_MOST_CHARACTERS} THEN -{_MOST_CHARACTERS}"
        f" WHEN {number} > {_MOST_CHARACTERS} THEN {_MOST_CHARACTERS}"
        f" ELSE TRY_CAST({number} AS BIGINT) END"
    )


def _abs(number: Sql) -> Sql:
    if number.kind in _LARGE:
        unsigned = f"ltrim(CAST({number.text} AS VARCHAR), '-')"
        return convert(Sql(unsigned, DIGITS), number.kind)
    wide = _widened(number)
    return Sql(f"abs({wide.text})", wide.kind)


def _round(number: Sql, digits: Sql | None = None) -> Sql:
    """Round half away from zero; numbers of any size are rounded as floats."""
    number = convert(number, DOUBLE) if number.kind in _LARGE else _widened(number)
    places = "" if digits is None else f", {convert(digits, StoredType('INTEGER')).text}"
    rounded = f"round({number.text}{places})"
    if number.kind.name == "DECIMAL":  # its scale shrinks otherwise
        rounded = f"CAST({rounded} AS {spell(number.kind)})"
    return Sql(rounded, number.kind)


def _widened(number: Sql) -> Sql:
    """Return an exact number as a kind that also holds what it is rounded up to."""
    if number.kind.name in INTEGERS:
        return convert(number, HUGEINT)
    if number.kind.name == "DECIMAL":
        width, scale = number.kind.numbers
        return convert(number, decimal_kind(min(width + 1, MAX_DIGITS), scale))
    return number


def _count(operand: Sql, distinct: str) -> Sql:
    return Sql(f"count({distinct}{order_text(operand) if distinct else operand.text})", BIGINT)


def _sum(operand: Sql, distinct: str) -> Sql:
    if operand.kind.name in FLOATS:
        return Sql(f"sum({distinct}{operand.text})", DOUBLE)
    if operand.kind == DIGITS:
        operand = Sql(f"TRY_CAST({operand.text} AS {spell(_SUMMED)})", _SUMMED)
    kind = HUGEINT if operand.kind.name in INTEGERS else operand.kind
    if kind.name == "DECIMAL":
        kind = decimal_kind(MAX_DIGITS, kind.numbers[1])
    return Sql(f"sum({distinct}{operand.text})", kind)


def _avg(operand: Sql, distinct: str) -> Sql:
    is_wide = operand.kind.name == "DECIMAL" and operand.kind.numbers[0] > _SAFE_WIDTH
    if is_wide or operand.kind in {HUGEINT, *_LARGE}:
        operand = convert(operand, DOUBLE)
    return Sql(f"avg({distinct}{operand.text})", DOUBLE)


def _over_floats(name: str) -> Callable[[Sql, str], Sql]:
    def aggregate(operand: Sql, distinct: str) -> Sql:
        return Sql(f"{name}({distinct}{convert(operand, DOUBLE).text})", DOUBLE)

    return aggregate


def _extreme(name: str) -> Callable[[Sql, str], Sql]:
    def aggregate(operand: Sql, _distinct: str) -> Sql:
        if operand.kind == DIGITS:
            return Sql(f"arg_{name}({operand.text}, {order_text(operand)})", DIGITS)
        return Sql(f"{name}({operand.text})", operand.kind)

    return aggregate


_FUNCTIONS: Final[Mapping[str, Callable[..., Sql]]] = {
    "lower": _text_function("lower"),
    "upper": _text_function("upper"),
    "trim": _text_function("trim"),
    "length": _length,
    "substr": _substr,
    "abs": _abs,
    "round": _round,
}

_AGGREGATES: Final[Mapping[str, Callable[[Sql, str], Sql]]] = {
    "count": _count,
    "sum": _sum,
    "avg": _avg,
    "median": _over_floats("median"),
    "stddev": _over_floats("stddev_samp"),
    "stddev_pop": _over_floats("stddev_pop"),
    "variance": _over_floats("var_samp"),
    "var_pop": _over_floats("var_pop"),
    "min": _extreme("min"),
    "max": _extreme("max"),
}
