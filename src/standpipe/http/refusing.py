"""Answers to requests whose bodies are not wanted: told at once, then the connection ends."""

import asyncio
from contextlib import suppress

from starlette.types import Message, Receive, Send

_LET_GO_BYTES = 64 * 1024**2
_LET_GO_SECONDS = 10.0


def refusing(receive: Receive, send: Send) -> Send:
    """Return a ``send`` that closes the connection after the answer.

    Whoever is still sending gets the answer first and is listened to for a while, 64 MiB or 10 s:
    a client that is cut off while it sends sees a broken connection, not the answer.
    """

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"connection", b"close")]
            await send({**message, "headers": headers})
        elif message.get("more_body"):
            await send(message)
        else:
            await send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(_LET_GO_SECONDS):
                    await _let_go(receive)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return tell


async def _let_go(receive: Receive) -> None:
    dropped = 0
    while dropped < _LET_GO_BYTES:
        message = await receive()
        dropped += len(message.get("body", b""))
        if not message.get("more_body"):
            return
