"""Wake-ups between processes of one machine: Unix datagram sockets, in one folder, by name.

A worker's socket is called ``wake-<pid>-<random>`` while it sleeps and ``busy-<pid>-<random>``
while it does not. Whoever has work pokes one sleeper; only when nobody sleeps he pokes all others,
so that one who is just going to sleep looks once more.

Whoever wants to hear of executions has a socket ``web-<pid>-<random>``, and every change is sent
to all of them.
"""

import contextlib
import os
import select
import socket
import stat
import threading
from collections import deque
from pathlib import Path
from secrets import token_hex

from standpipe.core.errors import ConfigurationInvalid
from standpipe.core.executions import Change
from standpipe.core.ids import ExecutionId

_ASLEEP = "wake-"
_AWAKE = "busy-"
_HEARING = "web-"
_POKE = b"."
_LONGEST_PATH = 100  # sun_path holds 104 bytes on some systems, 108 on Linux
_LARGEST_MESSAGE_BYTES = 64 * 1024
_LATE_CHANGES = 200
_LONGEST_ID = 20


class DatagramWakeups:
    """Pokes sleeping workers and tells of changes; with ``listens`` False nobody can poke it.

    Open it in the process that uses it, after a fork. Sending is safe from several threads,
    ``wait`` belongs to one.
    """

    def __init__(self, run_dir: Path, *, listens: bool = True) -> None:
        """Bind in ``run_dir``, which is made if it is missing."""
        self._folder = _RunFolder(run_dir)
        self._sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sender.setblocking(False)
        self._turn = 0
        self._late: deque[Change] = deque(maxlen=_LATE_CHANGES)
        self._stopped = threading.Event()
        self._name = _own_name()
        self._listener = self._folder.bind(_AWAKE + self._name) if listens else None

    def wake_worker(self) -> None:
        """Poke one sleeper, another one each time; all others if there is none. Never fails."""
        sleepers, others = self._workers()
        self._turn += 1
        start = self._turn % len(sleepers) if sleepers else 0
        for name in sleepers[start:] + sleepers[:start]:
            if self._send(name, _POKE):
                return
        for name in others:
            self._send(name, _POKE)

    def tell(self, change: Change) -> None:
        """Tell every process that listens what happened to an execution; never waits or fails.

        What finds a listener's queue full is told again with the next change.
        """
        listeners = [name for name in self._folder.names() if name.startswith(_HEARING)]
        if not listeners:
            return
        changes = [*_taken(self._late), change]
        message = _pack(changes)
        for name in listeners:
            if self._send(name, message) is False:
                self._late.extend(changes)

    def wait(self, seconds: float) -> None:
        """Sleep until poked, closed, or the time is over; pokes that came before count."""
        if self._listener is None:
            self._stopped.wait(seconds)
            return
        if self._stopped.is_set():
            return
        self._rename(_AWAKE, _ASLEEP)
        try:
            poll = select.poll()
            poll.register(self._listener, select.POLLIN)
            poll.poll(max(0.0, seconds) * 1000)
        finally:
            self._rename(_ASLEEP, _AWAKE)
        # Drained last: whoever was poked until now will look for work after this.
        if not self._stopped.is_set():
            _drain(self._listener)

    def stop_waiting(self) -> None:
        """End the sleep, now and for ever; any thread or signal handler may. Sending goes on."""
        self._stopped.set()
        if self._listener is not None:
            self._folder.remove(_AWAKE + self._name)
            self._folder.remove(_ASLEEP + self._name)
            with contextlib.suppress(OSError):  # it was closed before
                self._listener.shutdown(socket.SHUT_RD)  # ends a poll, as closing would not

    def close(self) -> None:
        """Stop listening and free the folder; closing twice is fine."""
        self.stop_waiting()
        if self._listener is not None:
            self._listener.close()
        self._sender.close()
        self._folder.close()

    def _workers(self) -> tuple[list[str], list[str]]:
        """Return the names of sleeping and of other workers; this one is never among them."""
        names = self._folder.names()
        sleepers = [name for name in names if name.startswith(_ASLEEP)]
        others = [name for name in names if name.startswith(_AWAKE)]
        return (
            [name for name in sleepers if name != _ASLEEP + self._name],
            [name for name in others if name != _AWAKE + self._name],
        )

    def _send(self, name: str, message: bytes) -> bool | None:
        """Send to one socket; False if it is full, None if it is gone. A dead one is removed."""
        try:
            self._sender.sendto(message, self._folder.address(name))
        except ConnectionRefusedError:
            self._folder.remove(name)
        except BlockingIOError:
            return False
        except OSError:  # gone, renamed, or not ours
            return None
        else:
            return True
        return None

    def _rename(self, before: str, after: str) -> None:
        if self._stopped.is_set():  # a signal handler closed it during the sleep
            return
        self._folder.rename(before + self._name, after + self._name)


class DatagramChanges:
    """Hears what ``DatagramWakeups.tell`` sends, from any process. The port ``ChangeListener``.

    Open it in the process that uses it, after a fork.
    """

    def __init__(self, run_dir: Path) -> None:
        """Bind in ``run_dir``, which is made if it is missing."""
        self._folder = _RunFolder(run_dir)
        self._name = _HEARING + _own_name()
        self._socket = self._folder.bind(self._name)

    def fileno(self) -> int:
        """Return the descriptor that is readable when something was told."""
        return self._socket.fileno()

    def take(self) -> tuple[Change, ...]:
        """Return what was told since the last time; never waits."""
        changes: list[Change] = []
        try:
            while message := self._socket.recv(_LARGEST_MESSAGE_BYTES):
                changes.extend(_unpack(message))
        except BlockingIOError:
            pass
        return tuple(changes)

    def close(self) -> None:
        """Stop listening; closing twice is fine."""
        self._folder.remove(self._name)
        self._socket.close()
        self._folder.close()


class _RunFolder:
    """The folder of the sockets, held open so that its path may be long and even go away."""

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self._prefix = self._address_prefix()

    def names(self) -> list[str]:
        """Return what lies in it, in order; nothing once it is closed."""
        if self._descriptor < 0:
            return []
        return sorted(os.listdir(self._descriptor))  # noqa: PTH208  (a descriptor is no path)

    def address(self, name: str) -> str:
        return self._prefix + name

    def bind(self, name: str) -> socket.socket:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bound.setblocking(False)
        bound.bind(self.address(name))
        return bound

    def rename(self, before: str, after: str) -> None:
        folder = self._descriptor
        try:
            os.rename(before, after, src_dir_fd=folder, dst_dir_fd=folder)
        except FileNotFoundError:  # somebody emptied the folder: the poll time still holds
            return

    def remove(self, name: str) -> None:
        """Remove a socket; anything else stays."""
        try:
            if stat.S_ISSOCK(os.stat(name, dir_fd=self._descriptor).st_mode):
                os.unlink(name, dir_fd=self._descriptor)
        except OSError:
            return

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _address_prefix(self) -> str:
        """Return a short way to the folder: the kernel takes no long socket paths."""
        longest = f"{self._path}/{_ASLEEP}{2**22}-{'0' * 8}"
        if len(os.fsencode(longest)) <= _LONGEST_PATH:
            return f"{self._path}/"
        short = f"/proc/self/fd/{self._descriptor}/"
        if not Path(short).exists():
            self.close()
            raise ConfigurationInvalid(
                f"The path of the run folder is too long for sockets: {self._path}",
                hint=f"Use one of at most {_LONGEST_PATH - 24} bytes.",
            )
        return short


def _own_name() -> str:
    return f"{os.getpid()}-{token_hex(4)}"


def _taken(late: deque[Change]) -> list[Change]:
    """Take everything out; another thread may be doing the same."""
    taken: list[Change] = []
    while late:
        try:
            taken.append(late.popleft())
        except IndexError:
            break
    return taken


def _pack(changes: list[Change]) -> bytes:
    """Write ids with a ``+`` before those that moved; each once."""
    texts = {f"{'+' if change.is_move else ''}{change.execution_id}" for change in changes}
    return " ".join(texts).encode()


def _unpack(message: bytes) -> list[Change]:
    """Read what was packed; what is no such text says nothing."""
    texts = message.decode("ascii", "replace").split()
    return [
        Change(ExecutionId(int(text)), is_move=text.startswith("+"))
        for text in texts
        if text.removeprefix("+").isdecimal() and len(text) < _LONGEST_ID
    ]


def _drain(listener: socket.socket) -> None:
    try:
        while listener.recv(1):
            pass
    except BlockingIOError:
        return
