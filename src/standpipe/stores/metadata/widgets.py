"""Widgets of dashboards and visualizations of queries."""

from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert, select, update

from standpipe.core.dashboards import Visualization, Widget
from standpipe.core.errors import NotFound
from standpipe.core.ids import DashboardId, QueryId, VisualizationId, WidgetId
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.rows import read_visualization, read_widget
from standpipe.stores.metadata.tables import visualizations, widgets
from standpipe.stores.metadata.values import to_json, to_time


class Widgets(Database):
    """Implements WidgetStore."""

    def get_widget(self, widget_id: WidgetId) -> Widget:
        """Return a widget by id; NotFound."""
        row = self._one(select(widgets).where(widgets.c.id == widget_id))
        if row is None:
            raise NotFound(f"There is no widget {widget_id}.")
        return read_widget(row)

    def find_widgets(self, dashboard_id: DashboardId) -> tuple[Widget, ...]:
        """Return the widgets of a dashboard by id."""
        found = select(widgets).where(widgets.c.dashboard_id == dashboard_id).order_by(widgets.c.id)
        return tuple(read_widget(row) for row in self._all(found))

    def put_widget(self, widget: Widget) -> Widget:
        """Store a new widget (id 0) or replace one; NotFound."""
        values = _write_widget(widget)
        if widget.id == 0:
            return replace(widget, id=WidgetId(self._insert(insert(widgets).values(**values))))
        if not self._write(update(widgets).where(widgets.c.id == widget.id).values(**values)):
            raise NotFound(f"There is no widget {widget.id}.")
        return widget

    def delete_widget(self, widget_id: WidgetId) -> None:
        """Remove a widget; a missing one is fine."""
        self._write(delete(widgets).where(widgets.c.id == widget_id))

    def get_visualization(self, visualization_id: VisualizationId) -> Visualization:
        """Return a visualization by id; NotFound."""
        row = self._one(select(visualizations).where(visualizations.c.id == visualization_id))
        if row is None:
            raise NotFound(f"There is no visualization {visualization_id}.")
        return read_visualization(row)

    def find_visualizations(self, query_id: QueryId) -> tuple[Visualization, ...]:
        """Return the visualizations of a query by id."""
        found = (
            select(visualizations)
            .where(visualizations.c.query_id == query_id)
            .order_by(visualizations.c.id)
        )
        return tuple(read_visualization(row) for row in self._all(found))

    def put_visualization(self, visualization: Visualization) -> Visualization:
        """Store a new visualization (id 0) or replace one; NotFound."""
        values = _write_visualization(visualization)
        if visualization.id == 0:
            added = self._insert(insert(visualizations).values(**values))
            return replace(visualization, id=VisualizationId(added))
        statement = update(visualizations).where(visualizations.c.id == visualization.id)
        if not self._write(statement.values(**values)):
            raise NotFound(f"There is no visualization {visualization.id}.")
        return visualization

    def delete_visualization(self, visualization_id: VisualizationId) -> None:
        """Remove a visualization and the widgets that show it; a missing one is fine."""
        self._write(delete(visualizations).where(visualizations.c.id == visualization_id))


def _write_widget(widget: Widget) -> dict[str, Any]:
    return {
        "dashboard_id": widget.dashboard_id,
        "visualization_id": widget.visualization_id,
        "text": widget.text,
        "width": widget.width,
        "options": to_json(widget.options),
        "created_at": to_time(widget.created_at),
        "updated_at": to_time(widget.updated_at),
    }


def _write_visualization(visualization: Visualization) -> dict[str, Any]:
    return {
        "query_id": visualization.query_id,
        "type": visualization.type,
        "name": visualization.name,
        "description": visualization.description,
        "options": to_json(visualization.options),
        "created_at": to_time(visualization.created_at),
        "updated_at": to_time(visualization.updated_at),
    }
