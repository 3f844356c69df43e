"""The part of a result that a client wants: asked for in words, checked against its columns.

Text -> ``WindowAsk`` (parsed) -> ``check_window`` -> ``Window`` (typed), which a reader compiles.
No text of a caller goes further than the parser.
"""

from standpipe.core.windows.check import check_window
from standpipe.core.windows.differences import (
    ComparedColumn,
    Difference,
    DifferenceCounts,
    difference_of,
)
from standpipe.core.windows.facets import Facet, FacetValue
from standpipe.core.windows.filters import parse_filter
from standpipe.core.windows.terms import (
    parse_aggregates,
    parse_columns,
    parse_group,
    parse_sort,
)
from standpipe.core.windows.window import (
    Derived,
    Grouping,
    Order,
    Sample,
    Window,
    WindowAsk,
    whole,
)

__all__ = [
    "ComparedColumn",
    "Derived",
    "Difference",
    "DifferenceCounts",
    "Facet",
    "FacetValue",
    "Grouping",
    "Order",
    "Sample",
    "Window",
    "WindowAsk",
    "check_window",
    "difference_of",
    "parse_aggregates",
    "parse_columns",
    "parse_filter",
    "parse_group",
    "parse_sort",
    "whole",
]
