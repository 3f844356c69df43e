"""Datasets as a search shows them, and what a server without chain data says of contracts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

CATEGORY: Final = "community"  # what Dune calls the category of tables that people have sent
Shown = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page of what a search has found, each as it is shown when it is read.

    ``team`` is the namespace that the workspace shares.
    """

    found: Sequence[Shown]
    total: int
    limit: int
    offset: int
    team: str
    has_schema: bool
    has_metadata: bool


def show_search(page: FoundPage) -> dict[str, Any]:
    """Return a page of datasets."""
    return {
        "total": page.total,
        "results": [_found(each, page) for each in page.found],
        "pagination": show_pagination(page.limit, page.offset, len(page.found), page.total),
    }


def show_pagination(limit: int, offset: int, count: int, total: int) -> dict[str, Any]:
    """Return where a page is, and where the next one begins if there is one."""
    has_more = offset + count < total
    shown: dict[str, Any] = {"limit": limit, "offset": offset, "has_more": has_more}
    return {**shown, "next_offset": offset + count} if has_more and count else shown


def show_undecoded(count: int) -> dict[str, Any]:
    """Return the answer to contracts that were sent to be decoded: none can be."""
    why = "contracts are not decoded here: this server has no chain data"
    return {
        "results": [{"index": index, "error": why, "replayed": False} for index in range(count)]
    }


def _found(dataset: Shown, page: FoundPage) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "full_name": dataset["full_name"],
        "category": CATEGORY,
        "dataset_type": dataset["type"],
        "visibility": "private" if dataset["is_private"] else "public",
        "owner_scope": "team" if dataset["owner"]["handle"] == page.team else "user",
    }
    if dataset["metadata"].get("description"):
        shown["description"] = dataset["metadata"]["description"]
    if page.has_schema:
        shown["schema"] = dataset["columns"]
    if page.has_metadata:
        shown["metadata"] = dataset["metadata"]
    return shown
