"""Artifacts as files in a local folder: written in a slot, then published by one hard link."""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from standpipe.core.errors import ResultExpired
from standpipe.core.results import Artifact

# Earlier versions had two levels of folders: nearly every artifact had to make two of them.
_KEY = re.compile(r"(?:[0-9a-f]{2}/){1,2}[0-9a-f]{32}\.parquet")
_SLOT_FILE = "result.parquet"


class LocalArtifactStore:
    """Keeps ``root/slots/`` for writing and ``root/artifacts/ab/*.parquet`` for ever."""

    def __init__(self, root: Path) -> None:
        """Make the folders if they are missing; readable only by the owner."""
        self._slots = root / "slots"
        self._artifacts = root / "artifacts"
        for folder in (self._slots, self._artifacts):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def slot(self) -> Path:
        """Return the path of a file that does not exist yet, alone in a folder of its own."""
        # A folder for each: engines write temporary files beside their output.
        folder = self._slots / uuid4().hex
        folder.mkdir(mode=0o700)
        return folder / _SLOT_FILE

    def seal(self, slot: Path) -> Artifact:
        """Digest, make durable and publish what was written to a slot; the slot is gone."""
        self._check_slot(slot)
        with slot.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            byte_count = os.fstat(file.fileno()).st_size
            os.fchmod(file.fileno(), 0o400)
            os.fsync(file.fileno())
        name = uuid4().hex
        key = f"{name[:2]}/{name}.parquet"
        self._publish(slot, self._artifacts / key)
        self.discard(slot)
        return Artifact(key=key, byte_count=byte_count, sha256=sha256)

    def discard(self, slot: Path) -> None:
        """Remove a slot and what was written beside it; a missing one is fine."""
        self._check_slot(slot)
        slot.unlink(missing_ok=True)
        try:
            slot.parent.rmdir()
        except OSError:  # something else was written there, or it is gone already
            shutil.rmtree(slot.parent, ignore_errors=True)

    def open(self, key: str) -> BinaryIO:
        """Open for reading; ResultExpired if it is gone."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError as error:
            raise ResultExpired() from error

    def local_path(self, key: str) -> Path:
        """Return the file of a key; ResultExpired if it is gone."""
        path = self._path(key)
        if not path.exists():
            raise ResultExpired()
        return path

    def delete(self, key: str) -> None:
        """Remove an artifact; a missing one is fine."""
        if _KEY.fullmatch(key):
            self._path(key).unlink(missing_ok=True)

    def find_keys(self, older_than_seconds: float) -> Iterator[str]:
        """Yield the keys of artifacts that were sealed longer ago than that, in no order."""
        latest = time.time() - older_than_seconds
        for path in self._artifacts.rglob("*.parquet"):
            if _age_mark(path) < latest:
                yield path.relative_to(self._artifacts).as_posix()

    def sweep_slots(self, older_than_seconds: float) -> int:
        """Remove slots that nobody has written to for that long; returns how many."""
        latest = time.time() - older_than_seconds
        swept = 0
        for folder in self._slots.iterdir():
            # A folder's own time does not move while a file in it grows.
            if max(map(_age_mark, [folder, *folder.glob("*")])) < latest:
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        return swept

    def _publish(self, slot: Path, target: Path) -> None:
        """Give the file its final name; an existing name is never overwritten.

        The folder is not flushed: a name that a power failure takes away is an expired result, as
        is one whose row it takes. What must not happen is a name of half a file, and its bytes
        are on the disk by now.
        """
        target.parent.mkdir(mode=0o700, exist_ok=True)
        target.hardlink_to(slot)

    def _path(self, key: str) -> Path:
        """Return where a key's file is; a text that no seal ever returned names nothing."""
        if not _KEY.fullmatch(key):
            raise ResultExpired(detail=f"{key!r} is not the key of an artifact.")
        return self._artifacts / key

    def _check_slot(self, slot: Path) -> None:
        if slot.name != _SLOT_FILE or slot.parent.parent != self._slots:
            raise ValueError(f"{slot} is not a slot of {self._slots}")


def _age_mark(path: Path) -> float:
    """Return the time of the last change; a path that has just gone is as new as can be."""
    try:
        return path.stat().st_ctime
    except FileNotFoundError:
        return float("inf")
