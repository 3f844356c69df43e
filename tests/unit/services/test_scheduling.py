"""Scheduled runs: submitted when due, later after failures, never beside one that goes on."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.contracts.house import LEASE, NOW, at, new_result
from tests.support.services import Stage

from standpipe.core.errors import SourceFailed
from standpipe.core.events import Event, ScheduleSkipped
from standpipe.core.executions import ExecutionState
from standpipe.core.ids import GroupId
from standpipe.core.principals import DEFAULT_PERMISSIONS
from standpipe.core.queries import Query
from standpipe.core.schedules import Schedule
from standpipe.core.workspaces import Group
from standpipe.services.scheduling import Scheduling

EVERY_MINUTE = Schedule(interval_seconds=60)
MINUTE, STEP = 60.0, 15.0


class Clockwork:
    """A scheduler over a stage, and a worker that a test plays."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seen: list[Event] = []
        self.scheduling = Scheduling(
            stage.store,
            submit=stage.submit,
            keys=stage.keys,
            clock=stage.clock,
            observe=self.seen.append,
        )

    def due_after(self, limit_seconds: float = 100_000.0) -> float:
        """Let the time pass until the next run is submitted; return how many seconds it took."""
        passed = 0.0
        while passed < limit_seconds and not self.scheduling.tick():
            self.stage.clock.pass_seconds(STEP)
            passed += STEP
        return passed

    def end(self, state: ExecutionState) -> None:
        """Let the run that waits end now, as a worker would."""
        now = self.stage.clock.now()
        claim = self.stage.store.claim("w", now, LEASE)
        assert claim is not None
        how: dict[str, Any] = {}
        if state is ExecutionState.SUCCEEDED:
            how["result"] = new_result()
        elif state is ExecutionState.FAILED:
            how["error"] = (SourceFailed.code, "There is no such table.")
        assert self.stage.store.finish(claim, now, state, **how) is not None

    def rounds(self, *states: ExecutionState) -> list[float]:
        """Let runs end so, one after the other; return how long each next one was waited for."""
        waited = []
        self.due_after()
        for state in states:
            self.end(state)
            waited.append(self.due_after())
        return waited


OK, BAD, STOPPED = ExecutionState.SUCCEEDED, ExecutionState.FAILED, ExecutionState.CANCELLED


@pytest.fixture
def clockwork(stage: Stage) -> Clockwork:
    """A scheduler whose query owner may run what he saves."""
    group = Group(
        id=GroupId(0),
        workspace_id=stage.workspace.id,
        name="all",
        permissions=tuple(DEFAULT_PERMISSIONS),
        is_builtin=True,
        created_at=NOW,
    )
    added = stage.store.add_group(group)
    stage.store.update_user(replace(stage.user, group_ids=(added.id,)))
    stage.source = stage.store.update_data_source(replace(stage.source, grants={added.id: False}))
    return Clockwork(stage)


@pytest.fixture
def query(stage: Stage) -> Query:
    """A query that runs every minute."""
    return stage.add_query(sql="select 1", schedule=EVERY_MINUTE)


@pytest.mark.usefixtures("query")
def test_failed_runs_let_the_next_one_wait_twice_as_long(clockwork: Clockwork) -> None:
    """2, 4, 8 minutes after the failure; a success ends it, a cancelled run changes nothing."""
    waited = clockwork.rounds(OK, BAD, BAD, STOPPED, BAD, OK, BAD)
    assert waited == [minutes * MINUTE for minutes in (1, 2, 4, 1, 8, 1, 2)]


def test_runs_that_fail_for_ever_end_up_17_hours_apart(clockwork: Clockwork, query: Query) -> None:
    """Not more: somebody may have mended what they read."""
    clockwork.stage.store.set_next_run(query.id, NOW, consecutive_failures=9)
    assert clockwork.rounds(BAD, BAD) == [1024 * MINUTE] * 2


def test_what_nobody_ran_in_time_counts_as_a_failure(clockwork: Clockwork, query: Query) -> None:
    """Without workers the queue does not fill up with the same run."""
    assert clockwork.due_after() == 0
    clockwork.stage.clock.pass_seconds(30)
    now = clockwork.stage.clock.now()
    assert clockwork.stage.store.expire_queued(now, now) == 1
    assert clockwork.due_after() == 2 * MINUTE
    assert query.schedule == EVERY_MINUTE


def test_a_run_that_goes_on_is_not_started_again(clockwork: Clockwork, query: Query) -> None:
    """The time is passed over, and said so; the first one after its end counts."""
    clockwork.due_after()
    assert clockwork.due_after(150) == 150
    reason = "The run before has not ended."
    assert clockwork.seen == [ScheduleSkipped(query_id=query.id, reason=reason)] * 2
    clockwork.end(OK)
    assert clockwork.due_after() == 30


def test_who_mends_a_failing_query_need_not_wait(clockwork: Clockwork, query: Query) -> None:
    """Other SQL is tried at the next time of its schedule; another name is no reason."""
    store = clockwork.stage.store
    clockwork.rounds(BAD, BAD, BAD)
    clockwork.end(BAD)
    clockwork.scheduling.tick()
    renamed = store.update_query(replace(query, name="x"), author_id=None)
    assert clockwork.due_after(MINUTE) == MINUTE
    store.update_query(replace(renamed, sql="select 2", revision=2), author_id=None)
    assert clockwork.due_after(MINUTE) < MINUTE


def test_what_cannot_be_submitted_waits_the_same_way(clockwork: Clockwork, query: Query) -> None:
    """A paused data source counts like a failed run, and both together."""
    clockwork.rounds(BAD)
    clockwork.end(BAD)
    store, source = clockwork.stage.store, clockwork.stage.source
    store.update_data_source(replace(source, is_paused=True))
    assert clockwork.due_after(8 * MINUTE) == 8 * MINUTE
    store.update_data_source(source)
    assert clockwork.due_after() == 4 * MINUTE
    assert [event.query_id for event in clockwork.seen if isinstance(event, ScheduleSkipped)] == [
        query.id
    ]


def test_waiting_never_leads_beyond_the_last_day(clockwork: Clockwork) -> None:
    """A schedule that is over by then does not run any more."""
    last_day: date = NOW.date()
    schedule = replace(EVERY_MINUTE, until=last_day)
    clockwork.stage.add_query(sql="select 1", schedule=schedule)
    clockwork.stage.clock.at = datetime.combine(last_day, NOW.timetz()).replace(hour=23, minute=58)
    clockwork.due_after()
    clockwork.end(BAD)
    assert clockwork.due_after(timedelta(hours=20).total_seconds()) == 72_000


def test_of_two_schedulers_one_counts_a_failure(clockwork: Clockwork, query: Query) -> None:
    """The other finds it settled, even if it had looked before."""
    clockwork.due_after()
    clockwork.end(BAD)
    store = clockwork.stage.store
    (ended,) = store.find_ended_runs()
    clockwork.scheduling.tick()
    store.settle_run(ended, at(1), consecutive_failures=9)
    assert (store.find_ended_runs(), clockwork.due_after()) == ((), 2 * MINUTE)
    assert ended.query_id == query.id


def test_a_run_that_was_forgotten_keeps_no_schedule_waiting(
    clockwork: Clockwork, query: Query
) -> None:
    """Its row may be gone before anybody looked."""
    clockwork.due_after()
    clockwork.end(BAD)
    store = clockwork.stage.store
    assert store.delete_executions(at(100), 10) == 1
    assert clockwork.due_after() == MINUTE
    assert query.schedule == EVERY_MINUTE
