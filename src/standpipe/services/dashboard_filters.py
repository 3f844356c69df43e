"""Filters of a dashboard: the parameters that its widgets share, and the values they are given.

A parameter of a widget's query is one of the dashboard's unless the widget says that it is its
own or always the same (the mappings of seed 003's dashboards).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from standpipe.core.calendar import Calendar
from standpipe.core.dashboards import Widget
from standpipe.core.data_set_queries import Filter
from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import WidgetId
from standpipe.core.parameter_conditions import parameter_value
from standpipe.core.parameters import Parameter
from standpipe.services.dashboards import ShownWidget

_OF_DASHBOARD: Final = "dashboard-level"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilter:
    """A filter of a dashboard: ``parameter`` is that of the first widget that has it."""

    name: str
    parameter: Parameter
    widget_ids: tuple[WidgetId, ...]


def find_filters(widgets: Sequence[ShownWidget]) -> tuple[BoardFilter, ...]:
    """Return the filters of a dashboard, in the order of its widgets."""
    found: dict[str, BoardFilter] = {}
    for shown in widgets:
        for name, parameter in _shared(shown):
            before = found.get(name)
            ids = () if before is None else before.widget_ids
            found[name] = BoardFilter(
                name=name,
                parameter=parameter if before is None else before.parameter,
                widget_ids=(*ids, shown.widget.id),
            )
    return tuple(found.values())


def require_known(conditions: Sequence[Filter], filters: Sequence[BoardFilter]) -> None:
    """FieldInvalid for a condition on a filter that the dashboard does not have."""
    known = [each.name for each in filters]
    for number, condition in enumerate(conditions):
        if condition.field not in known:
            raise FieldInvalid(
                f"dashboard_filter_conditions[{number}]: there is no filter"
                f" {condition.field[:100]!r}.",
                detail=f"Expected: {', '.join(known) or 'none, for this dashboard has none'}.",
            )


def values_of(
    shown: ShownWidget, conditions: Sequence[Filter], calendar: Calendar
) -> Mapping[str, Any]:
    """Return values in wire form for a widget's query; what nobody names has its default.

    Of several conditions on one filter the last one counts. FieldInvalid.
    """
    asked = {condition.field: number for number, condition in enumerate(conditions)}
    values: dict[str, Any] = dict(_static(shown))
    for name, parameter in _shared(shown):
        if name in asked:
            number = asked[name]
            path = f"dashboard_filter_conditions[{number}].condition"
            value = parameter_value(parameter, conditions[number], calendar, path=path)
            if value is not None:
                values[parameter.name] = value
    return values


def _shared(shown: ShownWidget) -> Iterator[tuple[str, Parameter]]:
    """Yield the parameters that follow a filter of the dashboard, with its name."""
    for parameter in () if shown.query is None else shown.query.parameters:
        mapping = _mapping(shown.widget, parameter)
        if mapping.get("type", _OF_DASHBOARD) == _OF_DASHBOARD:
            name = mapping.get("mapTo")
            yield (name if isinstance(name, str) and name else parameter.name), parameter


def _static(shown: ShownWidget) -> Iterator[tuple[str, Any]]:
    """Yield the values that a widget always gives its query."""
    for parameter in () if shown.query is None else shown.query.parameters:
        mapping = _mapping(shown.widget, parameter)
        if mapping.get("type", _OF_DASHBOARD) != _OF_DASHBOARD and mapping.get("value") is not None:
            yield parameter.name, mapping["value"]


def _mapping(widget: Widget, parameter: Parameter) -> Mapping[str, Any]:
    mappings = widget.options.get("parameterMappings")
    found = mappings.get(parameter.name) if isinstance(mappings, Mapping) else None
    return found if isinstance(found, Mapping) else {}
