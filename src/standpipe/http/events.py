"""Server-sent events: a body that goes on while an execution does."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Scope, Send

from standpipe.http.changes import Changes, Turn, Wait
from standpipe.http.messages import EventStream
from standpipe.http.stream import Departed, HeaderList, body_message, start_message

BEAT_SECONDS = 15.0
_BEAT = b":\n\n"
_HEADERS: Mapping[bytes, bytes] = {
    b"content-type": b"text/event-stream; charset=utf-8",
    b"cache-control": b"no-store",
    b"x-accel-buffering": b"no",  # nginx would hold events back
}


class EventBody:
    """An ASGI response of events. The headers that such a body needs win over the given ones."""

    def __init__(self, stream: EventStream, *, changes: Changes, headers: HeaderList = ()) -> None:
        """Events are read at the start and after every change, progress included."""
        self._stream = stream
        self._changes = changes
        self._headers = [pair for pair in headers if pair[0] not in _HEADERS] + [*_HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the last one; end at once when the client leaves or the server stops.

        Raises what reading the first events raises; a later failure cuts the connection. HEAD
        gets the headers and reads nothing.
        """
        if scope["method"] == "HEAD":
            await send(start_message(200, self._headers))
            await send(body_message(b"", more=False))
            return
        with self._changes.waiting(self._stream.execution_id, receive, hears_progress=True) as wait:
            try:
                await self._tell(_Line(wait, send))
            except Departed:
                return

    async def _tell(self, line: "_Line") -> None:
        events, is_last = self._stream.read()
        await line.send(start_message(200, self._headers))
        await line.send(body_message(events, more=True))
        while not is_last:
            turn = await line.wait.next(BEAT_SECONDS)
            if turn in (Turn.DEPARTED, Turn.STOPPED):
                break
            events, is_last = self._stream.read() if turn is Turn.CHANGED else (_BEAT, False)
            if events:
                await line.send(body_message(events, more=True))
        await line.send(body_message(b"", more=False))


class _Line:
    """The way to one client: a send that nobody takes ends with the wait."""

    def __init__(self, wait: Wait, send: Send) -> None:
        self.wait = wait
        self._send = send

    async def send(self, message: dict[str, Any]) -> None:
        sending = asyncio.ensure_future(self._send(message))
        await asyncio.sleep(0)  # usually all it takes
        if not sending.done():
            await asyncio.wait({sending, self.wait.end}, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            sending.cancel()
            raise Departed
        sending.result()
