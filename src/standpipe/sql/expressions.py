"""Typed expressions of windows as syntax trees of DuckDB's SQL, with values as literals."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlglot import exp

from standpipe.core.columns import LogicalType
from standpipe.core.windows.expressions import (
    AggregateCall,
    And,
    ColumnValue,
    Compare,
    Constant,
    Conversion,
    Expression,
    FunctionCall,
    In,
    IsValue,
    Like,
    Not,
    Or,
    Range,
)
from standpipe.core.windows.kinds import DATES, STORED_TYPES
from standpipe.core.windows.syntax import Operator

_COMPARISONS: Final = {
    Operator.EQUAL: exp.EQ,
    Operator.UNEQUAL: exp.NEQ,
    Operator.LESS: exp.LT,
    Operator.AT_MOST: exp.LTE,
    Operator.GREATER: exp.GT,
    Operator.AT_LEAST: exp.GTE,
}
# Where DuckDB says more clearly which one is meant.
_AGGREGATES: Final = {"stddev": "stddev_samp", "variance": "var_samp"}
_UTC: Final = "UTC"


class Writer:
    """Writes expressions over the columns of one relation."""

    def __init__(self, table: str, names: Mapping[str, str]) -> None:
        """``names`` are those of the columns there, by their stored names."""
        self._table = table
        self._names = names

    def write(self, expression: Expression) -> exp.Expr:
        """Return an expression as a new tree."""
        return self._writers[type(expression)](self, expression)

    def _column(self, value: ColumnValue) -> exp.Expr:
        name = self._names[value.column.stored_name]
        column = exp.column(exp.to_identifier(name, quoted=True), self._table)
        # Kept as a text because no type of the artifact holds it: a time with a zone.
        is_text = value.type is LogicalType.TEXT is not value.column.logical_type
        return exp.cast(column, "VARCHAR") if is_text else column

    def _constant(self, constant: Constant) -> exp.Expr:
        return write_value(constant.value)

    def _function(self, call: FunctionCall) -> exp.Expr:
        if call.name == "at_zone":
            return self._at_zone(*call.arguments)
        written: exp.Expr = exp.Anonymous(
            this=call.name, expressions=[self.write(each) for each in call.arguments]
        )
        if call.name == "date_trunc" and call.type is LogicalType.DATE:
            return exp.cast(written, "DATE")
        return written

    def _at_zone(self, zone: Expression, moment: Expression) -> exp.Expr:
        """Return what clocks of a zone show, whatever zone the reader's session has."""
        value = self.write(moment)
        if moment.type is not LogicalType.TIMESTAMPTZ:
            value = exp.AtTimeZone(this=value, zone=write_value(_UTC))
        return exp.AtTimeZone(this=value, zone=self.write(zone))

    def _conversion(self, conversion: Conversion) -> exp.Expr:
        kind = exp.DataType.build(STORED_TYPES[conversion.type], dialect="duckdb")
        if conversion.type is LogicalType.DATE and conversion.operand.type in DATES:
            return exp.cast(self.write(conversion.operand), kind)
        return exp.TryCast(this=self.write(conversion.operand), to=kind)

    def _aggregate(self, call: AggregateCall) -> exp.Expr:
        if call.operand is None:
            return exp.Count(this=exp.Star())
        operand = self.write(call.operand)
        if call.name == "median" and call.operand.type is LogicalType.DECIMAL:
            operand = exp.cast(operand, "DOUBLE")
        if call.is_distinct:
            operand = exp.Distinct(expressions=[operand])
        return exp.Anonymous(this=_AGGREGATES.get(call.name, call.name), expressions=[operand])

    def _compare(self, node: Compare) -> exp.Expr:
        kind = _COMPARISONS[node.operator]
        return kind(this=self.write(node.left), expression=self.write(node.right))

    def _range(self, node: Range) -> exp.Expr:
        between = exp.Between(
            this=self.write(node.operand), low=self.write(node.low), high=self.write(node.high)
        )
        return _negated(between, is_negated=node.is_negated)

    def _in(self, node: In) -> exp.Expr:
        members = [self.write(member) for member in node.members]
        found: exp.Expr = exp.In(this=self.write(node.operand), expressions=members)
        if len(members) == 1:
            found = exp.EQ(this=self.write(node.operand), expression=members[0])
        return _negated(found, is_negated=node.is_negated)

    def _like(self, node: Like) -> exp.Expr:
        kind = exp.ILike if node.ignores_case else exp.Like
        found: exp.Expr = kind(this=self.write(node.operand), expression=write_value(node.pattern))
        if node.escape is not None:
            found = exp.Escape(this=found, expression=write_value(node.escape))
        return _negated(found, is_negated=node.is_negated)

    def _is_value(self, node: IsValue) -> exp.Expr:
        found = exp.Is(this=self.write(node.operand), expression=write_value(node.what))
        return _negated(found, is_negated=node.is_negated)

    def _and(self, node: And) -> exp.Expr:
        return exp.and_(*(self.write(part) for part in node.parts))

    def _or(self, node: Or) -> exp.Expr:
        return exp.or_(*(self.write(part) for part in node.parts))

    def _not(self, node: Not) -> exp.Expr:
        return _negated(self.write(node.operand), is_negated=True)

    _writers: ClassVar[dict[type[Expression], Callable[[Any, Any], exp.Expr]]] = {
        ColumnValue: _column,
        Constant: _constant,
        FunctionCall: _function,
        Conversion: _conversion,
        AggregateCall: _aggregate,
        Compare: _compare,
        Range: _range,
        In: _in,
        Like: _like,
        IsValue: _is_value,
        And: _and,
        Or: _or,
        Not: _not,
    }


def write_value(value: Any) -> exp.Expr:
    """Return a value as a literal."""
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int | Decimal):
        number = format(abs(value), "f") if isinstance(value, Decimal) else str(abs(value))
        literal = exp.Literal.number(number)
        return exp.Neg(this=literal) if value < 0 else literal
    if isinstance(value, bytes):
        return exp.Anonymous(this="unhex", expressions=[exp.Literal.string(value.hex())])
    text = exp.Literal.string(_text(value))
    kind = next((kind for type_, kind in _KINDS.items() if isinstance(value, type_)), None)
    if isinstance(value, datetime) and value.tzinfo is not None:
        kind = "TIMESTAMPTZ"
    return text if kind is None else exp.cast(text, kind, dialect="duckdb")


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


# A datetime is a date too.
_KINDS: Final = {
    datetime: "TIMESTAMP",
    date: "DATE",
    time: "TIME",
    float: "DOUBLE",
    UUID: "UUID",
}


def _negated(found: exp.Expr, *, is_negated: bool) -> exp.Expr:
    return exp.not_(found) if is_negated else found
