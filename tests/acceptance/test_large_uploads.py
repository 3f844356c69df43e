"""Large bodies and many inserts against a running server: what arrives, and what never stays."""

import gzip
import json
import os
import re
import signal
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.native import Native
from tests.support.seeded import Seeded, seed

from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.acceptance

MIB = 1024**2
PATIENCE_SECONDS = 30
SCHEMA = [{"name": "id", "type": "bigint"}, {"name": "name", "type": "varchar"}]


@dataclass
class Desk:
    """A server, its administrator, and the folder of bodies that are on their way."""

    server: RunningServer
    seeded: Seeded

    @property
    def spooled(self) -> list[Path]:
        """The bodies that are on the disk now."""
        return list((self.seeded.home / "artifacts" / "spool").glob("*/body"))

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Call the Dune API as the administrator."""
        headers.setdefault("X_Dune_API_Key", self.seeded.admin_key)
        return Native(self.server).post(f"/api/v1{path}", body, **headers)

    def create(self, name: str) -> None:
        """Make a table of the administrator."""
        made = {"namespace": "admin", "table_name": name, "schema": SCHEMA}
        assert self.post("/uploads", made).status == 200

    def insert(self, name: str, body: bytes, **headers: str) -> Answer:
        """Insert rows as CSV."""
        path = f"/uploads/admin/{name}/insert"
        return self.post(path, body, Content_Type="text/csv", **headers)

    def size_of(self, name: str) -> int:
        """Return how many bytes a table has, as the list says."""
        key = self.seeded.admin_key
        listed = Native(self.server).get("/api/v1/uploads", X_Dune_API_Key=key).json()["tables"]
        sizes = [t["table_size_bytes"] for t in listed if t["full_name"] == f"dune.admin.{name}"]
        return int(sizes[0])

    def rows(self, sql: str) -> list[Any]:
        """Run a statement to its end; all of its rows."""
        admin = Native(self.server, self.seeded.admin_key)
        asked = {"sql": sql, "data_source_id": self.seeded.source_id}
        answer = admin.post("/v1/executions?shape=arrays", asked, Prefer="wait=30")
        assert answer.status == 200, answer.body
        found: list[Any] = answer.json()["rows"]
        return found

    def one(self, sql: str) -> Any:
        """Run a statement that gives one row."""
        (row,) = self.rows(sql)
        return row

    def begin(
        self, name: str, length: int, *headers: str, key: str | None = None, where: str = "admin"
    ) -> socket.socket:
        """Send the head of an insert."""
        address = urllib.parse.urlsplit(self.server.url)
        client = socket.create_connection(
            (address.hostname, address.port), timeout=PATIENCE_SECONDS
        )
        lines = [
            f"POST /api/v1/uploads/{where}/{name}/insert HTTP/1.1",
            "host: x",
            f"content-length: {length}",
            "content-type: text/csv",
            f"x-dune-api-key: {key or self.seeded.admin_key}",
            *headers,
        ]
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        return client


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    seeded = seed(tmp_path_factory.mktemp("large") / "home", queries={})
    environment = {
        "STANDPIPE_LOG_LEVEL": "error",
        "STANDPIPE_UPLOAD_MAX_MB": "40",
        "STANDPIPE_CSV_UPLOAD_MAX_MB": "20",
    }
    with running(["serve", "--workers", "1"], seeded.home, environment=environment) as server:
        yield Desk(server, seeded)


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what has to happen by itself."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def csv_of(row_count: int, name: str = "x" * 80) -> bytes:
    return b"id,name\n" + b"".join(b"%d,%s\n" % (n, name.encode()) for n in range(row_count))


def peak_bytes(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def test_a_large_insert_arrives_and_leaves_no_trace(desk: Desk) -> None:
    """The web process holds little of it; what is too large, or more than it says, is refused."""
    desk.create("big")
    (web,) = desk.server.pids("web")
    desk.insert("big", b"id,name\n")
    Path(f"/proc/{web}/clear_refs").write_text("5")
    before, body = peak_bytes(web), csv_of(350_000)
    assert len(body) > 28 * MIB
    answer = desk.insert("big", body)
    assert answer.json() == {
        "rows_written": 350_000,
        "bytes_written": len(body),
        "name": "dune.admin.big",
    }
    assert peak_bytes(web) - before < 20 * MIB
    assert desk.one("select count(*), max(id) from dune.admin.big") == [350_000, 349_999]
    assert desk.insert("big", bytes(41 * MIB)).status == 413
    until(lambda: not desk.spooled)


def test_a_csv_in_json_is_taken_out_of_it(desk: Desk) -> None:
    """As long as the limit allows, with everything that JSON can write."""
    rows = "".join(f'{n},"é\U0001f600 ""{n}"""\n' for n in range(300_000))
    body = json.dumps({"table_name": "long", "data": f"id,name\n{rows}"}).encode()
    assert len(body) > 8 * MIB
    (web,) = desk.server.pids("web")
    Path(f"/proc/{web}/clear_refs").write_text("5")
    before = peak_bytes(web)
    assert desk.post("/uploads/csv", body).json()["table_name"] == "dataset_long"
    assert peak_bytes(web) - before < 20 * MIB
    asked = "select count(*), max(name) from dune.admin.dataset_long where name like '%\"7\"'"
    assert desk.one(asked) == [1, 'é\U0001f600 "7"']
    assert desk.post("/uploads/csv", bytes(21 * MIB)).status == 413
    assert desk.post("/uploads/csv", b'{"table_name": "x", "data": "a\\n1').status == 400
    assert desk.post("/uploads/csv", {"table_name": "x", "data": 1}).status == 400
    assert desk.post("/uploads/csv", {"table_name": "x"}).status == 400
    until(lambda: not desk.spooled)


@pytest.mark.parametrize(
    ("name", "key", "header", "status"),
    [
        ("big", "wrong", "x: y", 401),
        ("nowhere", None, "x: y", 404),
        ("nowhere", None, "content-encoding: br", 404),
        ("refusing", None, "content-encoding: br", 415),
    ],
)
def test_what_is_not_wanted_is_refused_before_it_is_sent(
    desk: Desk, name: str, key: str | None, header: str, status: int
) -> None:
    """At once, also to clients that ask first, and the connection ends."""
    if name == "refusing":
        desk.create("refusing")
    for expect in ("x-nothing: 1", "expect: 100-continue"):
        with desk.begin(name, 30 * MIB, header, expect, key=key) as client:
            said = client.recv(65536)
            assert said.startswith(b"HTTP/1.1 %d " % status), said
            assert b"connection: close" in said.lower()
    assert not desk.spooled


def test_a_client_that_sends_first_gets_its_refusal(desk: Desk) -> None:
    """Not a broken connection; one that says how much is too much is told before it sends it."""
    assert desk.insert("nowhere", bytes(30 * MIB)).status == 404
    desk.create("small")
    with desk.begin("small", 41 * MIB, "expect: 100-continue") as client:
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")
    with desk.begin("small", 12, "expect: 100-continue") as client:
        assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"id,name\n1,x\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_gzip_is_taken(desk: Desk) -> None:
    """A few bytes that would become more than the limit are not."""
    desk.create("packed")
    packed = gzip.compress(csv_of(1000))
    assert desk.insert("packed", packed, Content_Encoding="gzip").json()["rows_written"] == 1000
    bomb = gzip.compress(bytes(60 * MIB))
    assert desk.insert("packed", bomb, Content_Encoding="gzip").status == 413
    assert desk.insert("packed", b"id,name\n1,x\n", Content_Encoding="gzip").status == 400


def test_half_a_body_writes_nothing(desk: Desk) -> None:
    """The client leaves; its file goes too."""
    desk.create("half")
    client = desk.begin("half", 20 * MIB)
    client.sendall(b"id,name\n" + b"1,x\n" * 500_000)
    until(lambda: bool(desk.spooled))
    client.close()
    until(lambda: not desk.spooled)
    assert desk.one("select count(*) from dune.admin.half") == [0]


def test_who_loses_his_key_while_he_sends_writes_nothing(desk: Desk) -> None:
    """The rights at the end of the body count too."""
    made = {"namespace": "default", "table_name": "lost", "schema": SCHEMA}
    key = desk.seeded.other_key
    assert desk.post("/uploads", made, X_Dune_API_Key=key).status == 200
    with desk.begin("lost", 12, key=key, where="default") as client:
        client.sendall(b"id,name\n")
        until(lambda: bool(desk.spooled))
        people = desk.server.call("GET", "/api/users", key=desk.seeded.admin_key).json()
        users = people["results"] if isinstance(people, dict) else people
        (other,) = [user["id"] for user in users if user["name"] == "Other"]
        address = f"/api/users/{other}/regenerate_api_key"
        assert desk.server.call("POST", address, {}, key=desk.seeded.admin_key).status == 200
        client.sendall(b"1,x\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 401 ")
    assert desk.one("select count(*) from dune.default.lost") == [0]


def test_twenty_inserts_at_once_all_arrive(desk: Desk) -> None:
    """But for those with a wrong row, of which nothing does."""
    desk.create("many")

    def insert(number: int) -> int:
        wrong = "x,y\n" if number % 5 == 0 else ""
        body = f"id,name\n{number},a\n{number},b\n{wrong}".encode()
        return desk.insert("many", body).status

    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(insert, range(20))) == [400, 200, 200, 200, 200] * 4
    found = desk.one("select count(*), count(distinct id), sum(id) from dune.admin.many")
    assert found == [32, 16, 2 * sum(n for n in range(20) if n % 5)]


def test_a_repeated_insert_writes_once(desk: Desk) -> None:
    """One after another and at once, with the same answer; another body is a mistake."""
    desk.create("once")
    once = {"Idempotency_Key": "first"}
    first = desk.insert("once", csv_of(3), **once)
    assert desk.insert("once", csv_of(3), **once).body == first.body
    assert first.json()["rows_written"] == 3
    with ThreadPoolExecutor(8) as threads:
        body, key = csv_of(5), {"Idempotency_Key": "second"}
        answers = list(threads.map(lambda _: desk.insert("once", body, **key), range(8)))
    assert {answer.json()["rows_written"] for answer in answers} == {5}
    assert desk.one("select count(*) from dune.admin.once") == [8]
    assert desk.insert("once", csv_of(4), **once).status == 409
    refused = {"Idempotency_Key": "third"}
    assert desk.insert("once", b"id,name\nx,y\n", **refused).status == 400
    assert desk.insert("once", b"id,name\n1,y\n", **refused).status == 200


def test_many_small_inserts_become_few_parts(desk: Desk) -> None:
    """By themselves; the rows and their order stay, and a stored result stays fresh."""
    desk.create("steps")
    assert desk.insert("steps", b"id,name\n0,x\n").status == 200
    size_of_one = desk.size_of("steps")
    with ThreadPoolExecutor(4) as threads:
        bodies = [f"id,name\n{n},x\n".encode() for n in range(1, 60)]
        assert {a.status for a in threads.map(lambda b: desk.insert("steps", b), bodies)} == {200}
    rows = desk.rows("select id from dune.admin.steps")
    until(lambda: desk.size_of("steps") < 20 * size_of_one)
    assert desk.rows("select id from dune.admin.steps") == rows
    assert desk.one("select count(*), sum(id) from dune.admin.steps") == [60, sum(range(60))]


def test_a_killed_web_process_leaves_nothing(desk: Desk) -> None:
    """Of a body that was on its way, and of one whose rows were being written."""
    desk.create("killed")
    body = csv_of(300_000)
    for sent in (len(body) // 2, len(body)):
        with desk.begin("killed", len(body)) as client:
            client.sendall(body[:sent])
            until(lambda: bool(desk.spooled))
            (web,) = desk.server.pids("web")
            os.kill(web, signal.SIGKILL)
            until(lambda web=web: desk.server.pids("web") not in ([], [web]))  # type: ignore[misc]
        until(lambda: desk.insert("killed", b"id,name\n").status == 200)
        until(lambda: not desk.spooled)
    assert desk.one("select count(*) from dune.admin.killed")[0] in (0, 300_000)
