"""Datasets as a search shows them, and what a server without chain data says of contracts."""

from collections.abc import Mapping, Sequence
from typing import Any

from standpipe.dialects.dune.requests.datasets import CATEGORY, DatasetSearch

Shown = Mapping[str, Any]


def show_search(
    found: Sequence[Shown], team: str, search: DatasetSearch, total: int
) -> dict[str, Any]:
    """Return a page of datasets, each given as it is shown when it is read."""
    return {
        "total": total,
        "results": [_found(each, team, search) for each in found],
        "pagination": show_pagination(search.limit, search.offset, len(found), total),
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


def _found(dataset: Shown, team: str, search: DatasetSearch) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "full_name": dataset["full_name"],
        "category": CATEGORY,
        "dataset_type": dataset["type"],
        "visibility": "private" if dataset["is_private"] else "public",
        "owner_scope": "team" if dataset["owner"]["handle"] == team else "user",
    }
    if dataset["metadata"].get("description"):
        shown["description"] = dataset["metadata"]["description"]
    if search.has_schema:
        shown["schema"] = dataset["columns"]
    if search.has_metadata:
        shown["metadata"] = dataset["metadata"]
    return shown
