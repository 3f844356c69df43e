"""The loop that carries on pipelines: told, not told, and with one that cannot be carried on."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.house import NOW

from standpipe.core.clock import SystemClock
from standpipe.core.events import Event, LoopCrashed
from standpipe.core.executions import Change
from standpipe.core.ids import ExecutionId, Uid, new_uid
from standpipe.runtime.conductor import Conductor
from standpipe.stores.wakeups import DatagramChanges, DatagramWakeups

SECONDS = 30


class Scores:
    """Pipelines, of which this only says that they are carried on."""

    def __init__(self) -> None:
        self.open: Sequence[Uid] = ()
        self.moved: Sequence[Uid] = ()
        self.broken: Sequence[Uid] = ()
        self.advanced: list[Uid] = []
        self.changed = threading.Condition()

    def find_open(self) -> Sequence[Uid]:
        return self.open

    def find_moved(self) -> Sequence[Uid]:
        return self.moved

    def advance(self, uid: Uid) -> None:
        if uid in self.broken:
            raise RuntimeError("broken")
        with self.changed:
            self.advanced.append(uid)
            self.changed.notify_all()

    def until(self, uid: Uid) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: uid in self.advanced, SECONDS)


@pytest.fixture
def scores() -> Scores:
    """No pipelines yet."""
    return Scores()


@pytest.fixture
def tell(scores: Scores, tmp_path: Path) -> Iterator[Callable[[bool], None]]:
    """A conductor at work; tells it of a change."""
    changes, wakeups = DatagramChanges(tmp_path), DatagramWakeups(tmp_path, listens=False)
    stop, seen = threading.Event(), list[Event]()
    anything: Any = scores
    conductor = Conductor(anything, changes, clock=SystemClock(), observe=seen.append)
    thread = threading.Thread(target=conductor.run, args=(stop,))
    thread.start()
    yield lambda is_move: wakeups.tell(Change(ExecutionId(1), is_move=is_move))
    stop.set()
    thread.join()
    changes.close()
    wakeups.close()
    assert all(isinstance(event, LoopCrashed) for event in seen)
    assert bool(seen) is bool(scores.broken)


def test_what_moved_is_carried_on_when_it_is_told(
    scores: Scores, tell: Callable[[bool], None]
) -> None:
    """Whatever was told of before."""
    uid = new_uid(NOW)
    tell(False)
    scores.moved = (uid,)
    tell(True)
    scores.until(uid)


def test_what_nobody_told_is_found(scores: Scores, tell: Callable[[bool], None]) -> None:
    """What has moved, and what was left half-way."""
    first, second = new_uid(NOW), new_uid(NOW)
    scores.open = (first,)
    scores.until(first)
    scores.moved = (second,)
    scores.until(second)


def test_one_that_is_broken_keeps_nobody_waiting(
    scores: Scores, tell: Callable[[bool], None]
) -> None:
    """The log says so."""
    first, second = new_uid(NOW), new_uid(NOW)
    scores.broken = (first,)
    scores.open = (first, second)
    scores.until(second)
