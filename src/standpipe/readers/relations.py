"""A window as one SELECT over its source: filter, sample, group, sort, page, in this order.

Equal rows of a sort keep the order of the source, groups that of their keys. A sample takes the
rows with the lowest hashes of their places: the same ones however many threads read.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from standpipe.core.columns import Column
from standpipe.core.windows.expressions import ColumnValue, Expression, RunningCall
from standpipe.core.windows.kinds import value_type
from standpipe.core.windows.window import Derived, Grouping, Order, Sample, Window
from standpipe.readers.calls import keep
from standpipe.readers.compile import SOURCE, Compiler
from standpipe.readers.kinds import Sql, column_sql, order_text
from standpipe.readers.running import running_parts, running_value
from standpipe.readers.spelling import Values, quote_name, quote_text


@dataclass(frozen=True, slots=True)
class Source:
    """What a window is cut from: the SQL of a relation, to be called ``source``.

    ``order`` are the terms that tell its rows apart and bring them into their order; an artifact
    that comes in order by itself has none where nobody asks for them.
    """

    sql: str
    order: tuple[str, ...]
    is_sorted: bool = True


def scan(artifact: Path) -> str:
    """Return the SQL that reads an artifact."""
    return f"read_parquet({quote_text(str(artifact))})"


def meant(column: Column, table: str = SOURCE) -> Sql:
    """Return the value of a column as what it means, to be compared and sorted."""
    return column_sql(column, table, value_type(column))


class WindowSql:
    """The statements of one window; each must be executed with ``values``."""

    def __init__(self, source: Source, window: Window, values: Values) -> None:
        self._source = source
        self._window = window
        self._values = values
        self._compiler = Compiler(values)

    def page(self, selected: str) -> str:
        """Return the SELECT of the rows that come out; ``selected`` are SQL values of them."""
        return f"SELECT {selected} FROM {self._rows()}{self._ordered()}{self._paged()}"

    def rows(self) -> str:
        """Return what stands behind FROM for the rows that come out, in any order."""
        if not self._paged():
            return self._rows()
        return f"({self.page('*')}) AS {SOURCE}"

    def count(self) -> str:
        """Return the SELECT of how many rows there are before offset and limit."""
        if self._window.group is None:
            return f"SELECT count(*) FROM {self._rows()}"
        keys = Grouping(keys=self._window.group.keys)
        return f"SELECT count(*) FROM {self._grouped(keys)}"

    def _rows(self) -> str:
        group = self._window.group
        return self._sampled() if group is None else self._grouped(group)

    def _filtered(self) -> str:
        rows = f"{self._source.sql} AS {SOURCE}"
        if self._window.where is None:
            return rows
        return f"{rows} WHERE {self._compiler.compile(self._window.where).text}"

    def _sampled(self) -> str:
        sample = self._window.sample
        if sample is None:
            return self._filtered()
        terms = ", ".join((self._lot(sample), *self._source.order))
        rows = f"SELECT * FROM {self._filtered()} ORDER BY {terms} LIMIT {sample.rows:d}"
        return f"({rows}) AS {SOURCE}"

    def _lot(self, sample: Sample) -> str:
        seed = self._values.bind(str(sample.seed), "VARCHAR")
        return f"hash(xor(hash({seed}), hash({', '.join(self._source.order)})))"

    def _grouped(self, group: Grouping) -> str:
        columns = (*group.keys, *group.aggregates)
        running = {each.column.stored_name: self._parts(each) for each in columns}
        running = {name: parts for name, parts in running.items() if parts}
        selected = [self._derived(each) for each in columns if not _is_running(each)]
        selected += [_named(each.text, part) for parts in running.values() for part, each in parts]
        places = ", ".join(str(place) for place in range(1, len(group.keys) + 1))
        by = f" GROUP BY {places}" if places else ""
        listed = ", ".join(selected) or "count(*)"
        rows = f"(SELECT {listed} FROM {self._sampled()}{by}) AS {SOURCE}"
        return self._run(rows, columns, running) if running else rows

    def _derived(self, derived: Derived) -> str:
        value = self._compiler.compile(derived.expression)
        return _named(keep(value, derived.column.stored_type), derived.column.stored_name)

    def _parts(self, derived: Derived) -> list[tuple[str, Sql]]:
        """Return what a running aggregate needs of every group, by name; nothing for any other."""
        call = derived.expression
        if not isinstance(call, RunningCall):
            return []
        parts = running_parts(call, self._compiler.compile(call.operand))
        own = derived.column.stored_name
        return [(f"{own} part {number}", part) for number, part in enumerate(parts)]

    def _run(
        self, rows: str, columns: Sequence[Derived], running: Mapping[str, list[tuple[str, Sql]]]
    ) -> str:
        """Return groups with their running aggregates: each over the groups until its own."""
        order = ", ".join(self._terms([o for o in self._window.order if not _is_by(o, running)]))
        selected = []
        for each in columns:
            name, call = each.column.stored_name, each.expression
            value = _of_source(name)
            if isinstance(call, RunningCall):
                parts = [Sql(_of_source(part), sql.kind) for part, sql in running[name]]
                value = keep(running_value(call, parts, order), each.column.stored_type)
            selected.append(_named(value, name))
        return f"(SELECT {', '.join(selected)} FROM {rows}) AS {SOURCE}"

    def _ordered(self) -> str:
        terms = self._terms(self._window.order)
        return f" ORDER BY {', '.join(terms)}" if terms else ""

    def _terms(self, orders: Sequence[Order]) -> list[str]:
        """Return these terms of a sort, and those that decide between equal rows."""
        terms = [self._compiler.order(order) for order in orders]
        if self._window.group is not None:
            keys = (meant(key.column) for key in self._window.group.keys)
            terms += [f"{order_text(key)} NULLS LAST" for key in keys]
        elif terms or self._window.sample is not None or not self._source.is_sorted:
            terms += [f"{term} NULLS LAST" for term in self._source.order]
        return terms

    def _paged(self) -> str:
        limit = self._window.limit
        limited = "" if limit is None else f" LIMIT {limit:d}"
        return limited + (f" OFFSET {self._window.offset:d}" if self._window.offset else "")


def _is_running(derived: Derived) -> bool:
    return isinstance(derived.expression, RunningCall)


def _is_by(order: Order, names: Container[str]) -> bool:
    """Whether a term of a sort looks at one of these columns."""
    return any(
        isinstance(each, ColumnValue) and each.column.stored_name in names
        for each in _walk(order.expression)
    )


def _walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all that stand in it."""
    yield expression
    for field in fields(expression):
        value = getattr(expression, field.name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Expression):
                yield from _walk(each)


def _of_source(name: str) -> str:
    return f"{SOURCE}.{quote_name(name)}"


def _named(value: str, name: str) -> str:
    return f"{value} AS {quote_name(name)}"
