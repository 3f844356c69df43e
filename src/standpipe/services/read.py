"""Stored results: who may read which, and a window of one in a format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.datasources import DataSource
from standpipe.core.errors import NotFound, ResultNotCached
from standpipe.core.ids import QueryId, ResultId, Uid
from standpipe.core.permissions import (
    Access,
    require_source,
    require_view,
    sees_query,
    table_reader,
)
from standpipe.core.ports import (
    ArtifactStore,
    Chunks,
    DataSourceStore,
    Encoding,
    QueryStore,
    ReaderSource,
    ResultReader,
    ResultStore,
)
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.core.windows import (
    Difference,
    DifferenceCounts,
    Facet,
    Window,
    WindowAsk,
    check_window,
    difference_of,
)


class ReadStore(ResultStore, QueryStore, DataSourceStore, Protocol):
    """The slice of the metadata store that reading needs."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """A result together with the query it was asked for."""

    query: Query
    result: Result


# What a window can be opened over.
ResultSource = Result | Difference


class Read:
    """Reads results. Rights are checked when a result is got, once."""

    def __init__(
        self, store: ReadStore, *, artifacts: ArtifactStore, reader: ResultReader, clock: Clock
    ) -> None:
        """Take the ports."""
        self._store = store
        self.clock = clock
        self._artifacts = artifacts
        self._reader = reader

    def latest(self, principal: Principal, query_id: QueryId) -> QueryResult:
        """Return a query's latest result; ResultNotCached if it has none the principal may read."""
        query = self._visible_query(principal, query_id)
        if query.latest_result_id is None:
            raise ResultNotCached(f"Query {query_id} has no stored result.", hint="Run it first.")
        return QueryResult(query, self._of_query(principal, query, query.latest_result_id))

    def of_query(self, principal: Principal, query_id: QueryId, result_id: ResultId) -> QueryResult:
        """Return a result on the path of a query; a query key reads only what it says today.

        Users also read there what ``get`` gives them: clients that render the SQL themselves run
        it as an unsaved statement and look for its result below the query they took it from.
        """
        query = self._visible_query(principal, query_id)
        try:
            return QueryResult(query, self._of_query(principal, query, result_id))
        except ResultNotCached:
            if not principal.is_user:
                raise
        return QueryResult(query, self.get(principal, result_id))

    def get(self, principal: Principal, result_id: ResultId) -> Result:
        """Return a result by id to whoever reaches into its data source; NotFound."""
        result = self._store.get_result(result_id)
        if not principal.is_user:
            raise NotFound(f"There is no result {result_id}.")
        return self._readable(principal, result, f"There is no result {result_id}.")

    def by_uid(self, principal: Principal, uid: Uid) -> Result:
        """Return a result by its uid; a query key reads those of its query's text of today.

        NotFound, also for what the principal may not know of; SourceNotAllowed.
        """
        missing = f"There is no result {uid}."
        result = self._store.get_result_by_uid(uid)
        if principal.is_user:
            return self._readable(principal, result, missing)
        if principal.query_id is None:
            raise NotFound(missing)
        query = self._visible_query(principal, principal.query_id)
        if not may_read(principal, query, result):
            raise NotFound(missing)
        return result

    def window(self, source: ResultSource, ask: WindowAsk) -> Window:
        """Return what is asked for as a window over the columns of a source; WindowInvalid."""
        return check_window(ask, source.columns, now=self.clock.now())

    def total(self, source: ResultSource, window: Window) -> int:
        """Return how many rows a window has before its offset and limit; ResultExpired."""
        if isinstance(source, Result) and window.is_plain:
            return source.row_count
        return self._reader.count(self._opened(source), window)

    def facets(
        self, source: ResultSource, window: Window, columns: Sequence[str], limit: int
    ) -> tuple[Facet, ...]:
        """Return the ``limit`` most frequent values of each column among the rows of a window.

        Columns go by name and are those of the source, whatever the window selects. ColumnUnknown,
        ResultExpired.
        """
        wanted = self.window(source, WindowAsk(columns=tuple(columns))).columns
        return self._reader.facets(self._opened(source), window, wanted, limit)

    def difference(self, older: Result, newer: Result, keys: Sequence[str]) -> Difference:
        """Return what changed between two results that were got, to be read like a result.

        Columns that only one of them has are left out. ColumnUnknown for a key that is not in
        both, FieldInvalid if they have no column in common, ResultExpired.
        """
        return difference_of(self.path(older), self.path(newer), older.columns, newer.columns, keys)

    def difference_counts(self, difference: Difference) -> DifferenceCounts:
        """Return how many rows changed in which way; FieldInvalid where keys repeat."""
        return self._reader.count_difference(difference)

    def encode(
        self, source: ResultSource, window: Window, encoding: Encoding
    ) -> Callable[[], Chunks]:
        """Return what starts to encode a window when called; ResultExpired if it is gone."""
        opened = self._opened(source)
        return lambda: self._reader.encode(opened, window, encoding)

    def path(self, result: Result) -> Path:
        """Return the artifact as a local Parquet file; ResultExpired."""
        return self._artifacts.local_path(result.artifact.key)

    def _opened(self, source: ResultSource) -> ReaderSource:
        return self.path(source) if isinstance(source, Result) else source

    def _readable(self, principal: Principal, result: Result, missing: str) -> Result:
        """Return a result to a user who reaches into its data source, and may see its query."""
        if result.workspace_id != principal.workspace_id:
            raise NotFound(missing)
        if result.query_id is not None:
            query = self._store.get_query(result.query_id)
            if not sees_query(principal, query):
                raise NotFound(missing)
        if not table_reader(principal).may_read_of(result.private_to):
            raise NotFound(missing)
        require_source(principal, self._source_of(result), Access.VIEW)
        return result

    def _visible_query(self, principal: Principal, query_id: QueryId) -> Query:
        query = self._store.get_query(query_id)
        source = (
            None
            if query.data_source_id is None
            else self._store.get_data_source(query.data_source_id)
        )
        require_view(principal, query, source)
        return query

    def _of_query(self, principal: Principal, query: Query, result_id: ResultId) -> Result:
        result = self._store.get_result(result_id)
        is_readable = table_reader(principal, query).may_read_of(result.private_to)
        if not is_readable or not belongs(result, query, is_user=principal.is_user):
            raise ResultNotCached(f"Query {query.id} has no result {result_id}.")
        return result

    def _source_of(self, result: Result) -> DataSource | None:
        try:
            return self._store.get_data_source(result.data_source_id)
        except NotFound:
            return None  # a removed source: its results are for administrators


def may_read(principal: Principal, query: Query, result: Result) -> bool:
    """Whether whoever gets this result for a query may also read it later, by its id."""
    if not table_reader(principal, query).may_read_of(result.private_to):
        return False
    return principal.is_user or belongs(result, query, is_user=False)


def belongs(result: Result, query: Query, *, is_user: bool) -> bool:
    """Whether a result is one of this query: of its text of today, unless a user asks."""
    if result.data_source_id != query.data_source_id:
        return False
    if result.fingerprint == query.default_fingerprint:
        return True
    is_own = result.query_id == query.id or result.id == query.latest_result_id
    return is_own and (is_user or result.query_revision == query.revision)
