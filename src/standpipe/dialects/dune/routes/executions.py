"""Runs: asked for, looked at, read, cancelled."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

from standpipe.core.errors import NotAllowed, NotFound, ResultNotCached, SourcePaused
from standpipe.core.ids import QueryId, Uid
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.dialects.dune.errors import (
    HIDDEN_QUERY,
    NEVER_RUN,
    NO_EXECUTION,
    NO_QUERY,
    NOT_RUNNABLE,
    Told,
    told,
)
from standpipe.dialects.dune.requests.options import RowsArguments, parameter_values
from standpipe.dialects.dune.requests.parameters import normalize_values, spellings
from standpipe.dialects.dune.requests.paths import execution_uid, query_id
from standpipe.dialects.dune.requests.runs import (
    QueryRun,
    RunArguments,
    StatementRun,
    digest_of,
    parse_query_ask,
    parse_statement_ask,
)
from standpipe.dialects.dune.responses.bodies import render_json
from standpipe.dialects.dune.responses.executions import (
    CancelShown,
    StartedShown,
    StatusShown,
    show_started,
    show_status,
)
from standpipe.dialects.dune.responses.results import RowsShown
from standpipe.dialects.dune.responses.usage import show_credits
from standpipe.dialects.dune.routes.notes import CSV, TOTAL
from standpipe.dialects.dune.routes.rows import show_csv, show_json
from standpipe.dialects.dune.routes.sources import default_source
from standpipe.http.described import About, described
from standpipe.http.messages import Answer, Inbound, Onward, Outbound, Work
from standpipe.http.operations import Shown
from standpipe.services.directory import Services
from standpipe.services.latest import SeenRun
from standpipe.services.submit import Prepared

Show = Callable[[Services, Inbound, SeenRun], Answer]


def execute_query(services: Services, inbound: Inbound) -> Answer:
    """Run a saved query; answers at once with the execution's id."""
    query = runnable_query(services, inbound, query_id(inbound))
    ask = parse_query_ask(inbound, query)

    def prepare() -> Answer:
        with told(NOT_RUNNABLE, NotAllowed, SourcePaused):
            return _submit(services, inbound, services.submit.prepare_query(inbound.principal, ask))

    return Onward(Work.TEXT, prepare)


def runnable_query(services: Services, inbound: Inbound, number: QueryId) -> Query:
    """Return a query that the caller may see and that is not archived, or say so as Dune does."""
    with told(NO_QUERY, NotFound), told(NOT_RUNNABLE, NotAllowed):
        query = services.queries.get(inbound.principal, number)
    if query.is_archived:
        raise Told(NOT_RUNNABLE, NotAllowed())
    return query


def execute_sql(services: Services, inbound: Inbound) -> Answer:
    """Run SQL that is not saved."""
    source = default_source(services, inbound.principal)
    ask = parse_statement_ask(inbound, source.id)

    def prepare() -> Answer:
        return _submit(services, inbound, services.submit.prepare_statement(inbound.principal, ask))

    return Onward(Work.TEXT, prepare)


def get_status(services: Services, inbound: Inbound) -> Outbound:
    """Tell how a run stands."""
    run = _run(services, inbound)
    position = services.latest.queue_position(run)
    cost = show_credits(services.usage.rates.per_execution)
    return render_json(show_status(run, position, services.result_age, cost=cost))


def get_execution_results(services: Services, inbound: Inbound) -> Answer:
    """Read the rows of a run as JSON; while it is not done, how it stands."""
    return show_json(services, inbound, _run(services, inbound))


def get_execution_csv(services: Services, inbound: Inbound) -> Answer:
    """Read the rows of a run as CSV."""
    return show_csv(services, inbound, _run(services, inbound))


def cancel_execution(services: Services, inbound: Inbound) -> Outbound:
    """Cancel a run of one's own; false if it was over already."""
    uid = execution_uid(inbound)
    with told(NO_EXECUTION):
        before = services.latest.get(inbound.principal, uid)
        if not before.state.is_final:
            services.latest.cancel(inbound.principal, uid)
    return render_json(CancelShown(success=not before.state.is_final))


def get_latest_results(services: Services, inbound: Inbound) -> Answer:
    """Read the rows of a query's latest run as JSON; never runs anything."""
    return show_latest(services, inbound, query_id(inbound), show_json)


def get_latest_csv(services: Services, inbound: Inbound) -> Answer:
    """Read the rows of a query's latest run as CSV."""
    return show_latest(services, inbound, query_id(inbound), show_csv)


def show_latest(services: Services, inbound: Inbound, number: QueryId, show: Show) -> Answer:
    """Show the latest run of a query, or that of the values in the address."""
    values = parameter_values(inbound)
    with told(NO_QUERY, NotFound), told(HIDDEN_QUERY, NotAllowed):
        query = services.queries.get(inbound.principal, number)
    wanted = None if values is None else normalize_values(query.parameters, values)

    def answer() -> Answer:
        return show(services, inbound, _find_latest(services, inbound, query, wanted))

    return answer() if wanted is None else Onward(Work.TEXT, answer)


def _find_latest(
    services: Services, inbound: Inbound, query: Query, wanted: Mapping[str, Any] | None
) -> SeenRun:
    if wanted is not None:
        *others, wanted = spellings(query.parameters, wanted)
        for values in others:
            with suppress(ResultNotCached):
                return services.latest.of_query(inbound.principal, query.id, values)
    with told(NEVER_RUN, ResultNotCached):
        return services.latest.of_query(inbound.principal, query.id, wanted)


def _run(services: Services, inbound: Inbound) -> SeenRun:
    uid = execution_uid(inbound)
    with told(NO_EXECUTION):
        return services.latest.get(inbound.principal, uid)


def _submit(services: Services, inbound: Inbound, found: Result | Prepared) -> Answer:
    """Queue on the writer's thread; with an Idempotency-Key that happens once."""
    if isinstance(found, Result):
        raise TypeError("A run that must begin anew is never a stored result.")

    def make() -> Uid:
        return services.submit.enqueue(found).uid

    def answer() -> Answer:
        uid = make_once(services, inbound, make)
        run = services.latest.get(inbound.principal, uid)
        return replace(render_json(show_started(run)), headers=UNKEPT)

    return Onward(Work.WRITE, answer)


def make_once(services: Services, inbound: Inbound, make: Callable[[], Uid]) -> Uid:
    """Make something; with an Idempotency-Key that happens once."""
    key = inbound.headers.get("idempotency-key")
    if key is None:
        return make()
    return services.idempotency.once(inbound.principal, key, digest_of(inbound), make)


UNKEPT: Final = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))

_ABOUT: Final = partial(About, tag="executions", refusals=(404,))
_STATUS: Final = _ABOUT(answer=StatusShown)
_CANCELLED: Final = _ABOUT(answer=CancelShown)
ROWS: Final = _ABOUT(
    answer=Shown(description="The run, and its rows.", type=RowsShown, headers=(TOTAL,)),
    arguments=RowsArguments,
)
CSV_ROWS: Final = _ABOUT(answer=CSV, arguments=RowsArguments)
_STARTED: Final = partial(
    _ABOUT, answer=StartedShown, arguments=RunArguments, refusals=(403, 404, 409, 429, 503)
)
_RUN: Final = "/execution/{execution_id}"
_QUERY: Final = "/query/{query_id}"
ROUTES: Final = (
    described(f"GET {_RUN}/status", get_status, _STATUS),
    described(f"GET {_RUN}/results", get_execution_results, ROWS),
    described(f"GET {_RUN}/results/csv", get_execution_csv, CSV_ROWS),
    described(f"POST {_RUN}/cancel", cancel_execution, _CANCELLED, Work.WRITE),
    described(f"GET {_QUERY}/results", get_latest_results, ROWS),
    described(f"GET {_QUERY}/results/csv", get_latest_csv, CSV_ROWS),
    described(f"POST {_QUERY}/execute", execute_query, _STARTED(body=QueryRun)),
    described("POST /sql/execute", execute_sql, _STARTED(body=StatementRun)),
)
