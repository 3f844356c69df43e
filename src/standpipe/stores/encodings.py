"""Encodings as files in a local folder: written under a temporary name, then renamed.

A file under its final name is complete and durable. A temporary one is locked by the process that
writes it; without a lock its process is dead, and whoever opens the store next removes it.
"""

import fcntl
import hashlib
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

RESERVE_BYTES = 256 * 1024**2
_COMPLETE = re.compile(r"[0-9a-f]{64}")
_DRAFT = "draft-"


class LocalEncodingStore:
    """Keeps ``folder/<digest of the tag>``; implements core.ports.EncodingStore.

    Files and drafts together stay within ``quota_bytes``, and ``reserve_bytes`` of the disk stay
    free for what matters more. What another process adds is found after the next start.
    """

    def __init__(
        self, folder: Path, quota_bytes: int, *, reserve_bytes: int = RESERVE_BYTES
    ) -> None:
        """Make the folder, readable only by the owner; remove what dead processes left."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._quota = quota_bytes
        for draft in folder.glob(f"{_DRAFT}*"):
            _remove_unlocked(draft)
        self._shelf = _Shelf(folder, quota_bytes, reserve_bytes)

    def has(self, tag: str) -> bool:
        """Whether a complete encoding is there; touches no disk."""
        return self._shelf.has(_name(tag))

    def open(self, tag: str) -> BinaryIO | None:
        """Open a complete encoding, which counts as used now; None if it is not there."""
        name = _name(tag)
        self._shelf.use(name)
        try:
            file = (self._folder / name).open("rb", buffering=0)
        except FileNotFoundError:
            self._shelf.forget(name)
            return None
        with suppress(OSError):
            os.utime(file.fileno())  # the order of use outlives this process
        return file

    def begin(self, tag: str) -> "LocalEncodingDraft | None":
        """Begin to write an encoding; None if nothing can be kept here."""
        path = self._folder / f"{_DRAFT}{uuid4().hex}"
        if self._quota <= 0:
            return None
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:  # a full disk has no room for a name either
            return None
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return LocalEncodingDraft(self._shelf, _name(tag), path, descriptor)

    def sweep(self, unused_seconds: float) -> int:
        """Remove what nobody has used for that long; returns how many."""
        latest = time.time() - unused_seconds
        old = [path for path, _, used_at in _complete(self._folder) if used_at < latest]
        for path in old:
            path.unlink(missing_ok=True)
            self._shelf.forget(path.name)
        return len(old)


class LocalEncodingDraft:
    """A file under a temporary name; implements core.ports.EncodingDraft."""

    def __init__(self, shelf: "_Shelf", name: str, path: Path, descriptor: int) -> None:
        self._shelf = shelf
        self._name = name
        self._path = path
        self._descriptor = descriptor
        self._reserved = 0
        self._is_published = False

    def write(self, piece: bytes | memoryview) -> bool:
        """Append; False if there is no room for it: then nothing more can be written."""
        if not self._shelf.reserve(len(piece)):
            return False
        self._reserved += len(piece)
        view = memoryview(piece)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:  # the disk is full, or this user's part of it
            return False
        return True

    def open(self) -> BinaryIO:
        """Open it for reading by position; what is written later is seen too."""
        return os.fdopen(os.dup(self._descriptor), "rb", buffering=0)

    def publish(self) -> None:
        """Make it durable, then let everybody find it; nothing more can be written."""
        with suppress(OSError):  # what cannot be made durable is not kept
            os.fsync(self._descriptor)
            self._shelf.add(self._path, self._name, self._reserved)
            self._is_published = True

    def close(self) -> None:
        """Free it; what was not published is gone."""
        if not self._is_published:
            self._path.unlink(missing_ok=True)
            self._shelf.give_back(self._reserved)
        os.close(self._descriptor)


class _Shelf:
    """Which files there are, by their last use, and how much room is left; safe from any thread."""

    def __init__(self, folder: Path, quota: int, reserve: int) -> None:
        self._folder = folder
        self._quota = quota
        self._reserve = reserve
        found = sorted(_complete(folder), key=lambda file: file[2])
        self._sizes = OrderedDict((path.name, size) for path, size, _ in found)
        self._held = sum(self._sizes.values())
        self._lock = threading.Lock()
        self.reserve(0)  # the quota may have become smaller

    def has(self, name: str) -> bool:
        return name in self._sizes

    def use(self, name: str) -> None:
        with self._lock:
            if name in self._sizes:
                self._sizes.move_to_end(name)

    def forget(self, name: str) -> None:
        with self._lock:
            self._held -= self._sizes.pop(name, 0)

    def reserve(self, count: int) -> bool:
        """Set bytes aside for a draft, at the cost of old files; whether there is room."""
        with self._lock:
            while not self._fits(count):
                if not self._sizes:
                    return False
                name, size = self._sizes.popitem(last=False)
                (self._folder / name).unlink(missing_ok=True)
                self._held -= size
            self._held += count
            return True

    def give_back(self, count: int) -> None:
        with self._lock:
            self._held -= count

    def add(self, path: Path, name: str, size: int) -> None:
        """Give a draft its final name; it takes the place of a file that has it already."""
        with self._lock:
            path.rename(self._folder / name)
            self._held -= self._sizes.pop(name, 0)
            self._sizes[name] = size

    def _fits(self, count: int) -> bool:
        if self._held + count > self._quota:
            return False
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize - count >= self._reserve


def _name(tag: str) -> str:
    return hashlib.sha256(tag.encode()).hexdigest()


def _complete(folder: Path) -> Iterator[tuple[Path, int, float]]:
    """Yield path, size and time of the last use of every complete encoding."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if _COMPLETE.fullmatch(path.name):
                status = path.stat()
                yield path, status.st_size, status.st_mtime


def _remove_unlocked(draft: Path) -> None:
    """Remove a draft whose process is dead: the lock of a living one cannot be taken."""
    with suppress(FileNotFoundError, BlockingIOError), draft.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.unlink(missing_ok=True)
