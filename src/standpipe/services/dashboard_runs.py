"""Runs of what dashboards show: all of one at once, or one widget as a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from standpipe.core.calendar import Calendar
from standpipe.core.clock import Clock
from standpipe.core.data_set_queries import Filter
from standpipe.core.errors import InvalidRequest, NotFound
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import DashboardId, WidgetId
from standpipe.core.principals import Principal
from standpipe.services.dashboard_filters import (
    BoardFilter,
    find_filters,
    require_known,
    values_of,
)
from standpipe.services.dashboards import Dashboards, ShownWidget
from standpipe.services.jobs import Jobs, PreparedJob
from standpipe.services.submit import QueryAsk


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The widgets of a dashboard as one principal sees them, and its filters."""

    widgets: tuple[ShownWidget, ...]
    filters: tuple[BoardFilter, ...]


class DashboardRuns:
    """Prepares runs of the queries on a dashboard, with values from its filters."""

    def __init__(self, *, dashboards: Dashboards, jobs: Jobs, clock: Clock) -> None:
        """Take the services of dashboards and of jobs."""
        self._dashboards = dashboards
        self._jobs = jobs
        self._clock = clock

    def board(self, principal: Principal, dashboard_id: DashboardId) -> Board:
        """Return what is on a dashboard; NotFound."""
        dashboard = self._dashboards.get(principal, dashboard_id)
        if dashboard.is_archived:
            raise NotFound(f"There is no dashboard {dashboard_id}.")
        widgets = self._dashboards.widgets(principal, dashboard)
        return Board(widgets=widgets, filters=find_filters(widgets))

    def prepare_all(
        self,
        principal: Principal,
        dashboard_id: DashboardId,
        conditions: Sequence[Filter],
        *,
        must_run: bool = False,
    ) -> tuple[PreparedJob, ...]:
        """Return a job for every widget that shows rows, for ``Batches.begin``; takes SQL apart.

        Widgets whose query the principal may not see, or is archived, are left out. NotFound,
        FieldInvalid; what preparing a job raises.
        """
        board = self.board(principal, dashboard_id)
        require_known(conditions, board.filters)
        return tuple(
            self._prepare(principal, shown, conditions, must_run=must_run)
            for shown in board.widgets
            if shown.query is not None and not shown.query.is_archived
        )

    def prepare_export(
        self,
        principal: Principal,
        widget_id: WidgetId,
        conditions: Sequence[Filter],
        format: str,
    ) -> PreparedJob:
        """Return the job that makes a file of a widget's rows, for ``Jobs.begin``.

        NotFound, FieldInvalid, InvalidRequest for a widget without rows; what preparing raises.
        """
        shown = self.widget(principal, widget_id)
        board = self.board(principal, shown.widget.dashboard_id)
        require_known(conditions, board.filters)
        if shown.query is None:
            raise InvalidRequest(f"Widget {widget_id} is a text: there are no rows to export.")
        return self._prepare(principal, shown, conditions, format=format)

    def widget(self, principal: Principal, widget_id: WidgetId) -> ShownWidget:
        """Return a widget; NotFound, also for one whose query is hidden."""
        shown = self._dashboards.get_widget(principal, widget_id)
        if shown.is_restricted:
            raise NotFound(f"There is no widget {widget_id}.")
        return shown

    def _prepare(
        self,
        principal: Principal,
        shown: ShownWidget,
        conditions: Sequence[Filter],
        *,
        must_run: bool = False,
        format: str | None = None,
    ) -> PreparedJob:
        if shown.query is None:
            raise TypeError("A text has no query.")
        calendar = Calendar(self._clock.now(), ZoneInfo("UTC"))
        ask = QueryAsk(
            query_id=shown.query.id,
            values=values_of(shown, conditions, calendar),
            freshness=MUST_RUN if must_run else None,
        )
        return self._jobs.prepare(principal, ask, format=format)
