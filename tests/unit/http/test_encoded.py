"""Encoded bodies: validators, ranges and codings are the same wherever the bytes come from."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from tests.unit.http.encoding import BLOCK, MIB, Answer, Site, until

LARGE = BLOCK + BLOCK + b"end"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "encodings").running() as site:
        yield site


def shown(answer: Answer) -> dict[str, str]:
    left_out = {"date", "server", "connection"}
    return {name: value for name, value in answer.headers.items() if name not in left_out}


def test_a_large_body_is_chunked_first_and_a_file_later(site: Site) -> None:
    """The first client gets it as it is made, the next ones with length and ranges."""
    first = site.ask()
    assert (first.status, first.body) == (200, LARGE)
    assert shown(first) == {
        "content-type": "x/y",
        "etag": '"tag"',
        "vary": "accept-encoding",
        "transfer-encoding": "chunked",
    }
    second = site.ask()
    assert (second.status, second.body) == (200, LARGE)
    assert shown(second) == {
        "content-type": "x/y",
        "etag": '"tag"',
        "vary": "accept-encoding",
        "accept-ranges": "bytes",
        "content-length": str(len(LARGE)),
    }
    assert len(site.opened) == 1


def test_a_small_body_has_its_length_at_once_and_touches_no_disk(site: Site) -> None:
    """It is encoded once and kept in memory."""
    site.steps = (b"ab", b"c")
    for _ in range(2):
        answer = site.ask()
        assert (answer.body, answer.headers["content-length"]) == (b"abc", "3")
        assert answer.headers["accept-ranges"] == "bytes"
    assert (len(site.opened), site.files) == (1, [])


@pytest.mark.parametrize("body", [b"", b"abc", LARGE], ids=["empty", "small", "large"])
def test_head_makes_the_body_and_gives_its_length(site: Site, body: bytes) -> None:
    """Whoever asks for the head first may ask for ranges next; nothing is made twice."""
    site.steps = (body,)
    head = site.ask("HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(body))
    assert head.headers["accept-ranges"] == "bytes"
    whole = site.ask()
    assert (whole.body, shown(whole)) == (body, shown(head))
    assert len(site.opened) == 1


@pytest.mark.parametrize("body", [b"0123456789" * 100, LARGE], ids=["memory", "file"])
@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-", 206, 10, None),
        ("bytes=-7", 206, -7, None),
        ("bytes=5-99999999999", 206, 5, None),
        ("bytes=99999999999-", 416, 0, 0),
        ("bytes=2-1", 200, 0, None),
        ("bytes=0-1,3-4", 200, 0, None),
    ],
)
def test_ranges_of_a_complete_body(
    site: Site, body: bytes, asked: str, status: int, start: int, stop: int | None
) -> None:
    """Exact bytes with their length and place, packed never, whatever the client accepts."""
    site.steps = (body,)
    site.ask("HEAD")
    answer = site.ask(range=asked, accept_encoding="gzip, zstd")
    assert (answer.status, answer.body) == (status, body[start:stop])
    assert answer.headers["content-length"] == str(len(answer.body))
    assert "content-encoding" not in answer.headers
    assert answer.headers["etag"] == '"tag"'
    if status == 206:
        first = len(body) + start if start < 0 else start
        last = first + len(answer.body) - 1
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(body)}"


def test_a_range_of_what_is_not_made_yet_gets_the_whole_body(site: Site) -> None:
    """With 200 and no promise of ranges."""
    answer = site.ask(range="bytes=0-9")
    assert (answer.status, answer.body) == (200, LARGE)
    assert "accept-ranges" not in answer.headers


@pytest.mark.parametrize("body", [b"0123456789", LARGE], ids=["memory", "file"])
@pytest.mark.parametrize(
    ("condition", "status"), [('"tag"', 206), ('"other"', 200), ('W/"tag"', 200)]
)
def test_if_range_guards_a_range(site: Site, body: bytes, condition: str, status: int) -> None:
    """Only who has the same bytes gets a part of them."""
    site.steps = (body,)
    site.ask("HEAD")
    answer = site.ask(range="bytes=1-2", if_range=condition)
    assert (answer.status, len(answer.body)) == (status, 2 if status == 206 else len(body))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("known", "accepted", "tag"),
    [
        ('"tag"', "", "tag"),
        ('W/"tag"', "", "tag"),
        ('"a", "tag"', "", "tag"),
        ("*", "", "tag"),
        ("*", "gzip", "tag-gzip"),
        ('"tag-gzip"', "gzip", "tag-gzip"),
        ('"tag-zstd"', "gzip, zstd", "tag-zstd"),
        ('"tag"', "gzip", "tag"),
        ('"tag-gzip", "tag"', "gzip;q=0.5, zstd", "tag-gzip"),
    ],
)
def test_who_has_the_bytes_gets_304(
    site: Site, method: str, known: str, accepted: str, tag: str
) -> None:
    """In any coding that it accepts; nothing is opened for it."""
    answer = site.ask(method, if_none_match=known, accept_encoding=accepted)
    assert (answer.status, answer.body) == (304, b"")
    assert shown(answer) in (
        {"etag": f'"{tag}"', "vary": "accept-encoding"},
        {"etag": f'"{tag}"', "vary": "accept-encoding", "accept-ranges": "bytes"},
    )
    assert site.opened == []


@pytest.mark.parametrize(
    ("known", "accepted"),
    [('"other"', ""), ('"tag-gzip"', ""), ("tag", ""), ('"tag-zstd"', "gzip")],
)
def test_who_has_other_bytes_gets_the_body(site: Site, known: str, accepted: str) -> None:
    """A tag of a coding that is not accepted is no tag of this answer."""
    site.steps = (b"abc",)
    assert site.ask(if_none_match=known, accept_encoding=accepted).body == b"abc"


def unpacked(answer: Answer, size: int) -> bytes:
    coding = answer.headers.get("content-encoding", "")
    if coding == "gzip":
        return zlib.decompress(answer.body, wbits=31)
    return bytes(pa.decompress(answer.body, size, "zstd")) if coding else answer.body


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize("body", [b"0123456789" * 300, LARGE], ids=["small", "large"])
def test_a_packed_body_is_another_representation(site: Site, body: bytes, coding: str) -> None:
    """With a tag of its own and no ranges; it is packed once."""
    site.steps = (body,)
    first = site.ask(accept_encoding=coding)
    assert unpacked(first, len(body)) == body
    assert len(first.body) < len(body) / 10
    until(lambda: "content-length" in site.ask("HEAD", accept_encoding=coding).headers)
    again = site.ask(accept_encoding=coding)
    assert again.body == first.body
    assert shown(again) == {
        "content-type": "x/y",
        "etag": f'"tag-{coding}"',
        "vary": "accept-encoding",
        "content-encoding": coding,
        "content-length": str(len(first.body)),
    }
    assert len(site.opened) == 1
    assert site.ask().body == body


def test_a_packed_body_is_made_from_the_plain_file(site: Site) -> None:
    """What is there is not encoded again to be packed; nor is it packed twice."""
    assert site.ask().body == LARGE
    until(lambda: len(site.files) == 1 and not site.files[0].startswith("draft"))
    packed = site.ask(accept_encoding="gzip")
    assert unpacked(packed, len(LARGE)) == LARGE
    assert site.ask(accept_encoding="gzip").body == packed.body
    assert len(site.opened) == 1


def test_a_body_is_packed_the_same_from_a_file_and_from_the_encoder(tmp_path: Path) -> None:
    """A strong tag names exactly these bytes, however they came to be."""
    bodies = []
    for name in ("a", "b"):
        with Site(tmp_path / name, steps=(LARGE[:100_000], LARGE[100_000:])).running() as site:
            if name == "b":
                site.ask("HEAD")
            bodies.append(site.ask(accept_encoding="zstd").body)
    assert bodies[0] == bodies[1]


def test_little_bodies_are_not_packed(site: Site) -> None:
    """Unless the client can take nothing else."""
    site.steps = (b"x" * 1000,)
    assert site.ask(accept_encoding="gzip").headers["etag"] == '"tag"'
    forced = site.ask(accept_encoding="gzip, identity;q=0")
    assert forced.headers["etag"] == '"tag-gzip"'
    assert unpacked(forced, 1000) == b"x" * 1000


def test_formats_that_are_packed_inside_are_left_alone(site: Site) -> None:
    """They do not vary either."""
    site.is_compressible = False
    answer = site.ask(accept_encoding="gzip, zstd")
    assert answer.body == LARGE
    assert {"vary", "content-encoding"}.isdisjoint(answer.headers)


def test_a_range_for_who_refuses_plain_bytes_is_ignored(site: Site) -> None:
    """The whole packed body is an answer, packed ranges are not."""
    answer = site.ask(range="bytes=0-9", accept_encoding="gzip, identity;q=0")
    assert (answer.status, unpacked(answer, len(LARGE))) == (200, LARGE)


def test_a_post_has_no_validators(site: Site) -> None:
    """Ranges and tags of a request that is no reading mean nothing."""
    site.steps = (b"abc",)
    answer = site.ask("POST", if_none_match='"tag"', range="bytes=0-0")
    assert (answer.status, answer.body) == (200, b"abc")
    assert site.ask(accept_encoding=f"gzip, {MIB}").body == b"abc"
