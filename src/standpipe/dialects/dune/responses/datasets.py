"""Datasets as a search shows them, and what a server without chain data says of contracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.dialects.dune.responses.uploads import ColumnShown, DatasetShown

CATEGORY: Final = "community"  # what Dune calls the category of tables that people have sent


class DatasetList(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A page of datasets, and how many there are in all."""

    datasets: list[DatasetShown]
    total: int


class FoundDataset(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A dataset that a search has found."""

    full_name: str
    category: str
    dataset_type: str
    visibility: str
    owner_scope: str
    description: str | UnsetType = UNSET
    schema: list[ColumnShown] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET


class Pagination(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where a page is, and where the next one begins if there is one."""

    limit: int
    offset: int
    has_more: bool
    next_offset: int | UnsetType = UNSET


class SearchShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A page of what a search has found."""

    total: int
    results: list[FoundDataset]
    pagination: Pagination


class Undecoded(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Why a contract was not decoded."""

    index: int
    error: str
    replayed: bool


class DecodeShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What came of contracts that were sent to be decoded."""

    results: list[Undecoded]


class SubmissionList(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Contracts that were submitted for decoding."""

    submissions: list[Any]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page of what a search has found, each as it is shown when it is read.

    ``team`` is the namespace that the workspace shares.
    """

    found: Sequence[DatasetShown]
    total: int
    limit: int
    offset: int
    team: str
    has_schema: bool
    has_metadata: bool


def show_search(page: FoundPage) -> SearchShown:
    """Return a page of datasets."""
    return SearchShown(
        total=page.total,
        results=[_found(each, page) for each in page.found],
        pagination=show_pagination(page.limit, page.offset, len(page.found), page.total),
    )


def show_pagination(limit: int, offset: int, count: int, total: int) -> Pagination:
    """Return where a page is."""
    has_more = offset + count < total
    following = offset + count if has_more and count else UNSET
    return Pagination(limit=limit, offset=offset, has_more=has_more, next_offset=following)


def show_undecoded(count: int) -> DecodeShown:
    """Return the answer to contracts that were sent to be decoded: none can be."""
    why = "contracts are not decoded here: this server has no chain data"
    return DecodeShown(
        results=[Undecoded(index=index, error=why, replayed=False) for index in range(count)]
    )


def _found(dataset: DatasetShown, page: FoundPage) -> FoundDataset:
    return FoundDataset(
        full_name=dataset.full_name,
        category=CATEGORY,
        dataset_type=dataset.type,
        visibility="private" if dataset.is_private else "public",
        owner_scope="team" if dataset.owner.handle == page.team else "user",
        description=dataset.metadata.get("description") or UNSET,
        schema=dataset.columns if page.has_schema else UNSET,
        metadata=dataset.metadata if page.has_metadata else UNSET,
    )
