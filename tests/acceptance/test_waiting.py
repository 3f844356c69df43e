"""Callers who wait for runs on a real server: answered by a word, whatever happens meanwhile."""

import asyncio
import json
import os
import resource
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.seeded import Seeded, number, seed

from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

SLEEP = "select {{n}} as n, pg_sleep({{s}}) is null as slept"
QUICK = {
    "STANDPIPE_LEASE_SECONDS": "5",
    "STANDPIPE_LOG_LEVEL": "error",
    "STANDPIPE_STOP_SECONDS": "0.1",
}
LONG = 120  # nobody waits that long: the time limit of a test ends before
KEPT_FILES = 30  # threads open the database when they first need it, and keep it
CROWD = 1000


@dataclass(frozen=True)
class Answer:
    """What came over one connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def state(self) -> str:
        found: str = json.loads(self.body)["state"]
        return found


@dataclass(frozen=True)
class Stage:
    """A running server, and a query that takes as long as it is told."""

    server: RunningServer
    seeded: Seeded

    def start(self, n: int, s: float) -> str:
        """Start a run and return the execution's id."""
        body = {"parameters": {"n": n, "s": s}, "max_age": 0}
        path = f"/v1/queries/{self.seeded.queries['sleep']}/executions"
        answer = self.server.call("POST", path, body, key=self.seeded.admin_key)
        assert answer.status == 202, answer.body
        found: str = answer.json()["id"]
        return found

    def until_running(self, id: str) -> int:
        """Return the process that runs it."""
        until(lambda: self.row(id, "state") == "running")
        return int(str(self.row(id, "worker")).rsplit("-", 1)[1])

    def row(self, id: str, column: str) -> Any:
        with sqlite3.connect(
            f"file:{self.seeded.home / 'standpipe.db'}?mode=ro", uri=True
        ) as connection:
            sql = f"select e.{column} from executions e join submissions s on s.execution_id = e.id"
            return connection.execute(f"{sql} where s.uid = ?", [id]).fetchone()[0]

    def open_files(self) -> int:
        (web,) = self.server.pids("web")
        return len(list(Path(f"/proc/{web}/fd").iterdir()))

    async def until_open(self, is_right: Callable[[int], bool]) -> None:
        """Return when the web process holds the right number of files."""
        while not is_right(self.open_files()):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)

    @asynccontextmanager
    async def asked(self, path: str) -> "AsyncIterator[asyncio.StreamReader]":
        """Ask, and yield what the answer comes from; the end of the block hangs up."""
        place = urlsplit(self.server.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        head = f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {self.seeded.admin_key}"
        writer.write(f"{head}\r\nconnection: close\r\n\r\n".encode())
        try:
            yield reader
        finally:
            writer.close()

    async def ask(self, path: str) -> Answer:
        """Return a whole answer."""
        async with self.asked(path) as reader:
            return parse(await reader.read())

    async def wait(self, id: str) -> Answer:
        """Wait until an execution is over, whatever happens to it meanwhile."""
        state = "queued"
        while True:
            answer = await self.ask(f"/v1/executions/{id}?wait={LONG}&state={state}")
            if answer.status != 200 or answer.state not in ("queued", "running"):
                return answer
            state = answer.state


def parse(text: bytes) -> Answer:
    head, _, body = text.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join(chunks(body))
    return Answer(int(first.split()[1]), headers, body)


def chunks(text: bytes) -> Iterator[bytes]:
    """Yield the chunks of a body, which must be complete."""
    while True:
        size, _, rest = text.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return
        yield rest[:length]
        text = rest[length + 2 :]


def until(is_true: Callable[[], bool]) -> None:
    """Return when something has become true; the time limit of the test is the limit."""
    while not is_true():
        time.sleep(0.01)


async def crowd(count: int, one: Callable[[], Awaitable[Answer]]) -> list[Answer]:
    return list(await asyncio.gather(*(one() for _ in range(count))))


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    home = tmp_path_factory.mktemp("waiting") / "home"
    return seed(home, queries={"sleep": (SLEEP, (number("n"), number("s")))})


@pytest.fixture(scope="module")
def stage(seeded: Seeded) -> Iterator[Stage]:
    """A server that every test leaves as it was."""
    with running(["serve"], seeded.home, environment=QUICK) as server:
        yield Stage(server, seeded)


@pytest.fixture
def own_stage(tmp_path: Path) -> Iterator[Stage]:
    """A server of the test's own."""
    home = tmp_path / "home"
    seeded = seed(home, queries={"sleep": (SLEEP, (number("n"), number("s")))})
    with running(["serve"], home, environment=QUICK) as server:
        yield Stage(server, seeded)


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process hold a connection for each of a crowd."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * CROWD)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_one_call_runs_and_answers(stage: Stage) -> None:
    """The rows come with the answer to the request that asked for the run."""
    path = f"/v1/queries/{stage.seeded.queries['sleep']}/executions?wait={LONG}"
    body = {"parameters": {"n": 7, "s": 0}, "max_age": 0}
    answer = stage.server.call("POST", path, body, key=stage.seeded.admin_key)
    assert answer.status == 200, answer.body
    assert answer.json()["rows"] == [{"n": 7, "slept": True}]
    steps = [part.split(";")[0] for part in answer.headers["server-timing"].split(", ")]
    assert steps == ["read", "auth", "handle", "wait", "encode"]
    other = stage.server.call("GET", "/api/session", key=stage.seeded.admin_key)
    assert "server-timing" not in other.headers


@pytest.mark.usefixtures("many_files")
def test_a_thousand_wait_and_all_are_answered(stage: Stage) -> None:
    """By the end of the run, without an error, and without a trace afterwards."""
    id = stage.start(1, 8)
    stage.until_running(id)
    before = stage.open_files()

    async def scene() -> list[Answer]:
        asked = asyncio.ensure_future(crowd(CROWD, lambda: stage.wait(id)))
        await stage.until_open(lambda count: count >= before + CROWD)
        assert stage.row(id, "state") == "running"
        return await asked

    answers = asyncio.run(scene())
    assert {(answer.status, answer.state) for answer in answers} == {(200, "succeeded")}
    until(lambda: stage.open_files() <= before + KEPT_FILES)


@pytest.mark.usefixtures("many_files")
def test_callers_who_leave_are_forgotten(stage: Stage) -> None:
    """Long before the run is over; nobody else notices."""
    id = stage.start(2, 3)
    before = stage.open_files()

    async def leave() -> Answer:
        async with stage.asked(f"/v1/executions/{id}?wait={LONG}"):
            await asyncio.sleep(0.2)
        return Answer(0, {}, b"")

    async def scene() -> Answer:
        stays = asyncio.ensure_future(stage.wait(id))
        await crowd(200, leave)
        await stage.until_open(lambda count: count <= before + 1 + KEPT_FILES)
        assert not stays.done()
        return await stays

    assert asyncio.run(scene()).state == "succeeded"


def test_the_end_of_the_time_is_an_answer_too(stage: Stage) -> None:
    """That it still runs."""
    id = stage.start(3, 2)
    stage.until_running(id)
    answer = asyncio.run(stage.ask(f"/v1/executions/{id}?wait=0.1"))
    assert (answer.status, answer.state) == (200, "running")


def test_a_server_that_hears_nothing_answers_all_the_same(own_stage: Stage) -> None:
    """Where the workers' word gets lost it looks for itself, once a second."""
    id = own_stage.start(4, 1.5)
    for path in (own_stage.seeded.home / "run").glob("web-*"):
        path.unlink()
    assert asyncio.run(own_stage.wait(id)).state == "succeeded"


def test_a_killed_worker_costs_the_waiting_nothing_but_time(stage: Stage) -> None:
    """The run begins again elsewhere, and its end is heard."""
    id = stage.start(5, 2)

    async def scene() -> Answer:
        waits = asyncio.ensure_future(stage.wait(id))
        os.kill(await asyncio.to_thread(stage.until_running, id), signal.SIGKILL)
        return await waits

    assert asyncio.run(scene()).state == "succeeded"
    assert stage.row(id, "attempt") == 2


def test_events_tell_how_a_run_goes(stage: Stage) -> None:
    """From its place in the queue to its end, each event with the execution."""
    id = stage.start(6, 1)
    answer = asyncio.run(stage.ask(f"/v1/executions/{id}/events"))
    kept = {name: answer.headers.get(name) for name in ("cache-control", "x-accel-buffering")}
    assert kept == {"cache-control": "no-store", "x-accel-buffering": "no"}
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [event.split(b"\n") for event in answer.body.split(b"\n\n") if event]
    names = [line for event in events for line in event if line.startswith(b"event: ")]
    assert names[-2:] == [b"event: state", b"event: end"]
    (data,) = [line for line in events[-1] if line.startswith(b"data: ")]
    assert json.loads(data.removeprefix(b"data: "))["state"] == "succeeded"


def test_a_stop_answers_whoever_waits(own_stage: Stage) -> None:
    """Waits end as if their time were over, streams as if all were said; and then the server."""
    id = own_stage.start(7, 60)
    own_stage.until_running(id)

    async def scene() -> list[Answer]:
        paths = [f"/v1/executions/{id}?wait={LONG}", f"/v1/executions/{id}/events"]
        async with AsyncExitStack() as opened:
            readers = [
                await opened.enter_async_context(own_stage.asked(path)) for path in paths * 20
            ]
            await own_stage.ask(f"/v1/executions/{id}")  # so all before it have begun to wait
            own_stage.server.process.send_signal(signal.SIGTERM)
            return [parse(text) for text in await asyncio.gather(*(r.read() for r in readers))]

    answers = asyncio.run(scene())
    assert {answer.status for answer in answers} == {200}
    assert {answer.state for answer in answers[::2]} <= {"running", "queued"}
    assert own_stage.server.process.wait(timeout=60) == 0
    assert own_stage.row(id, "state") == "queued"


def test_two_restarts_lose_no_run(tmp_path: Path) -> None:
    """A run that is cut off by the stop of its server has lost nothing but time."""
    home = tmp_path / "home"
    seeded = seed(home, queries={"sleep": (SLEEP, (number("n"), number("s")))})
    id = ""
    for start in (1, 2):
        with running(["serve"], home, environment=QUICK) as server:
            stage = Stage(server, seeded)
            id = id or stage.start(8, 3)
            stage.until_running(id)
            assert server.stop() == 0
        assert (stage.row(id, "state"), stage.row(id, "attempt")) == ("queued", start)
    with running(["serve"], home, environment=QUICK) as server:
        stage = Stage(server, seeded)
        assert asyncio.run(stage.wait(id)).state == "succeeded"
        assert stage.row(id, "attempt") == 3
