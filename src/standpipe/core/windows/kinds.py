"""Types in expressions: which compare with each other, and how values of an expression are kept."""

from collections.abc import Iterable
from decimal import Decimal
from functools import reduce
from typing import Final

from standpipe.core.columns import Column, LogicalType
from standpipe.core.stored_types import parse_stored_type
from standpipe.core.windows.expressions import (
    AggregateCall,
    ColumnValue,
    Constant,
    Expression,
    FunctionCall,
    RunningCall,
)

T = LogicalType

# In each family the later type holds what the earlier ones hold.
_FAMILIES = ((T.INTEGER, T.DECIMAL, T.FLOAT), (T.DATE, T.TIMESTAMP, T.TIMESTAMPTZ))

NUMBERS: Final = frozenset(_FAMILIES[0])
DATES: Final = frozenset(_FAMILIES[1])
# What has an order and can be compared; the rest is there or not, and can be made a text.
COMPARABLE: Final = NUMBERS | DATES | {T.BOOLEAN, T.TEXT, T.TIME, T.UUID, T.BYTES}

WORDS: Final = {
    **{type_: f"a {type_}" for type_ in LogicalType},
    T.INTEGER: "an integer",
    T.FLOAT: "a floating-point number",
    T.DECIMAL: "a decimal number",
    T.TIMESTAMPTZ: "a timestamp with time zone",
    T.INTERVAL: "an interval",
    T.UUID: "a UUID",
    T.JSON: "a JSON document",
    T.BYTES: "a string of bytes",
}

STORED_TYPES: Final = {
    T.INTEGER: "DECIMAL(38,0)",
    T.FLOAT: "DOUBLE",
    T.DECIMAL: "DECIMAL(38,10)",
    T.BOOLEAN: "BOOLEAN",
    T.TEXT: "VARCHAR",
    T.DATE: "DATE",
    T.TIME: "TIME",
    T.TIMESTAMP: "TIMESTAMP",
    T.TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE",
    T.UUID: "UUID",
    T.BYTES: "BLOB",
}

MAX_DIGITS: Final = 38

_EXACT = frozenset((T.INTEGER, T.DECIMAL))
_EXTREMES = frozenset(("min", "max"))
_STEPPING = frozenset(("abs", "round"))
_COUNTING = frozenset(("count", "length", "date_part"))
# Those of a 64-bit integer; larger ones are stored as decimals or as texts.
_INTEGER_DIGITS = 20


def promote(left: LogicalType, right: LogicalType) -> LogicalType | None:
    """Return the type in which two values compare; None when they do not."""
    if left is right:
        return left
    for family in _FAMILIES:
        if left in family and right in family:
            return max(left, right, key=family.index)
    return None


def widest(types: Iterable[LogicalType]) -> LogicalType:
    """Return the type in which all of these compare, which they must; there is at least one."""

    def wider(left: LogicalType, right: LogicalType) -> LogicalType:
        return promote(left, right) or left

    return reduce(wider, types)


def value_type(column: Column) -> LogicalType:
    """Return what the values of a column are in an expression.

    What is kept as a text because no type of the artifact holds it (a time with a zone) is a
    text; but numbers stay numbers, and what cannot be compared stays what it is.
    """
    meant, kept = column.logical_type, parse_stored_type(column.stored_type).logical_type
    if meant is kept or meant not in COMPARABLE or (meant in NUMBERS and kept is T.TEXT):
        return meant
    return kept


def stored_type(expression: Expression) -> str:
    """Return the DuckDB type that the values of an expression are cast to when they are kept.

    Numbers that no such type holds are kept as text, as in an artifact.
    """
    match expression:
        case ColumnValue():
            return expression.column.stored_type
        case Constant():
            return _constant_type(expression)
        case FunctionCall(name="coalesce"):
            return _common_type(expression)
        case FunctionCall() | AggregateCall() | RunningCall():
            return _called_type(expression)
    return STORED_TYPES[expression.type]


def kept_column(expression: Expression) -> Column | None:
    """Return the column whose values, and no others, an expression returns; None if it has none."""
    match expression:
        case ColumnValue():
            return expression.column
        case (AggregateCall() | RunningCall()) as call if call.name in _EXTREMES and call.operand:
            return kept_column(call.operand)
    return None


def _called_type(call: FunctionCall | AggregateCall | RunningCall) -> str:
    operand = call.arguments[0] if isinstance(call, FunctionCall) else call.operand
    if call.name in _COUNTING or operand is None:
        return "BIGINT"
    if call.name in _EXTREMES:
        return stored_type(operand)
    if call.name in _STEPPING:
        return _wider(stored_type(operand))
    return _sum_type(call.type, operand) if call.name == "sum" else STORED_TYPES[call.type]


def _wider(stored: str) -> str:
    """Return what also holds the next power of ten, and the opposite of the least integer."""
    kind = parse_stored_type(stored)
    if kind.name == "DECIMAL":
        width, scale = kind.numbers
        return f"DECIMAL({min(width + 1, MAX_DIGITS)},{scale})"
    return STORED_TYPES[T.INTEGER] if kind.logical_type is T.INTEGER else stored


def _sum_type(type_: LogicalType, operand: Expression) -> str:
    stored = stored_type(operand)
    if type_ is T.INTEGER and stored == "VARCHAR":
        return stored
    if type_ is T.DECIMAL and stored != "VARCHAR":
        return f"DECIMAL({MAX_DIGITS},{_digits(operand)[1]})"
    return STORED_TYPES[type_]


def _constant_type(constant: Constant) -> str:
    if constant.value is None or constant.type not in _EXACT:
        return STORED_TYPES[constant.type]
    return _exact_type(constant.type, *_digits(constant))


def _common_type(call: FunctionCall) -> str:
    values = [each for each in call.arguments if getattr(each, "value", each) is not None]
    types = {stored_type(value) for value in values}
    if len(types) == 1:
        return types.pop()
    if call.type not in _EXACT:
        return STORED_TYPES[call.type]
    if "VARCHAR" in types:
        return "VARCHAR"
    wholes, scales = zip(*(_digits(value) for value in values), strict=True)
    return _exact_type(call.type, max(wholes), max(scales))


def _exact_type(type_: LogicalType, whole: int, scale: int) -> str:
    """Return what holds numbers of so many digits before and behind the point: at worst a text."""
    if whole + scale > MAX_DIGITS:
        return "VARCHAR"
    return STORED_TYPES[T.INTEGER] if type_ is T.INTEGER else f"DECIMAL({MAX_DIGITS},{scale})"


def _digits(expression: Expression) -> tuple[int, int]:
    """Return how many digits exact numbers have before and behind the point, at most."""
    if isinstance(expression, Constant):
        _, digits, exponent = Decimal(expression.value or 0).as_tuple()
        return max(len(digits) + int(exponent), 1), max(-int(exponent), 0)
    kind = parse_stored_type(stored_type(expression))
    if kind.name == "DECIMAL":
        width, scale = kind.numbers
        return width - scale, scale
    return _INTEGER_DIGITS, 0
