"""Ask for a result: a stored one that is fresh enough, or a place in the queue."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from standpipe.core.clock import Clock
from standpipe.core.datasources import DataSource
from standpipe.core.errors import (
    FieldMissing,
    NotFound,
    ResultNotCached,
    SourceMissing,
    SourcePaused,
    StandpipeError,
)
from standpipe.core.events import ExecutionQueued
from standpipe.core.executions import (
    ExecutionOrigin,
    ExecutionRequest,
    Holder,
    RunLimits,
    Submission,
)
from standpipe.core.freshness import ANY_AGE, MUST_RUN, Freshness
from standpipe.core.ids import DataSourceId, QueryId
from standpipe.core.parameters import Parameter
from standpipe.core.permissions import (
    Access,
    require_permission,
    require_source,
    require_user,
    require_view,
    table_reader,
)
from standpipe.core.ports import (
    DataSourceStore,
    ExecutionStore,
    Observer,
    QueryStore,
    ResultStore,
)
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.services.binding import Binding
from standpipe.services.query_text import BoundText
from standpipe.services.raw_sql import is_raw, require_raw
from standpipe.services.read import QueryResult, may_read
from standpipe.services.stored_results import find_fresh, find_stored

_EVER = datetime.min.replace(tzinfo=UTC)


class SubmitStore(QueryStore, DataSourceStore, ExecutionStore, ResultStore, Protocol):
    """The slice of the metadata store that submitting needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryAsk:
    """A saved query with values. ``freshness`` None = as the query's cache duration says.

    With ``joins_running`` a run that is under way will do even where no stored result would.
    """

    query_id: QueryId
    values: Mapping[str, Any]
    freshness: Freshness | None = None
    has_auto_limit: bool | None = None
    origin: ExecutionOrigin = ExecutionOrigin.CALLER
    joins_running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementAsk:
    """SQL that is not saved, with values for its placeholders.

    ``checks_values`` is False where a dialect takes the text but not the definitions of a saved
    query; then ``parameters`` is empty and every placeholder is free text. ``joins_running`` as
    for a query.
    """

    data_source_id: DataSourceId
    sql: str
    values: Mapping[str, Any]
    parameters: tuple[Parameter, ...] = ()
    freshness: Freshness
    has_auto_limit: bool = False
    joins_running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that was allowed, bound and found to be needed: it only has to be queued."""

    holder: Holder
    request: ExecutionRequest


class Submit:
    """Turns what a caller asks for into a stored result or a submission."""

    def __init__(
        self,
        store: SubmitStore,
        *,
        binding: Binding,
        limits: RunLimits,
        clock: Clock,
        observe: Observer,
    ) -> None:
        """Take the ports; ``limits`` hold for every run."""
        self._store = store
        self._binding = binding
        self._limits = limits
        self._clock = clock
        self._observe = observe

    def query(self, principal: Principal, ask: QueryAsk) -> Result | Submission:
        """Return a fresh enough result of a saved query, or the submission of a run."""
        return self._submitted(self.prepare_query(principal, ask))

    def prepare_query(self, principal: Principal, ask: QueryAsk) -> Result | Prepared:
        """Return a fresh enough result of a saved query, or what ``enqueue`` needs for a run.

        Takes SQL apart, which may take its time.
        """
        query = self._store.get_query(ask.query_id)
        source = self.check_query(principal, query)
        bound = self._bind_query(principal, query, source, ask)
        freshness, now = ask.freshness or Freshness(query.cache_seconds), self._clock.now()
        found = find_fresh(self._store, source, bound, freshness, now)
        if found is not None and not may_read(principal, query, found):
            found = None
        self._follow_defaults(principal, query, source, bound, found)
        if found is not None:
            return found
        joins = _Joins(ask.joins_running, freshness, source, now)
        return _of_origin(self._prepare(principal, source, bound, joins, query), ask.origin)

    def prepare_refresh(
        self, principal: Principal, query_id: QueryId, values: Mapping[str, Any]
    ) -> Result | Prepared:
        """Prepare a run that starts from now on; for users who may run statements of their own."""
        require_user(principal)
        query = self._store.get_query(query_id)
        source = self._find_source(query.data_source_id)
        require_view(principal, query, source)
        require_source(principal, source, Access.FULL)
        ask = QueryAsk(query_id=query_id, values=values, freshness=MUST_RUN)
        return self.prepare_query(principal, ask)

    def enqueue(self, prepared: Prepared) -> Submission:
        """Queue a prepared run, or join one that fits."""
        submission = self._store.enqueue(prepared.request, prepared.holder, self._clock.now())
        self._observe(
            ExecutionQueued(execution_id=submission.execution.id, query_id=submission.query_id)
        )
        return submission

    def stored(self, principal: Principal, ask: QueryAsk) -> QueryResult:
        """Return the stored result of a saved query with values; ResultNotCached, never a run.

        At any age it may also be from before a change of uploaded tables.
        """
        query = self._store.get_query(ask.query_id)
        source = self._find_source(query.data_source_id)
        require_view(principal, query, source)
        if source is not None:
            bound = self._bind_query(principal, query, source, ask)
            freshness = ask.freshness or ANY_AGE
            found = find_stored(self._store, source, bound, freshness, self._clock.now())
            reader = table_reader(principal, query)
            if found is not None and reader.may_read_of(found.private_to):
                return QueryResult(query, found)
        raise ResultNotCached(
            f"Query {query.id} has no stored result for these values.", hint="Run it first."
        )

    def default_text(self, query: Query) -> str:
        """Return the text of a run with all default values, as its result names it.

        The text as it was saved where there is no such run: a value or the data source is
        missing, a list or its result is gone.
        """
        source = self._find_source(query.data_source_id)
        if source is None:
            return query.sql
        try:
            return self._binding.query(query, source, {}).statement.display
        except StandpipeError:
            return query.sql

    def statement(self, principal: Principal, ask: StatementAsk) -> Result | Submission:
        """Return a fresh enough result of an unsaved statement, or the submission of a run."""
        return self._submitted(self.prepare_statement(principal, ask))

    def prepare_statement(self, principal: Principal, ask: StatementAsk) -> Result | Prepared:
        """The same as ``prepare_query`` for SQL that is not saved."""
        source = self.check_statement(principal, ask)
        bound = self._binding.statement(
            source,
            ask.sql,
            ask.values,
            parameters=ask.parameters,
            has_auto_limit=ask.has_auto_limit,
        )
        bound = self._binding.pin(principal, source, bound)
        now = self._clock.now()
        joins = _Joins(ask.joins_running, ask.freshness, source, now)
        return find_fresh(self._store, source, bound, ask.freshness, now) or self._prepare(
            principal, source, bound, joins
        )

    def check_query(self, principal: Principal, query: Query) -> DataSource:
        """Return the source that a query runs on, if the principal may run it there now.

        NotFound, NotAllowed, SourceNotAllowed, SourceMissing, SourcePaused.
        """
        source = self._find_source(query.data_source_id)
        require_view(principal, query, source)
        source = _runnable(source)
        if is_raw(query):
            require_raw(principal, query, source)
        elif principal.is_user:
            require_source(principal, source, Access.VIEW)
        return source

    def check_statement(self, principal: Principal, ask: StatementAsk) -> DataSource:
        """Return the source of a statement, if the principal may run it there now.

        NotFound, NotAllowed, SourceNotAllowed, SourcePaused; FieldMissing without any SQL.
        """
        require_permission(principal, Permission.EXECUTE_QUERY)
        source = self._store.get_data_source(ask.data_source_id)
        if source.workspace_id != principal.workspace_id:
            raise NotFound(f"There is no data source {ask.data_source_id}.")
        require_source(principal, source, Access.FULL)
        source = _runnable(source)
        if not ask.sql.strip():
            raise FieldMissing("There is no SQL to run.")
        return source

    def _bind_query(
        self, principal: Principal, query: Query, source: DataSource, ask: QueryAsk
    ) -> BoundText:
        limited = ask.has_auto_limit
        bound = self._binding.query(query, source, ask.values, has_auto_limit=limited)
        return self._binding.pin(principal, source, bound, query)

    def _follow_defaults(
        self,
        principal: Principal,
        query: Query,
        source: DataSource,
        bound: BoundText,
        found: Result | None,
    ) -> None:
        """Keep the identity of a default run that moves: see ``default_fingerprint``.

        Without it a report over yesterday would never have a latest result.
        """
        if query.default_fingerprint == bound.fingerprint:
            return
        if self._binding.is_moved_default(principal, query, source, bound):
            self._store.set_default_run(query, bound.fingerprint)
            if found is not None:
                self._store.set_latest_result(query.id, found.id)

    def _submitted(self, found: Result | Prepared) -> Result | Submission:
        return found if isinstance(found, Result) else self.enqueue(found)

    def _prepare(
        self,
        principal: Principal,
        source: DataSource,
        bound: BoundText,
        joins: "_Joins",
        query: Query | None = None,
    ) -> Prepared:
        request = ExecutionRequest(
            workspace_id=source.workspace_id,
            data_source_id=source.id,
            query_id=query.id if query else None,
            query_revision=query.revision if query else None,
            fingerprint=bound.fingerprint,
            statement=bound.statement,
            limits=self._limits,
            tables=bound.tables,
            joins_running=joins.running,
            joins_others=principal.is_user,
            ended_since=joins.ended_since,
        )
        return Prepared(holder=principal.holder, request=request)

    def _find_source(self, data_source_id: DataSourceId | None) -> DataSource | None:
        return None if data_source_id is None else self._store.get_data_source(data_source_id)


@dataclass(frozen=True, slots=True)
class _Joins:
    """Which runs of others will do, by how old a result may be."""

    is_asked: bool
    freshness: Freshness
    source: DataSource
    now: datetime

    @property
    def running(self) -> bool:
        """Whether one will do that is under way."""
        return self.is_asked or not self.freshness.must_run

    @property
    def ended_since(self) -> datetime | None:
        """Since when one may have ended: as its result would be fresh enough; None = never."""
        if self.freshness.must_run:
            return None
        return max(self.freshness.oldest(self.now) or _EVER, self.source.fresh_since or _EVER)


def _of_origin(prepared: Prepared, origin: ExecutionOrigin) -> Prepared:
    """Return the run as that of whoever asks: callers come before schedules."""
    priority = 0 if origin is ExecutionOrigin.CALLER else -1
    return replace(prepared, request=replace(prepared.request, origin=origin, priority=priority))


def _runnable(source: DataSource | None) -> DataSource:
    if source is None:
        raise SourceMissing(hint="Choose a data source for the query.")
    if source.is_paused:
        raise SourcePaused(source.name, source.pause_reason)
    return source
