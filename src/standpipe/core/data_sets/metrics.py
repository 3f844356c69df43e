"""Aggregations: how they are called, what they become in a window, and on what they work."""

import difflib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from standpipe.core.columns import Column, LogicalType
from standpipe.core.data_set_queries import Metric
from standpipe.core.data_sets.fields import name_node, shown_node
from standpipe.core.errors import FieldInvalid
from standpipe.core.windows.kinds import COMPARABLE, NUMBERS, value_type
from standpipe.core.windows.syntax import Call, Node

_ANYTHING: Final = frozenset(LogicalType)
_EXTREME: Final = frozenset({"min", "max", "running_min", "running_max"})


@dataclass(frozen=True, slots=True)
class Aggregation:
    """How an aggregation is shown (``Sum of amount``), and the aggregate that it is."""

    label: str
    name: str
    types: AbstractSet[LogicalType]
    is_distinct: bool = False


AGGREGATIONS: Final = {
    "sum": Aggregation("Sum", "sum", NUMBERS),
    "avg": Aggregation("Avg", "avg", NUMBERS),
    "max": Aggregation("Max", "max", COMPARABLE),
    "min": Aggregation("Min", "min", COMPARABLE),
    "running sum": Aggregation("Running Sum", "running_sum", NUMBERS),
    "running avg": Aggregation("Running Avg", "running_avg", NUMBERS),
    "running max": Aggregation("Running Max", "running_max", COMPARABLE),
    "running min": Aggregation("Running Min", "running_min", COMPARABLE),
    "count": Aggregation("Count", "count", _ANYTHING),
    "count distinct": Aggregation("CountD", "count", COMPARABLE, is_distinct=True),
    "median": Aggregation("Median", "median", NUMBERS),
    "stdev": Aggregation("StDev", "stddev", NUMBERS),
    "stdevp": Aggregation("StDevP", "stddev_pop", NUMBERS),
    "var": Aggregation("Var", "variance", NUMBERS),
    "varp": Aggregation("VarP", "var_pop", NUMBERS),
}


def aggregation_of(metric: Metric, *, path: str) -> Aggregation:
    """Return the aggregation of a metric; FieldInvalid if there is none of this name."""
    name = metric.aggregation
    if name in AGGREGATIONS:
        return AGGREGATIONS[name]
    expected = f"Expected: {', '.join(AGGREGATIONS)}."
    if name is None or name == "custom":
        raise FieldInvalid(
            f"{path}.aggregation: the field {metric.field[:60]!r} is a column, not a measure.",
            detail=expected,
        )
    near = difflib.get_close_matches(name, AGGREGATIONS, n=1)
    raise FieldInvalid(
        f"{path}.aggregation: {name[:60]!r} is not known.",
        detail=expected,
        hint=f"Did you mean {near[0]!r}?" if near else "",
    )


def metric_node(aggregation: Aggregation, column: Column, zone: str | None, *, path: str) -> Node:
    """Return the aggregate of a column; FieldInvalid if it cannot be computed."""
    if value_type(column) not in aggregation.types:
        what = "numbers" if aggregation.types == NUMBERS else "values that can be compared"
        raise FieldInvalid(
            f"{path}.aggregation: {column.name!r} holds values of the type {value_type(column)}.",
            detail=f"{aggregation.label} works on {what}.",
        )
    is_extreme = aggregation.name in _EXTREME
    value = shown_node(column, zone) if is_extreme else name_node(column)
    return Call(name=aggregation.name, arguments=(value,), is_distinct=aggregation.is_distinct)
