"""Pages of lists by cursors: compat/holistics.md 2c. A cursor is a place in the list."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.http.asked import read_known_arguments
from standpipe.http.messages import Inbound

_LARGEST: Final = 2**31 - 1


class ListArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which part of a list."""

    limit: Annotated[int, Meta(ge=1, le=100, description="How many.")] = 20
    after: Annotated[str, Meta(description="The cursor `next` of the page before.")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page behind.")] = ""
    page: Annotated[
        int | None, Meta(ge=1, le=_LARGEST, description="Which page, instead of a cursor.")
    ] = None


@dataclass(frozen=True, slots=True)
class Part:
    """Some things of a list: ``limit`` of them, from the one with ``offset`` before it."""

    offset: int
    limit: int

    def previous(self) -> str | None:
        """Return the cursor of what stands before; None at the beginning."""
        return str(self.offset) if self.offset else None

    def next(self, total: int) -> str | None:
        """Return the cursor of what stands behind; None at the end."""
        end = self.offset + self.limit
        return str(end) if end < total else None


def parse_part(inbound: Inbound) -> Part:
    """Return which part of a list is asked for; FieldInvalid."""
    asked = read_known_arguments(ListArguments, inbound.args)
    if asked.page is not None:
        return Part((asked.page - 1) * asked.limit, asked.limit)
    if asked.after:
        return Part(_place(asked.after, "after"), asked.limit)
    if asked.before:
        end = _place(asked.before, "before")
        start = max(0, end - asked.limit)
        return Part(start, max(1, end - start))
    return Part(0, asked.limit)


def _place(cursor: str, name: str) -> int:
    if cursor.isascii() and cursor.isdecimal() and len(cursor) < len(str(_LARGEST)):
        return int(cursor)
    raise FieldInvalid(
        f"The argument {name!r} is not a cursor: {cursor[:50]!r}.",
        detail="Expected: `previous` or `next` of an answer.",
    )
