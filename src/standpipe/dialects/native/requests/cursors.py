"""Cursors over rows: opaque, and good for one result and one window only."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from standpipe.core.windows import WindowAsk
from standpipe.dialects.native.requests.lists import bad_cursor

_MARK_BYTES: Final = 9


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins, and how many rows there are in all where that was counted."""

    offset: int
    total: int | None = None


class _Written(msgspec.Struct, array_like=True, frozen=True):
    mark: bytes
    offset: int
    total: int | None


def write_cursor(identity: str, ask: WindowAsk, place: Place) -> str:
    """Return the cursor of a place in the rows that are asked for."""
    written = msgspec.msgpack.encode(_Written(_mark(identity, ask), place.offset, place.total))
    return base64.urlsafe_b64encode(written).decode().rstrip("=")


def read_cursor(cursor: str, identity: str, ask: WindowAsk) -> Place:
    """Return the place of a cursor; FieldInvalid if it is none, or one of other rows."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        encoded = base64.b64decode(padded, altchars=b"-_", validate=True)
        written = msgspec.msgpack.decode(encoded, type=_Written)
    except (binascii.Error, ValueError) as error:  # msgspec's errors are such
        raise bad_cursor(cursor) from error
    if written.mark != _mark(identity, ask):
        raise bad_cursor(cursor, why="It belongs to another result or to another filter or sort.")
    if not 0 <= written.offset < 2**53 or (written.total or 0) < 0:
        raise bad_cursor(cursor)
    return Place(written.offset, written.total)


def _mark(identity: str, ask: WindowAsk) -> bytes:
    """Return what tells one sequence of rows from another; which columns are shown is no matter."""
    rows = replace(ask, columns=None, offset=0, limit=None)
    return hashlib.sha256(f"{identity} {rows!r}".encode(errors="replace")).digest()[:_MARK_BYTES]
