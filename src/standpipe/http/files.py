"""A file as an ASGI response: validators, one byte range, and 1 MiB at a time through a thread."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.types import Receive, Scope, Send

from standpipe.core.errors import ResultExpired, Unavailable
from standpipe.http.stream import (
    Client,
    Departed,
    Feed,
    HeaderList,
    Shutdown,
    StreamPool,
    body_message,
    send_feed,
    start_message,
)

CHUNK_BYTES = 1024 * 1024
_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from ``start`` up to, not including, ``stop``."""

    start: int
    stop: int


class ServedFile:
    """Serves one immutable file.

    ``etag`` is the strong tag without quotes; ``headers`` hold everything but ETag,
    Content-Length, Content-Range and Accept-Ranges. Several ranges at once, ranges that cannot be
    read and those of a HEAD get the whole file, as RFC 9110 allows.
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
            await _send_alone(send, HTTPStatus.NOT_MODIFIED, self._without_content())
            return
        file = await self._pool.read(lambda: OpenFile(self._path))
        try:
            await self._answer(scope["method"], asked, file, (receive, send))
        finally:
            file.close()

    async def _answer(
        self, method: str, asked: dict[str, str], file: "OpenFile", wire: tuple[Receive, Send]
    ) -> None:
        send, size = wire[1], file.size
        span = None if method == "HEAD" else self._asked_span(asked, size)
        if span is not None and span.start >= span.stop:
            missed = (b"content-range", f"bytes */{size}".encode())
            headers = [*self._without_content(), missed, (b"content-length", b"0")]
            await _send_alone(send, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers)
            return
        part = span or Span(0, size)
        headers = [*self._headers, (b"content-length", str(part.stop - part.start).encode())]
        if span is not None:
            headers.append(
                (b"content-range", f"bytes {part.start}-{part.stop - 1}/{size}".encode())
            )
        status = HTTPStatus.OK if span is None else HTTPStatus.PARTIAL_CONTENT
        if method == "HEAD":
            await _send_alone(send, status, headers)
            return
        await self._stream(
            status, headers, lambda: file.chunks(part), Client(*wire, self._shutdown)
        )

    async def _stream(
        self,
        status: int,
        headers: HeaderList,
        open_chunks: "Callable[[], FileChunks]",
        client: Client,
    ) -> None:
        feed = Feed(open_chunks)
        async with client:
            try:
                first = await client.result_of(self._pool.read(feed.pull))
                await client.send(start_message(status, headers))
                await send_feed(client, feed, self._pool, first=first or b"")
            except Departed:
                return

    def _asked_span(self, asked: dict[str, str], size: int) -> Span | None:
        if "range" not in asked:
            return None
        condition = asked.get("if-range")
        if condition is not None and condition.strip() != f'"{self._etag}"':
            return None
        return parse_range(asked["range"], size)

    def _without_content(self) -> HeaderList:
        return [(name, text) for name, text in self._headers if not name.startswith(b"content-")]


class OpenFile:
    """An open file that may be closed while another thread reads from it."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise ResultExpired from error
        self._lock = threading.Lock()
        self._readers = 0
        self._is_closed = False
        self.size = os.fstat(self._file.fileno()).st_size

    def chunks(self, span: Span) -> "FileChunks":
        """Return the bytes of a span in pieces of 1 MiB."""
        return FileChunks(self, span)

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

    def _leave(self) -> None:
        with self._lock:
            self._readers -= 1
            is_last = self._is_closed and not self._readers
        if is_last:
            self._file.close()


class FileChunks:
    """A span of an open file; implements core.ports.Chunks. Closing it leaves the file open."""

    def __init__(self, file: OpenFile, span: Span) -> None:
        self._file = file
        self._span = span

    def __iter__(self) -> Iterator[bytes]:
        """Yield 1 MiB at a time; Unavailable if the file turns out shorter than it was."""
        position = self._span.start
        while position < self._span.stop:
            piece = self._file.read(position, min(CHUNK_BYTES, self._span.stop - position))
            if not piece:
                raise Unavailable("A stored file is shorter than it was.")
            position += len(piece)
            yield piece

    def close(self) -> None:
        """Do nothing: whoever opened the file closes it."""


def is_not_modified(if_none_match: str | None, etag: str) -> bool:
    """Whether the caller already has what the tag (without quotes) stands for."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in _TAG.findall(if_none_match)


def parse_range(header: str, size: int) -> Span | None:
    """Return the one range that is asked for; None if it must be ignored.

    An empty span means that no byte of the file is in it.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if max(len(match[1]), len(match[2])) > _LONGEST_NUMBER:
        return None
    if not match[1]:
        return Span(max(0, size - int(match[2])), size) if int(match[2]) else Span(size, size)
    start = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < start:
        return None
    return Span(min(start, size), min(last + 1, size))


async def _send_alone(send: Send, status: int, headers: HeaderList) -> None:
    await send(start_message(status, headers))
    await send(body_message(b"", more=False))
