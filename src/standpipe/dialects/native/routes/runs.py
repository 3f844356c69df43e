"""Runs asked for: of saved queries and of statements; answered with rows if they come in time."""

from collections.abc import Callable
from typing import Any

from standpipe.core.errors import NotFound
from standpipe.core.executions import Submission
from standpipe.core.ids import Uid
from standpipe.core.results import Result
from standpipe.dialects.native.errors import problem_of
from standpipe.dialects.native.requests.runs import (
    IDEMPOTENCY_KEY,
    QueryRun,
    RunArguments,
    StatementRun,
    digest_of,
    parse_query_ask,
    parse_statement_ask,
)
from standpipe.dialects.native.requests.waits import Patience, parse_patience
from standpipe.dialects.native.responses.bodies import UNKEPT, addresses_of, render_json
from standpipe.dialects.native.responses.executions import ExecutionShown, PlanShown, show_plan
from standpipe.dialects.native.responses.results import Rows
from standpipe.dialects.native.routes.held import (
    await_end,
    body_of,
    show_held_rows,
    show_run_rows,
)
from standpipe.dialects.native.routes.notes import (
    CONTENT_LOCATION,
    LOCATION,
    RETRY_AFTER,
    WAITED,
    WAITING,
    rows_shown,
)
from standpipe.http.endpoints import Asked, Notes, endpoint
from standpipe.http.messages import Answer, Onward, Outbound, Work
from standpipe.http.operations import Shown
from standpipe.services.directory import Services
from standpipe.services.planning import Plan
from standpipe.services.submit import Prepared

TAG = "executions"

Preparing = Callable[[], Result | Prepared]


def run_query(services: Services, asked: Asked[RunArguments, QueryRun]) -> Answer:
    """Run a saved query.

    A stored result that is young enough for `max_age`, or that of a run which is done within the
    time that you wait, is answered with its rows; else 202 and the execution.
    """
    ask = parse_query_ask(asked.inbound, asked.body)
    if asked.arguments.dry_run:
        return _plan(asked, lambda: services.planning.query(asked.principal, ask))
    return _run(services, asked, lambda: services.submit.prepare_query(asked.principal, ask))


def run_statement(services: Services, asked: Asked[RunArguments, StatementRun]) -> Answer:
    """Run SQL that is not saved; answers as for a saved query."""
    ask = parse_statement_ask(asked.body)
    if asked.arguments.dry_run:
        return _plan(asked, lambda: services.planning.statement(asked.principal, ask))
    return _run(services, asked, lambda: services.submit.prepare_statement(asked.principal, ask))


def _plan(asked: Asked[Any, Any], plan: Callable[[], Plan]) -> Onward:
    def show() -> Outbound:
        found = plan()
        problem = None if found.verdict is None else problem_of(found.verdict)
        body = show_plan(found, problem, addresses_of(asked.inbound))
        return render_json(body, headers=(UNKEPT,))

    return Onward(Work.SLOW, show)


def _run(services: Services, asked: Asked[Any, Any], prepare: Preparing) -> Onward:
    """Take the SQL apart on a thread, submit on the writer's, then wait."""

    def start() -> Answer:
        found = prepare()
        return Onward(Work.WRITE, lambda: _submitted(services, asked, found))

    return Onward(Work.TEXT, start)


def _submitted(services: Services, asked: Asked[Any, Any], prepared: Result | Prepared) -> Answer:
    patience = parse_patience(asked.inbound, asked.arguments.wait)
    found = _once(services, asked, prepared)
    if isinstance(found, Result):
        return show_run_rows(services, asked, found, patience.headers)
    if patience.seconds == 0:  # also when the run was faster than this answer
        return _accepted(services, asked, found, patience)
    return await_end(
        services,
        asked.inbound,
        found.uid,
        patience,
        over=lambda held: show_held_rows(services, asked, held, patience.headers),
        unready=lambda held: _accepted(services, asked, held, patience),
    )


def _once(
    services: Services, asked: Asked[Any, Any], prepared: Result | Prepared
) -> Result | Submission:
    """Submit, unless a result will do; a caller's Idempotency-Key makes that happen once."""
    key = asked.inbound.headers.get("idempotency-key")
    if key is None:
        return _submit(services, prepared)
    made: list[Result | Submission] = []

    def make() -> Uid:
        made.append(_submit(services, prepared))
        return made[0].uid

    digest = digest_of(asked.inbound, asked.body)
    uid = services.idempotency.once(asked.principal, key, digest, make)
    return made[0] if made else _made_before(services, asked, uid)


def _submit(services: Services, prepared: Result | Prepared) -> Result | Submission:
    return prepared if isinstance(prepared, Result) else services.submit.enqueue(prepared)


def _made_before(services: Services, asked: Asked[Any, Any], uid: Uid) -> Result | Submission:
    """Return what a repeated request led to: an execution, or a result that was stored then."""
    try:
        return services.submissions.get(asked.principal, uid)
    except NotFound:
        return services.read.by_uid(asked.principal, uid)


def _accepted(
    services: Services, asked: Asked[Any, Any], submission: Submission, patience: Patience
) -> Outbound:
    body = body_of(services, asked.inbound, submission)
    made = (("Location", body.links.self), ("Retry-After", "1"), UNKEPT)
    return render_json(body, status=202, headers=(*patience.headers, *made))


_NOTES = Notes(
    tag=TAG,
    answers={
        200: rows_shown(CONTENT_LOCATION, *WAITED, kind=(Rows, PlanShown)),
        202: Shown(
            description="The execution goes on.",
            type=ExecutionShown,
            headers=(LOCATION, RETRY_AFTER, *WAITED),
        ),
    },
    refusals=(404, 406, 409, 410, 413, 422, 429, 503),
    headers=(*WAITING, IDEMPOTENCY_KEY),
)

ROUTES = (
    endpoint("POST /v1/queries/{query_id:int}/executions", run_query, _NOTES),
    endpoint("POST /v1/executions", run_statement, _NOTES),
)
