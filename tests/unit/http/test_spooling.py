"""Bodies that go to a file: what is taken, what is refused and when, and that nothing is left."""

import asyncio
import fcntl
import gzip
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from standpipe.core.errors import (
    BodyTooLarge,
    BodyTooSlow,
    EncodingUnknown,
    MalformedBody,
    StandpipeError,
    StorageFull,
    Unavailable,
)
from standpipe.http.messages import Inbound, Intake
from standpipe.http.spooling import LARGE_AT_ONCE, Spool, SpoolOptions

LIMIT = 8 * 1024**2


class Wire:
    """What a client sends; ``asked`` counts how often somebody wanted to hear more."""

    def __init__(self, pieces: Iterable[bytes], *, then: str = "end") -> None:
        self._pieces = list(pieces)
        self._then = then
        self.asked = 0

    async def receive(self) -> Mapping[str, Any]:
        self.asked += 1
        if self._pieces:
            piece = self._pieces.pop(0)
            is_last = not self._pieces and self._then == "end"
            return {"type": "http.request", "body": piece, "more_body": not is_last}
        if self._then == "leave":
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()
        raise AssertionError


def take(
    folder: Path, wire: Wire, *, seen: Callable[[Path], Any] = Path.read_bytes, **given: Any
) -> Any:
    """Spool one body; returns what ``seen`` makes of its file. Afterwards nothing may be left."""
    headers = given.pop("headers", {"transfer-encoding": "chunked"})
    options = SpoolOptions(folder=folder, largest={Intake.ROWS: LIMIT}, **given)

    async def run() -> Any:
        spool = Spool(options)
        inbound = Inbound(method="POST", path="/", headers=headers)
        try:
            async with spool.take(inbound, wire.receive, Intake.ROWS) as file:
                return seen(file)
        finally:
            spool.close()

    try:
        return asyncio.run(run())
    finally:
        assert list(folder.iterdir()) == []


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what threads do."""
    while not is_so():  # noqa: ASYNC110 - a folder tells nobody
        await asyncio.sleep(0.001)


def refusal(
    folder: Path, wire: Wire, kind: type[StandpipeError] = StandpipeError, **given: Any
) -> StandpipeError:
    with pytest.raises(kind) as caught:
        take(folder, wire, **given)
    return caught.value


def test_a_body_is_a_file_while_it_is_worked_on(tmp_path: Path) -> None:
    """Whatever the pieces it came in; others of this machine cannot read it."""
    pieces = [os.urandom(700_000) for _ in range(5)]
    wire = Wire([b"", *pieces, b""])
    assert take(tmp_path, wire) == b"".join(pieces)
    assert take(tmp_path, Wire([b""])) == b""

    def modes(file: Path) -> tuple[int, int]:
        return file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777

    assert take(tmp_path, Wire([b"x"]), seen=modes) == (0o600, 0o700)


def test_what_its_head_says_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A client that asks first (Expect) need not send it."""
    wire = Wire([b"x"])
    length = {"content-length": str(LIMIT + 1)}
    assert str(LIMIT) in str(refusal(tmp_path, wire, BodyTooLarge, headers=length))
    packed = {"content-length": "1", "content-encoding": "br"}
    assert "'br'" in str(refusal(tmp_path, wire, EncodingUnknown, headers=packed))
    full = 2**62
    refusal(tmp_path, wire, StorageFull, headers={"content-length": "1"}, reserve_bytes=full)
    assert wire.asked == 0


def test_a_body_of_unknown_length_is_cut_at_the_limit(tmp_path: Path) -> None:
    """Not a batch later."""
    piece = bytes(1024**2)
    assert len(take(tmp_path, Wire([piece] * 8))) == LIMIT
    wire = Wire([piece] * 30)
    refusal(tmp_path, wire, BodyTooLarge)
    assert wire.asked == 9


def test_gzip_is_unpacked_within_the_limit(tmp_path: Path) -> None:
    """One after another too; a few kilobytes do not become a full disk."""
    packed = {"transfer-encoding": "chunked", "content-encoding": "gzip"}
    text = os.urandom(100_000) * 20
    halves = gzip.compress(text[:999_999]) + gzip.compress(text[999_999:])
    pieces = [halves[at : at + 1000] for at in range(0, len(halves), 1000)]
    assert take(tmp_path, Wire(pieces), headers=packed) == text
    assert take(tmp_path, Wire([gzip.compress(b"")]), headers=packed) == b""
    refusal(tmp_path, Wire([gzip.compress(bytes(2 * LIMIT))]), BodyTooLarge, headers=packed)
    for broken in (b"id\n1\n", halves[:-1], halves + b"more", b""):
        refusal(tmp_path, Wire([broken]), MalformedBody, headers=packed)


def test_half_a_body_is_none(tmp_path: Path) -> None:
    """The client has left."""
    refusal(tmp_path, Wire([bytes(3_000_000)], then="leave"), MalformedBody)


def test_whoever_sends_too_slowly_is_let_go(tmp_path: Path) -> None:
    """Silence, and drops that would hold a place for ever."""
    pace = {"pace_seconds": 0.05, "pace_bytes": 10}
    refusal(tmp_path, Wire([b"x" * 10, b"x"], then="wait"), BodyTooSlow, **pace)

    class Drops(Wire):
        async def receive(self) -> Mapping[str, Any]:
            await asyncio.sleep(0.02)
            return {"type": "http.request", "body": b"x", "more_body": True}

    refusal(tmp_path, Drops([]), BodyTooSlow, **pace)


def test_few_large_bodies_are_taken_in_at_once(tmp_path: Path) -> None:
    """Small ones do not wait for them; the next large one does, for a while."""
    options = SpoolOptions(folder=tmp_path, largest={Intake.ROWS: LIMIT}, wait_seconds=0.05)
    large = Inbound(method="POST", path="/", headers={"transfer-encoding": "chunked"})
    small = Inbound(method="POST", path="/", headers={"content-length": "1"})

    async def run() -> None:
        spool, done = Spool(options), asyncio.Event()

        async def hold(inbound: Inbound) -> None:
            async with spool.take(inbound, Wire([b"x"]).receive, Intake.ROWS):
                await done.wait()

        held = [asyncio.create_task(hold(large)) for _ in range(LARGE_AT_ONCE)]
        await until(lambda: len(list(tmp_path.glob("*/body"))) == LARGE_AT_ONCE)
        wire = Wire([b"x"])
        async with spool.take(small, wire.receive, Intake.ROWS):
            pass
        with pytest.raises(Unavailable):
            async with spool.take(large, wire.receive, Intake.ROWS):
                pass
        assert wire.asked == 1
        done.set()
        await asyncio.gather(*held)
        async with spool.take(large, Wire([b"x"]).receive, Intake.ROWS):
            pass
        spool.close()

    asyncio.run(run())
    assert list(tmp_path.iterdir()) == []


def test_a_request_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """In the middle of its body, and while it is worked on."""

    async def run() -> None:
        spool = Spool(SpoolOptions(folder=tmp_path, largest={Intake.ROWS: LIMIT}))
        inbound = Inbound(method="POST", path="/", headers={"transfer-encoding": "chunked"})

        async def hold(wire: Wire) -> None:
            async with spool.take(inbound, wire.receive, Intake.ROWS):
                await asyncio.Event().wait()

        for wire in (Wire([bytes(3_000_000)], then="wait"), Wire([b"x"])):
            task = asyncio.create_task(hold(wire))
            await until(lambda: bool(list(tmp_path.glob("*/body"))))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        spool.close()

    asyncio.run(run())
    assert list(tmp_path.iterdir()) == []


def test_a_request_that_is_given_up_before_its_file_is_there_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread is making the file, and nobody waits for it any more."""
    begun, go_on = threading.Event(), threading.Event()
    mkdir = Path.mkdir

    def slowly(path: Path, mode: int) -> None:
        mkdir(path, mode)
        begun.set()
        assert go_on.wait(10)

    async def run() -> None:
        spool = Spool(SpoolOptions(folder=tmp_path, largest={Intake.ROWS: LIMIT}))
        inbound = Inbound(method="POST", path="/", headers={"transfer-encoding": "chunked"})

        async def hold() -> None:
            async with spool.take(inbound, Wire([b"x"]).receive, Intake.ROWS):
                raise AssertionError

        monkeypatch.setattr(Path, "mkdir", slowly)
        task = asyncio.create_task(hold())
        await until(begun.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        spool.close()

    asyncio.run(run())
    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_process_left_is_removed_at_the_start(tmp_path: Path) -> None:
    """What a living one holds is not."""
    for name in ("dead", "alive"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "body").write_bytes(b"x")
    lock = os.open(tmp_path / "alive", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    Spool(SpoolOptions(folder=tmp_path, largest={})).close()
    assert [folder.name for folder in tmp_path.iterdir()] == ["alive"]
    os.close(lock)
