"""From an Outbound to ASGI messages: bytes at once, files and streams as they are read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.types import Receive, Scope, Send

from standpipe.core.ports import EncodingStore
from standpipe.http.changes import Changes
from standpipe.http.encoded import EncodedBodies, want
from standpipe.http.encodings import Encodings
from standpipe.http.events import EventBody
from standpipe.http.files import ServedFile
from standpipe.http.messages import Encoded, EventStream, FileBody, Inbound, Outbound
from standpipe.http.parts import is_not_modified, without_content
from standpipe.http.stream import (
    ChunkedBody,
    HeaderList,
    Shutdown,
    StreamPool,
    body_message,
    start_message,
)


class Sender:
    """Sends answers; keeps the threads that read for streams."""

    def __init__(self, changes: Changes, encodings: EncodingStore | None = None) -> None:
        """Event streams hear ``changes``; ``encodings`` keeps what is large and encoded."""
        self._changes = changes
        self._pool = StreamPool()
        self._shutdown = Shutdown()
        self._encodings = Encodings(encodings, self._pool)
        self._encoded = EncodedBodies(self._encodings, pool=self._pool, shutdown=self._shutdown)

    async def send(
        self, inbound: Inbound, outbound: Outbound, wire: tuple[Scope, Receive, Send]
    ) -> int:
        """Send an answer and return its status; raises what a stream raises before its status.

        An answer with an ETag that the caller already has becomes a 304 without being opened.
        """
        scope, receive, send = wire
        headers: HeaderList = _encoded(outbound.headers)
        if isinstance(outbound.body, Encoded | FileBody):
            headers = _dated(headers, outbound.body.modified_at)
        if isinstance(outbound.body, Encoded):
            wanted = want(inbound, outbound.body, headers)
            return await self._encoded.send(wanted, receive, send)
        etag = _etag(outbound)
        if isinstance(outbound.body, FileBody):
            served = ServedFile(
                outbound.body.path,
                outbound.body.etag,
                pool=self._pool,
                shutdown=self._shutdown,
                headers=headers,
            )
            await served(scope, receive, send)
        elif _is_known(inbound, etag):
            await _send_whole(send, 304, without_content(headers), b"")
            return 304
        elif isinstance(outbound.body, EventStream):
            events = EventBody(outbound.body, changes=self._changes, headers=headers)
            await events(scope, receive, send)
        elif isinstance(outbound.body, bytes):
            await _send_bytes(inbound, outbound, headers, send)
        else:
            chunked = ChunkedBody(
                outbound.body,
                pool=self._pool,
                shutdown=self._shutdown,
                status=outbound.status,
                headers=headers,
            )
            await chunked(scope, receive, send)
        return outbound.status

    def stop(self) -> None:
        """End every stream at once."""
        self._shutdown.begin()

    def close(self) -> None:
        """End the threads."""
        self._encodings.close()
        self._pool.close()


async def _send_bytes(
    inbound: Inbound, outbound: Outbound, headers: HeaderList, send: Send
) -> None:
    body = outbound.body if isinstance(outbound.body, bytes) else b""
    if outbound.status == 204:
        await _send_whole(send, 204, headers, b"")
        return
    length = (b"content-length", str(len(body)).encode())
    shown = b"" if inbound.method == "HEAD" else body
    await _send_whole(send, outbound.status, [*headers, length], shown)


async def _send_whole(send: Send, status: int, headers: HeaderList, body: bytes) -> None:
    await send(start_message(status, headers))
    await send(body_message(body, more=False))


def _etag(outbound: Outbound) -> str | None:
    """Return the strong tag of a whole answer, without quotes."""
    if outbound.status != 200:
        return None
    tags = [value for name, value in outbound.headers if name.lower() == "etag"]
    return tags[0].strip('"') if tags else None


def _is_known(inbound: Inbound, etag: str | None) -> bool:
    if etag is None or inbound.method not in ("GET", "HEAD"):
        return False
    return is_not_modified(inbound.headers.get("if-none-match"), etag)


def _dated(headers: HeaderList, at: datetime | None) -> HeaderList:
    if at is None or not any(name == b"cache-control" for name, _ in headers):
        return headers
    return [*headers, (b"last-modified", format_datetime(at.astimezone(UTC), usegmt=True).encode())]


def _encoded(headers: Sequence[tuple[str, str]]) -> HeaderList:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
