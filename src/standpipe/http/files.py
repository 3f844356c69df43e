"""Files as bodies: read by position in threads, a piece at a time, and closed when nobody reads."""

import os
import threading
from asyncio import Future
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from starlette.types import Receive, Scope, Send

from standpipe.core.errors import ResultExpired, Unavailable
from standpipe.http.parts import (
    Part,
    choose_part,
    headers_of,
    is_not_modified,
    without_content,
)
from standpipe.http.stream import (
    LARGEST_PIECE_BYTES,
    Client,
    Departed,
    HeaderList,
    Shutdown,
    StreamPool,
    body_message,
    start_message,
)


class Readable(Protocol):
    """Bytes that any thread may read by position."""

    def read(self, start: int, count: int) -> bytes:
        """Return up to ``count`` bytes from ``start``."""
        ...


class OpenFile(AbstractContextManager["OpenFile"]):
    """An open file that may be closed while another thread reads from it."""

    def __init__(self, file: BinaryIO) -> None:
        """Take over the file; it is closed with this."""
        self._file = file
        self._lock = threading.Lock()
        self._readers = 0
        self._is_closed = False

    @classmethod
    def at(cls, path: Path) -> "OpenFile":
        """Open a file; ResultExpired if it is gone."""
        try:
            return cls(path.open("rb", buffering=0))
        except FileNotFoundError as error:
            raise ResultExpired from error

    @property
    def size(self) -> int:
        """How many bytes it has now."""
        return os.fstat(self._file.fileno()).st_size

    def read(self, start: int, count: int) -> bytes:
        """Return up to ``count`` bytes; Unavailable if it was closed."""
        with self._lock:
            if self._is_closed:
                raise Unavailable("The reading of this file was stopped.")
            self._readers += 1
        try:
            return os.pread(self._file.fileno(), count, start)
        finally:
            self._leave()

    def close(self) -> None:
        """Close it now, or when the last reader has what it asked for; repeating is fine."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._readers += 1
        self._leave()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _leave(self) -> None:
        with self._lock:
            self._readers -= 1
            is_last = self._is_closed and not self._readers
        if is_last:
            self._file.close()


class FileChunks:
    """A whole file as chunks; implements core.ports.Chunks."""

    def __init__(self, file: OpenFile) -> None:
        """Take over the file."""
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        """Yield 1 MiB at a time."""
        position = 0
        while piece := self._file.read(position, LARGEST_PIECE_BYTES):
            position += len(piece)
            yield piece

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ServedFile:
    """Serves one immutable file.

    ``etag`` is the strong tag without quotes; ``headers`` hold everything but ETag,
    Content-Length, Content-Range and Accept-Ranges.
    """

    def __init__(
        self,
        path: Path,
        etag: str,
        *,
        pool: StreamPool,
        shutdown: Shutdown,
        headers: HeaderList = (),
    ) -> None:
        self._path = path
        self._etag = etag
        self._pool = pool
        self._shutdown = shutdown
        self._headers = [
            *headers,
            (b"etag", f'"{etag}"'.encode("latin-1")),
            (b"accept-ranges", b"bytes"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, a part of it, or that it has not changed.

        Raises ResultExpired before anything is sent if it is gone. Returns at once when the
        client leaves or the server stops.
        """
        asked = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
        if is_not_modified(asked.get("if-none-match"), self._etag):
            await send(start_message(HTTPStatus.NOT_MODIFIED, without_content(self._headers)))
            await send(body_message(b"", more=False))
            return
        with await self._pool.read(lambda: OpenFile.at(self._path)) as file:
            part = choose_part(scope["method"], asked, self._etag, file.size)
            try:
                async with Client(receive, send, self._shutdown) as client:
                    await send_part(client, file, part, self._headers, self._pool)
            except Departed:
                return


async def send_part(
    client: Client, source: Readable, part: Part, headers: HeaderList, pool: StreamPool
) -> None:
    """Send a part of a body, each piece read while the one before it is sent.

    The first piece is read before the status is sent. Unavailable if the source turns out shorter
    than it was, Departed if the client leaves.
    """
    position, stop = part.span.start, part.span.stop

    def read_on() -> "Future[bytes]":
        count = min(pool.piece_bytes(position - part.span.start), stop - position)
        return pool.read(partial(source.read, position, count))

    with pool.stream():
        following = read_on() if position < stop else None
        first = await _piece(client, following)
        await client.send(start_message(part.status, headers_of(part, headers)))
        piece = first
        while True:
            position += len(piece)
            following = read_on() if position < stop else None
            await client.send(body_message(piece, more=following is not None))
            if following is None:
                return
            piece = await _piece(client, following)


async def _piece(client: Client, reading: "Future[bytes] | None") -> bytes:
    if reading is None:
        return b""
    piece = await client.result_of(reading)
    if not piece:
        raise Unavailable("A stored file is shorter than it was.")
    return piece
