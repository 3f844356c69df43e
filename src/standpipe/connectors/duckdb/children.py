"""The parent's hold on its child processes: the template that forks them, and each of them."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from standpipe.connectors.duckdb.messages import (
    FORK,
    FORK_ANSWER,
    FORK_REQUEST,
    REAP,
    SLOT_NAMES,
    SPILL_NAME,
    Answer,
    Channel,
    Plan,
)

__all__ = ["Child", "Nursery"]

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PATIENCE_SECONDS = 5.0


class Nursery:
    """The template process. Any thread may ask it."""

    def __init__(self) -> None:
        """Start it; it is ready to be asked at once and answers when it has imported DuckDB."""
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 # our own module, no shell
                [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={"PYTHONPATH": _import_path()},
                cwd="/",
                start_new_session=True,  # a Ctrl-C on the terminal is for the worker alone
            )

    @property
    def process_id(self) -> int:
        """Process id of the template."""
        return self._process.pid

    def fork(self, folder: Path) -> "Child":
        """Return a new child that may write below ``folder`` only.

        Raises:
            ConnectionError: the template has ended.
            OSError: the system gives no process or folder.
        """
        (folder / SPILL_NAME).mkdir(parents=True, mode=0o700)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                answer = self._ask(FORK, 0, theirs.fileno())
        except OSError:
            ours.close()
            raise
        if answer <= 0:
            ours.close()
            raise OSError(-answer, os.strerror(-answer))
        return Child(self, answer, ours, folder)

    def kill(self, process_id: int) -> None:
        """Kill a child that was not yet reaped."""
        # Only an unreaped child is sure to keep its process id, and only while its parent lives;
        # a dead template has taken its children along.
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)

    def reap(self, process_id: int) -> int | None:
        """Wait for a killed or dead child; returns its wait status, or None if nobody saw it."""
        try:
            return self._ask(REAP, process_id)
        except OSError:
            return None

    def close(self) -> None:
        """End the template, and with it every child."""
        with self._lock:  # nobody may be asking on a descriptor whose number is given away
            self._control.close()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, verb: bytes, process_id: int, *descriptors: int) -> int:
        with self._lock:
            socket.send_fds(self._control, [FORK_REQUEST.pack(verb, process_id)], descriptors)
            answer = self._control.recv(FORK_ANSWER.size, socket.MSG_WAITALL)
        if len(answer) < FORK_ANSWER.size:
            raise ConnectionResetError("The template process has ended.")
        number: int = FORK_ANSWER.unpack(answer)[0]
        return number


class Child:
    """One child process. It belongs to one thread at a time; only ``interrupt`` is for others."""

    def __init__(
        self, nursery: Nursery, process_id: int, connection: socket.socket, folder: Path
    ) -> None:
        """Hold a child that was just forked; ``folder`` is its own."""
        self._nursery = nursery
        self.process_id = process_id
        self.channel: Channel[Answer] = Channel(connection, Answer)
        self.folder = folder
        self.plan: Plan | None = None
        self._has_ended = False
        self._status: int | None = None

    @property
    def is_boxed(self) -> bool:
        """Whether it has become the engine of a source."""
        return self.plan is not None

    def rss_bytes(self) -> int:
        """Return the memory it holds now; 0 when it has ended."""
        try:
            fields = Path(f"/proc/{self.process_id}/statm").read_bytes().split()
        except OSError:
            return 0
        return int(fields[1]) * _PAGE_BYTES

    def slot_bytes(self) -> int:
        """Return how much has been written to the slots."""
        return sum(_size_of(slot) for slot in self._slots())

    def take_slot(self, name: str, into: Path) -> None:
        """Move what was written to ``into``; FileNotFoundError if there is no such slot."""
        if name not in SLOT_NAMES:  # a child is not trusted to name paths
            raise FileNotFoundError(name)
        (self.folder / name).replace(into)

    def clear_slots(self) -> None:
        """Remove what was written and not taken."""
        for slot in self._slots():
            slot.unlink(missing_ok=True)

    def _slots(self) -> list[Path]:
        try:
            written = os.listdir(self.folder)  # noqa: PTH208  (asked often, and many times faster)
        except OSError:
            return []
        return [self.folder / name for name in written if name in SLOT_NAMES]

    def has_hung_up(self) -> bool:
        """Whether an idle child has ended, or says something nobody asked for."""
        return self.channel.is_readable(0)

    def end(self) -> int | None:
        """Kill it if it lives, remove its folder; returns how it ended. May be repeated."""
        if not self._has_ended:
            self._has_ended = True
            self._nursery.kill(self.process_id)
            self._status = self._nursery.reap(self.process_id)
            self.channel.close()
            shutil.rmtree(self.folder, ignore_errors=True)
        return self._status


_MODULE = "standpipe.connectors.duckdb.nursery"


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _import_path() -> str:
    return os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
