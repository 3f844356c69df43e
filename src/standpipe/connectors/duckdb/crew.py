"""The children of one worker: a warm spare, and idle engines kept for the sources they opened."""

import fcntl
import itertools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

from standpipe.connectors.duckdb.children import Child, Nursery
from standpipe.core.errors import Unavailable

__all__ = ["Crew"]

_FOLDER_PREFIX = "crew-"
_LOCK_NAME = "lock"
_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Idle:
    child: Child
    key: Hashable
    since: float = field(default_factory=time.monotonic)


class Crew:
    """Lends children to threads. Nothing is started before the first use."""

    def __init__(
        self,
        scratch: Path,
        *,
        idle_children: int = 4,
        idle_seconds: float = 60.0,
        idle_rss_bytes: int = 384 * 1024**2,
    ) -> None:
        """Keep folders of children below ``scratch``, on the file system of the artifacts.

        At most ``idle_children`` wait for their source's next statement, each for
        ``idle_seconds``; one that holds more than ``idle_rss_bytes`` afterwards is not kept.
        """
        self._scratch = scratch.absolute()  # the children live in another folder
        self._idle_children = idle_children
        self._idle_seconds = idle_seconds
        self._idle_rss_bytes = idle_rss_bytes
        self._numbers = itertools.count(1)
        self._condition = threading.Condition()
        self._forking = threading.Lock()
        self._idle: list[_Idle] = []
        self._spare: Child | None = None
        self._nursery: Nursery | None = None
        self._folder: Path | None = None
        self._lock_descriptor = -1
        self._keeper: threading.Thread | None = None
        self._closed = threading.Event()

    def warm(self) -> None:
        """Begin to start the template and a spare child, so that the first run need not wait."""
        with self._condition:
            if self._keeper is None and not self._closed.is_set():
                self._keeper = threading.Thread(target=self._keep, name="duckdb-crew", daemon=True)
                self._keeper.start()
            self._condition.notify()

    def take(self, key: Hashable) -> Child:
        """Return a child that has opened this source before, else an unboxed one.

        Raises:
            Unavailable: no process can be started.
        """
        while (idle := self._take_idle(key)) is not None:
            if not idle.has_hung_up():
                return idle
            idle.end()
        with self._condition:
            child, self._spare = self._spare, None
        self.warm()
        if child is not None and child.has_hung_up():
            child.end()
            child = None
        return child or self._fork()

    def give_back(self, child: Child, key: Hashable) -> None:
        """Keep a child for the next statement on its source, unless it grew too large."""
        with self._condition:
            is_kept = not self._closed.is_set() and child.rss_bytes() <= self._idle_rss_bytes
            if is_kept:
                self._idle.append(_Idle(child, key))
                self._condition.notify()
        if not is_kept:
            child.end()

    def close(self) -> None:
        """End every child, lent ones too, and remove their folders."""
        with self._condition:
            self._closed.set()
            self._condition.notify()
        if self._keeper is not None:
            self._keeper.join()
        with self._condition:
            children = [*(idle.child for idle in self._idle), self._spare]
            self._idle, self._spare = [], None
        for child in children:
            if child is not None:
                child.end()
        with self._forking:
            self._close_nursery()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._lock_descriptor)
            self._folder = None

    def _take_idle(self, key: Hashable) -> Child | None:
        with self._condition:
            for position in reversed(range(len(self._idle))):
                if self._idle[position].key == key:
                    return self._idle.pop(position).child
        return None

    def _keep(self) -> None:
        """Keep one spare ready and let idle children go; the loop of the keeper thread."""
        while not self._closed.is_set():
            if self._spare is None:
                self._add_spare()
            for idle in self._take_surplus():
                idle.child.end()
            with self._condition:
                if not (self._closed.is_set() or self._spare is None or self._surplus()):
                    self._condition.wait(self._seconds_to_next())

    def _add_spare(self) -> None:
        try:
            child = self._fork()
        except (Unavailable, OSError):
            with self._condition:  # the next run asks again and gets the reason
                self._condition.wait(_RETRY_SECONDS)
            return
        with self._condition:
            self._spare = child

    def _take_surplus(self) -> list[_Idle]:
        with self._condition:
            surplus = self._surplus()
            self._idle = [idle for idle in self._idle if idle not in surplus]
        return surplus

    def _surplus(self) -> list[_Idle]:
        """Return those that waited too long, and the oldest of too many; they stand by age."""
        too_many = max(0, len(self._idle) - self._idle_children)
        oldest = time.monotonic() - self._idle_seconds
        return [
            idle
            for position, idle in enumerate(self._idle)
            if position < too_many or idle.since <= oldest
        ]

    def _seconds_to_next(self) -> float | None:
        if not self._idle:
            return None
        return max(0.0, self._idle[0].since + self._idle_seconds - time.monotonic())

    def _fork(self) -> Child:
        with self._forking:
            try:
                return self._fork_once()
            except ConnectionError:
                self._close_nursery()
            except OSError as error:
                raise Unavailable("No engine process can be started.", detail=str(error)) from error
            return self._fork_once()  # of a new template

    def _fork_once(self) -> Child:
        folder = self._open_folder() / str(next(self._numbers))
        return self._open_nursery().fork(folder)

    def _open_nursery(self) -> Nursery:
        if self._closed.is_set():
            raise Unavailable("The engine is being shut down.")
        if self._nursery is None:
            self._nursery = Nursery()
        return self._nursery

    def _close_nursery(self) -> None:
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def _open_folder(self) -> Path:
        if self._folder is None:
            self._scratch.mkdir(parents=True, exist_ok=True)
            _sweep(self._scratch)
            self._folder, self._lock_descriptor = _make_folder(self._scratch)
        return self._folder


def _make_folder(scratch: Path) -> tuple[Path, int]:
    """Make a folder that counts as in use for as long as this process lives."""
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=scratch))
    descriptor = os.open(making / _LOCK_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    folder = scratch / making.name.replace(".making-", _FOLDER_PREFIX)
    return making.rename(folder), descriptor


def _sweep(scratch: Path) -> None:
    """Remove the folders of workers that died without closing."""
    for folder in scratch.glob(f"{_FOLDER_PREFIX}*"):
        try:
            descriptor = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)
