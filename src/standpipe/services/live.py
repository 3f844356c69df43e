"""Fresh data under one address: a stored result that is new enough, or a run made for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from standpipe.core.clock import Clock
from standpipe.core.datasources import DataSource
from standpipe.core.errors import (
    NotFound,
    ResultExpired,
    SourceMissing,
    SourcePaused,
    StandpipeError,
    Unavailable,
)
from standpipe.core.executions import Submission
from standpipe.core.freshness import FreshnessPolicy
from standpipe.core.ids import QueryId
from standpipe.core.permissions import require_view
from standpipe.core.ports import DataSourceStore, ExecutionStore, QueryStore, ResultStore
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.services.binding import Binding
from standpipe.services.query_text import moves
from standpipe.services.read import may_read
from standpipe.services.stored_results import is_outdated
from standpipe.services.submissions import Submissions
from standpipe.services.submit import QueryAsk, Submit


class LiveStore(QueryStore, DataSourceStore, ResultStore, ExecutionStore, Protocol):
    """The slice of the metadata store that live answers need."""


class Served(StrEnum):
    """Where an answer comes from."""

    HIT = "hit"  # stored, and new enough
    MISS = "miss"  # from the run that was made for it
    STALE = "stale"  # stored and too old; a new one is being made
    STALE_IF_ERROR = "stale_if_error"  # stored and too old; a new one could not be made


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAsk:
    """A query with values in wire form, and how old the answer may be.

    What is None is as the query itself says; if it says nothing, any stored result will do.
    ``max_age_seconds`` 0 (or less) takes only a run that starts from now on: then the query's own
    ``stale_while_revalidate`` does not count.
    """

    query_id: QueryId
    values: Mapping[str, Any] = field(default_factory=dict)
    max_age_seconds: float | None = None
    stale_while_revalidate_seconds: float | None = None
    stale_if_error_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A result, how it was come by, and how old it is.

    ``ttl_seconds`` says for how long it stays fresh enough for this ask (None = for ever).
    ``failure`` is why there is no newer one, for answers that are stale because of it.
    """

    query: Query
    result: Result
    how: Served
    age_seconds: float
    ttl_seconds: float | None
    failure: StandpipeError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A run that has to be waited for; ``fallback`` may be served should it fail."""

    query: Query
    submission: Submission
    fallback: Result | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sought:
    """What is stored for an ask. ``is_moved``: its query's latest result must follow first."""

    query: Query
    policy: FreshnessPolicy
    source: DataSource
    fingerprint: str
    result: Result | None
    age_seconds: float
    is_moved: bool


class Live:
    """Answers with fresh data. ``look`` and ``settle`` only read; ``ask`` submits."""

    def __init__(
        self,
        store: LiveStore,
        *,
        submit: Submit,
        submissions: Submissions,
        binding: Binding,
        clock: Clock,
    ) -> None:
        """Take the port and the services of runs."""
        self._store = store
        self._submit = submit
        self._submissions = submissions
        self._binding = binding
        self._clock = clock

    def look(self, principal: Principal, ask: LiveAsk) -> Answered | None:
        """Return what can be answered at once, without a change; None = ``ask`` is needed.

        Errors as for ``ask``. Cheap: where nothing has changed nothing is read or bound anew.
        """
        return self._answer_stored(self._seek(principal, ask))

    def ask(self, principal: Principal, ask: LiveAsk) -> Answered | Awaited:
        """Return a fresh enough answer, or the run to wait for, which is submitted if need be.

        A result that may be stale while a new one is made is answered at once. NotFound,
        NotAllowed, SourceMissing; ParameterInvalid, ParameterMissing; SourcePaused unless an
        older result may stand in.
        """
        sought = self._seek(principal, ask)
        answered = self._answer_stored(sought)
        if answered is not None:
            return answered
        stale = self._stale(sought)
        try:
            given = self._submit.query(
                principal,
                QueryAsk(
                    query_id=ask.query_id, values=ask.values, freshness=sought.policy.freshness
                ),
            )
        except (SourcePaused, Unavailable) as error:
            if stale is None:
                raise
            return replace(stale, failure=error)
        if isinstance(given, Result):
            return self._answer(sought.query, sought.policy, given, Served.HIT)
        if stale is not None and stale.how is Served.STALE:
            return stale
        fallback = None if stale is None else stale.result
        return Awaited(query=sought.query, submission=given, fallback=fallback)

    def settle(self, principal: Principal, ask: LiveAsk, awaited: Awaited) -> Answered | None:
        """Return the answer of a run that was waited for; None while it is not over.

        The ExecutionFailed of a run that failed, unless there is a fallback. NotFound for whoever
        does not hold the submission.
        """
        submission = self._submissions.get(principal, awaited.submission.uid)
        if not submission.state.is_final:
            return None
        query, _ = self._visible(principal, ask.query_id)
        policy = _policy(ask, query)
        failure = self._submissions.error_of(submission)
        if failure is None:
            return self._answer(query, policy, self._result_of(submission), Served.MISS)
        if awaited.fallback is None:
            raise failure
        stale = self._answer(query, policy, awaited.fallback, Served.STALE_IF_ERROR)
        return replace(stale, failure=failure)

    def _seek(self, principal: Principal, ask: LiveAsk) -> _Sought:
        query, source = self._visible(principal, ask.query_id)
        if source is None:
            raise SourceMissing(hint="Choose a data source for the query.")
        bound = self._binding.query(query, source, ask.values)
        bound = self._binding.pin(principal, source, bound, query)
        result = self._store.find_latest(source.id, bound.fingerprint, None)
        if result is not None and (
            is_outdated(result, source) or not may_read(principal, query, result)
        ):
            result = None
        return _Sought(
            query=query,
            policy=_policy(ask, query),
            source=source,
            fingerprint=bound.fingerprint,
            result=result,
            age_seconds=0.0 if result is None else self._age(result),
            is_moved=not ask.values
            and query.default_fingerprint != bound.fingerprint
            and not bound.hides_tables
            and (bound.names_tables or moves(query.parameters)),
        )

    def _answer_stored(self, sought: _Sought) -> Answered | None:
        if sought.result is None or sought.is_moved:
            return None
        if sought.policy.is_fresh(sought.age_seconds):
            return self._answer(sought.query, sought.policy, sought.result, Served.HIT)
        stale = self._stale(sought)
        if stale is None or stale.how is not Served.STALE:
            return None
        is_refreshed = self._store.is_under_way(sought.source.id, sought.fingerprint)
        return stale if is_refreshed else None

    def _stale(self, sought: _Sought) -> Answered | None:
        """Return the stored result as the stale answer it may be, if any."""
        if sought.result is None or sought.policy.is_fresh(sought.age_seconds):
            return None
        if sought.policy.may_be_refreshed_behind(sought.age_seconds):
            how = Served.STALE
        elif sought.policy.may_replace_error(sought.age_seconds):
            how = Served.STALE_IF_ERROR
        else:
            return None
        return self._answer(sought.query, sought.policy, sought.result, how)

    def _answer(
        self, query: Query, policy: FreshnessPolicy, result: Result, how: Served
    ) -> Answered:
        age = self._age(result)
        ttl = policy.ttl_seconds(age)
        return Answered(query=query, result=result, how=how, age_seconds=age, ttl_seconds=ttl)

    def _age(self, result: Result) -> float:
        return max(0.0, (self._clock.now() - result.retrieved_at).total_seconds())

    def _visible(self, principal: Principal, query_id: QueryId) -> tuple[Query, DataSource | None]:
        query = self._store.get_query(query_id)
        source_id = query.data_source_id
        source = None if source_id is None else self._store.get_data_source(source_id)
        require_view(principal, query, source)
        return query, source

    def _result_of(self, submission: Submission) -> Result:
        try:
            if submission.execution.result_id is not None:
                return self._store.get_result(submission.execution.result_id)
        except NotFound as error:
            raise ResultExpired() from error
        raise ResultExpired()


def _policy(ask: LiveAsk, query: Query) -> FreshnessPolicy:
    """Return what holds: the ask's own wishes, then the query's, then any age."""
    max_age = query.cache_seconds if ask.max_age_seconds is None else ask.max_age_seconds
    behind = ask.stale_while_revalidate_seconds
    if behind is None:
        must_run = ask.max_age_seconds is not None and ask.max_age_seconds <= 0
        behind = 0 if must_run else query.stale_while_revalidate_seconds
    on_error = ask.stale_if_error_seconds
    if on_error is None:
        on_error = query.stale_if_error_seconds
    return FreshnessPolicy(max_age, behind or 0, on_error or 0)
