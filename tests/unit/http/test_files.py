"""Files: validators and ranges as RFC 9110 has them, and no reading for those who left."""

import asyncio
import http.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from tests.unit.http.loopback import ask, serving

from standpipe.core.errors import ResultExpired, Unavailable
from standpipe.http.files import FileChunks, OpenFile, ServedFile, send_part
from standpipe.http.parts import choose_part, is_not_modified, parse_range
from standpipe.http.stream import LARGEST_PIECE_BYTES, Client, Shutdown, StreamPool

CONTENT = bytes(range(256)) * 4
TAG = "abc123"


@pytest.fixture
def pool() -> Iterator[StreamPool]:
    pool = StreamPool(threads=2)
    yield pool
    pool.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.parquet"
    path.write_bytes(CONTENT)
    return path


class Answer:
    """What was sent for one request."""

    def __init__(self, sent: list[dict[str, Any]]) -> None:
        self.status = int(sent[0]["status"])
        self.headers = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
        self.body = b"".join(message["body"] for message in sent[1:])
        self.is_complete = not sent[-1].get("more_body", True)


Get = Callable[..., Answer]


@pytest.fixture
def get(pool: StreamPool, path: Path) -> Get:
    def get(method: str = "GET", /, **asked: str) -> Answer:
        headers = [(name.replace("_", "-").encode(), text.encode()) for name, text in asked.items()]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            return {}

        async def send(message: Any) -> None:
            sent.append(message)

        served = ServedFile(
            path, TAG, pool=pool, shutdown=Shutdown(), headers=[(b"content-type", b"x/y")]
        )
        asyncio.run(served({"type": "http", "method": method, "headers": headers}, receive, send))
        return Answer(sent)

    return get


def test_whole_file_has_length_tag_and_ranges(get: Get) -> None:
    """A plain GET gets everything, with what is needed to ask for less next time."""
    answer = get()
    assert (answer.status, answer.body, answer.is_complete) == (200, CONTENT, True)
    assert answer.headers == {
        "content-type": "x/y",
        "etag": '"abc123"',
        "accept-ranges": "bytes",
        "content-length": "1024",
    }


def test_head_has_the_headers_of_get(get: Get) -> None:
    """HEAD, with a range or without, gets the headers of the whole file and no body."""
    answer = get("HEAD", range="bytes=0-1")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers == get().headers


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-0", 206, (0, 1)),
        ("bytes=0-99", 206, (0, 100)),
        ("bytes=100-", 206, (100, 1024)),
        ("bytes=-24", 206, (1000, 1024)),
        ("bytes=-5000", 206, (0, 1024)),
        ("bytes=1000-99999999999", 206, (1000, 1024)),
        ("Bytes = 5 - 6", 206, (5, 7)),
        ("bytes=1024-", 416, None),
        ("bytes=2000-3000", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-4", 200, (0, 1024)),
        ("bytes=-", 200, (0, 1024)),
        ("bytes=a-b", 200, (0, 1024)),
        ("bytes=0-1,5-6", 200, (0, 1024)),
        ("rows=0-1", 200, (0, 1024)),
        ("bytes=" + "9" * 100 + "-", 200, (0, 1024)),
        ("", 200, (0, 1024)),
    ],
)
def test_range_gets_a_part_or_is_ignored(
    get: Get, asked: str, status: int, span: tuple[int, int] | None
) -> None:
    """One range is honoured, one outside is 416 with the size, all else gets the whole file."""
    answer = get(range=asked)
    assert answer.status == status
    if span is None:
        assert answer.headers["content-range"] == "bytes */1024"
        assert (answer.body, answer.headers["content-length"]) == (b"", "0")
        return
    start, stop = span
    assert answer.body == CONTENT[start:stop]
    assert answer.headers["content-length"] == str(stop - start)
    shown = f"bytes {start}-{stop - 1}/1024" if status == 206 else None
    assert answer.headers.get("content-range") == shown


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"abc123"', 206),
        ('"other"', 200),
        ('W/"abc123"', 200),
        ("Sun, 22 Nov 2026 10:00:00 GMT", 200),
    ],
)
def test_if_range_honours_the_range_of_the_same_file_only(
    get: Get, condition: str, status: int
) -> None:
    """A range of another version, or of a weak tag or a date, gets the whole file."""
    assert get(range="bytes=0-1", if_range=condition).status == status


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ('"abc123"', 304),
        ('"x", W/"abc123"', 304),
        ("*", 304),
        ('"x"', 200),
        ('"x, abc123"', 200),
        ("abc123", 200),
        ("", 200),
    ],
)
def test_if_none_match_spares_the_body(get: Get, known: str, status: int) -> None:
    """Who already has the file gets 304 with its tag and nothing about content."""
    answer = get(if_none_match=known)
    assert answer.status == status
    if status == 304:
        assert answer.headers == {"etag": '"abc123"', "accept-ranges": "bytes"}
        assert answer.body == b""


def test_empty_file_is_served(get: Get, path: Path) -> None:
    """No bytes are a file too; no range of it exists."""
    path.write_bytes(b"")
    assert (get().status, get().headers["content-length"], get().body) == (200, "0", b"")
    assert get(range="bytes=0-").status == 416


def test_missing_file_is_an_expired_result(get: Get, path: Path) -> None:
    """It is told before anything is sent."""
    path.unlink()
    with pytest.raises(ResultExpired):
        get()


def test_file_that_shrinks_is_cut(pool: StreamPool, path: Path) -> None:
    """A file that turns out shorter than its length is never passed off as complete."""
    file = OpenFile.at(path)
    part = choose_part("GET", {}, TAG, file.size)
    path.write_bytes(b"x" * 10)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with Client(receive, send, Shutdown()) as client:
            with pytest.raises(Unavailable, match="shorter"):
                await send_part(client, file, part, [], pool)
            raise ConnectionAbortedError

    with serving(app) as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        client.request("GET", "/")
        with client.getresponse() as response, pytest.raises(http.client.IncompleteRead):
            response.read()
        client.close()
    file.close()


def test_closed_file_reads_no_more(path: Path) -> None:
    """Reading after the close is an error; closing twice is fine."""
    file = OpenFile.at(path)
    file.close()
    file.close()
    with pytest.raises(Unavailable):
        file.read(0, 1)


def test_a_whole_file_comes_as_chunks(path: Path) -> None:
    """All its bytes, in order; they end with an error when it is closed meanwhile."""
    path.write_bytes(CONTENT * 3000)
    chunks = FileChunks(OpenFile.at(path))
    assert b"".join(chunks) == CONTENT * 3000
    chunks.close()
    with pytest.raises(Unavailable):
        next(iter(chunks))


@given(header=st.text(max_size=30) | st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True))
def test_any_range_header_gives_a_span_inside_the_file(header: str) -> None:
    """Whatever is asked for, no byte outside the file is read."""
    span = parse_range(header, 100)
    assert span is None or 0 <= span.start <= span.stop <= 100


@given(header=st.text(max_size=40))
def test_any_if_none_match_is_read(header: str) -> None:
    """Unreadable tags match nothing and break nothing."""
    assert is_not_modified(header, TAG) in (f'"{TAG}"' in header, header.strip() == "*")


def test_large_file_arrives_whole_and_left_ones_are_closed(pool: StreamPool, path: Path) -> None:
    """Over a real server: 20 MB arrive, and a download that is given up leaves no file open."""
    path.write_bytes(CONTENT * (20 * LARGEST_PIECE_BYTES // len(CONTENT)))
    served = ServedFile(path, TAG, pool=pool, shutdown=Shutdown())
    with serving(served) as port:
        for _ in range(3):
            client = ask(port)
            assert client.recv(20).startswith(b"HTTP/1.1 200")
            client.close()
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        client.request("GET", "/")
        assert len(client.getresponse().read()) == path.stat().st_size
        client.close()
    opened = [file.path for file in psutil.Process().open_files()]
    assert str(path) not in opened
