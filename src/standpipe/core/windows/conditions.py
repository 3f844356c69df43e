"""Checks conditions and operands against columns: their names, their types, their values."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, ClassVar

from standpipe.core.windows import complaints
from standpipe.core.windows.calls import (
    aggregate_call,
    coalesce_call,
    conversion,
    function_call,
    require_unit,
)
from standpipe.core.windows.expressions import (
    AggregateCall,
    And,
    ColumnValue,
    Compare,
    Constant,
    Conversion,
    Expression,
    In,
    IsValue,
    Like,
    Not,
    Or,
    Range,
    RunningCall,
)
from standpipe.core.windows.functions import AGGREGATES, COALESCE
from standpipe.core.windows.kinds import COMPARABLE, T, promote, value_type
from standpipe.core.windows.literals import constant, fit, single, typed
from standpipe.core.windows.moments import moment_at
from standpipe.core.windows.names import ColumnNames
from standpipe.core.windows.syntax import (
    Between,
    Both,
    Call,
    Cast,
    Comparison,
    Either,
    Is,
    Likeness,
    Literal,
    Membership,
    Moment,
    Name,
    Negation,
    Node,
    TypedLiteral,
)

_UNKNOWN = Constant(type=T.BOOLEAN, value=None)


class Scope(Enum):
    """What an expression is about."""

    ROWS = auto()
    GROUPS = auto()
    ANYTHING = auto()


class Present:
    """The time of the request, and whether anything asked for it."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.is_asked = False

    def at(self, moment: Moment) -> datetime | None:
        """Return a relative date in UTC; None when it lies outside of the calendar."""
        self.is_asked = True
        return moment_at(moment, self._now)


class Checker:
    """Turns the nodes of one part of a window into expressions; WindowInvalid, ColumnUnknown.

    About rows there are no aggregates; about groups columns stand only inside of aggregates.
    """

    def __init__(
        self, names: ColumnNames, *, part: str, present: Present, scope: Scope = Scope.ROWS
    ) -> None:
        self._names = names
        self._present = present
        self._scope = scope
        self._part = part

    def condition(self, node: Node) -> Expression:
        """Return what is true, false or null for a row."""
        found = self.check(node)
        if _is_null(found):
            return _UNKNOWN
        if found.type is not T.BOOLEAN:
            raise complaints.no_condition(self._part, node, found)
        return found

    def value(self, node: Node) -> Expression:
        """Return what can be compared and ordered."""
        found = self.check(node)
        if found.type not in COMPARABLE:
            raise complaints.unusable(self._part, node, found)
        return found

    def check(self, node: Node) -> Expression:
        """Return a value of any type."""
        return self._checks[type(node)](self, node)

    def _name(self, node: Name) -> ColumnValue:
        column = self._names.get(
            node.text, part=self._part, position=node.position, is_quoted=node.is_quoted
        )
        if self._scope is Scope.GROUPS:
            raise complaints.outside(self._part, node, column)
        return ColumnValue(type=value_type(column), column=column)

    def _literal(self, node: Literal) -> Constant:
        return constant(node.value)

    def _typed_literal(self, node: TypedLiteral) -> Constant:
        found = typed(node.kind, node.text)
        if found is None:
            raise complaints.unreadable(self._part, node)
        return found

    def _moment(self, node: Moment) -> Constant:
        then = self._present.at(node)
        if then is None:
            raise complaints.out_of_calendar(self._part, node)
        return Constant(type=T.TIMESTAMPTZ, value=then)

    def _call(self, node: Call) -> Expression:
        if node.name in AGGREGATES:
            return self._aggregate(node)
        if node.name == COALESCE:
            return coalesce_call(self._part, node, self._alike(node.arguments))
        require_unit(self._part, node)
        return function_call(self._part, node, [self.check(each) for each in node.arguments])

    def _cast(self, node: Cast) -> Conversion:
        return conversion(self._part, node, self.check(node.operand))

    def _comparison(self, node: Comparison) -> Expression:
        left, right = self._alike((node.left, node.right))
        if _is_null(left) or _is_null(right):
            return _UNKNOWN
        return Compare(type=T.BOOLEAN, operator=node.operator, left=left, right=right)

    def _membership(self, node: Membership) -> Expression:
        operand, *members = self._alike((node.operand, *node.members))
        if not members:  # in an empty list there is nothing, not even null
            return Constant(type=T.BOOLEAN, value=node.is_negated)
        if _is_null(operand) or all(map(_is_null, members)):
            return _UNKNOWN
        return In(
            type=T.BOOLEAN, operand=operand, members=tuple(members), is_negated=node.is_negated
        )

    def _between(self, node: Between) -> Expression:
        operand, low, high = self._alike((node.operand, node.low, node.high))
        if _is_null(operand) or (_is_null(low) and _is_null(high)):
            return _UNKNOWN
        return Range(
            type=T.BOOLEAN, operand=operand, low=low, high=high, is_negated=node.is_negated
        )

    def _likeness(self, node: Likeness) -> Like:
        operand = self.value(node.operand)
        if operand.type is not T.TEXT:
            raise complaints.no_text(self._part, node.operand, operand)
        complaints.require_pattern(self._part, node)
        return Like(
            type=T.BOOLEAN,
            operand=operand,
            pattern=node.pattern,
            escape=node.escape,
            ignores_case=node.ignores_case,
            is_negated=node.is_negated,
        )

    def _is_value(self, node: Is) -> IsValue:
        check = self.check if node.what is None else self.condition
        return IsValue(
            type=T.BOOLEAN, operand=check(node.operand), what=node.what, is_negated=node.is_negated
        )

    def _both(self, node: Both) -> And:
        return And(type=T.BOOLEAN, parts=tuple([self.condition(part) for part in node.parts]))

    def _either(self, node: Either) -> Or:
        return Or(type=T.BOOLEAN, parts=tuple([self.condition(part) for part in node.parts]))

    def _negation(self, node: Negation) -> Not:
        return Not(type=T.BOOLEAN, operand=self.condition(node.operand))

    def _aggregate(self, node: Call) -> AggregateCall | RunningCall:
        if self._scope is Scope.ROWS:
            raise complaints.misplaced(self._part, node)
        scope, self._scope = self._scope, Scope.ROWS
        arguments = [self.check(each) for each in node.arguments]
        self._scope = scope
        return aggregate_call(self._part, node, arguments)

    def _alike(self, nodes: Sequence[Node]) -> list[Expression]:
        """Return values that compare with each other, the written ones read as such."""
        found = [self.value(node) for node in nodes]
        anchor = self._anchor(nodes, found)
        if anchor is None:
            return found
        return [self._beside(*pair, anchor) for pair in zip(nodes, found, strict=True)]

    def _anchor(self, nodes: Sequence[Node], found: Sequence[Expression]) -> Expression | None:
        """Return the value whose type the written ones take; None if all are texts or null.

        That is one that is computed, if there is any; of numbers and dates the widest.
        """
        pairs = list(zip(nodes, found, strict=True))
        computed = [pair for pair in pairs if not isinstance(pair[1], Constant)]
        anchor = None
        for node, each in computed or [pair for pair in pairs if pair[1].type is not T.TEXT]:
            type_ = each.type if anchor is None else promote(anchor.type, each.type)
            if type_ is None:
                raise complaints.unlike(self._part, node, anchor or each, each)
            if anchor is None or type_ is not anchor.type:
                anchor = each
        return anchor

    def _beside(self, node: Node, found: Expression, anchor: Expression) -> Expression:
        if not isinstance(found, Constant):
            return found
        fitted = fit(found, anchor.type)
        if fitted is None:
            raise complaints.misfit(self._part, node, found, anchor)
        is_single = isinstance(anchor, ColumnValue) and anchor.column.stored_type == "FLOAT"
        return single(fitted) if is_single else fitted

    _checks: ClassVar[dict[type[Node], Callable[[Any, Any], Expression]]] = {
        Name: _name,
        Literal: _literal,
        TypedLiteral: _typed_literal,
        Moment: _moment,
        Call: _call,
        Cast: _cast,
        Comparison: _comparison,
        Membership: _membership,
        Between: _between,
        Likeness: _likeness,
        Is: _is_value,
        Both: _both,
        Either: _either,
        Negation: _negation,
    }


def _is_null(expression: Expression) -> bool:
    return isinstance(expression, Constant) and expression.value is None
