"""A window as one SELECT over its source: filter, sample, group, sort, page, in this order.

Equal rows of a sort keep the order of the source, groups that of their keys. A sample takes the
rows with the lowest hashes of their places: the same ones however many threads read.
"""

from dataclasses import dataclass
from pathlib import Path

from standpipe.core.columns import Column
from standpipe.core.windows.kinds import value_type
from standpipe.core.windows.window import Derived, Grouping, Sample, Window
from standpipe.readers.calls import keep
from standpipe.readers.compile import SOURCE, Compiler
from standpipe.readers.kinds import Sql, column_sql, order_text
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
        selected = ", ".join(map(self._derived, columns)) or "count(*)"
        places = ", ".join(str(place) for place in range(1, len(group.keys) + 1))
        by = f" GROUP BY {places}" if places else ""
        return f"(SELECT {selected} FROM {self._sampled()}{by}) AS {SOURCE}"

    def _derived(self, derived: Derived) -> str:
        value = self._compiler.compile(derived.expression)
        kept = keep(value, derived.column.stored_type)
        return f"{kept} AS {quote_name(derived.column.stored_name)}"

    def _ordered(self) -> str:
        terms = [self._compiler.order(order) for order in self._window.order]
        if self._window.group is not None:
            keys = (meant(key.column) for key in self._window.group.keys)
            terms += [f"{order_text(key)} NULLS LAST" for key in keys]
        elif terms or self._window.sample is not None or not self._source.is_sorted:
            terms += [f"{term} NULLS LAST" for term in self._source.order]
        return f" ORDER BY {', '.join(terms)}" if terms else ""

    def _paged(self) -> str:
        limit = self._window.limit
        limited = "" if limit is None else f" LIMIT {limit:d}"
        return limited + (f" OFFSET {self._window.offset:d}" if self._window.offset else "")
