"""A body in the making: one thread writes it to a file, and everybody who wants it follows."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from standpipe.core.errors import Unavailable
from standpipe.core.ports import EncodingDraft
from standpipe.http.files import OpenFile
from standpipe.http.stream import (
    Client,
    Feed,
    Piece,
    StreamPool,
    body_message,
)


class Growing:
    """The bytes of a body that are there so far.

    ``fill`` runs in a thread of its own; the rest belongs to the server's loop. A slow client
    costs a place in the file: nothing waits for it, and nothing is kept in memory for it.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Future[None] = self._loop.create_future()
        self._draft: EncodingDraft | None = None
        self._file: OpenFile | None = None
        self._written = 0
        self._is_told = False
        self._is_stopped = False
        self._error: BaseException | None = None
        self.size = 0
        self.is_complete = False
        self.is_over = False

    def fill(self, begin: Callable[[], EncodingDraft | None], pieces: Iterable[Piece]) -> bool:
        """Write all pieces, or as many as there is room for; whether that was all of them."""
        self._draft = begin()
        if self._draft is None:
            return False
        self._file = OpenFile(self._draft.open())
        for piece in pieces:
            if self._is_stopped or not self._draft.write(piece):
                return False
            self._written += len(piece)
            if not self._is_told:
                self._is_told = True
                self._loop.call_soon_threadsafe(self._tell)
        return True

    def stop(self) -> None:
        """Write no more: nobody follows."""
        self._is_stopped = True

    def end(self, filling: "asyncio.Future[bool]") -> None:
        """Tell everybody how it went, when ``fill`` is done."""
        self._error = filling.exception()
        self.is_complete = self._error is None and filling.result()
        self.is_over = True
        self._tell()

    async def reaches(self, client: Client, position: int) -> bool:
        """Wait until there is more than that; False if that was all or there is no more room.

        Raises what the encoder raised, and Departed if the client leaves.
        """
        while self.size <= position and not self.is_over:
            await client.result_of(self._news)
        if self.size > position:
            return True
        if self._error is not None:
            raise self._error
        return False

    async def ended(self, client: Client) -> bool:
        """Wait until it is over; whether it is complete. Raises what the encoder raised."""
        while not self.is_over:
            await client.result_of(self._news)
        if self._error is not None:
            raise self._error
        return self.is_complete

    def read(self, start: int, count: int) -> bytes:
        """Return up to ``count`` of the bytes that are there; from any thread."""
        return b"" if self._file is None else self._file.read(start, count)

    def publish(self) -> None:
        """Keep it for those who come later; blocks."""
        if self._draft is not None:
            self._draft.publish()

    def close(self) -> None:
        """Free the file when ``fill`` is done; repeating is fine."""
        draft, self._draft = self._draft, None
        if self._file is not None:
            self._file.close()
        if draft is not None:
            draft.close()

    def _tell(self) -> None:
        self._is_told = False
        self.size = self._written
        news, self._news = self._news, self._loop.create_future()
        news.set_result(None)


async def send_growing(client: Client, growing: Growing, pool: StreamPool) -> tuple[int, bool]:
    """Send what there is and what comes, as pieces of a chunked body.

    Returns how many bytes that were, and whether it was the whole.
    """
    position = 0
    with pool.stream():
        while await growing.reaches(client, position):
            count = min(pool.piece_bytes(position), growing.size - position)
            piece = await client.result_of(pool.read(partial(growing.read, position, count)))
            await client.send(body_message(piece, more=True))
            position += len(piece)
    return position, growing.is_complete


def pull_past(feed: Feed, written: Growing, count: int) -> Piece | None:
    """Return what follows the first ``count`` bytes of a feed, which were written before.

    Blocks. Unavailable if they differ: then the rest would not fit what was already sent.
    """
    position = 0
    while (piece := feed.pull()) is not None:
        known = bytes(piece[: count - position])
        if known != written.read(position, len(known)):
            raise Unavailable("A result was encoded differently for the second time.")
        position += len(known)
        if len(known) < len(piece):
            return piece[len(known) :]
    return None
