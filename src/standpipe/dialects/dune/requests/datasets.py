"""What is searched for among datasets (compat/dune.md 3.7)."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from standpipe.dialects.dune.requests.bodies import read_struct
from standpipe.dialects.dune.requests.options import PageArguments
from standpipe.http.messages import Inbound

MOST_FOUND: Final = 250
_LIMIT: Final = 10
_MOST_SUBMISSIONS: Final = 100
_Count = Annotated[int, Meta(ge=0, lt=2**31)]


class DatasetArguments(PageArguments, kw_only=True, frozen=True):
    """Which datasets are wanted: of one owner, of some types with commas between them."""

    owner_handle: str | None = None
    type: str | None = None


class PageBody(msgspec.Struct, kw_only=True, frozen=True):
    """Which part of what is found is wanted."""

    limit: _Count | None = None
    offset: _Count | None = None


class SearchBody(PageBody, kw_only=True, frozen=True):
    """A search; without ``include_private`` private datasets are left out."""

    query: str | None = None
    categories: list[str] | None = None
    blockchains: list[str] | None = None
    dataset_types: list[str] | None = None
    schemas: list[str] | None = None
    owner_scope: Literal["all", "me", "team", ""] | None = None
    include_private: bool | None = None
    include_schema: bool | None = None
    include_metadata: bool | None = None


class DecodeBody(msgspec.Struct, kw_only=True, frozen=True):
    """Contracts to be decoded."""

    submissions: Annotated[list[Any], Meta(min_length=1, max_length=_MOST_SUBMISSIONS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSearch:
    """Words that all are in a dataset's name, description or columns, and which datasets count.

    ``types`` None = all. ``scope`` is "me" or "team" for those in the caller's or the workspace's
    namespace. ``categories`` and ``blockchains`` are empty where any will do.
    """

    words: tuple[str, ...]
    types: tuple[str, ...] | None
    schemas: tuple[str, ...] | None
    scope: str
    has_private: bool
    has_schema: bool
    has_metadata: bool
    categories: tuple[str, ...]
    blockchains: tuple[str, ...]
    limit: int
    offset: int


def parse_search(inbound: Inbound) -> DatasetSearch:
    """Return a search; FieldInvalid."""
    body = read_struct(inbound, SearchBody)
    limit, offset = _page(body)
    return DatasetSearch(
        words=tuple((body.query or "").lower().split()),
        types=tuple(body.dataset_types or ()) or None,
        schemas=tuple(body.schemas or ()) or None,
        scope=body.owner_scope or "all",
        has_private=body.include_private or False,
        has_schema=body.include_schema or False,
        has_metadata=body.include_metadata or False,
        categories=tuple(body.categories or ()),
        blockchains=tuple(body.blockchains or ()),
        limit=limit,
        offset=offset,
    )


def parse_contract_search(inbound: Inbound) -> tuple[int, int]:
    """Return limit and offset of a search by contract; FieldInvalid."""
    return _page(read_struct(inbound, PageBody))


def count_submissions(inbound: Inbound) -> int:
    """Return how many contracts are to be decoded; FieldInvalid for none and too many."""
    return len(read_struct(inbound, DecodeBody).submissions)


def _page(body: PageBody) -> tuple[int, int]:
    return min(_LIMIT if body.limit is None else body.limit, MOST_FOUND), body.offset or 0
