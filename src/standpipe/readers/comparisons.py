"""Comparisons in SQL: exact, in three-valued logic, and so that row groups can be skipped."""

from typing import Final

from standpipe.core.stored_types import StoredType
from standpipe.core.windows.syntax import Operator
from standpipe.readers.constants import Place, Placed
from standpipe.readers.kinds import BOOLEAN, Sql, common_kind, convert, is_number, order_text
from standpipe.readers.spelling import Values

UNKNOWN: Final = Sql("CAST(NULL AS BOOLEAN)", BOOLEAN)

_SPELLED = {Operator.UNEQUAL: "<>"}
_MIRRORED = {
    Operator.LESS: Operator.GREATER,
    Operator.AT_MOST: Operator.AT_LEAST,
    Operator.GREATER: Operator.LESS,
    Operator.AT_LEAST: Operator.AT_MOST,
}
_UP = {Operator.GREATER, Operator.AT_LEAST}
_DOWN = {Operator.LESS, Operator.AT_MOST}
_TRUE_AT = {
    Place.ABOVE: {Operator.UNEQUAL},
    Place.ABOVE_ALL: {Operator.UNEQUAL, *_DOWN},
    Place.BELOW_ALL: {Operator.UNEQUAL, *_UP},
}
_TIMESTAMP = StoredType("TIMESTAMP")


def mirror(operator: Operator) -> Operator:
    """Return the operator that says the same with the sides exchanged."""
    return _MIRRORED.get(operator, operator)


def compare(operator: Operator, left: Sql, right: Sql) -> Sql:
    """Compare two values of types that compare with each other."""
    kind = common_kind(left.kind, right.kind)
    if is_number(kind) or kind.name == "TIME_NS":
        left, right = convert(left, kind), convert(right, kind)
    sign = _SPELLED.get(operator, operator.value)
    return Sql(f"({order_text(left)} {sign} {order_text(right)})", BOOLEAN)


def compare_placed(values: Values, operator: Operator, left: Sql, placed: Placed) -> Sql:
    """Compare a value with a constant that was placed among the values of its kind."""
    if placed.place is Place.AT:
        return compare(operator, *_in_one_calendar(left, placed.bind(values)))
    if placed.place is Place.ABOVE and operator in _UP:
        return compare(Operator.GREATER, left, placed.bind(values))
    if placed.place is Place.ABOVE and operator in _DOWN:
        return compare(Operator.AT_MOST, left, placed.bind(values))
    truth = "TRUE" if operator in _TRUE_AT[placed.place] else "FALSE"
    return Sql(f"(CASE WHEN {left.text} IS NOT NULL THEN {truth} END)", BOOLEAN)


def _in_one_calendar(left: Sql, right: Sql) -> tuple[Sql, Sql]:
    """Nanoseconds reach from 1678 to 2261: what is compared with other years needs none."""
    if left.kind.name == "TIMESTAMP_NS" and right.kind.name in {"DATE", "TIMESTAMP"}:
        return convert(left, _TIMESTAMP), right
    return left, right
