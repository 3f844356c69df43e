"""Large bodies: they go to a file as they arrive, and the file goes when the request ends.

Memory holds a few megabytes of a body, whatever its length. A file is in a folder of its own that
is locked by the process that writes it; without a lock its process is dead, and whoever opens the
spool next removes it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starlette.types import Receive

from standpipe.core.errors import (
    BodyTooLarge,
    BodyTooSlow,
    EncodingUnknown,
    MalformedBody,
    Unavailable,
)
from standpipe.http.baskets import Basket, check_room, sweep
from standpipe.http.messages import Inbound, Intake

LARGE_AT_ONCE = 3
_BATCH_BYTES = 1024**2
_THREADS = 4
_ENCODINGS: Mapping[str, bool] = {"": False, "identity": False, "gzip": True, "x-gzip": True}
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolOptions:
    """What the operator may set, and what tests do.

    ``largest`` holds the bytes that a body may have, unpacked. ``reserve_bytes`` of the disk stay
    free. Whoever sends less than ``pace_bytes`` within ``pace_seconds`` is too slow. Bodies of
    more than ``small_bytes``, or of unknown length, are taken in ``LARGE_AT_ONCE`` at a time; the
    next ones wait for ``wait_seconds``.
    """

    folder: Path
    largest: Mapping[Intake, int]
    small_bytes: int = 4 * 1024**2
    reserve_bytes: int = 256 * 1024**2
    pace_bytes: int = 64 * 1024
    pace_seconds: float = 60.0
    wait_seconds: float = 60.0


class Spool:
    """The bodies that are on the disk of one server."""

    def __init__(self, options: SpoolOptions) -> None:
        """Make the folder, readable only by the owner; remove what dead processes left."""
        options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(options.folder)
        self._options = options
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="spool")

    @asynccontextmanager
    async def take(self, inbound: Inbound, receive: Receive, intake: Intake) -> AsyncIterator[Path]:
        """Read a body into a file that is there while the block lasts.

        Before anything is read: EncodingUnknown for any but gzip, BodyTooLarge and StorageFull
        for what its length says, Unavailable when too many large ones are being taken in. While it
        is read: BodyTooLarge, BodyTooSlow, StorageFull, and MalformedBody for half a body.
        """
        limit = self._options.largest[intake]
        length = _declared(inbound)
        is_packed = _is_packed(inbound)
        if length is not None and length > limit:
            raise too_large(limit)
        async with self._turn(length):
            check_room(self._options.folder, length or 0, self._options.reserve_bytes)
            async with self._basket(limit, is_packed=is_packed) as basket:
                await self._fill(basket, receive, limit)
                yield basket.path

    def close(self) -> None:
        """Finish what the threads are doing."""
        self._threads.shutdown()

    def _turn(self, length: int | None) -> AbstractAsyncContextManager[None]:
        if length is not None and length <= self._options.small_bytes:
            return nullcontext()
        return self._large_turn()

    @asynccontextmanager
    async def _large_turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._options.wait_seconds):
                await self._large.acquire()
        except TimeoutError as error:
            raise Unavailable(
                f"{LARGE_AT_ONCE} large bodies are being taken in already.",
                hint="Send it again soon.",
            ) from error
        try:
            yield
        finally:
            self._large.release()

    @asynccontextmanager
    async def _basket(self, limit: int, *, is_packed: bool) -> AsyncIterator[Basket]:
        """Make a basket, and close it, also one that is still being made when nobody wants it."""
        making = self._threads.submit(
            Basket,
            self._options.folder,
            limit=limit,
            is_packed=is_packed,
            reserve_bytes=self._options.reserve_bytes,
        )
        try:
            yield await asyncio.wrap_future(making)
        finally:
            self._threads.submit(_close, making)

    async def _fill(self, basket: Basket, receive: Receive, limit: int) -> None:
        """Write what arrives, a batch while the next one comes in."""
        batch, received = bytearray(), 0
        writing: asyncio.Future[None] | None = None
        try:
            async for piece in self._pieces(receive):
                received += len(piece)
                if received > limit:
                    raise too_large(limit)
                batch += piece
                if len(batch) >= _BATCH_BYTES:
                    if writing is not None:
                        await writing
                    writing = self._do(_writer(basket, batch))
                    batch = bytearray()
        finally:  # nobody writes to a basket that is about to be closed
            if writing is not None:
                await writing
        await self._do(_writer(basket, batch))
        await self._do(basket.finish)

    async def _pieces(self, receive: Receive) -> AsyncIterator[bytes]:
        """Yield what arrives; BodyTooSlow, MalformedBody if the connection ends before it."""
        options, loop = self._options, asyncio.get_running_loop()
        due, wanted = loop.time() + options.pace_seconds, options.pace_bytes
        while True:
            try:
                async with asyncio.timeout_at(due):
                    message = await receive()
            except TimeoutError as error:
                raise BodyTooSlow(
                    detail=f"At least {options.pace_bytes} bytes must come"
                    f" within {options.pace_seconds:g} s."
                ) from error
            if message["type"] == "http.disconnect":  # half a body must not pass for a whole one
                raise MalformedBody(detail="The connection ended before the request did.")
            piece = message.get("body", b"")
            wanted -= len(piece)
            if wanted <= 0:
                due, wanted = loop.time() + options.pace_seconds, options.pace_bytes
            yield piece
            if not message.get("more_body"):
                return

    def _do(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._threads, work)


def too_large(limit: int) -> BodyTooLarge:
    """Return the error of a body that is longer than ``limit`` bytes."""
    return BodyTooLarge(detail=f"At most {limit} bytes are taken.")


def _close(making: "Future[Basket]") -> None:
    """Close what was made, if anything was; waits for the end of the making."""
    if not making.cancelled() and making.exception() is None:
        making.result().close()


def _writer(basket: Basket, batch: bytearray) -> Callable[[], None]:
    return lambda: basket.write(batch)


def _declared(inbound: Inbound) -> int | None:
    """Return how long a body says that it is; None if it does not."""
    length = inbound.headers.get("content-length", "")
    if length.isdigit():
        return int(length)
    return None if "transfer-encoding" in inbound.headers else 0


def _is_packed(inbound: Inbound) -> bool:
    encoding = inbound.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise EncodingUnknown(
            f"The content encoding {encoding[:50]!r} is not known.", detail="Allowed: gzip."
        )
    return _ENCODINGS[encoding]
