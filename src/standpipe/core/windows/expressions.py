"""Expressions over the columns of one result: checked, typed, with their values converted.

Every node knows its logical type. A reader compiles them; nothing here is text of a caller but
the values in ``Constant`` and ``Like``, which are bound.
"""

from dataclasses import dataclass
from typing import Any

from standpipe.core.columns import Column, LogicalType
from standpipe.core.windows.syntax import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A value of a row, or of a group. Conditions are expressions of the type BOOLEAN."""

    type: LogicalType


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnValue(Expression):
    """The value of a column; ``column.stored_name`` is its name in the relation.

    Its type is ``kinds.value_type(column)``. Integers that no type of the artifact holds are
    stored as VARCHAR and are integers all the same.
    """

    column: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Expression):
    """A bound value: str, int, Decimal, float, bool, bytes, date, time, datetime, UUID or None.

    Integers have any size; a datetime of the type TIMESTAMPTZ is in UTC, of TIMESTAMP naive.
    """

    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall(Expression):
    """A function of the closed list; ``name`` as in the filter language (``date_trunc``).

    The unit of ``date_trunc`` and ``date_part`` is a Constant, and one of ``Unit`` or a part that
    the check knows; the zone of ``at_zone`` is one, too.
    """

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion(Expression):
    """The operand as another type; what cannot be converted becomes null.

    ``kinds.STORED_TYPES`` says which DuckDB type that is: an integer is a DECIMAL(38,0).
    """

    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Expression):
    """Two values of types that compare with each other."""

    operator: Operator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class In(Expression):
    """Whether a value is one of the members; null members follow SQL's three-valued logic."""

    operand: Expression
    members: tuple[Expression, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Expression):
    """Whether a value lies between two others, both included."""

    operand: Expression
    low: Expression
    high: Expression
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Like(Expression):
    """Whether a text fits a pattern of ``%`` and ``_``."""

    operand: Expression
    pattern: str
    escape: str | None = None
    ignores_case: bool = False
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IsValue(Expression):
    """``IS [NOT] NULL`` (None), ``IS [NOT] TRUE`` or ``FALSE``; never null itself."""

    operand: Expression
    what: bool | None
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Expression):
    """All parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Expression):
    """Any part."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Expression):
    """The opposite; null stays null."""

    operand: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateCall(Expression):
    """A value of a whole group; ``name`` is one of ``functions.AGGREGATES``.

    ``operand`` is None for ``count(*)`` alone.
    """

    name: str
    operand: Expression | None
    is_distinct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCall(Expression):
    """An aggregate over the rows of a group and of all groups before it, in the groups' order.

    ``name`` is that of the aggregate: sum, avg, min or max. It stands alone in a grouping: nothing
    is computed of it.
    """

    name: str
    operand: Expression
