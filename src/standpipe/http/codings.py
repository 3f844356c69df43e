"""Content codings: which one a request asks for, and how bytes are packed in it.

Nothing is packed unless the request names the coding, since not every client that says ``*`` can
undo it.
"""

import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Protocol

from standpipe.core.ports import Chunks

GZIP_LEVEL = 4  # 1.5 times as fast as 6, for 6 % more bytes
SMALLEST_BYTES = 1024  # less is not worth packing
_STEP_BYTES = 256 * 1024
_ELEMENT = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+)(?:\s*;\s*q\s*=\s*([01](?:\.\d{0,3})?))?")
_LEAST = 0.0001  # what is acceptable but was not asked for


class Coding(Enum):
    """How the bytes of a body are packed; the value is its name in HTTP."""

    IDENTITY = "identity"
    GZIP = "gzip"
    ZSTD = "zstd"


# The better one first where a client likes both as much.
_PACKED = (Coding.ZSTD, Coding.GZIP)


def choose_codings(accept_encoding: str | None, *, is_compressible: bool) -> tuple[Coding, ...]:
    """Return the codings that a request accepts, the preferred one first; never none.

    ``identity;q=0`` is heeded where there is another way to answer.
    """
    if accept_encoding is None or not is_compressible:
        return (Coding.IDENTITY,)
    wishes = _wishes(accept_encoding)
    anything = wishes.get("*", 0.0)
    plain = wishes.get("identity", _LEAST if wishes.get("*") != 0 else 0.0)
    unnamed = 0.0 if plain else anything
    scores = {coding: wishes.get(coding.value, unnamed) for coding in _PACKED}
    scores[Coding.IDENTITY] = plain
    accepted = [coding for coding in scores if scores[coding]]
    return tuple(sorted(accepted, key=lambda coding: -scores[coding])) or (Coding.IDENTITY,)


def tagged(etag: str, coding: Coding) -> str:
    """Return the strong tag of the bytes of ``etag`` in a coding."""
    return etag if coding is Coding.IDENTITY else f"{etag}-{coding.value}"


class Packer(Protocol):
    """Packs a body piece by piece; the same body always gives the same bytes."""

    def pack(self, piece: bytes | memoryview) -> bytes | memoryview:
        """Take a piece and return what is ready; may be empty."""
        ...

    def finish(self) -> bytes:
        """Return the rest; nothing can be packed afterwards."""
        ...


def make_packer(coding: Coding) -> Packer:
    """Return a new packer."""
    if coding is Coding.IDENTITY:
        return _Unpacked()
    stream = _gzip_stream() if coding is Coding.GZIP else _ZstdStream()
    return _InSteps(stream)


def packed(pieces: Iterable[bytes | memoryview], coding: Coding) -> Iterator[bytes | memoryview]:
    """Yield the pieces of a body in a coding; none of them is empty."""
    packer = make_packer(coding)
    for piece in pieces:
        if ready := packer.pack(piece):
            yield ready
    if rest := packer.finish():
        yield rest


class PackedChunks:
    """Chunks in a coding; implements core.ports.Chunks."""

    def __init__(self, chunks: Chunks, coding: Coding) -> None:
        """Take over the chunks: they are closed with these."""
        self._chunks = chunks
        self._coding = coding

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """Yield chunks as they become ready."""
        return packed(self._chunks, self._coding)

    def close(self) -> None:
        """Stop producing, from any thread."""
        self._chunks.close()


def _wishes(header: str) -> Mapping[str, float]:
    """Return the weight of each name; elements that cannot be read count for nothing."""
    wishes: dict[str, float] = {}
    for element in header.lower().split(","):
        found = _ELEMENT.fullmatch(element.strip())
        if found:
            name = "gzip" if found[1] == "x-gzip" else found[1]
            wishes[name] = 1.0 if found[2] is None else min(1.0, float(found[2]))
    return wishes


class _Unpacked:
    def pack(self, piece: bytes | memoryview) -> bytes | memoryview:
        return piece

    def finish(self) -> bytes:
        return b""


class _Stream(Protocol):
    def compress(self, piece: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class _InSteps:
    """Feeds a stream the same steps however the body is cut, so that the same bytes come out."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self._waiting = bytearray()

    def pack(self, piece: bytes | memoryview) -> bytes:
        self._waiting += piece
        packed = []
        while len(self._waiting) >= _STEP_BYTES:
            packed.append(self._stream.compress(bytes(self._waiting[:_STEP_BYTES])))
            del self._waiting[:_STEP_BYTES]
        return b"".join(packed)

    def finish(self) -> bytes:
        return self._stream.compress(bytes(self._waiting)) + self._stream.flush()


def _gzip_stream() -> _Stream:
    return zlib.compressobj(GZIP_LEVEL, wbits=31)  # 31 = gzip, without a time in its head


class _ZstdStream:
    """One zstd frame, through the codec of pyarrow."""

    def __init__(self) -> None:
        import pyarrow as pa  # noqa: PLC0415 - whoever forks servers must not load an engine

        self._sink = _Sink()
        self._frame: Any = pa.CompressedOutputStream(self._sink, "zstd")

    def compress(self, piece: bytes, /) -> bytes:
        self._frame.write(piece)
        return self._sink.take()

    def flush(self) -> bytes:
        self._frame.close()
        return self._sink.take()


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken, also after it was closed."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any, /) -> int:
        self._parts.append(bytes(part))
        return len(self._parts[-1])

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
