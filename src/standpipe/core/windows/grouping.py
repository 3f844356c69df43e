"""Groups: what is asked for as keys and aggregates becomes columns with names and types."""

from collections.abc import Sequence

from standpipe.core.columns import Column
from standpipe.core.errors import ColumnUnknown, WindowInvalid
from standpipe.core.windows import complaints
from standpipe.core.windows.conditions import Checker, Present, Scope
from standpipe.core.windows.expressions import ColumnValue, Constant, Expression, RunningCall
from standpipe.core.windows.filters import parse_operand
from standpipe.core.windows.functions import AGGREGATES, RUNNING
from standpipe.core.windows.kinds import kept_column, stored_type, value_type
from standpipe.core.windows.limits import has_call, require_modest
from standpipe.core.windows.names import ColumnNames
from standpipe.core.windows.syntax import Name, Node, OutputTerm, SortTerm
from standpipe.core.windows.window import Derived, Grouping, Order


class Groups:
    """The groups of one window; finds their columns for what stands behind the grouping.

    A column of a grouping is named by its name, or by what it is made of, once more.
    """

    def __init__(
        self,
        keys: Sequence[OutputTerm],
        aggregates: Sequence[OutputTerm],
        names: ColumnNames,
        present: Present,
    ) -> None:
        self._names = names
        self._present = present
        self.group = Grouping(
            keys=tuple(self._key(term, number) for number, term in enumerate(keys, 1)),
            aggregates=tuple(
                self._aggregate(term, number) for number, term in enumerate(aggregates, 1)
            ),
        )
        self._derived = (*self.group.keys, *self.group.aggregates)
        self._outputs = ColumnNames(self.columns)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The keys, then the aggregates."""
        return tuple(each.column for each in self._derived)

    def select(self, names: Sequence[str]) -> tuple[Column, ...]:
        """Return the columns that are named; ColumnUnknown."""
        return tuple(self._select(name) for name in names)

    def order(self, terms: Sequence[SortTerm]) -> tuple[Order, ...]:
        """Return a sort of the groups, by their keys if nothing is asked; WindowInvalid."""
        if not terms:
            return tuple(Order(expression=_value(key.column)) for key in self.group.keys)
        return tuple(ordered(term, self._output(term.node)) for term in terms)

    def _select(self, name: str) -> Column:
        try:
            return self._outputs.get(name, part="columns")
        except ColumnUnknown:
            repeated = self._repeated_text(name)
            if repeated is None:
                raise
            return repeated.column

    def _output(self, node: Node) -> Expression:
        require_modest(node, "sort")
        checker = Checker(self._outputs, part="sort", present=self._present)
        try:
            return checker.value(node)
        except WindowInvalid:
            repeated = self._repeated(node)
            if repeated is None:
                raise
            return _value(repeated.column)

    def _repeated_text(self, text: str) -> Derived | None:
        try:
            return self._repeated(parse_operand(text, "columns"))
        except WindowInvalid:
            return None

    def _repeated(self, node: Node) -> Derived | None:
        """Return the first column that is made of the same as a node says; None without one."""
        checker = Checker(self._names, part="", present=self._present, scope=Scope.ANYTHING)
        try:
            found = checker.check(node)
        except WindowInvalid:
            return None
        return next((each for each in self._derived if each.expression == found), None)

    def _key(self, term: OutputTerm, number: int) -> Derived:
        require_modest(term.node, "group")
        checker = Checker(self._names, part="group", present=self._present)
        found = checker.value(term.node)
        if isinstance(found, Constant):
            raise complaints.no_column("group", term.node, "makes no groups")
        return _derived(term, found, f"key {number}")

    def _aggregate(self, term: OutputTerm, number: int) -> Derived:
        require_modest(term.node, "aggregate")
        checker = Checker(self._names, part="aggregate", present=self._present, scope=Scope.GROUPS)
        found = checker.value(term.node)
        if not has_call(term.node, AGGREGATES):
            raise complaints.no_aggregate(term.node)
        if has_call(term.node, RUNNING) and not isinstance(found, RunningCall):
            raise complaints.not_alone(term.node)
        return _derived(term, found, f"aggregate {number}")


def ordered(term: SortTerm, expression: Expression) -> Order:
    """Return a term of a sort by an expression; WindowInvalid for one that is always the same."""
    if isinstance(expression, Constant):
        raise complaints.no_column("sort", term.node, "sorts nothing")
    return Order(
        expression=expression, is_descending=term.is_descending, nulls_first=term.nulls_first
    )


def _derived(term: OutputTerm, expression: Expression, stored_name: str) -> Derived:
    kept = kept_column(expression)
    stored = stored_type(expression)
    own_name = kept.name if kept is not None and isinstance(term.node, Name) else term.text
    column = Column(
        name=own_name if term.alias is None else term.alias,
        stored_name=stored_name,
        logical_type=expression.type if kept is None else kept.logical_type,
        stored_type=stored,
        source_type=stored if kept is None else kept.source_type,
    )
    return Derived(column=column, expression=expression)


def _value(column: Column) -> ColumnValue:
    return ColumnValue(type=value_type(column), column=column)
