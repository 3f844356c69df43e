"""From a query of a data set to a window over the columns that its result has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from standpipe.core.calendar import Calendar, find_zone
from standpipe.core.columns import Column
from standpipe.core.data_set_queries import DataSetQuery, Dimension, Filter
from standpipe.core.data_sets.conditions import OPERATIONS, condition_of, require_count
from standpipe.core.data_sets.fields import Fields, read_unit, shown_node, truncated_node
from standpipe.core.data_sets.metrics import aggregation_of, metric_node
from standpipe.core.data_sets.outputs import Output, find_output
from standpipe.core.data_sets.values import is_date
from standpipe.core.errors import FieldInvalid
from standpipe.core.windows import Window, WindowAsk, check_window
from standpipe.core.windows.syntax import Both, Name, Node, OutputTerm, SortTerm

DRILL: Final = "transform_date_drill"
# They say of themselves that nothing is to be done.
IDLE: Final = frozenset({"none", "transform_pop_none"})
REFUSED: Final = frozenset({"transform_pop_relative", "transform_pop_absolute"})
OF_CALLER: Final = "matches_user_attribute"
OPERATORS: Final = (*OPERATIONS, OF_CALLER, DRILL, *sorted(IDLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The columns that a query can be asked of, and the time it is."""

    columns: Sequence[Column]
    now: datetime


def plan_window(query: DataSetQuery, model: Model) -> Window:
    """Return the window of a query's page; its columns have the names that callers see.

    FieldInvalid names the place in the query, the value and what is allowed; WindowInvalid for
    what only a window refuses. Relative dates are those of ``model.now``.
    """
    require_outputs(query)
    planning = _Planning(query, model)
    outputs = [*planning.dimensions(), *planning.metrics()]
    ask = WindowAsk(
        where=planning.where(),
        group_by=tuple([each.term for each in outputs if not each.is_metric]),
        aggregates=tuple([each.term for each in outputs if each.is_metric]),
        order_by=_order(query, outputs),
        offset=query.offset,
        limit=query.row_limit,
    )
    window = check_window(ask, model.columns, now=model.now)
    named = zip(window.columns, outputs, strict=True)
    return replace(
        window, columns=tuple([replace(column, name=each.name) for column, each in named])
    )


class _Planning:
    """One query over one model."""

    def __init__(self, query: DataSetQuery, model: Model) -> None:
        self._query = query
        self._fields = Fields(model.columns, query.model)
        self._calendar = Calendar(model.now, zone_of(query))
        self._drills = self._find_drills()

    def dimensions(self) -> list[Output]:
        """Return the keys of the groups."""
        found = []
        for number, each in enumerate(self._query.dimensions):
            path = f"query.dimensions[{number}]"
            column = self._fields.get(each.field, path=f"{path}.field")
            node = self._dimension_node(each, column, path)
            term = OutputTerm(node=node, text=each.field, alias=f"dimension {number}")
            found.append(Output(term=term, id=each.id, field=each.field, name=column.name))
        return found

    def metrics(self) -> list[Output]:
        """Return the aggregates."""
        found = []
        for number, each in enumerate(self._query.metrics):
            path = f"query.metrics[{number}]"
            column = self._fields.get(each.field, path=f"{path}.field")
            aggregation = aggregation_of(each, path=path)
            node = metric_node(aggregation, column, self._query.timezone, path=path)
            term = OutputTerm(node=node, text=each.field, alias=f"metric {number}")
            name = f"{aggregation.label} of {column.name}"
            found.append(Output(term=term, id=each.id, field=each.field, name=name, is_metric=True))
        return found

    def where(self) -> Node | None:
        """Return what rows must fulfil; None if that is nothing."""
        parts = [
            self._condition(each, f"query.filters[{number}]")
            for number, each in enumerate(self._query.filters)
        ]
        nodes = [node for node in parts if node is not None]
        if len(nodes) > 1:
            return Both(parts=tuple(nodes))
        return nodes[0] if nodes else None

    def _condition(self, filter: Filter, path: str) -> Node | None:
        column = self._fields.get(filter.field, path=f"{path}.field")
        if filter.operator in IDLE or filter.operator == DRILL:
            return None
        return condition_of(filter, column, self._calendar, path=path)

    def _dimension_node(self, dimension: Dimension, column: Column, path: str) -> Node:
        unit = self._drills.get(column.stored_name)
        at = f"{path}.transformation"
        if dimension.transformation is not None:
            unit = unit or read_unit(dimension.transformation, path=at)
        if unit is None:
            return shown_node(column, self._query.timezone)
        if not is_date(column):
            raise FieldInvalid(
                f"{at}: the field {column.name!r} has no dates.",
                detail="Expected: a field of dates or times.",
            )
        return truncated_node(column, unit, self._query.timezone)

    def _find_drills(self) -> dict[str, str]:
        """Return the units that filters set for dimensions, by the column; of several the last."""
        found = {}
        for number, each in enumerate(self._query.filters):
            path = f"query.filters[{number}]"
            require_operator(each, path)
            if each.operator == DRILL:
                require_count(each, 1, 1, path=path)
                column = self._fields.get(each.field, path=f"{path}.field")
                unit = read_unit(str(each.values[0]), path=f"{path}.values[0]")
                found[column.stored_name] = unit
        return found


def require_outputs(query: DataSetQuery) -> None:
    """FieldInvalid for a query that asks for nothing."""
    if not query.dimensions and not query.metrics:
        raise FieldInvalid(
            "query: there are neither dimensions nor metrics.",
            detail="Expected: one of them at least.",
        )


def zone_of(query: DataSetQuery) -> ZoneInfo:
    """Return the time zone in which a query reads dates; FieldInvalid for one that is none."""
    zone = find_zone(query.timezone or "UTC")
    if zone is None:
        raise FieldInvalid(
            f"query.timezone: {query.timezone!r} is not a time zone.",
            detail="Expected: a name such as Europe/Berlin, with its capital letters.",
        )
    return zone


def require_operator(filter: Filter, path: str) -> None:
    """FieldInvalid for an operator that is not known or not offered."""
    if filter.operator in REFUSED:
        raise FieldInvalid(
            f"{path}.operator: {filter.operator!r} is not offered here.",
            detail="Periods are compared by asking for each of them.",
            hint="Send two queries, each with its own dates.",
        )
    if filter.operator not in OPERATORS or filter.operator == OF_CALLER:
        raise FieldInvalid(
            f"{path}.operator: {filter.operator[:60]!r} is not known.",
            detail=f"Expected: {', '.join(OPERATORS)}.",
        )


def _order(query: DataSetQuery, outputs: Sequence[Output]) -> tuple[SortTerm, ...]:
    terms = []
    for number, each in enumerate(query.order):
        output = find_output(each.id, outputs, path=f"query.order[{number}].id")
        node = Name(text=output.term.alias or "", is_quoted=True)
        terms.append(SortTerm(node=node, is_descending=each.is_descending))
    return tuple(terms)
