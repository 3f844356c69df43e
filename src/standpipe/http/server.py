"""uvicorn around the door: sockets given from outside, and streams that end at once on a stop."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

GRACE_SECONDS = 8
KEEP_ALIVE_SECONDS = 75  # longer than the pools of usual clients and proxies keep a connection
HEAD_MAX_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Certificate and key, as PEM files."""

    cert: str
    key: str


class _Protocol(HttpToolsProtocol):
    """HTTP whose request heads are bounded: the parser itself keeps whatever it is sent."""

    _head_bytes = 0
    _is_in_head = False

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MAX_BYTES and not self.transport.is_closing():
                self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        self._head_bytes, self._is_in_head = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()


class _Server(uvicorn.Server):
    """A uvicorn server that says so when it is asked to stop."""

    def __init__(
        self, config: uvicorn.Config, on_start: Callable[[], object], on_stop: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._on_stop = on_stop
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._on_start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not here: a signal may fall into the middle of what stopping touches, locks too.
        if self._loop is not None and not self.should_exit:
            self._loop.call_soon_threadsafe(self._on_stop)
        super().handle_exit(sig, frame)


def serve(
    app: Any,
    listener: socket.socket,
    *,
    tls: Tls | None,
    on_start: Callable[[], object],
    on_stop: Callable[[], None],
) -> int:
    """Serve ``app`` on a listening socket until SIGTERM or SIGINT; blocks."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ssl_certfile=tls.cert if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    server = _Server(config, on_start, on_stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        # Now, since it may come before uvicorn hears it; and when uvicorn has stopped, it raises
        # it once more, which would end the process before its caller has closed anything.
        signal.signal(number, server.handle_exit)
    config.load()
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))
    return 0
