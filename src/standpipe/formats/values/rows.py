"""Encoded rows between a head and a tail."""

from collections.abc import Iterator


def joined(
    texts: Iterator[tuple[int, memoryview]], head: bytes, separator: bytes = b"", tail: bytes = b""
) -> Iterator[bytes | memoryview]:
    """Yield head, rows and tail. Each row begins with the separator; that of the first is cut."""
    yield head
    skip = len(separator)
    for _, text in texts:
        yield text[skip:]
        skip = 0 if len(text) else skip
    yield tail
