"""Which part of a body is sent: validators and one byte range, as RFC 9110 has them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from standpipe.http.stream import HeaderList

_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from ``start`` up to, not including, ``stop``."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Part:
    """What is sent of a body: status, the headers that say so, and which bytes (HEAD: none)."""

    status: HTTPStatus
    headers: HeaderList
    span: Span


def choose_part(method: str, asked: Mapping[str, str], etag: str, size: int) -> Part:
    """Return what a request gets of a body of ``size`` bytes under a strong tag.

    ``asked`` are the request's headers, names in lower case. Several ranges at once, ranges that
    cannot be read and those of a HEAD get the whole body, as RFC 9110 allows.
    """
    if method == "HEAD":
        return Part(HTTPStatus.OK, [_length(size)], Span(0, 0))
    span = _asked_span(asked, etag, size)
    if span is None:
        return Part(HTTPStatus.OK, [_length(size)], Span(0, size))
    if span.start >= span.stop:
        missed = (b"content-range", f"bytes */{size}".encode())
        return Part(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, [missed, _length(0)], Span(0, 0))
    sent = (b"content-range", f"bytes {span.start}-{span.stop - 1}/{size}".encode())
    return Part(HTTPStatus.PARTIAL_CONTENT, [_length(span.stop - span.start), sent], span)


def headers_of(part: Part, headers: HeaderList) -> HeaderList:
    """Return all headers of an answer; a range that misses the body has nothing of its type."""
    is_missed = part.status is HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return [*(without_content(headers) if is_missed else headers), *part.headers]


def without_content(headers: HeaderList) -> HeaderList:
    """Return what remains where there is no content to speak of."""
    return [(name, text) for name, text in headers if not name.startswith(b"content-")]


def is_not_modified(if_none_match: str | None, etag: str) -> bool:
    """Whether the caller already has what the tag (without quotes) stands for."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in _TAG.findall(if_none_match)


def parse_range(header: str, size: int) -> Span | None:
    """Return the one range that is asked for; None if it must be ignored.

    An empty span means that no byte of the file is in it.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if max(len(match[1]), len(match[2])) > _LONGEST_NUMBER:
        return None
    if not match[1]:
        return Span(max(0, size - int(match[2])), size) if int(match[2]) else Span(size, size)
    start = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < start:
        return None
    return Span(min(start, size), min(last + 1, size))


def _asked_span(asked: Mapping[str, str], etag: str, size: int) -> Span | None:
    if "range" not in asked:
        return None
    condition = asked.get("if-range")
    if condition is not None and condition.strip() != f'"{etag}"':
        return None
    return parse_range(asked["range"], size)


def _length(size: int) -> tuple[bytes, bytes]:
    return b"content-length", str(size).encode()
