"""Every encoding is made once, whoever and how many ask for it, by a few encoders at a time."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import chain
from typing import TypeVar

from standpipe.core.ports import Chunks, EncodingStore
from standpipe.http.codings import Coding, packed, tagged
from standpipe.http.files import FileChunks, OpenFile
from standpipe.http.growing import Growing
from standpipe.http.messages import OpenChunks
from standpipe.http.stream import Feed, StreamPool, take_exception

ENCODERS = max(2, os.cpu_count() or 2)
_OPENERS = 8
_REFUSED_SECONDS = 60.0
_MOST_REFUSED = 1000

T = TypeVar("T")


class Making:
    """An encoding that is being made for one or many clients.

    ``begun`` gives a small body whole and unpacked, a large one as it grows, or what went wrong
    before the first byte.
    """

    def __init__(self, tag: str, coding: Coding, open_chunks: OpenChunks) -> None:
        self.tag = tag
        self.coding = coding
        self.open_chunks = open_chunks
        self.clients = 0
        self.growing: Growing | None = None
        self.begun: asyncio.Future[bytes | Growing] = asyncio.get_running_loop().create_future()
        self.begun.add_done_callback(take_exception)
        self.task: asyncio.Task[None] | None = None


class Encodings:
    """Makes encodings and keeps those that are complete; for the server's loop.

    The first MiB of each is made at once: small bodies never wait behind large ones, and a large
    one that finds all encoders busy begins again when it is its turn, so that what waits holds
    neither memory nor a cursor.
    """

    def __init__(
        self,
        store: EncodingStore | None,
        pool: StreamPool,
        *,
        encoders: int = ENCODERS,
    ) -> None:
        """Without a store nothing large is kept."""
        self._store = _Nowhere() if store is None else store
        self._pool = pool
        self._makings: dict[str, Making] = {}
        self._refused: dict[str, float] = {}
        self._turns = asyncio.Semaphore(encoders)
        # Until one that must wait is closed it holds its first MiB: those are few, too.
        self._openings = asyncio.Semaphore(_OPENERS + encoders)
        self._openers = ThreadPoolExecutor(_OPENERS, thread_name_prefix="opener")
        self._encoders = ThreadPoolExecutor(encoders, thread_name_prefix="encoder")
        self._publisher = ThreadPoolExecutor(1, thread_name_prefix="publisher")

    def has_refused(self, tag: str) -> bool:
        """Whether there was no room for this encoding a short time ago."""
        until = self._refused.get(tag)
        return until is not None and asyncio.get_running_loop().time() < until

    async def find(self, tag: str) -> OpenFile | None:
        """Open a complete encoding; None if there is none."""
        if not self._store.has(tag):
            return None
        file = await self._pool.read(partial(self._store.open, tag))
        return None if file is None else OpenFile(file)

    @contextmanager
    def joined(self, etag: str, coding: Coding, open_chunks: OpenChunks) -> Iterator[Making]:
        """Take part in the making of an encoding; it ends when the last one leaves."""
        tag = tagged(etag, coding)
        making = self._makings.get(tag)
        if making is None:
            making = self._start(tag, coding, self._source(etag, coding, open_chunks))
        making.clients += 1
        try:
            yield making
        finally:
            making.clients -= 1
            if not making.clients:
                self._leave(making)

    def close(self) -> None:
        """Wait for what is running and end the threads."""
        for pool in (self._openers, self._encoders, self._publisher):
            pool.shutdown(cancel_futures=True)

    def _source(self, etag: str, coding: Coding, open_chunks: OpenChunks) -> OpenChunks:
        """Return where the plain bytes come from: packed ones are made from a file if there is."""
        if coding is Coding.IDENTITY or not self._store.has(etag):
            return open_chunks

        def open_file() -> Chunks:
            file = self._store.open(etag)
            return open_chunks() if file is None else FileChunks(OpenFile(file))

        return open_file

    def _start(self, tag: str, coding: Coding, open_chunks: OpenChunks) -> Making:
        making = Making(tag, coding, open_chunks)
        self._makings[tag] = making
        making.task = asyncio.create_task(self._make(making))
        making.task.add_done_callback(partial(self._end, making))
        return making

    async def _make(self, making: Making) -> None:
        if not await self._make_at_once(making):
            async with self._turns, self._opened(making) as (feed, first):
                await self._grow(making, feed, first)
        if making.growing is not None and making.growing.is_complete:
            await _in_thread(self._publisher, making.growing.publish)

    async def _make_at_once(self, making: Making) -> bool:
        """Make a small body, or a large one if an encoder is free; whether it was done."""
        async with self._openings, self._opened(making) as (feed, first):
            if feed.is_over:
                making.begun.set_result(first)
            elif self._turns.locked():
                return False
            else:
                async with self._turns:
                    await self._grow(making, feed, first)
            return True

    @asynccontextmanager
    async def _opened(self, making: Making) -> AsyncIterator[tuple[Feed, bytes]]:
        """Give a feed and its first bytes, unpacked: 1 MiB or, if it is over, everything."""
        feed = Feed(making.open_chunks)
        try:
            yield feed, await _in_thread(self._openers, feed.pull_first)
        finally:
            if not feed.is_over:
                await self._pool.free(feed.close)

    async def _grow(self, making: Making, feed: Feed, first: bytes) -> None:
        growing = making.growing = Growing()
        pieces = packed(chain((first,), feed.rest()), making.coding)
        begin = partial(self._store.begin, making.tag)
        filling = _in_thread(self._encoders, partial(growing.fill, begin, pieces))
        making.begun.set_result(growing)
        try:
            await asyncio.wait({filling})
        except asyncio.CancelledError:  # the last client has left
            growing.stop()
            await self._pool.free(feed.close)
            await asyncio.wait({filling})
            await self._pool.free(growing.close)
            raise
        growing.end(filling)
        if not growing.is_complete and filling.exception() is None:
            self._refuse(making.tag)

    def _refuse(self, tag: str) -> None:
        """Spare others the attempt: it would push out everything else for nothing."""
        if len(self._refused) >= _MOST_REFUSED:
            self._refused.clear()
        self._refused[tag] = asyncio.get_running_loop().time() + _REFUSED_SECONDS

    def _leave(self, making: Making) -> None:
        """End what nobody waits for; what is complete is kept all the same."""
        is_complete = making.growing is not None and making.growing.is_complete
        if making.task is not None and making.task.done():
            self._free(making)
        elif making.task is not None and not is_complete:
            self._forget(making)
            making.task.cancel()

    def _end(self, making: Making, task: "asyncio.Task[None]") -> None:
        self._forget(making)
        error = None if task.cancelled() else task.exception()
        if error is not None and not making.begun.done():
            making.begun.set_exception(error)
        if not making.clients:
            self._free(making)

    def _forget(self, making: Making) -> None:
        """Let the next one who asks begin anew, or find the file."""
        if self._makings.get(making.tag) is making:
            del self._makings[making.tag]

    def _free(self, making: Making) -> None:
        if making.growing is not None:
            self._pool.read(making.growing.close)


class _Nowhere:
    """A store that keeps nothing; implements core.ports.EncodingStore."""

    def has(self, tag: str) -> bool:  # noqa: ARG002
        return False

    def open(self, tag: str) -> None:  # noqa: ARG002
        return None

    def begin(self, tag: str) -> None:  # noqa: ARG002
        return None

    def sweep(self, unused_seconds: float) -> int:  # noqa: ARG002
        return 0


def _in_thread(threads: ThreadPoolExecutor, work: Callable[[], T]) -> "asyncio.Future[T]":
    future = asyncio.get_running_loop().run_in_executor(threads, work)
    future.add_done_callback(take_exception)
    return future
