"""A folder for what a reader writes: files on their way out, and what does not fit its memory.

Each reader has its own, locked for as long as its process lives; the folders of the dead are
removed when the next reader starts.
"""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

_LOCK_NAME = "lock"


class Scratch:
    """A folder below ``parent`` that counts as in use until it is closed, or its process dies."""

    def __init__(self, parent: Path) -> None:
        """Remove what dead processes left, then make the folder, for the owner only."""
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (parent / _LOCK_NAME).open("a") as guard:  # nobody sweeps what is only half made
            fcntl.flock(guard, fcntl.LOCK_EX)
            for folder in parent.iterdir():
                _sweep(folder)
            self._folder = parent / uuid4().hex
            self._folder.mkdir(mode=0o700)
            # A plain descriptor: it is meant to stay open until the process ends.
            self._lock = os.open(self._folder / _LOCK_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._is_closed = False

    def new_file(self) -> Path:
        """Return the path of a file that does not exist yet."""
        return self._folder / uuid4().hex

    def new_folder(self) -> Path:
        """Return the path of a new folder."""
        folder = self._folder / uuid4().hex
        folder.mkdir(mode=0o700)
        return folder

    def remove(self, folder: Path) -> None:
        """Remove a folder and all that is in it."""
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove the folder and all that is in it; repeating is fine."""
        shutil.rmtree(self._folder, ignore_errors=True)
        if not self._is_closed:
            os.close(self._lock)
        self._is_closed = True


def _sweep(folder: Path) -> None:
    """Remove a folder whose process is dead: the lock of a living one cannot be taken."""
    if folder.is_file():
        if folder.name != _LOCK_NAME:
            folder.unlink(missing_ok=True)
        return
    with suppress(FileNotFoundError, BlockingIOError), (folder / _LOCK_NAME).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
