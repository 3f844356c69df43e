"""How an encoded body leaves: from memory, from its file, or while it is being made."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from starlette.types import Receive, Send

from standpipe.core.ports import Chunks
from standpipe.http.codings import (
    SMALLEST_BYTES,
    Coding,
    PackedChunks,
    choose_codings,
    packed,
    tagged,
)
from standpipe.http.encodings import Encodings
from standpipe.http.files import Readable, send_part
from standpipe.http.growing import Growing, pull_past, send_growing
from standpipe.http.hot import HotBodies
from standpipe.http.messages import Encoded, Inbound
from standpipe.http.parts import Part, choose_part, headers_of, is_not_modified, without_content
from standpipe.http.stream import (
    ChunkedBody,
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

_VARY = (b"vary", b"accept-encoding")
_RANGES = (b"accept-ranges", b"bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one request wants of an encoded body; ``headers`` are those of its room.

    ``codings`` are those that the request accepts, the preferred one first.
    """

    method: str
    asked: Mapping[str, str]
    body: Encoded
    headers: HeaderList
    codings: tuple[Coding, ...]

    @property
    def coding(self) -> Coding:
        """Return the coding to answer in."""
        return self.codings[0]

    @property
    def tag(self) -> str:
        """Return the strong tag of the body in that coding."""
        return tagged(self.body.etag, self.coding)

    def headers_in(self, coding: Coding, *, is_sized: bool) -> HeaderList:
        """Return the headers of the body in a coding; ranges are promised of a known size."""
        etag = (b"etag", f'"{tagged(self.body.etag, coding)}"'.encode("latin-1"))
        headers = [*self.headers, etag]
        if self.body.is_compressible:
            headers.append(_VARY)
        if coding is not Coding.IDENTITY:
            headers.append((b"content-encoding", coding.value.encode()))
        elif is_sized:
            headers.append(_RANGES)
        return headers

    def known_coding(self) -> Coding | None:
        """Return the coding of which the caller already has the bytes."""
        known = self.asked.get("if-none-match")
        if known is None:
            return None
        etag = self.body.etag
        return next((c for c in self.codings if is_not_modified(known, tagged(etag, c))), None)

    def part(self, coding: Coding, size: int) -> Part:
        """Return what is sent of the body in a coding; packed bytes have no ranges."""
        asked = self.asked if coding is Coding.IDENTITY else {}
        return choose_part(self.method, asked, tagged(self.body.etag, coding), size)

    def leaves_plain(self, plain: bytes) -> bool:
        """Whether a small body is sent as it is: asked for so, or not worth packing."""
        if self.coding is Coding.IDENTITY:
            return True
        return len(plain) < SMALLEST_BYTES and Coding.IDENTITY in self.codings

    def open(self) -> Chunks:
        """Start to encode anew."""
        chunks = self.body.open()
        return chunks if self.coding is Coding.IDENTITY else PackedChunks(chunks, self.coding)


def want(inbound: Inbound, body: Encoded, headers: HeaderList) -> Wanted:
    """Return what a request wants: a range is one of the plain bytes, if those are accepted."""
    codings = choose_codings(
        inbound.headers.get("accept-encoding"), is_compressible=body.is_compressible
    )
    if "range" in inbound.headers and Coding.IDENTITY in codings:
        codings = (Coding.IDENTITY,)
    has_conditions = inbound.method in ("GET", "HEAD")
    return Wanted(
        method=inbound.method,
        asked=inbound.headers if has_conditions else {},
        body=body,
        headers=headers,
        codings=codings,
    )


class EncodedBodies:
    """Sends encoded bodies: small ones are kept in memory, large ones as files."""

    def __init__(self, encodings: Encodings, *, pool: StreamPool, shutdown: Shutdown) -> None:
        self._encodings = encodings
        self._pool = pool
        self._shutdown = shutdown
        self._hot = HotBodies()

    async def send(self, wanted: Wanted, receive: Receive, send: Send) -> int:
        """Send a body and return the status; raises what goes wrong before that.

        What the caller has already, and what is in memory, is sent without a thread.
        """
        known = wanted.known_coding()
        if known is not None:
            headers = without_content(wanted.headers_in(known, is_sized=True))
            await send(start_message(HTTPStatus.NOT_MODIFIED, headers))
            await send(body_message(b"", more=False))
            return HTTPStatus.NOT_MODIFIED
        hot = self._find_hot(wanted)
        if hot is not None:
            return await _send_whole(send, wanted, *hot)
        try:
            async with Client(receive, send, self._shutdown) as client:
                return await self._deliver(client, wanted)
        except Departed:
            return HTTPStatus.OK

    def _find_hot(self, wanted: Wanted) -> tuple[Coding, bytes] | None:
        """Return a body that is in memory as it is to be sent, and its coding."""
        plain = self._hot.find(wanted.body.etag)
        if plain is not None and wanted.leaves_plain(plain):
            return Coding.IDENTITY, plain
        body = self._hot.find(wanted.tag)
        return None if body is None else (wanted.coding, body)

    async def _deliver(self, client: Client, wanted: Wanted) -> int:
        encodings, body = self._encodings, wanted.body
        plain = self._hot.find(body.etag)
        if plain is not None:
            return await self._send_small(client, wanted, plain)
        if encodings.has_refused(wanted.tag):
            return await self._stream(client, wanted)
        file = await encodings.find(wanted.tag)
        if file is not None:
            with file:
                return await self._send_sized(client, wanted, file, file.size)
        with encodings.joined(body.etag, wanted.coding, body.open) as making:
            begun = await client.result_of(making.begun)
            if isinstance(begun, bytes):
                self._hot.keep(body.etag, begun)
                return await self._send_small(client, wanted, begun)
            return await self._follow(client, wanted, begun)

    async def _send_small(self, client: Client, wanted: Wanted, plain: bytes) -> int:
        if wanted.leaves_plain(plain):
            return await _send_whole(client.send, wanted, Coding.IDENTITY, plain)
        pack = partial(packed, [plain], wanted.coding)
        body = await client.result_of(self._pool.read(lambda: b"".join(pack())))
        self._hot.keep(wanted.tag, body)
        return await _send_whole(client.send, wanted, wanted.coding, body)

    async def _send_sized(self, client: Client, wanted: Wanted, source: Readable, size: int) -> int:
        part = wanted.part(wanted.coding, size)
        headers = wanted.headers_in(wanted.coding, is_sized=True)
        await send_part(client, source, part, headers, self._pool)
        return part.status

    async def _follow(self, client: Client, wanted: Wanted, growing: Growing) -> int:
        """Send what is being made; a HEAD waits for its length."""
        if growing.is_complete or (wanted.method == "HEAD" and await growing.ended(client)):
            return await self._send_sized(client, wanted, growing, growing.size)
        if wanted.method == "HEAD" or not await growing.reaches(client, 0):
            return await self._stream(client, wanted)
        headers = wanted.headers_in(wanted.coding, is_sized=False)
        await client.send(start_message(HTTPStatus.OK, headers))
        position, is_whole = await send_growing(client, growing, self._pool)
        if is_whole:
            await client.send(body_message(b"", more=False))
        else:
            await self._go_on(client, wanted, growing, position)
        return HTTPStatus.OK

    async def _go_on(self, client: Client, wanted: Wanted, growing: Growing, position: int) -> None:
        """Send the rest, encoded anew for this client: there was no room to keep it."""
        feed = Feed(wanted.open)
        pull = partial(pull_past, feed, growing, position)
        try:
            piece = await client.result_of(self._pool.read(pull))
            await send_feed(client, feed, self._pool, first=piece or b"")
        finally:
            if not feed.is_over:
                await self._pool.free(feed.close)

    async def _stream(self, client: Client, wanted: Wanted) -> int:
        """Encode for this client alone and keep nothing; a HEAD is told no length."""
        headers = wanted.headers_in(wanted.coding, is_sized=False)
        if wanted.method == "HEAD":
            await client.send(start_message(HTTPStatus.OK, headers))
            await client.send(body_message(b"", more=False))
            return HTTPStatus.OK
        body = ChunkedBody(
            wanted.open,
            pool=self._pool,
            shutdown=self._shutdown,
            headers=headers,
        )
        await body.deliver(client)
        return HTTPStatus.OK


async def _send_whole(send: Send, wanted: Wanted, coding: Coding, body: bytes) -> int:
    part = wanted.part(coding, len(body))
    headers = headers_of(part, wanted.headers_in(coding, is_sized=True))
    await send(start_message(part.status, headers))
    await send(body_message(body[part.span.start : part.span.stop], more=False))
    return part.status
