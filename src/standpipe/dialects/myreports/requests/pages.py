"""Which rows of a request, in which form, and how long to wait: compat/myreports.md 2, 6."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.http.asked import read_arguments
from standpipe.http.messages import Inbound

MAX_WAIT_SECONDS: Final = 300
FORMATS: Final = ("json", "csv", "xlsx", "parquet", "arrow")
PAGE_SIZE: Final = 1_000
ALL: Final = -1
_LARGEST: Final = 2**31 - 1
Wait = Annotated[
    float,
    Meta(ge=0, le=MAX_WAIT_SECONDS, description="For how many seconds to wait for completion."),
]
PageNumber = Annotated[int, Meta(ge=1, le=_LARGEST, description="Which page, from 1.")]


class WaitArguments(msgspec.Struct, kw_only=True, frozen=True):
    """For how long to wait."""

    wait: Wait = 0


class HistoryArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which requests."""

    page: PageNumber = 1
    page_size: Annotated[int, Meta(ge=1, le=1_000, description="Requests of a page.")] = 100

    @property
    def offset(self) -> int:
        """How many requests come before the page."""
        return (self.page - 1) * self.page_size


class DataArguments(WaitArguments, kw_only=True, frozen=True):
    """Which rows, and how."""

    format: Annotated[
        Literal["json", "csv", "xlsx", "parquet", "arrow"],
        Meta(description="How rows are written."),
    ] = "json"
    page: PageNumber | None = None
    page_size: Annotated[
        int | None, Meta(ge=-1, le=_LARGEST, description="Rows of a page; -1 takes all of them.")
    ] = None
    nulls: Annotated[
        Literal["omit", "include"], Meta(description="Whether fields without a value are there.")
    ] = "omit"
    incomplete: Annotated[
        Literal["200", "409"],
        Meta(description="The status of the answer while the report is not complete."),
    ] = "200"

    @property
    def size(self) -> int | None:
        """How many rows a page has; None = all of them."""
        if self.page_size is None:
            return None if self.page is None else PAGE_SIZE
        return None if self.page_size == ALL else self.page_size

    @property
    def offset(self) -> int:
        """How many rows come before the page."""
        return ((self.page or 1) - 1) * (self.size or _LARGEST)


def parse_data(inbound: Inbound) -> DataArguments:
    """Return what is asked of the rows; FieldInvalid."""
    asked = read_arguments(DataArguments, inbound.args)
    if asked.page_size == 0:
        raise FieldInvalid("A page of 0 rows holds nothing.", detail="-1 takes all of them.")
    return asked


def parse_wait(inbound: Inbound) -> float:
    """Return for how many seconds to wait; FieldInvalid."""
    return read_arguments(WaitArguments, inbound.args).wait


def parse_history(inbound: Inbound) -> HistoryArguments:
    """Return which requests are asked for; FieldInvalid."""
    return read_arguments(HistoryArguments, inbound.args)
