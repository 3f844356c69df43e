"""One body on the disk: written by threads, unpacked if need be, within a limit and the disk."""

import fcntl
import os
import shutil
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from standpipe.core.errors import BodyTooLarge, MalformedBody, StorageFull
from standpipe.core.storage import FULL_HINT, telling_full

_GZIP = 16 + zlib.MAX_WBITS
_UNPACKED_AT_ONCE = 1024**2
_NAME = "body"


class Basket:
    """A file alone in a folder; a few bytes of gzip never become more than its limit."""

    def __init__(self, spool: Path, *, limit: int, is_packed: bool, reserve_bytes: int) -> None:
        """Make and lock the folder below ``spool``; StorageFull."""
        self._spool = spool
        self._limit = limit
        self._reserve = reserve_bytes
        self._unpacking = zlib.decompressobj(_GZIP) if is_packed else None
        self._count = 0
        self._turn = threading.Lock()  # a request may be given up while a thread still writes
        self._is_closed = False
        self._folder = spool / uuid4().hex
        self.path = self._folder / _NAME
        with telling_full():
            self._folder.mkdir(mode=0o700)
            self._lock = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._file = os.open(self.path, flags, 0o600)

    def write(self, batch: bytes | bytearray) -> None:
        """Append; BodyTooLarge, StorageFull, MalformedBody for what cannot be unpacked."""
        with self._turn:
            if self._is_closed:
                return
            for piece in (batch,) if self._unpacking is None else self._unpack(batch):
                self._append(piece)

    def finish(self) -> None:
        """Check that nothing is missing at the end; MalformedBody."""
        with self._turn:
            if self._unpacking is None or self._is_closed:
                return
            self._append(self._unpacking.flush())
            is_whole = self._unpacking.eof
        if not is_whole:
            raise MalformedBody(detail="The gzip ends too early.")

    def close(self) -> None:
        """Remove the file, and what else was written beside it."""
        with self._turn:
            self._is_closed = True
            os.close(self._file)
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)

    def _unpack(self, batch: bytes | bytearray) -> Iterator[bytes]:
        """Yield at most 1 MiB at a time; one gzip may follow another, as the format allows."""
        assert self._unpacking is not None  # noqa: S101 # only asked then
        data = bytes(batch)
        while data:
            if self._unpacking.eof:
                self._unpacking = zlib.decompressobj(_GZIP)
            try:
                yield self._unpacking.decompress(data, _UNPACKED_AT_ONCE)
            except zlib.error as error:
                raise MalformedBody(detail=f"The gzip cannot be read: {error}.") from error
            data = self._unpacking.unconsumed_tail or self._unpacking.unused_data

    def _append(self, piece: bytes | bytearray) -> None:
        self._count += len(piece)
        if self._count > self._limit:
            raise BodyTooLarge(detail=f"At most {self._limit} bytes are taken.")
        check_room(self._spool, len(piece), self._reserve)
        view = memoryview(piece)
        with telling_full():
            while view:
                view = view[os.write(self._file, view) :]


def check_room(folder: Path, byte_count: int, reserve_bytes: int) -> None:
    """Raise StorageFull if so much cannot be written without using up what stays free."""
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize - byte_count < reserve_bytes:
        raise StorageFull(hint=FULL_HINT)


def sweep(spool: Path) -> None:
    """Remove folders whose process is dead: the lock of a living one cannot be taken."""
    for folder in spool.iterdir():
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
