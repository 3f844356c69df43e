"""What is searched for among datasets (compat/dune.md 3.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from standpipe.core.errors import FieldInvalid
from standpipe.dialects.dune.requests.bodies import (
    optional_flag,
    optional_text,
    optional_texts,
    read_body,
)
from standpipe.http.messages import Inbound

MOST_FOUND: Final = 250
_LIMIT: Final = 10
_LARGEST: Final = 2**31
_MOST_SUBMISSIONS: Final = 100
_SCOPES: Final = ("all", "me", "team")


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
    """Return a search; FieldInvalid. Without ``include_private`` private ones are left out."""
    body = read_body(inbound)
    scope = optional_text(body, "owner_scope") or "all"
    if scope not in _SCOPES:
        raise FieldInvalid(f"owner_scope must be one of {', '.join(_SCOPES)}.")
    return DatasetSearch(
        words=tuple((optional_text(body, "query") or "").lower().split()),
        types=optional_texts(body, "dataset_types") or None,
        schemas=optional_texts(body, "schemas") or None,
        scope=scope,
        has_private=optional_flag(body, "include_private") or False,
        has_schema=optional_flag(body, "include_schema") or False,
        has_metadata=optional_flag(body, "include_metadata") or False,
        categories=optional_texts(body, "categories") or (),
        blockchains=optional_texts(body, "blockchains") or (),
        limit=min(_count(body, "limit", _LIMIT), MOST_FOUND),
        offset=_count(body, "offset", 0),
    )


def parse_contract_search(inbound: Inbound) -> tuple[int, int]:
    """Return limit and offset of a search by contract; FieldInvalid."""
    body = read_body(inbound)
    return min(_count(body, "limit", _LIMIT), MOST_FOUND), _count(body, "offset", 0)


def count_submissions(inbound: Inbound) -> int:
    """Return how many contracts are to be decoded; FieldInvalid for none and too many."""
    submissions = read_body(inbound).get("submissions")
    if not isinstance(submissions, list) or not 1 <= len(submissions) <= _MOST_SUBMISSIONS:
        raise FieldInvalid(f"submissions must be a list of 1 to {_MOST_SUBMISSIONS} contracts.")
    return len(submissions)


def _count(body: Mapping[str, Any], name: str, default: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        raise FieldInvalid(f"{name} must be an integer of at least 0.")
    return value
