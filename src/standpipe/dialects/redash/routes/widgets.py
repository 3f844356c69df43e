"""Widgets of dashboards and visualizations of queries."""

from standpipe.core.ids import VisualizationId, WidgetId
from standpipe.dialects.redash.requests.dashboards import parse_widget, parse_widget_changes
from standpipe.dialects.redash.requests.fields import parse_id
from standpipe.dialects.redash.requests.queries import (
    parse_visualization,
    parse_visualization_changes,
)
from standpipe.dialects.redash.responses.bodies import render_json
from standpipe.dialects.redash.responses.dashboards import render_visualization, widget_body
from standpipe.dialects.redash.routes.shown import show_query
from standpipe.http.messages import Inbound, Outbound, Route, Work
from standpipe.services.dashboards import ShownWidget
from standpipe.services.directory import Services


def create_widget(services: Services, inbound: Inbound) -> Outbound:
    """Put a visualization or a text on a dashboard."""
    widget = parse_widget(inbound, services.clock.now())
    return _render(services, inbound, services.dashboards.add_widget(inbound.principal, widget))


def get_widget(services: Services, inbound: Inbound) -> Outbound:
    """Read a widget."""
    shown = services.dashboards.get_widget(inbound.principal, _widget_id(inbound))
    return _render(services, inbound, shown)


def edit_widget(services: Services, inbound: Inbound) -> Outbound:
    """Change a widget's text and options."""
    changes = parse_widget_changes(inbound)
    shown = services.dashboards.edit_widget(inbound.principal, _widget_id(inbound), changes)
    return _render(services, inbound, shown)


def delete_widget(services: Services, inbound: Inbound) -> Outbound:
    """Take a widget off its dashboard."""
    services.dashboards.delete_widget(inbound.principal, _widget_id(inbound))
    return render_json(None)


def create_visualization(services: Services, inbound: Inbound) -> Outbound:
    """Add a visualization to a query."""
    wanted = parse_visualization(inbound, services.clock.now())
    item = services.dashboards.add_visualization(inbound.principal, wanted)
    return render_visualization(item)


def get_visualization(services: Services, inbound: Inbound) -> Outbound:
    """Read a visualization with its query."""
    found = services.dashboards.get_visualization(inbound.principal, _visualization_id(inbound))
    item, query = found
    return render_visualization(item, show_query(services, inbound, query))


def edit_visualization(services: Services, inbound: Inbound) -> Outbound:
    """Change some fields of a visualization."""
    changes = parse_visualization_changes(inbound)
    item = services.dashboards.edit_visualization(
        inbound.principal, _visualization_id(inbound), changes
    )
    return render_visualization(item)


def delete_visualization(services: Services, inbound: Inbound) -> Outbound:
    """Remove a visualization, and the widgets that show it."""
    services.dashboards.delete_visualization(inbound.principal, _visualization_id(inbound))
    return render_json(None)


def _render(services: Services, inbound: Inbound, shown: ShownWidget) -> Outbound:
    query = None if shown.query is None else show_query(services, inbound, shown.query)
    return render_json(widget_body(shown, query))


def _widget_id(inbound: Inbound) -> WidgetId:
    return WidgetId(parse_id(inbound, "widget_id"))


def _visualization_id(inbound: Inbound) -> VisualizationId:
    return VisualizationId(parse_id(inbound, "visualization_id"))


_WIDGET = "/api/widgets/{widget_id:int}"
_VISUALIZATION = "/api/visualizations/{visualization_id:int}"

ROUTES = (
    Route("POST", "/api/widgets", create_widget, Work.WRITE),
    Route("GET", _WIDGET, get_widget, Work.TEXT),
    Route("POST", _WIDGET, edit_widget, Work.WRITE),
    Route("DELETE", _WIDGET, delete_widget, Work.WRITE),
    Route("POST", "/api/visualizations", create_visualization, Work.WRITE),
    Route("GET", _VISUALIZATION, get_visualization, Work.TEXT),
    Route("POST", _VISUALIZATION, edit_visualization, Work.WRITE),
    Route("DELETE", _VISUALIZATION, delete_visualization, Work.WRITE),
)
