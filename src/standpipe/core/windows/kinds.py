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

_KEEPING = frozenset(("abs", "round", "min", "max"))
_COUNTING = frozenset(("count", "length", "date_part"))
_MAX_SCALE = 37


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
    """Return the DuckDB type that the values of an expression are cast to when they are kept."""
    match expression:
        case ColumnValue():
            return expression.column.stored_type
        case Constant():
            return _constant_type(expression)
        case FunctionCall(name="coalesce"):
            return _common_type(expression)
        case FunctionCall() | AggregateCall():
            return _called_type(expression)
    return STORED_TYPES[expression.type]


def kept_column(expression: Expression) -> Column | None:
    """Return the column whose values, and no others, an expression returns; None if it has none."""
    match expression:
        case ColumnValue():
            return expression.column
        case AggregateCall(name="min" | "max", operand=Expression() as operand):
            return kept_column(operand)
    return None


def _called_type(call: FunctionCall | AggregateCall) -> str:
    operand = call.arguments[0] if isinstance(call, FunctionCall) else call.operand
    if call.name in _COUNTING or operand is None:
        return "BIGINT"
    if call.name in _KEEPING:
        return stored_type(operand)
    if call.name == "sum" and call.type is T.DECIMAL:
        return f"DECIMAL(38,{_scale(operand)})"
    return STORED_TYPES[call.type]


def _constant_type(constant: Constant) -> str:
    if isinstance(constant.value, Decimal):
        return f"DECIMAL(38,{_scale(constant)})"
    return STORED_TYPES[constant.type]


def _common_type(call: FunctionCall) -> str:
    types = {stored_type(argument) for argument in call.arguments}
    if len(types) == 1:
        return types.pop()
    if call.type is T.DECIMAL:
        return f"DECIMAL(38,{max(_scale(argument) for argument in call.arguments)})"
    return STORED_TYPES[call.type]


def _scale(expression: Expression) -> int:
    if isinstance(expression, Constant) and isinstance(expression.value, Decimal):
        exponent = expression.value.as_tuple().exponent
        return min(max(-int(exponent), 0), _MAX_SCALE)
    return (*parse_stored_type(stored_type(expression)).numbers, 0, 0)[1]
