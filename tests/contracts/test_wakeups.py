"""Contract of wake-ups: who sleeps is woken, who listens hears, losing a message is harmless."""

import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from standpipe.core.executions import Change
from standpipe.core.ids import ExecutionId
from standpipe.stores.wakeups import DatagramChanges, DatagramWakeups

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


@pytest.fixture
def hear(tmp_path: Path) -> Iterator[Callable[..., DatagramChanges]]:
    """A function that opens listeners for changes, all of which are closed at the end."""
    opened: list[DatagramChanges] = []

    def open_one(folder: Path = tmp_path / "run") -> DatagramChanges:
        opened.append(DatagramChanges(folder))
        return opened[-1]

    yield open_one
    for listener in opened:
        listener.close()


def change(number: int, *, is_move: bool = True) -> Change:
    return Change(ExecutionId(number), is_move=is_move)


def is_readable(listener: DatagramChanges) -> bool:
    return bool(select.select([listener], [], [], 0)[0])


Listen, Hear = Callable[..., DatagramWakeups], Callable[..., DatagramChanges]


def test_every_listener_hears_every_change(listen: Listen, hear: Hear) -> None:
    """Moves and progress are told apart, and each is heard once."""
    listeners = [hear(), hear()]
    sender = listen(listens=False)
    assert not any(map(is_readable, listeners))
    changes = (change(7), change(2**53, is_move=False))
    for each in changes:
        sender.tell(each)
    assert all(map(is_readable, listeners))
    assert [listener.take() for listener in listeners] == [changes, changes]
    assert [listener.take() for listener in listeners] == [(), ()]


def test_telling_disturbs_no_sleeper(listen: Listen, hear: Hear, tmp_path: Path) -> None:
    """Workers are not woken by changes, and listeners hear nothing of work."""
    sleeper, listener = Sleeper(listen()), hear()
    until(lambda: asleep(tmp_path / "run") == 1)
    sender = listen(listens=False)
    sender.tell(change(1))
    assert not sleeper.is_awake
    listener.take()
    sender.wake_worker()
    until(lambda: sleeper.is_awake)
    assert listener.take() == ()


def test_a_listener_that_is_full_hears_the_rest_later(listen: Listen, hear: Hear) -> None:
    """The sender is never held; what did not fit comes along with the next change."""
    listener, sender = hear(), listen(listens=False)
    for number in range(1, 101):
        sender.tell(change(number))
    heard = list(listener.take())
    sender.tell(change(101))
    heard += listener.take()
    assert sorted(each.execution_id for each in heard) == list(range(1, 102))


def test_a_listener_that_never_listens_costs_no_memory(listen: Listen, hear: Hear) -> None:
    """What did not fit is kept up to a limit, and what is told then is one message."""
    listener, sender = hear(), listen(listens=False)
    for number in range(1, 5001):
        sender.tell(change(number))
    listener.take()
    sender.tell(change(5001))
    heard = [each.execution_id for each in listener.take()]
    assert 5001 in heard
    assert len(heard) < 1000


def test_telling_nobody_is_fine(listen: Listen, tmp_path: Path) -> None:
    """Without listeners, with foreign files, when the folder is gone, and after the end."""
    sender = listen(listens=False)
    sender.tell(change(1))
    (tmp_path / "run" / "web-1-notes").write_text("not a socket")
    sender.tell(change(1))
    assert (tmp_path / "run" / "web-1-notes").exists()
    (tmp_path / "run" / "web-1-notes").unlink()
    (tmp_path / "run").rmdir()
    sender.tell(change(1))
    sender.close()
    sender.tell(change(1))


def test_what_dead_listeners_left_is_removed(listen: Listen, hear: Hear, tmp_path: Path) -> None:
    """By the first who tells; the living hear him."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(tmp_path / "web-0-dead"))
    (tmp_path / "run").mkdir()
    (tmp_path / "web-0-dead").rename(tmp_path / "run" / "web-0-dead")
    listener = hear()
    listen(listens=False).tell(change(1))
    assert listener.take() == (change(1),)
    assert not (tmp_path / "run" / "web-0-dead").exists()


def test_who_waits_no_more_still_tells(listen: Listen, hear: Hear, tmp_path: Path) -> None:
    """A worker that stops tells how its last runs ended, and is not woken again."""
    listener, worker = hear(), listen()
    sleeper = Sleeper(worker)
    until(lambda: asleep(tmp_path / "run") == 1)
    worker.stop_waiting()
    worker.tell(change(1))
    assert listener.take() == (change(1),)
    listen(listens=False).wake_worker()
    until(lambda: sleeper.is_awake)


def test_strange_messages_are_not_heard(hear: Hear, tmp_path: Path) -> None:
    """Whoever may write to the folder can say nothing that harms a listener."""
    listener = hear()
    (path,) = (tmp_path / "run").glob("web-*")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        for message in (b"", b"\xff\xfe", b"+", b"-5 1.5 x", b"9" * 5000, b"+3 ++4 5"):
            stranger.sendto(message, str(path))
            heard = listener.take()
    assert heard == (change(3), change(5, is_move=False))


def test_listeners_leave_no_socket(hear: Hear, tmp_path: Path) -> None:
    """Closing may be repeated."""
    listener = hear()
    for _ in range(2):
        listener.close()
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize("length", [60, 101, 240])
def test_changes_are_heard_through_long_paths(
    listen: Listen, hear: Hear, tmp_path: Path, length: int
) -> None:
    """Longer than the address of a socket can be."""
    folder = tmp_path / ("d" * max(1, length - len(os.fsencode(tmp_path)) - 1))
    listener = hear(folder)
    listen(folder, listens=False).tell(change(1))
    assert listener.take() == (change(1),)
