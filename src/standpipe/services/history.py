"""What a query has given before: its stored results, and what it said at some time."""

from datetime import datetime
from typing import Protocol

from standpipe.core.errors import ResultNotCached
from standpipe.core.ids import QueryId, ResultId
from standpipe.core.permissions import require_view, table_reader
from standpipe.core.ports import DataSourceStore, QueryStore, ResultStore
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.services.read import QueryResult, belongs

BATCH = 100


class HistoryStore(QueryStore, DataSourceStore, ResultStore, Protocol):
    """The slice of the metadata store that history needs."""


class History:
    """The results of queries over time, as far as they are still stored."""

    def __init__(self, store: HistoryStore) -> None:
        """Take the port."""
        self._store = store

    def of_query(
        self,
        principal: Principal,
        query_id: QueryId,
        *,
        limit: int,
        before: ResultId | None = None,
    ) -> tuple[Result, ...]:
        """Return up to ``limit`` results of a query with an id below ``before``, newest first.

        Of any values, and only what the principal may read: a query key sees those of the text of
        today. NotFound, NotAllowed for a query that the principal may not see.
        """
        query = self._visible(principal, query_id)
        found: list[Result] = []
        size = min(limit, BATCH)  # enough unless some are hidden
        while len(found) < limit:
            batch = self._store.find_results_of(query_id, size, before)
            found += (result for result in batch if _may_see(principal, query, result))
            if len(batch) < size:
                break
            before, size = batch[-1].id, BATCH
        return tuple(found[:limit])

    def as_of(self, principal: Principal, query_id: QueryId, at: datetime) -> QueryResult:
        """Return the newest result, retrieved by then, of a run with all default values.

        That is what the query's latest result was at that time, whatever its text was then.
        ResultNotCached if there was none, if it is gone, or if the principal may not read it.
        """
        query = self._visible(principal, query_id)
        result = self._store.find_default_result(query_id, at)
        if result is None or not _may_see(principal, query, result):
            raise ResultNotCached(
                f"Query {query_id} has no stored result of {at.isoformat()} or before.",
                hint="Ask for a later time, or for its latest result.",
            )
        return QueryResult(query, result)

    def _visible(self, principal: Principal, query_id: QueryId) -> Query:
        query = self._store.get_query(query_id)
        source_id = query.data_source_id
        source = None if source_id is None else self._store.get_data_source(source_id)
        require_view(principal, query, source)
        return query


def _may_see(principal: Principal, query: Query, result: Result) -> bool:
    """Whether a result of a query's past is for this principal: a key has only today's text."""
    if not table_reader(principal, query).may_read_of(result.private_to):
        return False
    if principal.is_user:
        return result.data_source_id == query.data_source_id
    return belongs(result, query, is_user=False)
