"""Lists of queries: which ones, in which order, one page at a time."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from standpipe.core.queries import (
    Listing,
    Page,
    QueryFilter,
    QueryListing,
    QueryOrder,
    Visibility,
)
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.query_search import matches, parse_search, relevance
from standpipe.stores.metadata.rows import AnyRow, read_query
from standpipe.stores.metadata.tables import (
    favorites,
    queries,
    query_tags,
    query_words,
    results,
    users,
)
from standpipe.stores.metadata.values import from_optional_time

_WEIGHTS = {
    query_words.c.name: 1000,
    query_words.c.number: 100,
    query_words.c.description: 10,
    query_words.c.sql: 1,
}
_COLUMNS: dict[QueryOrder, ColumnElement[Any]] = {
    QueryOrder.NAME: queries.c.name_key,
    QueryOrder.CREATED_AT: queries.c.created_at,
    QueryOrder.UPDATED_AT: queries.c.updated_at,
    QueryOrder.SCHEDULE: queries.c.schedule_seconds,
    QueryOrder.RUNTIME: results.c.runtime_seconds,
    QueryOrder.EXECUTED_AT: results.c.retrieved_at,
    QueryOrder.CREATED_BY: func.lower(users.c.name),
    QueryOrder.STARRED_AT: favorites.c.starred_at,
}


class QueryLists(Database):
    """Implements the lists of QueryStore."""

    def find_queries(self, filter: QueryFilter, page: Page) -> Listing[QueryListing]:
        """Return one page of queries and the number of all that match.

        Nulls come last. Relevance, which needs a search, is highest first; without a search it
        means newest first.
        """
        matching = _select_matching(filter)
        counted = self._one(matching.with_only_columns(func.count()))
        found = self._all(matching.order_by(*_order(filter)).limit(page.size).offset(page.start))
        total = 0 if counted is None else counted[0]
        return Listing(total, tuple(_read_listing(row) for row in found))


def _select_matching(filter: QueryFilter) -> Select[Any]:
    is_star = and_(
        favorites.c.object_id == queries.c.id,
        favorites.c.noun == "query",
        favorites.c.user_id == filter.viewer_id,
    )
    listed = (
        select(queries, results.c.retrieved_at, results.c.runtime_seconds, favorites.c.starred_at)
        .join_from(queries, results, results.c.id == queries.c.latest_result_id, isouter=True)
        .join(favorites, is_star, isouter=True)
        .join(users, users.c.id == queries.c.owner_id)
        .where(*_visible(filter), *_wanted(filter))
    )
    if filter.search is None:
        return listed
    return listed.join(query_words, query_words.c.query_id == queries.c.id).where(
        matches(parse_search(filter.search), list(_WEIGHTS))
    )


def _visible(filter: QueryFilter) -> list[ColumnElement[bool]]:
    """Return the conditions that keep from a viewer what he may not know of."""
    is_own = queries.c.owner_id == filter.viewer_id
    conditions = [queries.c.workspace_id == filter.workspace_id]
    if not filter.sees_private:
        conditions.append(or_(queries.c.visibility != Visibility.PRIVATE.value, is_own))
    if not filter.drafts_of_others:
        conditions.append(or_(queries.c.is_draft.is_(False), is_own))
    if filter.data_source_ids is not None:
        conditions.append(queries.c.data_source_id.in_(sorted(filter.data_source_ids)))
    return conditions


def _wanted(filter: QueryFilter) -> list[ColumnElement[bool]]:
    """Return the conditions that a viewer chose."""
    conditions: list[ColumnElement[bool]] = [queries.c.is_archived.is_(filter.archived)]
    if filter.owner_id is not None:
        conditions.append(queries.c.owner_id == filter.owner_id)
    if filter.only_favorites:
        conditions.append(favorites.c.starred_at.is_not(None))
    for tag in filter.tags:
        tagged = select(query_tags.c.query_id).where(query_tags.c.tag == tag)
        conditions.append(queries.c.id.in_(tagged))
    return conditions


def _order(filter: QueryFilter) -> list[ColumnElement[Any]]:
    if filter.order is QueryOrder.RELEVANCE:
        newest: list[ColumnElement[Any]] = [queries.c.created_at.desc(), queries.c.id.desc()]
        if not filter.search:
            return newest
        return [relevance(parse_search(filter.search), _WEIGHTS).desc(), *newest]
    column = _COLUMNS[filter.order]
    if filter.descending:
        return [column.desc().nulls_last(), queries.c.id.desc()]
    return [column.asc().nulls_last(), queries.c.id.asc()]


def _read_listing(row: AnyRow) -> QueryListing:
    return QueryListing(
        query=read_query(row),
        retrieved_at=from_optional_time(row.retrieved_at),
        runtime_seconds=row.runtime_seconds,
        starred_at=from_optional_time(row.starred_at),
    )
