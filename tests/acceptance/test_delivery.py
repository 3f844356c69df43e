"""Downloads from a real server: many at once, given up, stalled, and a server that is killed."""

import asyncio
import http.client
import os
import signal
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.support.jobs import finish, insist, start
from tests.support.seeded import Seeded, seed

from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.acceptance

MIB = 1024**2
CROWD = 500
WIDE = "select i as n, repeat('some text ', 9) || i as v from range({rows}) r(i)"
ROWS = 30_000  # 3 MB as CSV
QUIET = {"STANDPIPE_WORKERS": "1", "STANDPIPE_LOG_LEVEL": "error"}


@dataclass(frozen=True)
class Stage:
    """A running server and the stored result of one query."""

    server: RunningServer
    home: Seeded
    path: str

    def get(self, rest: str, method: str = "GET", **headers: str) -> Answer:
        """Make a request; header names with underscores for hyphens."""
        with closing(self.line()) as line:
            line.request(method, self.path + rest, headers=self.sent(headers))
            with line.getresponse() as found:
                shown = {name.lower(): value for name, value in found.getheaders()}
                return Answer(found.status, shown, found.read())

    @contextmanager
    def begun(self, rest: str) -> Iterator[http.client.HTTPResponse]:
        """Ask for something and read no more than the head of the answer; hang up at the end."""
        with closing(self.line()) as line:
            line.request("GET", self.path + rest, headers=self.sent({}))
            with line.getresponse() as answer:
                assert answer.status == 200
                yield answer

    def line(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.server.url)
        return http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=60)

    def sent(self, headers: dict[str, str]) -> dict[str, str]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Authorization": f"Key {self.home.admin_key}", **given}

    @property
    def web(self) -> int:
        (pid,) = self.server.pids("web")
        return pid

    @property
    def files(self) -> list[str]:
        """The names in the folder of encodings."""
        return sorted(path.name for path in (self.home.home / "artifacts/encodings").iterdir())

    def drafts(self) -> list[str]:
        return [name for name in self.files if name.startswith("draft")]


@contextmanager
def staged(home: Path, sql: str, **environment: str) -> Iterator[Stage]:
    made = seed(home, queries={"report": sql})
    query, key = made.queries["report"], made.admin_key
    with running(["serve"], home, environment={**QUIET, **environment}) as server:
        job = finish(server, start(server, query, key), key)
        yield Stage(server, made, f"/api/queries/{query}/results/{job['query_result_id']}")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A result of 3 MB."""
    with staged(tmp_path / "home", WIDE.format(rows=ROWS)) as stage:
        yield stage


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Stage]:
    """A result of 300 MB, that takes a while to encode."""
    with staged(tmp_path / "home", WIDE.format(rows=3_000_000)) as stage:
        yield stage


def until(is_so: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def peak_mib(pid: int) -> int:
    """Return the most memory that a process ever held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise AssertionError(pid)


async def download(stage: Stage, rest: str) -> tuple[int, str]:
    """Read a whole answer as fast as it comes; returns its size and digest."""
    parts = urlsplit(stage.server.url)
    reader, writer = await asyncio.open_connection("127.0.0.1", parts.port, limit=4 * MIB)
    head = f"GET {stage.path}{rest} HTTP/1.1\r\nHost: x\r\n"
    writer.write(f"{head}Authorization: Key {stage.home.admin_key}\r\n\r\n".encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert answer.startswith("http/1.1 200 "), answer
    size, digest = 0, sha256()
    async for piece in body_of(reader, answer):
        size += len(piece)
        digest.update(piece)
    writer.close()
    return size, digest.hexdigest()


async def body_of(reader: asyncio.StreamReader, head: str) -> AsyncIterator[bytes]:
    if "transfer-encoding: chunked" in head:
        while count := int(await reader.readuntil(b"\r\n"), 16):
            yield (await reader.readexactly(count + 2))[:-2]
        return
    left = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    while left:
        piece = await reader.read(min(left, MIB))
        assert piece
        left -= len(piece)
        yield piece


def download_all(stage: Stage, rests: list[str]) -> list[tuple[int, str]]:
    async def crowd() -> list[tuple[int, str]]:
        return await asyncio.gather(*(download(stage, rest) for rest in rests))

    return asyncio.run(crowd())


def test_a_crowd_that_wants_the_same(stage: Stage) -> None:
    """500 downloads of one encoding that nobody asked for before: the same bytes for all."""
    before = peak_mib(stage.web)
    found = download_all(stage, [".csv"] * CROWD)
    assert len(found) == CROWD
    assert set(found) == {(len(whole := stage.get(".csv").body), sha256(whole).hexdigest())}
    assert len(stage.files) == 1
    assert peak_mib(stage.web) - before < 250


@pytest.mark.timeout(240)
def test_a_crowd_that_wants_different_things(stage: Stage) -> None:
    """500 encodings at once, of 3 MB each: each one is right, and memory stays flat."""
    before = peak_mib(stage.web)
    found = download_all(stage, [f".csv?offset={n}" for n in range(CROWD)])
    lines = stage.get(".csv").body.splitlines(keepends=True)
    for skipped in (0, 1, 250, CROWD - 1):
        body = b"".join([lines[0], *lines[1 + skipped :]])
        assert found[skipped] == (len(body), sha256(body).hexdigest())
    assert len(set(found)) == CROWD
    until(lambda: not stage.drafts())
    assert peak_mib(stage.web) - before < 250


def test_a_server_that_is_killed_while_it_encodes(large: Stage) -> None:
    """No half of a file is ever served: the next web process removes it and makes the whole."""
    with large.begun(".csv") as answer:
        until(large.drafts)
        os.kill(large.web, signal.SIGKILL)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
    insist(large.server, "GET", "/ping", key=large.home.admin_key)
    assert large.files == []
    size = int(large.get(".csv", "HEAD").headers["content-length"])
    whole = large.get(".csv").body
    assert len(whole) == size
    assert whole.count(b"\n") == 3_000_001


def test_a_server_that_is_killed_at_any_moment(stage: Stage) -> None:
    """Whenever it dies: what it serves afterwards is whole, and no draft is left."""
    expected = sha256(stage.get(".csv").body).hexdigest()
    for pause in (0, 0.01, 0.02, 0.04, 0.08):
        for path in (stage.home.home / "artifacts/encodings").iterdir():
            path.unlink()
        with closing(stage.line()) as line:
            line.request("GET", stage.path + ".csv", headers=stage.sent({}))
            time.sleep(pause)
            os.kill(stage.web, signal.SIGKILL)
        insist(stage.server, "GET", "/ping", key=stage.home.admin_key)
        for _ in range(2):
            assert sha256(stage.get(".csv").body).hexdigest() == expected
        until(lambda: not stage.drafts())


def test_a_client_that_leaves_ends_the_work(large: Stage) -> None:
    """Nothing is encoded for nobody, and what was written is gone."""
    with large.begun(".csv"):
        until(large.drafts)
    until(lambda: large.files == [])


def test_clients_that_stall_hold_up_nobody(large: Stage) -> None:
    """They cost the server next to nothing while others are served; then they go on."""
    large.get(".csv", "HEAD")
    before = peak_mib(large.web)
    with ExitStack() as lines:
        stalled = [lines.enter_context(large.begun(".csv")) for _ in range(50)]
        size = int(stalled[0].headers["content-length"])
        assert len(large.get(".csv").body) == size
        assert peak_mib(large.web) - before < 150
        assert [len(answer.read()) for answer in stalled[:2]] == [size, size]


def test_the_quota_of_encodings_holds(tmp_path: Path) -> None:
    """What was used longest ago goes; what goes is made again."""
    quota = {"STANDPIPE_ENCODINGS_MAX_MB": "10"}
    with staged(tmp_path / "home", WIDE.format(rows=ROWS), **quota) as stage:
        sizes = [len(stage.get(f".csv?offset={n}").body) for n in range(6)]
        until(lambda: not stage.drafts())
        held = list((stage.home.home / "artifacts/encodings").iterdir())
        assert 2 <= len(held) <= 3
        assert sum(path.stat().st_size for path in held) <= 10 * MIB
        assert [len(stage.get(f".csv?offset={n}").body) for n in range(6)] == sizes


def test_without_room_downloads_are_streamed(tmp_path: Path) -> None:
    """No encoding is kept, and every download is whole."""
    nothing = {"STANDPIPE_ENCODINGS_MAX_MB": "0"}
    with staged(tmp_path / "home", WIDE.format(rows=ROWS), **nothing) as stage:
        bodies = {sha256(stage.get(".csv").body).hexdigest() for _ in range(2)}
        assert len(bodies) == 1
        assert set(download_all(stage, [".csv"] * 20))
        assert stage.get(".csv", "HEAD").status == 200
        assert stage.files == []


@pytest.mark.parametrize("rest", [".csv", ".json", ".csv?limit=10", ".parquet"])
def test_an_address_means_the_same_bytes(stage: Stage, rest: str) -> None:
    """HEAD first, then ranges, validators and codings: all agree, in memory and on disk."""
    head = stage.get(rest, "HEAD")
    size, tag = int(head.headers["content-length"]), head.headers["etag"]
    whole = stage.get(rest)
    assert len(whole.body) == size
    for answer in (head, whole):
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["etag"] == tag
        assert "last-modified" in answer.headers
    part = stage.get(rest, range="bytes=10-29", if_range=tag, accept_encoding="gzip")
    assert (part.status, part.body, part.headers["etag"]) == (206, whole.body[10:30], tag)
    assert part.headers["content-range"] == f"bytes 10-29/{size}"
    assert stage.get(rest, range=f"bytes={size}-").status == 416
    assert stage.get(rest, if_none_match=tag).status == 304
    packed = stage.get(rest, accept_encoding="gzip")
    if packed.headers.get("content-encoding") == "gzip":
        assert zlib.decompress(packed.body, wbits=31) == whole.body
        other = packed.headers["etag"]
        assert other != tag
        assert stage.get(rest, if_none_match=other, accept_encoding="gzip").status == 304
        assert stage.get(rest, if_none_match=other).status == 200
    else:
        assert packed.body == whole.body


def test_a_stop_ends_downloads_at_once(large: Stage) -> None:
    """A client that reads slowly does not keep the server from stopping."""
    with large.begun(".csv") as answer:
        assert large.server.stop() == 0
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
