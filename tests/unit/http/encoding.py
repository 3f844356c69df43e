"""A real server around encoded bodies, whose encoders do what a script says."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send
from tests.unit.http.loopback import serving

from standpipe.core.errors import Unavailable
from standpipe.core.ports import Chunks, EncodingStore
from standpipe.http.encoded import EncodedBodies, want
from standpipe.http.encodings import Encodings
from standpipe.http.messages import Encoded, Inbound
from standpipe.http.stream import Shutdown, StreamPool
from standpipe.stores.encodings import LocalEncodingStore

MIB = 1024**2
BLOCK = b"0123456789abcdef" * (MIB // 16)


def until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something is so that happens in other threads."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Script:
    """Chunks that play a list: bytes are produced, exceptions raised, events waited for."""

    def __init__(self, *steps: Any) -> None:
        self.steps = steps
        self.produced = 0
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        for step in self.steps:
            if self.closed.is_set():
                raise OSError("closed")
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, threading.Event):
                until(lambda: step.is_set() or self.closed.is_set(), seconds=30)  # noqa: B023
                continue
            self.produced += 1
            yield step

    def close(self) -> None:
        self.closed.set()


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """A server whose one address answers with ``body``; ``opened`` are all its encoders so far."""

    folder: Path
    quota: int = 1024 * MIB
    encoders: int = 2
    etag: str = "tag"
    steps: tuple[Any, ...] = (BLOCK, BLOCK, b"end")
    is_compressible: bool = True
    opened: list[Script] = field(default_factory=list)
    shutdown: Shutdown = field(default_factory=Shutdown)
    port: int = 0
    store: EncodingStore | None = None

    def open(self) -> Chunks:
        self.opened.append(Script(*self.steps))
        return self.opened[-1]

    @contextmanager
    def running(self) -> Iterator["Site"]:
        self.store = LocalEncodingStore(self.folder, self.quota, reserve_bytes=0)
        pool = StreamPool()
        encodings = Encodings(self.store, pool, encoders=self.encoders)
        bodies = EncodedBodies(encodings, pool=pool, shutdown=self.shutdown)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            etag = headers.get("x-tag", self.etag)
            body = Encoded(etag=etag, open=self.open, is_compressible=self.is_compressible)
            inbound = Inbound(method=scope["method"], path="/", headers=headers)
            wanted = want(inbound, body, [(b"content-type", b"x/y")])
            try:
                await bodies.send(wanted, receive, send)
            except Unavailable:
                await send({"type": "http.response.start", "status": 503})
                await send({"type": "http.response.body"})

        with serving(app) as self.port:
            yield self
        encodings.close()
        pool.close()

    def ask(self, method: str = "GET", /, **asked: str) -> Answer:
        """Make a request; header names with underscores for hyphens."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {name.replace("_", "-"): value for name, value in asked.items()}
            client.putrequest(method, "/", skip_accept_encoding=True)
            for name, value in headers.items():
                client.putheader(name, value)
            client.endheaders()
            with client.getresponse() as found:
                shown = {name.lower(): value for name, value in found.getheaders()}
                return Answer(found.status, shown, found.read())
        finally:
            client.close()

    @property
    def files(self) -> list[str]:
        """The names in the folder of encodings."""
        return sorted(path.name for path in self.folder.iterdir())
