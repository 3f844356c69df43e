"""What is wrong with a query whatever columns there are: said before anything is run for it."""

from datetime import datetime
from typing import Final

from standpipe.core.calendar import Calendar
from standpipe.core.columns import Column, LogicalType
from standpipe.core.data_set_queries import DataSetQuery, Filter
from standpipe.core.data_sets.conditions import OPERATIONS, condition_of, require_count
from standpipe.core.data_sets.fields import read_unit
from standpipe.core.data_sets.metrics import aggregation_of
from standpipe.core.data_sets.plan import DRILL, IDLE, require_operator, require_outputs, zone_of

# Their values are dates of whatever field they stand beside.
_OF_DATES: Final = frozenset({"matches", "before", "after", "last", "next"})


def check_query(query: DataSetQuery, now: datetime) -> None:
    """FieldInvalid for what no columns could mend; the rest is said by ``plan_window``."""
    require_outputs(query)
    calendar = Calendar(now, zone_of(query))
    for number, dimension in enumerate(query.dimensions):
        if dimension.transformation is not None:
            path = f"query.dimensions[{number}].transformation"
            read_unit(dimension.transformation, path=path)
    for number, metric in enumerate(query.metrics):
        aggregation_of(metric, path=f"query.metrics[{number}]")
    for number, filter in enumerate(query.filters):
        _check_filter(filter, calendar, f"query.filters[{number}]")


def _check_filter(filter: Filter, calendar: Calendar, path: str) -> None:
    require_operator(filter, path)
    if filter.operator == DRILL:
        require_count(filter, 1, 1, path=path)
        read_unit(str(filter.values[0]), path=f"{path}.values[0]")
    elif filter.operator in _OF_DATES:
        condition_of(filter, _any_date(filter.field), calendar, path=path)
    elif filter.operator not in IDLE:
        operation = OPERATIONS[filter.operator]
        require_count(filter, operation.least, operation.most, path=path)


def _any_date(name: str) -> Column:
    return Column(
        name=name,
        stored_name=name,
        logical_type=LogicalType.DATE,
        stored_type="DATE",
        source_type="DATE",
    )
