"""Encodings in the making: one encoder for all clients, none for nobody, and never half a body."""

import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from tests.unit.http.encoding import BLOCK, MIB, Site, until
from tests.unit.http.loopback import ask

LARGE = BLOCK + BLOCK + b"end"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "encodings").running() as site:
        yield site


def begin(site: Site, *headers: str) -> socket.socket:
    """Ask, and wait for the first bytes of the answer."""
    client = ask(site.port, *headers)
    assert client.recv(20).startswith(b"HTTP/1.1 200 OK")
    return client


def read_all(client: socket.socket) -> int:
    """Count what comes until the other side closes."""
    count = 0
    while piece := client.recv(MIB):
        count += len(piece)
    return count


def test_many_clients_share_one_encoder(site: Site) -> None:
    """Those who come while it is made get the same bytes as those who came first."""
    gate = threading.Event()
    site.steps = (BLOCK, BLOCK, gate, BLOCK, b"end")
    with ThreadPoolExecutor(20) as threads:
        answers = [threads.submit(site.ask) for _ in range(20)]
        until(lambda: any(script.produced == 2 for script in site.opened))
        gate.set()
        assert {found.result().body for found in answers} == {BLOCK * 3 + b"end"}
    assert len(site.opened) == 1


def test_the_first_bytes_come_before_the_last_are_made(site: Site) -> None:
    """A client reads while the encoder still waits for its source."""
    site.steps = (BLOCK, BLOCK, gate := threading.Event(), b"end")
    client = begin(site)
    seen = 0
    while seen < 2 * MIB:
        seen += len(client.recv(MIB))
    assert not gate.is_set()
    gate.set()
    client.close()


def test_a_failure_before_the_first_byte_is_an_error(site: Site) -> None:
    """Of every client that waits; the next one may have more luck."""
    site.steps = (b"some", ValueError("broken"))
    assert site.ask().status == 500
    site.steps = (BLOCK, ValueError("broken"))
    assert site.ask("HEAD").status == 500
    site.steps = (LARGE,)
    assert site.ask().body == LARGE


def test_a_later_failure_cuts_the_line_and_keeps_nothing(site: Site) -> None:
    """A client can tell that what it has is not complete; nobody gets it as a file."""
    gate = threading.Event()
    site.steps = (BLOCK, BLOCK, gate, ValueError("broken"))
    client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    client.request("GET", "/")
    with client.getresponse() as answer:
        gate.set()
        with pytest.raises(http.client.IncompleteRead):
            answer.read()
    client.close()
    until(lambda: site.files == [])
    site.steps = (LARGE,)
    assert site.ask().body == LARGE


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_nobody_encodes_for_clients_that_left(site: Site, reset: bool) -> None:
    """The encoder stops, and what it wrote is gone."""
    site.steps = (BLOCK, BLOCK, threading.Event(), *[BLOCK] * 1000)
    client = begin(site)
    if reset:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()
    assert site.opened[0].closed.wait(10)
    until(lambda: site.files == [])
    assert site.opened[0].produced < 1000
    site.steps = (LARGE,)
    assert site.ask().body == LARGE


def test_an_encoder_stops_before_its_first_chunk(site: Site) -> None:
    """So it does for a client that has not been sent anything yet."""
    site.steps = (threading.Event(), LARGE)
    client = ask(site.port)
    until(lambda: bool(site.opened))
    client.close()
    assert site.opened[0].closed.wait(10)
    assert site.opened[0].produced == 0


def test_one_of_two_clients_may_leave(site: Site) -> None:
    """The other one gets everything."""
    site.steps = (BLOCK, gate := threading.Event(), BLOCK, b"end")
    first, second = begin(site), begin(site)
    first.close()
    gate.set()
    assert read_all_of_chunked(second) == len(LARGE)
    assert len(site.opened) == 1


def read_all_of_chunked(client: socket.socket) -> int:
    """Count the bytes of a chunked body whose status line has been read."""
    with client.makefile("rb") as lines:
        while lines.readline().strip():
            pass
        count = 0
        while size := int(lines.readline(), 16):
            count += len(lines.read(size))
            lines.readline()
    client.close()
    return count


def test_a_stalled_client_stops_nobody(site: Site) -> None:
    """The encoder goes on to the end, and others get their bytes."""
    site.steps = (*[BLOCK] * 30, b"end")
    stalled = [begin(site) for _ in range(30)]
    assert len(site.ask().body) == 30 * MIB + 3
    until(lambda: len(site.files) == 1 and not site.files[0].startswith("draft"))
    assert read_all_of_chunked(stalled[0]) == 30 * MIB + 3
    for client in stalled:
        client.close()
    folder = str(site.folder)
    until(lambda: not [f for f in psutil.Process().open_files() if f.path.startswith(folder)])


def test_streams_end_when_the_server_stops(site: Site) -> None:
    """At once, and in a way that a client can tell from the end of the body."""
    site.steps = (BLOCK, BLOCK, threading.Event(), BLOCK)
    client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    client.request("GET", "/")
    answer = client.getresponse()
    site.shutdown.begin()
    with pytest.raises(http.client.IncompleteRead):
        answer.read()
    client.close()
    assert site.opened[0].closed.wait(10)
    until(lambda: site.files == [])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_waits_for_the_first_byte_hears_that_the_server_stops(site: Site, method: str) -> None:
    """It can still be told, and asks again."""
    site.steps = (threading.Event(),) if method == "GET" else (BLOCK, BLOCK, threading.Event())
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(site.ask, method)
        until(lambda: bool(site.opened) and site.opened[0].produced == len(site.steps) - 1)
        site.shutdown.begin()
        assert answer.result().status == 503


@pytest.mark.parametrize("quota", [0, MIB // 2, 2 * MIB + 100])
def test_without_room_bodies_are_streamed(tmp_path: Path, quota: int) -> None:
    """No client notices: those who follow go on alone where the file ends."""
    body = BLOCK + bytes(range(256)) * 4096 + BLOCK
    gate = threading.Event()
    steps = (body[:MIB], body[MIB : 2 * MIB], gate, body[2 * MIB :])
    with Site(tmp_path / "encodings", quota=quota, steps=steps).running() as site:
        with ThreadPoolExecutor(5) as threads:
            answers = [threads.submit(site.ask) for _ in range(5)]
            until(lambda: bool(site.opened) and site.opened[0].produced >= 1)
            gate.set()
            assert {found.result().body for found in answers} == {body}
        head = site.ask("HEAD")
        assert (head.status, "content-length" in head.headers) == (200, False)
        assert site.ask(accept_encoding="gzip").headers["etag"] == '"tag-gzip"'
        site.etag = "small"
        site.steps = (b"abc",)
        assert site.ask().headers["content-length"] == "3"
        until(lambda: not [name for name in site.files if name.startswith("draft")])


def test_a_body_that_comes_out_differently_is_cut(tmp_path: Path) -> None:
    """What was sent is never followed by bytes of another body."""
    gate = threading.Event()
    steps = (BLOCK, BLOCK, gate, BLOCK)
    with Site(tmp_path / "encodings", quota=2 * MIB + 100, steps=steps).running() as site:
        client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        client.request("GET", "/")
        with client.getresponse() as answer:
            assert answer.read(MIB) == BLOCK
            site.steps = (BLOCK, BLOCK[::-1], BLOCK)
            gate.set()
            with pytest.raises(http.client.IncompleteRead):
                answer.read()
        client.close()


def test_what_was_refused_room_is_not_tried_again_at_once(tmp_path: Path) -> None:
    """Other encodings stay where they are."""
    with Site(tmp_path / "encodings", quota=3 * MIB).running() as site:
        assert site.ask(x_tag="kept").body == LARGE
        until(lambda: site.store is not None and site.store.has("kept"))
        site.steps = (*[BLOCK] * 9,)
        for _ in range(3):
            assert len(site.ask(x_tag="large").body) == 9 * MIB
        assert len(site.opened) == 1 + 2 + 1 + 1


def test_small_bodies_do_not_wait_behind_large_ones(tmp_path: Path) -> None:
    """Nor do files that are complete; large ones wait for an encoder, and each gets its turn."""
    with Site(tmp_path / "encodings", encoders=2).running() as site:
        assert site.ask(x_tag="done").body == LARGE
        gate = threading.Event()
        site.steps = (BLOCK, BLOCK, gate, b"end")
        with ThreadPoolExecutor(6) as threads:
            waiting = [threads.submit(site.ask, x_tag=f"large {n}") for n in range(6)]
            until(lambda: sum(script.produced == 2 for script in site.opened) == 2)
            until(lambda: len(site.opened) == 1 + 6)
            large, site.steps = site.steps, (b"abc",)
            assert site.ask(x_tag="small").body == b"abc"
            assert site.ask(x_tag="done").body == LARGE
            assert sum(script.produced == 2 for script in site.opened[1:]) == 2
            site.steps = large
            gate.set()
            assert {found.result().body for found in waiting} == {LARGE}
        assert all(len(script.steps) == 1 or script.closed.is_set() for script in site.opened[1:])


def test_who_leaves_the_queue_is_never_encoded_for(tmp_path: Path) -> None:
    """A large body whose clients left while it waited for an encoder is not made."""
    with Site(tmp_path / "encodings", encoders=1).running() as site:
        gate = threading.Event()
        site.steps = (BLOCK, BLOCK, gate, b"end")
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(site.ask, x_tag="first")
            until(lambda: bool(site.opened) and site.opened[0].produced == 2)
            client = ask(site.port, "x-tag: second")
            until(lambda: len(site.opened) == 2 and site.opened[1].closed.is_set())
            client.close()
            gate.set()
            assert first.result().body == LARGE
        assert site.ask(x_tag="third").body == LARGE
        assert len(site.opened) == 3
