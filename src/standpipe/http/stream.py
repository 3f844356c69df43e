"""The hop between the server's loop and blocking code: encoded chunks sent as they are produced.

Starlette's StreamingResponse is not used: when the client leaves, it keeps the generator, and so
the database cursor inside, until the garbage collector comes by.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

from starlette.types import Message, Receive, Scope, Send

from standpipe.core.errors import Unavailable
from standpipe.core.ports import Chunks

SMALL_BYTES = 1024 * 1024
LARGEST_PIECE_BYTES = 1024 * 1024
_SMALLEST_PIECE_BYTES = 64 * 1024
_PIECES_BYTES = 16 * 1024**2  # of all streams together, whoever stalls
_CLOSING_THREADS = 2

Piece = bytes | memoryview
HeaderList = Sequence[tuple[bytes, bytes]]
T = TypeVar("T")


class Departed(Exception):
    """The client left, or the server is stopping: there is nobody to send to."""


class Shutdown:
    """Says once to everything that streams that the server stops; any thread may begin it."""

    def __init__(self) -> None:
        self._has_begun = False
        self._listeners: set[Callable[[], None]] = set()
        self._lock = threading.Lock()

    @property
    def has_begun(self) -> bool:
        """Whether the server is stopping."""
        return self._has_begun

    def begin(self) -> None:
        """End every stream at once; repeating is fine."""
        with self._lock:
            self._has_begun = True
            listeners, self._listeners = self._listeners, set()
        for listener in listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` when it begins, in the thread that begins it; at once if it has."""
        with self._lock:
            if not self._has_begun:
                self._listeners.add(listener)
                return
        listener()

    def forget(self, listener: Callable[[], None]) -> None:
        """Stop calling a listener."""
        with self._lock:
            self._listeners.discard(listener)


class StreamPool:
    """The threads that read for streams. A stream holds one only while a chunk is being made."""

    def __init__(self, threads: int = 8) -> None:
        self._readers = ThreadPoolExecutor(threads, thread_name_prefix="stream")
        # Of their own: freeing must not wait behind the reads that it is to stop.
        self._closers = ThreadPoolExecutor(_CLOSING_THREADS, thread_name_prefix="stream-close")
        self._streams = 0

    def read(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Run blocking work that makes something to send."""
        future = asyncio.get_running_loop().run_in_executor(self._readers, work)
        future.add_done_callback(take_exception)
        return future

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Count a stream while it lasts."""
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    def piece_bytes(self, sent: int) -> int:
        """Return how much a stream reads next: little at first, less the more streams there are."""
        share = min(LARGEST_PIECE_BYTES, _PIECES_BYTES // max(1, self._streams))
        return max(_SMALLEST_PIECE_BYTES, min(share, sent))

    async def free(self, work: Callable[[], None]) -> None:
        """Run blocking work that frees something; it is done even if the caller is cancelled."""
        await asyncio.shield(asyncio.wrap_future(self._closers.submit(work)))

    def close(self) -> None:
        """Wait for what is running and end the threads."""
        self._readers.shutdown(cancel_futures=True)
        self._closers.shutdown()


class Client:
    """The other end of one request: it can be sent to, and it may leave while we wait.

    When the server stops it is made to leave; Departed becomes Unavailable then at the end of the
    block, unless something was sent before.
    """

    def __init__(self, receive: Receive, send: Send, shutdown: Shutdown) -> None:
        self._receive = receive
        self._send = send
        self._shutdown = shutdown
        self._has_begun = False

    async def __aenter__(self) -> "Client":
        self._loop = asyncio.get_running_loop()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._watcher = self._loop.create_task(self._watch())
        self._shutdown.listen(self._leave_soon)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._shutdown.forget(self._leave_soon)
        self._watcher.cancel()
        self._leave()
        if kind is Departed and self._shutdown.has_begun and not self._has_begun:
            raise Unavailable("The server is stopping.", hint="Ask again soon.") from error

    async def send(self, message: Message) -> None:
        """Send one ASGI message; Departed if the client leaves before it is taken."""
        await self.result_of(asyncio.ensure_future(self._send(message)), cancel=True)
        self._has_begun = True

    async def result_of(self, future: "asyncio.Future[T]", *, cancel: bool = False) -> T:
        """Wait for a future; Departed if the client leaves first."""
        if not self._gone.done():
            either: set[asyncio.Future[Any]] = {future, self._gone}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._gone.done():
            return future.result()
        if cancel:
            future.cancel()
        future.add_done_callback(take_exception)
        raise Departed

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._leave()

    def _leave_soon(self) -> None:
        self._loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        if not self._gone.done():
            self._gone.set_result(None)


class Feed:
    """The blocking side of a stream: chunks that are opened, pulled and closed in threads."""

    def __init__(self, open_chunks: Callable[[], Chunks]) -> None:
        self._open = open_chunks
        self._chunks: Chunks | None = None
        self._pieces: Iterator[Piece] | None = None
        self._lock = threading.Lock()
        self.is_over = False

    def pull(self) -> Piece | None:
        """Return the next chunk, None at the end; what the producer raises."""
        try:
            piece = next(self._iterator(), None)
        except BaseException:
            self.close()
            raise
        if piece is None:
            self.close()
        return piece

    def pull_first(self) -> bytes:
        """Return the first chunks, 1 MiB or more unless ``is_over`` now."""
        pieces: list[Piece] = []
        while sum(map(len, pieces)) < SMALL_BYTES:
            piece = self.pull()
            if piece is None:
                break
            pieces.append(piece)
        return b"".join(pieces)

    def rest(self) -> Iterator[Piece]:
        """Yield all that follows, pulled where the iterator runs."""
        while (piece := self.pull()) is not None:
            yield piece

    def close(self) -> None:
        """Close what is open, and what another thread is opening as soon as it has."""
        with self._lock:
            self.is_over = True
            chunks = self._chunks
        if chunks is not None:
            chunks.close()

    def _iterator(self) -> Iterator[Piece]:
        if self._pieces is not None:
            return self._pieces
        chunks = self._open()
        with self._lock:
            self._chunks = chunks
            is_over = self.is_over
        if is_over:
            chunks.close()
            raise Departed
        self._pieces = iter(chunks)
        return self._pieces


class ChunkedBody:
    """An ASGI response whose body is produced while it is sent.

    The first chunk is made before the status is sent, so an early failure is raised to the caller
    and can still become an error of its own; a later one cuts the connection. A body that is
    small enough (1 MiB) to be complete by then is sent with its Content-Length.
    """

    def __init__(
        self,
        open_chunks: Callable[[], Chunks],
        *,
        pool: StreamPool,
        shutdown: Shutdown,
        status: int = 200,
        headers: HeaderList = (),
    ) -> None:
        self._feed = Feed(open_chunks)
        self._pool = pool
        self._shutdown = shutdown
        self._status = status
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything, or return at once when the client leaves or the server stops.

        Raises what the producer raises, and Unavailable if the server stops before the status.
        HEAD gets the headers and opens nothing.
        """
        if scope["method"] == "HEAD":
            await send(start_message(self._status, self._headers))
            await send(body_message(b"", more=False))
            return
        try:
            async with Client(receive, send, self._shutdown) as client:
                await self.deliver(client)
        except Departed:
            return

    async def deliver(self, client: Client) -> None:
        """Send everything to a client; Departed if it leaves."""
        try:
            await self._deliver(client)
        finally:
            if not self._feed.is_over:
                await self._pool.free(self._feed.close)

    async def _deliver(self, client: Client) -> None:
        first = await client.result_of(self._pool.read(self._feed.pull_first))
        if self._feed.is_over:
            length = (b"content-length", str(len(first)).encode())
            await client.send(start_message(self._status, [*self._headers, length]))
            await client.send(body_message(first, more=False))
            return
        await client.send(start_message(self._status, self._headers))
        await send_feed(client, self._feed, self._pool, first=first)


async def send_feed(client: Client, feed: Feed, pool: StreamPool, *, first: Piece) -> None:
    """Send a first piece and all that follow, each pulled while the one before it is sent."""
    piece: Piece | None = first
    while piece is not None:
        following = pool.read(feed.pull)
        await client.send(body_message(piece, more=True))
        piece = await client.result_of(following)
    await client.send(body_message(b"", more=False))


def start_message(status: int, headers: HeaderList) -> dict[str, Any]:
    """Return the ASGI message that begins a response."""
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body_message(body: Piece, *, more: bool) -> dict[str, Any]:
    """Return the ASGI message of a part of the body."""
    return {"type": "http.response.body", "body": body, "more_body": more}


def take_exception(future: "asyncio.Future[Any]") -> None:
    """Keep asyncio from reporting an exception that nobody waits for any more."""
    if not future.cancelled():
        future.exception()
