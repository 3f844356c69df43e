"""Saved queries, their revisions, and what lists of them can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from standpipe.core.ids import DataSourceId, QueryId, ResultId, Uid, UserId, WorkspaceId
from standpipe.core.parameters import Parameter
from standpipe.core.schedules import Schedule

T = TypeVar("T")


class Visibility(StrEnum):
    """Who may know of a query beyond its owner and administrators."""

    WORKSPACE = "workspace"  # whoever may see its data source
    PRIVATE = "private"  # nobody else, in every dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Saved SQL with parameter definitions.

    ``revision`` grows only when ``sql`` or ``parameters`` change; ``version`` is the edit counter
    that clients send back to detect conflicts. ``options`` holds presentation settings of
    dialects that the core carries but does not read, ``report`` the metadata of report dialects.
    ``default_fingerprint`` identifies a run with all default values (None when a value is missing).
    ``cache_seconds`` (None = any age) and the two fields below it (None = 0) say how old an answer
    may be.
    """

    id: QueryId
    uid: Uid
    workspace_id: WorkspaceId
    name: str
    description: str | None = None
    sql: str
    data_source_id: DataSourceId | None
    owner_id: UserId
    last_modified_by_id: UserId | None = None
    parameters: tuple[Parameter, ...] = ()
    revision: int = 1
    version: int = 1
    schedule: Schedule | None = None
    cache_seconds: int | None = None
    stale_while_revalidate_seconds: int | None = None
    stale_if_error_seconds: int | None = None
    visibility: Visibility = Visibility.WORKSPACE
    is_draft: bool = True
    is_archived: bool = False
    tags: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    options: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    default_fingerprint: str | None = None
    latest_result_id: ResultId | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRevision:
    """One version of the text of a query: what ran at a given time."""

    query_id: QueryId
    revision: int
    sql: str
    parameters: tuple[Parameter, ...]
    author_id: UserId | None
    created_at: datetime


class QueryOrder(StrEnum):
    """What a list of queries can be ordered by; nulls always come last."""

    NAME = "name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    SCHEDULE = "schedule"
    RUNTIME = "runtime"
    EXECUTED_AT = "executed_at"
    CREATED_BY = "created_by"
    STARRED_AT = "starred_at"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFilter:
    """Which queries a list holds, and in which order.

    ``data_source_ids`` limits to those sources (None = any, also detached ones); ``viewer_id`` is
    whose private queries and favourites count. ``search`` is free text: words are AND, ``or``
    gives OR, ``-word`` excludes, quotes make phrases; prefixes match, case does not matter.
    """

    workspace_id: WorkspaceId
    viewer_id: UserId | None
    sees_private: bool = False
    data_source_ids: frozenset[DataSourceId] | None = None
    owner_id: UserId | None = None
    archived: bool = False
    drafts_of_others: bool = True
    only_favorites: bool = False
    search: str | None = None
    tags: tuple[str, ...] = ()
    order: QueryOrder = QueryOrder.CREATED_AT
    descending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryListing:
    """A query as lists show it, with facts that stand beside it."""

    query: Query
    retrieved_at: datetime | None
    runtime_seconds: float | None
    starred_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page to read: ``number`` starts at 1; ``offset`` items come before the first page."""

    number: int = 1
    size: int = 25
    offset: int = 0

    @property
    def start(self) -> int:
        """Return how many items come before this page."""
        return self.offset + (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of things and how many there are in all."""

    total: int
    items: tuple[T, ...]
