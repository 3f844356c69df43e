"""The worker's loop over a real queue: how many at a time, what errors do, and how it stops."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.house import LEASE, House, new_result

from standpipe.core.clock import SystemClock
from standpipe.core.errors import StandpipeError, Unavailable
from standpipe.core.events import Event, LoopCrashed
from standpipe.core.executions import Claim, ExecutionState, HeartbeatAnswer, Progress
from standpipe.runtime.worker import Worker
from standpipe.stores.wakeups import DatagramWakeups


class Runs:
    """Runs claims as a test wants them to; the slice of Runner that the worker uses."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.is_given_back = threading.Event()
        self.failed: list[StandpipeError] = []
        self.work: Callable[[Claim], None] = self.succeed

    def run(self, claim: Claim) -> None:
        self.begun.release()
        self.work(claim)

    def succeed(self, claim: Claim) -> None:
        self.may_end.acquire()
        if not self.is_given_back.is_set():
            now = SystemClock().now()
            self.house.store.finish(claim, now, ExecutionState.SUCCEEDED, result=new_result())

    def fail(self, claim: Claim, error: StandpipeError) -> None:
        self.failed.append(error)

    def give_back_all(self) -> None:
        self.is_given_back.set()
        self.may_end.release(10)


class Unreliable:
    """A store that cannot be reached the first time."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.calls = 0

    def claim(self, *args: Any) -> Claim | None:
        self.calls += 1
        if self.calls == 1:
            raise Unavailable("The metadata database cannot be written right now.")
        return self.house.store.claim(*args)

    def heartbeat(self, *args: Any) -> HeartbeatAnswer:
        return self.house.store.heartbeat(*args)

    def finish(self, *args: Any, **kwargs: Any) -> Any:
        return self.house.store.finish(*args, **kwargs)

    def give_back(self, *args: Any) -> Any:
        return self.house.store.give_back(*args)


class Stage:
    """A worker on its way, and the means to stop it."""

    def __init__(self, house: House, run_dir: Path) -> None:
        self.house = house
        self.run_dir = run_dir
        self.runs = Runs(house)
        self.wakeups = DatagramWakeups(run_dir)
        self.stop = threading.Event()
        self.events: list[Event] = []
        self.thread: threading.Thread | None = None

    def start(self, *, store: Any = None, stop_seconds: float = 60.0) -> None:
        worker = Worker(
            "w",
            store=store or self.house.store,
            runner=self.runs,  # type: ignore[arg-type]
            wakeups=self.wakeups,
            clock=SystemClock(),
            observe=self.events.append,
            slots=2,
            lease_seconds=LEASE,
            stop_seconds=stop_seconds,
        )
        self.thread = threading.Thread(target=worker.run, args=(self.stop,))
        self.thread.start()

    def until_asleep(self) -> None:
        """Return when the free slot waits for work; the time limit of the test is the limit."""
        while not list(self.run_dir.glob("wake-*")):
            time.sleep(0.001)

    def end(self) -> None:
        self.stop.set()
        self.wakeups.stop_waiting()
        if self.thread is not None:
            self.thread.join()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    house = House(tmp_path)
    stage = Stage(house, tmp_path / "run")
    yield stage
    stage.runs.may_end.release(10)
    stage.end()
    stage.wakeups.close()
    house.close()


def test_as_many_runs_at_a_time_as_there_are_slots(stage: Stage) -> None:
    """A third one waits until one of the two is over."""
    for fingerprint in "abc":
        stage.house.enqueue(fingerprint)
    stage.start()
    for _ in range(2):
        stage.runs.begun.acquire()
    assert stage.house.store.count_states()[ExecutionState.QUEUED] == 1
    stage.runs.may_end.release()
    stage.runs.begun.acquire()
    assert stage.house.store.count_states() == {ExecutionState.QUEUED: 0, ExecutionState.RUNNING: 2}


def test_a_stop_lets_runs_end(stage: Stage) -> None:
    """What ends in time has succeeded; what waits in the queue is left there."""
    ends = stage.house.enqueue("a")
    stage.start()
    stage.runs.begun.acquire()
    stage.until_asleep()
    stage.stop.set()
    stage.wakeups.stop_waiting()
    waits = stage.house.enqueue("b")
    stage.runs.may_end.release()
    stage.end()
    states = [stage.house.store.get_submission(each.uid).state for each in (ends, waits)]
    assert states == [ExecutionState.SUCCEEDED, ExecutionState.QUEUED]
    assert stage.runs.is_given_back.is_set()


def test_a_stop_does_not_wait_for_ever(stage: Stage) -> None:
    """What does not end in time is told to give its run back."""
    stage.house.enqueue()
    stage.start(stop_seconds=0.05)
    stage.runs.begun.acquire()
    stage.end()
    assert stage.runs.is_given_back.is_set()


def test_a_store_that_cannot_be_reached_costs_no_slot(stage: Stage) -> None:
    """The error is told, and what is queued is run when it is over."""
    stage.house.enqueue()
    stage.start(store=Unreliable(stage.house))
    stage.runs.begun.acquire()
    stage.runs.may_end.release()
    stage.end()  # another thread than the one that runs may be about to tell
    (crash,) = stage.events
    assert isinstance(crash, LoopCrashed)
    assert "cannot be written" in crash.trace


def test_a_run_that_breaks_ends_as_a_failure(stage: Stage) -> None:
    """With a text for its caller and a trace for the operator; the slot is free again."""

    def broken(claim: Claim) -> None:
        raise ZeroDivisionError

    stage.runs.work = broken
    for fingerprint in "abc":
        stage.house.enqueue(fingerprint)
    stage.start()
    for _ in range(3):
        stage.runs.begun.acquire()
    stage.end()
    assert len(stage.runs.failed) == 3
    assert all(isinstance(event, LoopCrashed) for event in stage.events)


def test_progress_is_no_reason_to_run_twice(stage: Stage) -> None:
    """A run in hand is nobody else's: the other slot finds an empty queue."""
    asked = stage.house.enqueue()
    stage.start()
    stage.runs.begun.acquire()
    claim = Claim(
        execution=stage.house.store.get_execution(asked.execution.id),
        lease_until=asked.created_at,
    )
    beat = stage.house.store.heartbeat(claim, SystemClock().now(), LEASE, Progress(rows=1))
    assert beat is HeartbeatAnswer.GO_ON
    assert not stage.runs.begun.acquire(blocking=False)
