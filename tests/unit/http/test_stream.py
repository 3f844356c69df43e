"""Streams: early failures are errors, late ones cut, and nobody reads for a client that left."""

import asyncio
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from starlette.types import Receive, Scope, Send
from tests.unit.http.loopback import ask, serving

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import ResultExpired, Unavailable
from standpipe.core.ports import Chunks
from standpipe.core.windows import whole
from standpipe.formats.json import JsonRows
from standpipe.http.stream import SMALL_BYTES, ChunkedBody, Shutdown, StreamPool
from standpipe.readers.duckdb import DuckDBReader

BLOCK = b"x" * (SMALL_BYTES + 1)  # larger than what is held back for its length


class Script:
    """Chunks that play a list: bytes are produced, exceptions raised, events waited for."""

    def __init__(self, *steps: Any) -> None:
        self.steps = steps
        self.produced = 0
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        for step in self.steps:
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, threading.Event):
                step.wait(30)
                continue
            self.produced += 1
            yield step

    def close(self) -> None:
        for step in self.steps:
            if isinstance(step, threading.Event):
                step.set()
        self.closed.set()


@pytest.fixture
def pool() -> Iterator[StreamPool]:
    pool = StreamPool(threads=2)
    yield pool
    pool.close()


@pytest.fixture
def shutdown() -> Shutdown:
    return Shutdown()


class Wire:
    """The server's side of one request, kept in memory."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.left = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def is_complete(self) -> bool:
        return bool(self.sent) and not self.sent[-1].get("more_body", True)

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


Run = Callable[..., Wire]


@pytest.fixture
def run(pool: StreamPool, shutdown: Shutdown) -> Run:
    def run(open_chunks: Callable[[], Chunks], method: str = "GET") -> Wire:
        async def answer() -> Wire:
            wire = Wire()
            body = ChunkedBody(
                open_chunks, pool=pool, shutdown=shutdown, headers=[(b"content-type", b"x/y")]
            )
            await body({"type": "http", "method": method}, wire.receive, wire.send)
            return wire

        return asyncio.run(answer())

    return run


def test_large_body_is_sent_in_pieces(run: Run) -> None:
    """A long body has no length and ends with an empty last piece."""
    script = Script(BLOCK, b"a", memoryview(BLOCK))
    wire = run(lambda: script)
    assert wire.body == BLOCK + b"a" + BLOCK
    assert wire.is_complete
    assert wire.headers == {b"content-type": b"x/y"}
    assert script.closed.is_set()


@pytest.mark.parametrize("steps", [(), (b"",), (b"ab", b"c")])
def test_small_body_is_sent_with_its_length(run: Run, steps: tuple[bytes, ...]) -> None:
    """What is complete before the status is sent has a Content-Length."""
    wire = run(lambda: Script(*steps))
    whole = b"".join(steps)
    assert wire.body == whole
    assert wire.headers[b"content-length"] == str(len(whole)).encode()
    assert len(wire.sent) == 2


def test_failure_before_the_first_chunk_is_raised_and_nothing_is_sent(run: Run) -> None:
    """The caller can still answer with an error of its own."""
    script = Script(b"some", ResultExpired())
    with pytest.raises(ResultExpired):
        run(lambda: script)
    assert script.closed.is_set()


def test_failure_to_open_is_raised(run: Run) -> None:
    """So it is when the chunks cannot even be opened."""

    def fail() -> Chunks:
        raise ResultExpired

    with pytest.raises(ResultExpired):
        run(fail)


def test_head_sends_headers_and_opens_nothing(run: Run) -> None:
    """HEAD costs nothing."""
    script = Script(BLOCK)
    wire = run(lambda: script, method="HEAD")
    assert (wire.sent[0]["status"], wire.body, wire.is_complete) == (200, b"", True)
    assert script.produced == 0


def test_nothing_starts_once_the_server_stops(run: Run, shutdown: Shutdown) -> None:
    """A request that comes while the server stops is told to come again."""
    script = Script(BLOCK, BLOCK)
    shutdown.begin()
    with pytest.raises(Unavailable, match="stopping"):
        run(lambda: script)


def test_later_failure_cuts_the_connection(pool: StreamPool, shutdown: Shutdown) -> None:
    """A client can tell that a body which failed half-way is not complete."""
    script = Script(BLOCK, BLOCK, Unavailable("The disk is gone."))
    with serving(ChunkedBody(lambda: script, pool=pool, shutdown=shutdown)) as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        client.request("GET", "/")
        with client.getresponse() as response, pytest.raises(http.client.IncompleteRead):
            response.read()
        client.close()
    assert script.closed.is_set()


def leave_early(port: int, *, reset: bool = False) -> None:
    client = ask(port)
    assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")
    if reset:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_stream_stops_when_the_client_leaves(
    pool: StreamPool, shutdown: Shutdown, reset: bool
) -> None:
    """An endless body is closed soon after its client has gone, however it went."""
    script = Script(*[BLOCK] * 10_000)
    with serving(ChunkedBody(lambda: script, pool=pool, shutdown=shutdown)) as port:
        leave_early(port, reset=reset)
        assert script.closed.wait(10)
    assert script.produced < 1000


def test_stream_stops_while_it_waits_for_rows(pool: StreamPool, shutdown: Shutdown) -> None:
    """A client that leaves while a chunk is being made does not have to be sent to first."""
    script = Script(BLOCK, threading.Event(), BLOCK)
    with serving(ChunkedBody(lambda: script, pool=pool, shutdown=shutdown)) as port:
        leave_early(port)
        assert script.closed.wait(10)


def test_stream_stops_before_its_first_chunk(pool: StreamPool, shutdown: Shutdown) -> None:
    """So does one that has not sent anything yet."""
    waiting = threading.Event()
    script = Script(waiting, BLOCK)
    with serving(ChunkedBody(lambda: script, pool=pool, shutdown=shutdown)) as port:
        ask(port).close()
        assert script.closed.wait(10)


def test_stalled_client_holds_no_thread(pool: StreamPool, shutdown: Shutdown) -> None:
    """Clients that do not read leave the threads to those that do."""
    app = ChunkedBodies(lambda: Script(*[BLOCK] * 500), pool, shutdown)
    with serving(app) as port:
        stalled = [ask(port) for _ in range(6)]
        for client in stalled:
            assert client.recv(10)
        reader = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        reader.request("GET", "/")
        assert len(reader.getresponse().read()) == 500 * len(BLOCK)
        reader.close()
        for client in stalled:
            client.close()


class ChunkedBodies:
    """An application that makes a new body for each request."""

    def __init__(self, make: Callable[[], Chunks], pool: StreamPool, shutdown: Shutdown) -> None:
        self.make, self.pool, self.shutdown = make, pool, shutdown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = ChunkedBody(self.make, pool=self.pool, shutdown=self.shutdown)
        await body(scope, receive, send)


def test_streams_end_at_once_when_the_server_stops(pool: StreamPool, shutdown: Shutdown) -> None:
    """A stop ends what is being sent, and the client can tell that it is not complete."""
    script = Script(BLOCK, threading.Event(), BLOCK)
    with serving(ChunkedBody(lambda: script, pool=pool, shutdown=shutdown)) as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        client.request("GET", "/")
        response = client.getresponse()
        shutdown.begin()
        with pytest.raises(http.client.IncompleteRead):
            response.read()
        client.close()
        assert script.closed.wait(10)


def test_left_download_frees_the_cursor(
    pool: StreamPool, shutdown: Shutdown, tmp_path: Path
) -> None:
    """A real download that is given up gives its cursor back, and the reader goes on serving."""
    path = tmp_path / "rows.parquet"
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT i, repeat('x', 200) AS v FROM range(500_000) t(i)) TO '{path}'"
        )
    columns = [
        Column(name=n, stored_name=n, logical_type=t, stored_type=s, source_type=s)
        for n, t, s in [("i", LogicalType.INTEGER, "BIGINT"), ("v", LogicalType.TEXT, "VARCHAR")]
    ]
    reader = DuckDBReader(tmp_path)
    opened: list[Any] = []

    def open_chunks() -> Chunks:
        opened.append(reader.encode(path, whole(columns), JsonRows()))
        return opened[-1]

    with closing(reader), serving(ChunkedBodies(open_chunks, pool, shutdown)) as port:
        for _ in range(5):
            leave_early(port)
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        client.request("GET", "/")
        assert client.getresponse().read().endswith(b"]")
        client.close()
        for _ in range(500):
            if all(chunks._statements._session is None for chunks in opened):
                break
            threading.Event().wait(0.02)
        assert [chunks._statements._session for chunks in opened] == [None] * 6
