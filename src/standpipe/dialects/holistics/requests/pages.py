"""Pages of rows: compat/holistics.md 3.5."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.core.windows import WindowAsk
from standpipe.dialects.holistics.requests.paths import plain
from standpipe.http.asked import read_known_arguments
from standpipe.http.messages import Inbound

PAGE_SIZE: Final = 25
ALL: Final = -1
_LARGEST: Final = 2**31 - 1
_PAGED: Final = ("_page", "_page_size")
Page = Annotated[int, Meta(ge=1, le=_LARGEST, description="Which page, from 1.")]
Size = Annotated[int, Meta(ge=-1, le=_LARGEST, description="Rows of a page; -1 takes all.")]


class PollArguments(msgspec.Struct, kw_only=True, frozen=True):
    """A job."""

    job_id: Annotated[str, Meta(description="The job.")] = ""


class LinkArguments(msgspec.Struct, kw_only=True, frozen=True):
    """A link."""

    link: Annotated[str, Meta(description="As a download was answered with.")] = ""


class PageArguments(PollArguments, kw_only=True, frozen=True):
    """Which rows of a job."""

    page: Page = msgspec.field(name="_page", default=1)
    page_size: Size = msgspec.field(name="_page_size", default=PAGE_SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPage:
    """A page by number; ``size`` None = all rows are one page."""

    number: int
    size: int | None

    @property
    def ask(self) -> WindowAsk:
        """Return the window of these rows."""
        offset = (self.number - 1) * (self.size or _LARGEST)
        return WindowAsk(offset=offset, limit=self.size)

    def count(self, rows: int) -> int:
        """Return how many pages so many rows have: one at least."""
        return 1 if self.size is None else max(1, -(-rows // self.size))


def parse_page(inbound: Inbound) -> RowPage:
    """Return which page is asked for; FieldInvalid."""
    args = {name: (plain(inbound.arg(name) or ""),) for name in _PAGED}
    asked = read_known_arguments(PageArguments, args)
    if asked.page_size == 0:
        raise FieldInvalid("A page of 0 rows holds nothing.", detail="-1 takes all of them.")
    return RowPage(number=asked.page, size=None if asked.page_size == ALL else asked.page_size)
