"""Typed expressions of a window as DuckDB SQL; every value of a caller is a bound parameter.

Three-valued logic is SQL's. NaN is equal to itself and greater than every other number; -0.0 is
equal to 0.0. TIMESTAMPTZ is in UTC, the zone of the engine.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from standpipe.core.errors import WindowInvalid
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
from standpipe.core.windows.syntax import Operator
from standpipe.core.windows.window import Order
from standpipe.readers.calls import call_aggregate, call_function, convert_or_null
from standpipe.readers.comparisons import UNKNOWN, compare, compare_placed, mirror
from standpipe.readers.constants import Place, Placed, bind_constant, place_constant
from standpipe.readers.kinds import BOOLEAN, DIGITS, Sql, column_sql, order_text
from standpipe.readers.spelling import Values

SOURCE: Final = "source"

_SHORT_CHARACTERS = 200
_MOST_COPIED_CHARACTERS = 100_000  # DuckDB takes about a second to plan so many


class Compiler:
    """Compiles expressions over the columns of a relation called ``source``.

    WindowInvalid for texts that are not Unicode, and for conditions inside of conditions that
    would take too long to plan; nothing else of a checked window is refused.
    """

    def __init__(self, values: Values) -> None:
        """Bind into ``values``, in the order of compilation."""
        self._values = values
        self._copied = 0

    def compile(self, expression: Expression) -> Sql:
        """Return the SQL of an expression; all that it binds is used in it."""
        return self._compilers[type(expression)](self, expression)

    def order(self, order: Order) -> str:
        """Return one term of ORDER BY."""
        text = order_text(self.compile(order.expression))
        direction = "DESC" if order.is_descending else "ASC"
        return f"{text} {direction} NULLS {'FIRST' if order.nulls_first else 'LAST'}"

    def _column(self, expression: ColumnValue) -> Sql:
        return column_sql(expression.column, SOURCE, expression.type)

    def _constant(self, constant: Constant) -> Sql:
        return bind_constant(self._values, constant)

    def _function(self, call: FunctionCall) -> Sql:
        arguments = [self.compile(argument) for argument in call.arguments]
        return call_function(call.name, arguments, call.type)

    def _conversion(self, conversion: Conversion) -> Sql:
        return convert_or_null(self.compile(conversion.operand), conversion.type)

    def _aggregate(self, call: AggregateCall) -> Sql:
        operand = None if call.operand is None else self.compile(call.operand)
        return call_aggregate(call.name, operand, is_distinct=call.is_distinct)

    def _compare(self, node: Compare) -> Sql:
        if isinstance(node.left, Constant) and not isinstance(node.right, Constant):
            return self._compared(mirror(node.operator), self.compile(node.right), node.left)
        return self._compared(node.operator, self.compile(node.left), node.right)

    def _compared(self, operator: Operator, left: Sql, right: Expression) -> Sql:
        if not isinstance(right, Constant):
            return compare(operator, left, self.compile(right))
        if right.value is None:
            return UNKNOWN
        placed = place_constant(right.value, left.kind)
        return compare_placed(self._values, operator, left, placed)

    def _range(self, node: Range) -> Sql:
        operand = self.compile(node.operand)
        self._copy(operand)
        low = self._compared(Operator.AT_LEAST, operand, node.low)
        high = self._compared(Operator.AT_MOST, operand, node.high)
        return _negated(f"({low.text} AND {high.text})", is_negated=node.is_negated)

    def _in(self, node: In) -> Sql:
        operand = self.compile(node.operand)
        listed: list[str] = []
        tests: list[str] = []
        for member in node.members:
            placed = _list_member(operand, member)
            if placed is not None:
                listed.append(placed.bind(self._values).text)
            else:
                self._copy(operand)
                tests.append(self._compared(Operator.EQUAL, operand, member).text)
        if listed:
            tests.append(f"{operand.text} IN ({', '.join(listed)})")
        return _negated(f"({' OR '.join(dict.fromkeys(tests))})", is_negated=node.is_negated)

    def _copy(self, operand: Sql) -> None:
        """WindowInvalid when conditions stand in conditions, so that copies hold copies."""
        if len(operand.text) > _SHORT_CHARACTERS:
            self._copied += len(operand.text)
        if self._copied > _MOST_COPIED_CHARACTERS:
            raise WindowInvalid(
                "A condition is too large for BETWEEN and IN.",
                detail="They compare it once for each end or member.",
                hint="Write AND and OR instead, without one condition inside of another.",
            )

    def _like(self, node: Like) -> Sql:
        operand = self.compile(node.operand)
        pattern = bind_constant(self._values, Constant(type=node.operand.type, value=node.pattern))
        operator = "ILIKE" if node.ignores_case else "LIKE"
        escape = ""
        if node.escape is not None:
            bound = bind_constant(self._values, Constant(type=node.operand.type, value=node.escape))
            escape = f" ESCAPE {bound.text}"
        text = f"({operand.text} {operator} {pattern.text}{escape})"
        return _negated(text, is_negated=node.is_negated)

    def _is_value(self, node: IsValue) -> Sql:
        operand = self.compile(node.operand).text
        what = "NULL" if node.what is None else str(node.what).upper()
        return _negated(f"({operand} IS {what})", is_negated=node.is_negated)

    def _and(self, node: And) -> Sql:
        return self._joined(" AND ", node.parts)

    def _or(self, node: Or) -> Sql:
        return self._joined(" OR ", node.parts)

    def _joined(self, word: str, parts: Sequence[Expression]) -> Sql:
        return Sql(f"({word.join(self.compile(part).text for part in parts)})", BOOLEAN)

    def _not(self, node: Not) -> Sql:
        return Sql(f"(NOT {self.compile(node.operand).text})", BOOLEAN)

    _compilers: ClassVar[dict[type[Expression], Callable[[Any, Any], Sql]]] = {
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


def _negated(text: str, *, is_negated: bool) -> Sql:
    return Sql(f"(NOT {text})" if is_negated else text, BOOLEAN)


def _list_member(operand: Sql, member: Expression) -> Placed | None:
    """Return a member that can stand in SQL's own list: a constant of the operand's very kind."""
    if not isinstance(member, Constant) or member.value is None or operand.kind == DIGITS:
        return None
    placed = place_constant(member.value, operand.kind)
    return placed if placed.place is Place.AT and placed.kind == operand.kind else None
