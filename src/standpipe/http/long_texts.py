"""One long text out of a JSON object in a file, as a file of its own: memory holds little of it."""

import re
from pathlib import Path
from typing import BinaryIO

import msgspec

from standpipe.core.errors import MalformedBody
from standpipe.core.storage import telling_full

_READ_BYTES = 256 * 1024
_LOOK_BYTES = 1024  # at once for what is short: it may be one of many
_REST_BYTES = 64 * 1024
_LONGEST_ESCAPE = len(rb"\ud83d\ude00")
_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}")
_SPACE = re.compile(rb"[ \t\r\n]*")
_WORD = re.compile(rb'[^ \t\r\n{}\[\],:"]+')
_QUOTE = b'"'
_END = b""


def split_text(body: Path, name: str, into: Path) -> bytes:
    """Write the text of that name in a JSON object to ``into``, as UTF-8; return all the rest.

    In what is returned the text is empty; another value of that name stays as it is. MalformedBody
    for what is no JSON, and if all the rest is longer than 64 KiB; StorageFull.
    """
    with telling_full(), body.open("rb") as source, into.open("wb") as text:
        return _Splitter(source, text, name).split()


class _Splitter:
    def __init__(self, source: BinaryIO, text: BinaryIO, name: str) -> None:
        self._source = source
        self._text = text
        self._name = name
        self._waiting = b""
        self._rest = bytearray()

    def split(self) -> bytes:
        """Copy token by token, so that whoever decodes the rest checks the grammar."""
        depth, before, key = 0, _END, ""
        while (token := self._token()) != _END:
            if token == _QUOTE and depth == 1 and before == b":" and key == self._name:
                self._text.seek(0)
                self._text.truncate()
                self._copy_text()
                token = b'""'
            elif token == _QUOTE:
                token = self._short_text()
                if depth == 1 and before in (b"{", b","):
                    key = _decode(token)
            depth += (token in (b"{", b"[")) - (token in (b"}", b"]"))
            before = token
            self._keep(token)
        return bytes(self._rest)

    def _token(self) -> bytes:
        """Return the next bracket, comma, colon, word or opening quote; nothing at the end."""
        while True:
            self._waiting = self._waiting[_at(_SPACE, self._waiting) :]
            if self._waiting or not self._more():
                break
        end = _at(_WORD, self._waiting)
        while end and end == len(self._waiting) and end < _REST_BYTES and self._more():
            end = _at(_WORD, self._waiting)
        return self._take(end or 1)

    def _short_text(self) -> bytes:
        """Return a text as it is written, with both of its quotes."""
        text = bytearray(_QUOTE)
        while (piece := self._piece(_LOOK_BYTES)) != _END:
            text += piece
            if len(text) > _REST_BYTES:
                raise _too_long()
        return bytes(text + _QUOTE)

    def _copy_text(self) -> None:
        while (piece := self._piece(_READ_BYTES)) != _END:
            self._text.write(_decode(_QUOTE + piece + _QUOTE).encode())

    def _piece(self, most: int) -> bytes:
        """Return some of a text, as it is written; its closing quote is taken with nothing."""
        while True:
            # As long as it was: what is left are quotes and backslashes that mean something.
            seen = self._waiting[:most]
            plain = seen.replace(rb"\\", b"\0\0").replace(rb"\"", b"\0\0")
            end = plain.find(_QUOTE)
            if end == 0:
                self._take(1)
                return _END
            cut = end if end > 0 else _last_whole(plain)
            if cut > 0:
                return self._take(cut)
            if len(seen) == most:
                most += _LONGEST_ESCAPE
            elif not self._more(most):
                raise MalformedBody(detail="A text has no end.")

    def _keep(self, token: bytes) -> None:
        self._rest += token + b" "
        if len(self._rest) > _REST_BYTES:
            raise _too_long()

    def _more(self, count: int = _LOOK_BYTES) -> bool:
        read = self._source.read(count)
        self._waiting += read
        return bool(read)

    def _take(self, count: int) -> bytes:
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken


def _at(pattern: re.Pattern[bytes], data: bytes) -> int:
    """Return where what matches at the start ends."""
    found = pattern.match(data)
    return found.end() if found else 0


def _last_whole(plain: bytes) -> int:
    """Return where a text may be cut: not within a character, an escape or a pair of them."""
    end = len(plain)
    escape = plain.find(b"\\", max(0, end - _LONGEST_ESCAPE))
    if escape >= 0:
        is_second = _SURROGATE.fullmatch(plain, max(0, escape - 6), escape)
        return escape - 6 if is_second else escape
    start = end
    while start > max(0, end - 3) and plain[start - 1] & 0xC0 == 0x80:
        start -= 1
    return start - 1 if start and plain[start - 1] >= 0xC0 else end


def _decode(text: bytes) -> str:
    try:
        return msgspec.json.decode(text, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedBody(detail=str(error)) from error


def _too_long() -> MalformedBody:
    return MalformedBody(detail=f"Everything but the long text has {_REST_BYTES} bytes at most.")
