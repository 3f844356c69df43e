"""Materialised views by the clock: refreshed when due, once for all that was missed, and swept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.contracts.house import NOW, at
from tests.support.services import Stage

from standpipe.core.errors import NotFound, SourceFailed
from standpipe.core.events import Event, ScheduleSkipped
from standpipe.core.executions import ExecutionOrigin, Submission
from standpipe.core.ids import GroupId
from standpipe.core.materialized_views import MaterializedView
from standpipe.core.principals import DEFAULT_PERMISSIONS
from standpipe.core.queries import Query
from standpipe.core.workspaces import Group
from standpipe.services.materialized_views import ViewAsk
from standpipe.services.view_scheduling import ViewScheduling

QUARTER, HOUR, DAY = 900.0, 3600.0, 86_400.0


class Clockwork:
    """A scheduler over a stage, whose author has a view, and a worker that a test plays."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seen: list[Event] = []
        self.scheduling = self.another()
        self.query: Query = stage.save("select 1 as a")

    def another(self) -> ViewScheduling:
        """A scheduler that has seen nothing."""
        return ViewScheduling(
            self.stage.store,
            views=self.stage.views,
            clock=self.stage.clock,
            observe=self.seen.append,
        )

    def make(self, cron: str = "0 * * * *", name: str = "result_x", **ask: Any) -> MaterializedView:
        """Make a view whose first refresh has succeeded."""
        asked = ViewAsk(name=name, query_id=self.query.id, cron=cron, **ask)
        view, _ = self.stage.views.upsert(self.stage.author, asked)
        self.stage.finish(self.run_of(view))
        return self.view(view)

    def view(self, view: MaterializedView) -> MaterializedView:
        return self.stage.store.get_view(view.id)

    def run_of(self, view: MaterializedView) -> Submission:
        return self.stage.store.get_submission(self.view(view).runs[0])

    def ticks(self, *seconds: float) -> list[int]:
        """Return how many refreshes were begun, after each of these times has passed."""
        found = []
        for each in seconds:
            self.stage.clock.pass_seconds(each)
            found.append(self.scheduling.tick())
        return found

    def reasons(self) -> Sequence[str]:
        return [event.reason for event in self.seen if isinstance(event, ScheduleSkipped)]


@pytest.fixture
def clockwork(stage: Stage) -> Clockwork:
    """A scheduler; the author of views may run what he saves."""
    group = Group(
        id=GroupId(0),
        workspace_id=stage.workspace.id,
        name="all",
        permissions=tuple(DEFAULT_PERMISSIONS),
        is_builtin=True,
        created_at=NOW,
    )
    added = stage.store.add_group(group)
    stage.user = stage.store.update_user(replace(stage.user, group_ids=(added.id,)))
    stage.source = stage.store.update_data_source(replace(stage.source, grants={added.id: False}))
    stage.author = stage.person(stage.user.id, added.id)
    return Clockwork(stage)


def test_a_view_is_refreshed_when_it_is_due(clockwork: Clockwork) -> None:
    """On behalf of its owner, behind what callers wait for; NOW is twelve o'clock and a bit."""
    view = clockwork.make()
    assert view.next_run_at == datetime(2026, 1, 1, 13, tzinfo=UTC)
    assert clockwork.ticks(0, HOUR - 1, 1, 0) == [0, 0, 1, 0]
    run = clockwork.run_of(view)
    assert run.holder == clockwork.stage.author.holder
    assert (run.execution.origin, run.execution.priority) == (ExecutionOrigin.SCHEDULE, -1)
    clockwork.stage.finish(run)
    assert clockwork.view(view).table.version == view.table.version + 1
    assert clockwork.ticks(HOUR) == [1]


def test_a_view_without_cron_waits_for_its_owner(clockwork: Clockwork) -> None:
    """For ever; one that loses its cron line too."""
    clockwork.make("")
    other = clockwork.make(name="result_y")
    clockwork.stage.store.plan_view(other, None)
    assert clockwork.ticks(DAY, DAY) == [0, 0]


def test_missed_times_are_made_up_for_once(clockwork: Clockwork) -> None:
    """By whichever scheduler is there first; the next time is one to come."""
    view = clockwork.make("*/15 * * * *")
    clockwork.stage.clock.pass_seconds(DAY)
    assert [clockwork.another().tick() for _ in range(3)] == [1, 0, 0]
    next_run_at = clockwork.view(view).next_run_at
    assert next_run_at is not None
    assert 0 < (next_run_at - clockwork.stage.clock.now()).total_seconds() <= QUARTER


def test_one_of_two_schedulers_refreshes(clockwork: Clockwork) -> None:
    """Though both have seen that it is due."""
    view = clockwork.make()
    clockwork.stage.clock.pass_seconds(HOUR)
    (seen,) = clockwork.stage.store.find_due_views(clockwork.stage.clock.now(), 9)
    assert clockwork.ticks(0) == [1]
    clockwork.stage.finish(clockwork.run_of(view))
    assert not clockwork.stage.views.refresh_due(seen, at(2 * HOUR))
    assert len(clockwork.view(view).runs) == 2


def test_a_refresh_that_goes_on_is_not_doubled(clockwork: Clockwork) -> None:
    """The next due time sees to it."""
    view = clockwork.make()
    assert clockwork.ticks(HOUR, HOUR) == [1, 0]
    assert clockwork.reasons() == ["The refresh before has not ended."]
    clockwork.stage.finish(clockwork.run_of(view))
    assert clockwork.ticks(QUARTER, HOUR) == [0, 1]


def test_a_failed_refresh_is_tried_again_at_the_next_time(clockwork: Clockwork) -> None:
    """What was there stays, and the view says how the last run ended."""
    view = clockwork.make()
    assert clockwork.ticks(HOUR) == [1]
    clockwork.stage.fail(clockwork.run_of(view), SourceFailed("no"))
    found = clockwork.view(view)
    assert (found.table.version, found.table.row_count) == (view.table.version, 3)
    assert found.state is not None
    assert found.state.is_final
    assert clockwork.ticks(HOUR) == [1]


def test_a_refresh_that_cannot_begin_says_why(clockwork: Clockwork) -> None:
    """Once for each due time; it begins again when it can."""
    view = clockwork.make()
    stage = clockwork.stage
    stage.store.update_query(replace(clockwork.query, is_archived=True), author_id=None)
    assert clockwork.ticks(HOUR, 0, HOUR) == [0, 0, 0]
    assert len(clockwork.reasons()) == 2
    assert "was archived" in clockwork.view(view).trouble
    stage.store.update_query(clockwork.query, author_id=None)
    stage.store.update_user(replace(stage.user, is_disabled=True))
    assert clockwork.ticks(HOUR) == [0]
    assert "is disabled" in clockwork.view(view).trouble
    assert clockwork.view(view).table == view.table
    stage.store.update_user(stage.user)
    assert clockwork.ticks(HOUR) == [1]
    assert clockwork.view(view).trouble == ""


def test_one_that_cannot_begin_stops_no_other(clockwork: Clockwork) -> None:
    """Each view is for itself."""
    broken = clockwork.make(name="result_a")
    other = clockwork.stage.save("select 2 as a")
    clockwork.stage.store.update_query(replace(clockwork.query, is_archived=True), author_id=None)
    clockwork.query = other
    clockwork.make(name="result_b")
    assert clockwork.ticks(HOUR) == [1]
    assert clockwork.view(broken).trouble


def test_an_expired_view_is_swept_away(clockwork: Clockwork) -> None:
    """It is not refreshed any more, and its name is free again."""
    view = clockwork.make(expires_at=at(2 * HOUR))
    kept = clockwork.make("", name="result_y")
    assert clockwork.ticks(HOUR) == [1]
    clockwork.stage.finish(clockwork.run_of(view))
    assert clockwork.scheduling.sweep() == 0
    assert clockwork.ticks(HOUR) == [0]
    assert [clockwork.scheduling.sweep() for _ in range(2)] == [1, 0]
    with pytest.raises(NotFound):
        clockwork.view(view)
    assert clockwork.view(kept) == kept
    assert clockwork.make().id != view.id


def test_summer_time_changes_nothing(clockwork: Clockwork) -> None:
    """Lines are in UTC: a day has 24 hours, wherever the clocks are changed."""
    view = clockwork.make("30 1 * * *")
    times = []
    for _ in range(120):
        due = clockwork.view(view).next_run_at
        assert due is not None
        times.append(due)
        clockwork.stage.clock.at = due
        assert clockwork.ticks(0) == [1]
        clockwork.stage.finish(clockwork.run_of(view))
    assert {(time.hour, time.minute) for time in times} == {(1, 30)}
    assert len({time.date() for time in times}) == 120
