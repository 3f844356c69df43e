"""Contract of wake-ups: who sleeps is woken, nobody fails, losing one is harmless."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from standpipe.stores.wakeups import DatagramWakeups

LONG = 600.0  # nobody waits that long: the time limit of a test ends before


class Sleeper:
    """A thread that waits once and then is awake."""

    def __init__(self, wakeups: DatagramWakeups) -> None:
        self.thread = threading.Thread(target=wakeups.wait, args=(LONG,), daemon=True)
        self.thread.start()

    @property
    def is_awake(self) -> bool:
        return not self.thread.is_alive()


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Callable[..., DatagramWakeups]]:
    """A function that opens wake-ups, all of which are closed at the end."""
    opened: list[DatagramWakeups] = []

    def open_one(folder: Path = tmp_path / "run", *, listens: bool = True) -> DatagramWakeups:
        opened.append(DatagramWakeups(folder, listens=listens))
        return opened[-1]

    yield open_one
    for wakeups in opened:
        wakeups.close()


def until(is_true: Callable[[], bool]) -> None:
    """Return when something has become true; the time limit of the test is the limit."""
    while not is_true():
        time.sleep(0.001)


def asleep(folder: Path) -> int:
    """Return how many listeners sleep."""
    return len(list(folder.glob("wake-*")))


def test_a_poke_wakes_a_sleeper(listen: Callable[..., DatagramWakeups], tmp_path: Path) -> None:
    """Long before its time is over."""
    sleeper = Sleeper(listen())
    until(lambda: asleep(tmp_path / "run") == 1)
    listen(listens=False).wake_worker()
    until(lambda: sleeper.is_awake)


def test_each_poke_wakes_another_sleeper(
    listen: Callable[..., DatagramWakeups], tmp_path: Path
) -> None:
    """Never two for one, and none twice."""
    sleepers = [Sleeper(listen()) for _ in range(3)]
    sender = listen(listens=False)
    until(lambda: asleep(tmp_path / "run") == 3)
    for count in (1, 2, 3):
        sender.wake_worker()
        until(lambda count=count: sum(sleeper.is_awake for sleeper in sleepers) >= count)  # type: ignore[misc]
        until(lambda count=count: asleep(tmp_path / "run") == 3 - count)  # type: ignore[misc]
        assert sum(sleeper.is_awake for sleeper in sleepers) == count


def test_a_poke_before_the_sleep_counts(listen: Callable[..., DatagramWakeups]) -> None:
    """Who was busy when work came looks once more before it sleeps."""
    listener = listen()
    listen(listens=False).wake_worker()
    listener.wait(LONG)


def test_sleepers_are_woken_rather_than_the_busy(
    listen: Callable[..., DatagramWakeups], tmp_path: Path
) -> None:
    """A busy worker is not poked while another one sleeps."""
    busy, sleeper = listen(), Sleeper(listen())
    until(lambda: asleep(tmp_path / "run") == 1)
    listen(listens=False).wake_worker()
    until(lambda: sleeper.is_awake)
    second = Sleeper(busy)
    until(lambda: asleep(tmp_path / "run") == 1)
    assert not second.is_awake
    listen(listens=False).wake_worker()
    until(lambda: second.is_awake)


def test_many_pokes_are_one(listen: Callable[..., DatagramWakeups], tmp_path: Path) -> None:
    """A full socket does not hold the sender, and all its pokes end one sleep."""
    listener, sender = listen(), listen(listens=False)
    for _ in range(2000):
        sender.wake_worker()
    listener.wait(LONG)
    sleeper = Sleeper(listener)
    until(lambda: asleep(tmp_path / "run") == 1)
    assert not sleeper.is_awake
    sender.wake_worker()
    until(lambda: sleeper.is_awake)


def test_a_sleep_ends_by_itself(listen: Callable[..., DatagramWakeups]) -> None:
    """Also one of a sender that nobody can wake, and one of no time."""
    listen().wait(0.01)
    listen().wait(-1)
    listen(listens=False).wait(0.01)


def test_waking_nobody_is_fine(listen: Callable[..., DatagramWakeups], tmp_path: Path) -> None:
    """Without listeners, with foreign files, and when the folder is gone."""
    sender = listen(listens=False)
    sender.wake_worker()
    (tmp_path / "run" / "wake-1-notes").write_text("not a socket")
    sender.wake_worker()
    (tmp_path / "run" / "wake-1-notes").unlink()
    (tmp_path / "run").rmdir()
    sender.wake_worker()


def test_dead_sockets_are_removed(listen: Callable[..., DatagramWakeups], tmp_path: Path) -> None:
    """What a killed worker left is cleared by the next sender, who goes on to the living."""
    living = Sleeper(listen())
    until(lambda: asleep(tmp_path / "run") == 1)
    for name in ("wake-0-dead", "busy-0-dead"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
            dead.bind(str(tmp_path / "run" / name))
    sender = listen(listens=False)
    sender.wake_worker()
    sender.wake_worker()
    until(lambda: living.is_awake)
    until(lambda: asleep(tmp_path / "run") == 0)
    sender.wake_worker()
    assert [p for p in (tmp_path / "run").iterdir() if p.name.endswith("dead")] == []


def test_a_listener_does_not_poke_itself(listen: Callable[..., DatagramWakeups]) -> None:
    """Who has just claimed looks for more anyway."""
    listener, other = listen(), listen()
    listener.wake_worker()
    other.wait(LONG)
    listener.wait(0.01)


def test_closing_leaves_no_socket(listen: Callable[..., DatagramWakeups], tmp_path: Path) -> None:
    """And may be repeated; a closed sender wakes nobody."""
    listener = listen()
    for _ in range(2):
        listener.close()
    listener.wake_worker()
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize("length", [60, 101, 108, 240])
def test_long_paths_work(
    listen: Callable[..., DatagramWakeups], tmp_path: Path, length: int
) -> None:
    """Longer than the address of a socket can be, on either side of the limit."""
    missing = max(1, length - len(os.fsencode(tmp_path)) - 1)
    folder = tmp_path / ("d" * missing)
    sleeper = Sleeper(listen(folder))
    until(lambda: asleep(folder) == 1)
    listen(folder, listens=False).wake_worker()
    until(lambda: sleeper.is_awake)
