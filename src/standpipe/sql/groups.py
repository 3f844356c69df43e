"""A grouped window as a syntax tree of DuckDB's SQL over the statement that gave the rows."""

from collections.abc import Iterator, Sequence

from sqlglot import exp
from sqlglot.generator import Generator

from standpipe.core.columns import Column
from standpipe.core.windows import Derived, Grouping, Order, Window
from standpipe.core.windows.expressions import ColumnValue, Expression, RunningCall
from standpipe.sql.expressions import Writer
from standpipe.sql.statements import strip_terminator

SOURCE = "data_set"


def write(window: Window, columns: Sequence[Column], statement: str) -> str:
    """Return the text of a window that groups; see ``sql/window_text.py``."""
    group = window.group or Grouping()
    names = _names(columns)
    writer = Writer(SOURCE, names or {column.stored_name: column.stored_name for column in columns})
    written = _Written(writer, group, window.order)
    select = exp.select(*written.outputs(window.columns)).from_(SOURCE)
    if window.where is not None:
        select = select.where(writer.write(window.where))
    select = select.with_(_source(columns, keeps_names=bool(names)), as_=_body(statement))
    keys = len(group.keys)
    select = select.group_by(*(exp.Literal.number(n) for n in range(1, keys + 1)))
    order = list(written.order())
    if order:
        select = select.order_by(*order)
    if window.limit is not None:
        select = select.limit(window.limit)
    if window.offset:
        select = select.offset(window.offset)
    return select.sql(dialect="duckdb", pretty=True)


class _Written:
    """The outputs of a grouping, and the sort that names them by their places."""

    def __init__(self, writer: Writer, group: Grouping, order: Sequence[Order]) -> None:
        self._writer = writer
        self._group = group
        self._order = order
        self._derived = (*group.keys, *group.aggregates)
        self._places = {each.column.stored_name: n for n, each in enumerate(self._derived, 1)}

    def outputs(self, columns: Sequence[Column]) -> Iterator[exp.Expr]:
        """Yield the values, under the names that callers see."""
        by_name = {each.column.stored_name: each for each in self._derived}
        for column in columns:
            value = self._value(by_name[column.stored_name].expression)
            yield exp.alias_(value, column.name, quoted=True)

    def order(self) -> Iterator[exp.Expr]:
        """Yield the terms of the sort, and the keys, which decide between equal groups."""
        for order in self._order:
            yield _ordered(exp.Literal.number(self._place(order)), order)
        sorted_by = {self._place(order) for order in self._order}
        for place in range(1, len(self._group.keys) + 1):
            if place not in sorted_by:
                yield _ordered(exp.Literal.number(place), None)

    def _place(self, order: Order) -> int:
        return self._places[_output_name(order.expression)]

    def _value(self, expression: Expression) -> exp.Expr:
        if not isinstance(expression, RunningCall):
            return self._writer.write(expression)
        operand = self._writer.write(expression.operand)
        if expression.name == "avg":
            total = exp.cast(exp.Sum(this=operand.copy()), "DOUBLE")
            count = exp.Nullif(
                this=self._over(exp.Sum(this=exp.Count(this=operand))), expression=_number(0)
            )
            return exp.Div(this=self._over(exp.Sum(this=total)), expression=count)
        inner = exp.func(expression.name, operand)
        return self._over(exp.func(expression.name, inner))

    def _over(self, aggregate: exp.Expr) -> exp.Expr:
        """Return an aggregate of groups over all of them until this one."""
        frame = exp.WindowSpec(
            kind="ROWS",
            start="UNBOUNDED",
            start_side="PRECEDING",
            end="CURRENT ROW",
        )
        terms = list(self._running_order())
        order = exp.Order(expressions=terms) if terms else None
        return exp.Window(this=aggregate, order=order, spec=frame)

    def _running_order(self) -> Iterator[exp.Expr]:
        """Yield what the groups are sorted by, as far as it is not running itself."""
        by_name = {each.column.stored_name: each for each in self._derived}
        named = [_output_name(order.expression) for order in self._order]
        for name, order in zip(named, self._order, strict=True):
            derived: Derived = by_name[name]
            if not isinstance(derived.expression, RunningCall):
                yield _ordered(self._writer.write(derived.expression), order)
        for key in self._group.keys:
            if key.column.stored_name not in named:
                yield _ordered(self._writer.write(key.expression), None)


def _output_name(expression: Expression) -> str:
    """Return the output that a term of a sort is; groups are sorted by nothing else here."""
    return expression.column.stored_name if isinstance(expression, ColumnValue) else ""


def _ordered(value: exp.Expr, order: Order | None) -> exp.Expr:
    return exp.Ordered(
        this=value,
        desc=order is not None and order.is_descending,
        nulls_first=order is not None and order.nulls_first,
    )


def _names(columns: Sequence[Column]) -> dict[str, str]:
    """Return the names of columns by their stored ones; nothing if they do not tell them apart."""
    folded = {column.name.casefold() for column in columns}
    if len(folded) < len(columns) or "" in folded:
        return {}
    return {column.stored_name: column.name for column in columns}


def _source(columns: Sequence[Column], *, keeps_names: bool) -> exp.Expr:
    """Return how the rows are called, and their columns where the statement's names repeat."""
    names = [] if keeps_names else [column.stored_name for column in columns]
    return exp.TableAlias(
        this=exp.to_identifier(SOURCE),
        columns=[exp.to_identifier(name, quoted=True) for name in names],
    )


def _body(statement: str) -> exp.Expr:
    """Return a statement, every letter as it is: its lines are not moved to the right."""
    text = strip_terminator(statement)
    return exp.Var(this=text.replace("\n", Generator.SENTINEL_LINE_BREAK))


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)
