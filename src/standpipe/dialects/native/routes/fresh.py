"""Rows of a query: always fresh data under one address; the latest result; all there were."""

from dataclasses import dataclass
from typing import Final

from standpipe.core.errors import FieldInvalid, NotReady, ResultNotCached
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.dialects.native.requests.lists import (
    HistoryArguments,
    parse_before,
    write_number,
)
from standpipe.dialects.native.requests.paths import query_id
from standpipe.dialects.native.requests.results import LatestArguments
from standpipe.dialects.native.requests.runs import (
    FreshArguments,
    parse_live_ask,
    parse_stored_ask,
)
from standpipe.dialects.native.requests.values import parse_values
from standpipe.dialects.native.requests.waits import Patience, parse_patience
from standpipe.dialects.native.responses.bodies import CHANGING, addresses_of, render_tagged
from standpipe.dialects.native.responses.freshness import freshness_headers, kept_as
from standpipe.dialects.native.responses.results import ResultPage, show_metadata
from standpipe.dialects.native.routes.notes import (
    AGE,
    CACHE_STATUS,
    CONTENT_LOCATION,
    LINK,
    NOT_MODIFIED,
    WAITED,
    WAITING,
    rows_shown,
)
from standpipe.dialects.native.routes.rows import Delivery, result_rows, show_rows
from standpipe.http.endpoints import Asked, Notes, endpoint
from standpipe.http.messages import Answer, Later, Onward, Outbound, Work
from standpipe.http.operations import NoBody, Shown
from standpipe.services.directory import Services
from standpipe.services.live import Answered, Awaited, LiveAsk, Served

TAG = "results"
DEFAULT_WAIT_SECONDS: Final = 20
RETRY_SECONDS: Final = 2
_SHORT_SQL: Final = 500  # characters that are taken apart about as fast as a thread is reached


def get_fresh_rows(services: Services, asked: Asked[FreshArguments, NoBody]) -> Answer:
    """Read rows that are never older than you say.

    A stored result that is young enough is served at once, else a run is waited for; 503 and
    Retry-After if it takes longer than `wait` (20 seconds). HEAD never starts a run.
    """
    query = services.queries.get(asked.principal, query_id(asked.inbound))
    visit = _Visit(services, asked, query, parse_live_ask(asked.inbound, asked.arguments, query))
    look = visit.look_only if asked.inbound.method == "HEAD" else visit.look
    return look() if len(query.sql) <= _SHORT_SQL else Onward(Work.TEXT, look)


def get_latest_rows(services: Services, asked: Asked[LatestArguments, NoBody]) -> Answer:
    """Read rows of the latest result, or of what it was at a time; never starts a run.

    With values of parameters: of the newest stored result for these.
    """
    query = services.queries.get(asked.principal, query_id(asked.inbound))
    values = parse_values(asked.inbound.args, query.parameters)
    if values:
        return Onward(Work.TEXT, lambda: _show_stored(services, asked, query))
    return _show_result(services, asked, _latest(services, asked))


def list_results(services: Services, asked: Asked[HistoryArguments, NoBody]) -> Outbound:
    """List the stored results of a query, newest first."""
    here, limit = query_id(asked.inbound), asked.arguments.limit
    before = parse_before(asked.arguments)
    found = services.history.of_query(asked.principal, here, limit=limit + 1, before=before)
    to = addresses_of(asked.inbound)
    following = None
    if len(found) > limit:
        cursor = write_number(found[limit - 1].id)
        following = to.to("queries", here, "history", limit=limit, cursor=cursor)
    shown = tuple(show_metadata(result, to) for result in found[:limit])
    links = () if following is None else (("Link", f'<{following}>; rel="next"'),)
    return render_tagged(ResultPage(results=shown, next=following), headers=(*links, CHANGING))


def _latest(services: Services, asked: Asked[LatestArguments, NoBody]) -> Result:
    here, at = query_id(asked.inbound), asked.arguments.as_of
    if at is None:
        return services.read.latest(asked.principal, here).result
    return services.history.as_of(asked.principal, here, at).result


def _show_stored(services: Services, asked: Asked[LatestArguments, NoBody], query: Query) -> Answer:
    """Return the newest result for the values of the address."""
    if asked.arguments.as_of is not None:
        raise FieldInvalid(
            "The argument 'as_of' is given with values of parameters.",
            hint="Find the result of these values in the history of the query.",
        )
    stored = services.submit.stored(asked.principal, parse_stored_ask(asked.inbound, query))
    return _show_result(services, asked, stored.result)


def _show_result(
    services: Services, asked: Asked[LatestArguments, NoBody], result: Result
) -> Answer:
    source = result_rows(result, addresses_of(asked.inbound))
    return show_rows(services, asked, source, Delivery(cache=CHANGING))


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request for fresh rows."""

    services: Services
    asked: Asked[FreshArguments, NoBody]
    query: Query
    ask: LiveAsk

    def look(self) -> Answer:
        """Answer with what is stored, or go on to the run that is needed."""
        answered = self.services.live.look(self.asked.principal, self.ask)
        return Onward(Work.WRITE, self._submit) if answered is None else self._show(answered)

    def look_only(self) -> Answer:
        """Answer with what is stored, however old; NotReady without any."""
        answered = self.services.live.look(self.asked.principal, self.ask)
        if answered is not None:
            return self._show(answered)
        stored = parse_stored_ask(self.asked.inbound, self.query)
        try:
            result = self.services.submit.stored(self.asked.principal, stored).result
        except ResultNotCached as error:
            raise NotReady(RETRY_SECONDS, detail="Only GET makes a result.") from error
        return self._show(self._stale(result))

    def _submit(self) -> Answer:
        found = self.services.live.ask(self.asked.principal, self.ask)
        return self._show(found) if isinstance(found, Answered) else self._await(found)

    def _await(self, awaited: Awaited) -> Answer:
        patience = self._patience()

        def resume(is_over: bool) -> Answer:
            found = self.services.live.settle(self.asked.principal, self.ask, awaited)
            if found is not None:
                return self._show(found)
            if is_over or patience.seconds == 0:
                return self._too_late(awaited)
            return Later(
                execution_id=awaited.submission.execution.id,
                seconds=patience.seconds,
                resume=resume,
            )

        return resume(False)

    def _too_late(self, awaited: Awaited) -> Answer:
        if awaited.fallback is None:
            raise NotReady(RETRY_SECONDS, detail="The run takes longer than you wait.")
        return self._show(self._stale(awaited.fallback))

    def _stale(self, result: Result) -> Answered:
        """Return an older result as the answer although there is no newer one yet."""
        age = (self.services.clock.now() - result.retrieved_at).total_seconds()
        return Answered(
            query=self.query,
            result=result,
            how=Served.STALE_IF_ERROR,
            age_seconds=max(0.0, age),
            ttl_seconds=0.0,
            failure=NotReady(RETRY_SECONDS),
        )

    def _patience(self) -> Patience:
        wait = self.asked.arguments.wait
        return parse_patience(self.asked.inbound, wait, default=DEFAULT_WAIT_SECONDS)

    def _show(self, answered: Answered) -> Answer:
        source = result_rows(answered.result, addresses_of(self.asked.inbound))
        delivery = Delivery(
            headers=(*self._patience().headers, *freshness_headers(answered)),
            cache=kept_as(answered),
            is_timed=True,
        )
        return show_rows(self.services, self.asked, source, delivery)


_QUERY = "/v1/queries/{query_id:int}"
_FRESH = Notes(
    tag=TAG,
    answers={
        200: rows_shown(AGE, CACHE_STATUS, CONTENT_LOCATION, *WAITED),
        304: NOT_MODIFIED,
    },
    refusals=(404, 406, 409, 410, 413, 422, 429, 503),
    headers=WAITING,
    takes_values=True,
)
_LATEST = Notes(
    tag=TAG,
    answers={200: rows_shown(CONTENT_LOCATION), 304: NOT_MODIFIED},
    refusals=(404, 406, 410, 413, 503),
    takes_values=True,
)
_HISTORY = Shown(description="A page.", type=ResultPage, headers=(LINK,))

ROUTES = (
    endpoint(f"GET {_QUERY}/results.{{extension}}", get_fresh_rows, _FRESH, name="get_fresh_file"),
    endpoint(f"GET {_QUERY}/results", get_fresh_rows, _FRESH),
    endpoint(
        f"GET {_QUERY}/results/latest.{{extension}}",
        get_latest_rows,
        _LATEST,
        name="get_latest_file",
    ),
    endpoint(f"GET {_QUERY}/results/latest", get_latest_rows, _LATEST),
    endpoint(
        f"GET {_QUERY}/history",
        list_results,
        Notes(tag=TAG, answers={200: _HISTORY, 304: NOT_MODIFIED}, refusals=(404,)),
    ),
)
