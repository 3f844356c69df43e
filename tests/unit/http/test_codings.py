"""Content codings: what a request asks for, and packed bodies that unpack to what they were."""

import zlib
from collections.abc import Iterable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.http.codings import Coding, choose_codings, make_packer, packed, tagged

IDENTITY, GZIP, ZSTD = Coding.IDENTITY, Coding.GZIP, Coding.ZSTD


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, [IDENTITY]),
        ("", [IDENTITY]),
        ("identity", [IDENTITY]),
        ("br, deflate", [IDENTITY]),
        ("gzip", [GZIP, IDENTITY]),
        ("GZip", [GZIP, IDENTITY]),
        ("x-gzip", [GZIP, IDENTITY]),
        ("zstd", [ZSTD, IDENTITY]),
        ("gzip, deflate, br, zstd", [ZSTD, GZIP, IDENTITY]),
        ("gzip;q=1.0, zstd;q=0.5", [GZIP, ZSTD, IDENTITY]),
        ("gzip ; q = 0.8 ,identity;q=0.9", [IDENTITY, GZIP]),
        ("gzip;q=0", [IDENTITY]),
        ("gzip;q=0.000", [IDENTITY]),
        ("*", [IDENTITY]),
        ("*;q=0", [IDENTITY]),
        ("gzip, *;q=0", [GZIP]),
        ("gzip, identity;q=0", [GZIP]),
        ("identity;q=0, *", [ZSTD, GZIP]),
        ("identity;q=0, *;q=0.5, gzip", [GZIP, ZSTD]),
        ("identity;q=0", [IDENTITY]),
        ("identity;q=0, br", [IDENTITY]),
        ("gzip;q=nonsense, zstd", [ZSTD, IDENTITY]),
        (",,gzip,,", [GZIP, IDENTITY]),
    ],
)
def test_codings_are_those_the_header_names(header: str | None, expected: list[Coding]) -> None:
    """The preferred one first; nothing is packed unless it is asked for."""
    assert list(choose_codings(header, is_compressible=True)) == expected


def test_what_is_compressed_inside_is_never_packed() -> None:
    """Whatever is asked for."""
    assert choose_codings("gzip, identity;q=0", is_compressible=False) == (IDENTITY,)


@given(header=st.text(max_size=40))
def test_any_header_is_read(header: str) -> None:
    """There is always a way to answer."""
    assert choose_codings(header, is_compressible=True)


def test_each_coding_has_a_tag_of_its_own() -> None:
    """The plain bytes keep the tag they were given."""
    assert [tagged("a", coding) for coding in Coding] == ["a", "a-gzip", "a-zstd"]


def whole(pieces: Iterable[bytes | memoryview], coding: Coding) -> bytes:
    return b"".join(packed(pieces, coding))


def unpacked(body: bytes, size: int, coding: Coding) -> bytes:
    if coding is GZIP:
        return zlib.decompress(body, wbits=31)
    return bytes(pa.decompress(body, size, "zstd")) if coding is ZSTD else body


@pytest.mark.parametrize("coding", Coding)
@pytest.mark.parametrize("size", [0, 1, 5000, 2_000_000])
def test_packed_bodies_unpack_to_what_they_were(coding: Coding, size: int) -> None:
    """Empty and long ones too, from bytes and from views."""
    body = b"".join(b"%d, " % number for number in range(size // 4))
    pieces = [body[start : start + 70_000] for start in range(0, len(body), 70_000)]
    assert unpacked(whole(pieces, coding), len(body), coding) == body
    assert unpacked(whole(map(memoryview, pieces), coding), len(body), coding) == body


@pytest.mark.parametrize("coding", [GZIP, ZSTD])
@given(cuts=st.lists(st.integers(0, 1_000_000), max_size=6).map(sorted))
def test_the_same_body_is_packed_into_the_same_bytes(coding: Coding, cuts: list[int]) -> None:
    """However it is cut: a strong tag names exactly these bytes."""
    body = b"".join(b'{"n": %d}, ' % number for number in range(60_000))
    ends = [*cuts, len(body)]
    pieces = [body[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
    assert whole(pieces, coding) == whole([body], coding)


@pytest.mark.parametrize("coding", [GZIP, ZSTD])
def test_packing_gives_bytes_before_the_end(coding: Coding) -> None:
    """A client does not wait for the whole body."""
    packer = make_packer(coding)
    body = b"".join(b'{"n": %d}, ' % number for number in range(400_000))
    assert len(packer.pack(body)) > 10_000
