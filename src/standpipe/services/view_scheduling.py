"""Materialised views by the clock: refreshed when they are due, removed when they have expired."""

from datetime import datetime
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import NotFound, StandpipeError
from standpipe.core.events import ScheduleSkipped
from standpipe.core.materialized_views import MaterializedView
from standpipe.core.ports import Observer, ViewStore
from standpipe.services.materialized_views import MaterializedViews, next_refresh

BATCH = 100


class ViewSchedulingStore(ViewStore, Protocol):
    """The slice of the metadata store that this needs."""


class ViewScheduling:
    """Any number of these at once do no harm: each due time is taken by one of them.

    What was missed while no scheduler ran is made up for once. A refresh that cannot begin is
    tried again at the next due time, and so is one whose predecessor has not ended.
    """

    def __init__(
        self,
        store: ViewSchedulingStore,
        *,
        views: MaterializedViews,
        clock: Clock,
        observe: Observer,
    ) -> None:
        """Take the ports, and the service that refreshes."""
        self._store = store
        self._views = views
        self._clock = clock
        self._observe = observe

    def tick(self) -> int:
        """Refresh what is due; returns how many refreshes were begun."""
        now = self._clock.now()
        return sum(self._refresh(view, now) for view in self._store.find_due_views(now, BATCH))

    def sweep(self) -> int:
        """Remove the views that have expired, with their rows; returns how many."""
        now = self._clock.now()
        expired = self._store.find_expired_views(now, BATCH)
        for view in expired:
            try:
                self._store.delete_table(view.id, now)
            except NotFound:  # its owner was faster
                continue
        return len(expired)

    def _refresh(self, view: MaterializedView, now: datetime) -> bool:
        next_run_at = None
        try:
            next_run_at = next_refresh(view.cron, now)
            if not view.is_under_way:
                return self._views.refresh_due(view, next_run_at)
            trouble = "The refresh before has not ended."
        except StandpipeError as error:
            trouble = str(error)
        if self._store.plan_view(view, next_run_at, trouble=trouble):
            self._observe(ScheduleSkipped(query_id=view.query_id, reason=trouble))
        return False
