"""Event streams: what is sent when, and how they end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.http.patience import until

from standpipe.core.errors import NotFound
from standpipe.core.executions import Change
from standpipe.core.ids import ExecutionId
from standpipe.http import events as module
from standpipe.http.changes import Changes
from standpipe.http.events import EventBody
from standpipe.http.messages import EventStream
from standpipe.stores.wakeups import DatagramChanges, DatagramWakeups

ONE = ExecutionId(1)


class Source:
    """Events that are ready to be read, each read once."""

    def __init__(self, *ready: bytes) -> None:
        self.ready = list(ready)
        self.is_last = False
        self.reads = 0

    def read(self) -> tuple[bytes, bool]:
        self.reads += 1
        events, self.ready = b"".join(self.ready), []
        return events, self.is_last


class Caller:
    """The other end: keeps what it is sent, takes nothing while it is stalled, and may leave."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.has_left = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def has_ended(self) -> bool:
        return self.messages[-1:] == [
            {"type": "http.response.body", "body": b"", "more_body": False}
        ]

    async def receive(self) -> dict[str, Any]:
        await self.has_left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.takes.wait()
        self.messages.append(message)


class Stage:
    """One stream and its caller."""

    def __init__(self, run_dir: Path) -> None:
        self.changes = Changes(DatagramChanges(run_dir), lambda ids: {})
        self.worker = DatagramWakeups(run_dir, listens=False)
        self.source = Source(b"data: 1\n\n")

    def run(self, scene: Callable[[Caller, "asyncio.Task[None]"], Awaitable[None]]) -> Caller:
        async def play() -> Caller:
            caller = Caller()
            task = asyncio.ensure_future(self.open(caller))
            await scene(caller, task)
            await task
            await asyncio.sleep(0)
            assert self.changes._waits == {}
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return caller

        return asyncio.run(play())

    async def open(self, caller: Caller, method: str = "GET") -> None:
        stream = EventStream(execution_id=ONE, read=self.source.read)
        headers = [(b"x-room", b"1"), (b"content-type", b"text/plain")]
        body = EventBody(stream, changes=self.changes, headers=headers)
        await body({"type": "http", "method": method}, caller.receive, caller.send)

    def tell(self, event: bytes, *, is_move: bool = True, is_last: bool = False) -> None:
        self.source.ready.append(event)
        self.source.is_last = is_last
        self.worker.tell(Change(ONE, is_move=is_move))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path / "run")
    yield stage
    stage.changes.close()
    stage.worker.close()


def test_events_come_as_things_change(stage: Stage) -> None:
    """Progress too; the last one ends the body."""

    async def scene(caller: Caller, task: Any) -> None:
        await until(lambda: b"1" in caller.body)
        stage.tell(b"data: 2\n\n", is_move=False)
        await until(lambda: b"2" in caller.body)
        stage.tell(b"data: 3\n\n", is_last=True)

    caller = stage.run(scene)
    assert caller.body == b"data: 1\n\ndata: 2\n\ndata: 3\n\n"
    assert caller.has_ended


def test_the_headers_keep_every_hop_from_holding_events_back(stage: Stage) -> None:
    """They win over what a room says; its other headers stay."""

    async def scene(caller: Caller, task: Any) -> None:
        stage.source.is_last = True

    start = stage.run(scene).messages[0]
    assert start["status"] == 200
    assert dict(start["headers"]) == {
        b"x-room": b"1",
        b"content-type": b"text/event-stream; charset=utf-8",
        b"cache-control": b"no-store",
        b"x-accel-buffering": b"no",
    }


def test_a_quiet_stream_shows_that_it_lives(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """With comments, which clients skip; nothing is read for them."""
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.01)

    async def scene(caller: Caller, task: Any) -> None:
        await until(lambda: caller.body.count(b":\n\n") == 3)
        assert stage.source.reads == 1
        stage.tell(b"", is_last=True)

    assert stage.run(scene).has_ended


def test_a_change_that_says_nothing_sends_nothing(stage: Stage) -> None:
    """An empty read is no message, which would end the body."""

    async def scene(caller: Caller, task: Any) -> None:
        await until(lambda: len(caller.messages) == 2)
        stage.tell(b"")
        await until(lambda: stage.source.reads == 2)
        stage.tell(b"data: 2\n\n", is_last=True)

    assert stage.run(scene).body == b"data: 1\n\ndata: 2\n\n"


def test_a_stream_ends_with_its_client(stage: Stage) -> None:
    """At once, without waiting for the next event."""

    async def scene(caller: Caller, task: Any) -> None:
        await until(lambda: b"1" in caller.body)
        caller.has_left.set()

    stage.run(scene)


@pytest.mark.parametrize("leaves", [True, False])
def test_a_client_that_takes_nothing_holds_up_no_end(stage: Stage, leaves: bool) -> None:
    """Neither its own nor the server's."""

    async def scene(caller: Caller, task: Any) -> None:
        await until(lambda: b"1" in caller.body)
        caller.takes.clear()
        stage.tell(b"data: 2\n\n")
        await until(lambda: stage.source.reads == 2)
        if leaves:
            caller.has_left.set()
        else:
            stage.changes.stop()

    assert not stage.run(scene).has_ended


def test_a_stream_ends_with_the_server(stage: Stage) -> None:
    """In good order: the body is complete, and the client will ask again."""

    async def scene(caller: Caller, task: Any) -> None:
        await until(lambda: b"1" in caller.body)
        stage.changes.stop()

    assert stage.run(scene).has_ended


def test_a_head_reads_nothing(stage: Stage) -> None:
    """It gets the headers of the stream."""

    async def play() -> Caller:
        caller = Caller()
        await stage.open(caller, "HEAD")
        return caller

    caller = asyncio.run(play())
    assert (len(caller.messages), stage.source.reads) == (2, 0)


def test_a_stream_that_cannot_begin_is_an_ordinary_error(stage: Stage) -> None:
    """Nothing was sent, so the room can still say what went wrong."""

    def read() -> tuple[bytes, bool]:
        raise NotFound("gone")

    async def play() -> Caller:
        caller = Caller()
        body = EventBody(EventStream(execution_id=ONE, read=read), changes=stage.changes)
        with pytest.raises(NotFound):
            await body({"type": "http", "method": "GET"}, caller.receive, caller.send)
        return caller

    assert asyncio.run(play()).messages == []
