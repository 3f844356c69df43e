"""Runs as their holders see them: looked at, watched, cancelled, read."""

from standpipe.core.errors import NotReady
from standpipe.core.executions import ExecutionState, Submission
from standpipe.dialects.native.requests.paths import execution_uid
from standpipe.dialects.native.requests.runs import ExecutionArguments, WaitedArguments
from standpipe.dialects.native.requests.waits import Patience, parse_patience
from standpipe.dialects.native.responses.executions import ExecutionShown, write_event
from standpipe.dialects.native.routes.held import (
    await_end,
    body_of,
    show_held,
    show_held_rows,
)
from standpipe.dialects.native.routes.notes import (
    CONTENT_LOCATION,
    NOT_MODIFIED,
    WAITED,
    WAITING,
    json_notes,
    rows_shown,
)
from standpipe.http.endpoints import Asked, Notes, endpoint
from standpipe.http.messages import Answer, EventStream, Inbound, Later, Outbound, Work
from standpipe.http.operations import NoArguments, NoBody, Shown
from standpipe.services.directory import Services

TAG = "executions"
EVENTS_TYPE = "text/event-stream"


def get_execution(services: Services, asked: Asked[ExecutionArguments, NoBody]) -> Answer:
    """Look at your execution, or wait until its state is another one.

    Without `state` the wait ends when the state is not what it was when you asked.
    """
    patience = parse_patience(asked.inbound, asked.arguments.wait)
    return _await_news(services, asked.inbound, asked.arguments.state, patience)


def cancel_execution(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Cancel your execution; a run that others wait for goes on for them. Repeating is fine."""
    submission = services.submissions.cancel(asked.principal, execution_uid(asked.inbound))
    return show_held(services, asked.inbound, submission)


def watch_execution(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Watch your execution as server-sent events: `state`, `progress`, and `end`.

    Their data is the execution as it then is, as JSON.
    """
    watch = _Watch(services, asked.inbound)
    return Outbound(body=EventStream(execution_id=watch.submission.execution.id, read=watch.read))


def get_execution_rows(services: Services, asked: Asked[WaitedArguments, NoBody]) -> Answer:
    """Read the rows that your execution left; 503 while it is not over."""
    patience = parse_patience(asked.inbound, asked.arguments.wait)
    return await_end(
        services,
        asked.inbound,
        execution_uid(asked.inbound),
        patience,
        over=lambda held: show_held_rows(services, asked, held, patience.headers),
        unready=_refuse,
    )


class _Watch:
    """Events of one execution: what has changed since the last look."""

    def __init__(self, services: Services, inbound: Inbound) -> None:
        self._services = services
        self._inbound = inbound
        self._uid = execution_uid(inbound)
        self._told: ExecutionShown | None = None
        self.submission = services.submissions.get(inbound.principal, self._uid)

    def read(self) -> tuple[bytes, bool]:
        """Return the events to send, and whether they are the last ones."""
        submission = self._services.submissions.get(self._inbound.principal, self._uid)
        body = body_of(self._services, self._inbound, submission)
        before, self._told = self._told, body
        events = b""
        if before is None or before.state is not body.state:
            events = write_event("state", body)
        elif before != body:
            events = write_event("progress", body)
        if submission.state.is_final:
            events += write_event("end", body)
        return events, submission.state.is_final


def _await_news(
    services: Services, inbound: Inbound, seen: ExecutionState | None, patience: Patience
) -> Answer:
    """Answer when the state is another one than was seen, by default than it is now."""
    uid = execution_uid(inbound)

    def resume(is_over: bool) -> Answer:
        nonlocal seen
        submission = services.submissions.get(inbound.principal, uid)
        seen = seen or submission.state
        if is_over or patience.seconds == 0 or _is_news(submission, seen):
            return show_held(services, inbound, submission, patience)
        return Later(execution_id=submission.execution.id, seconds=patience.seconds, resume=resume)

    return resume(False)


def _is_news(submission: Submission, seen: ExecutionState) -> bool:
    return submission.state.is_final or submission.state is not seen


def _refuse(_submission: Submission) -> Answer:
    raise NotReady(detail="The execution is not over.")


_EXECUTION = "/v1/executions/{execution_id}"
_ROWS = Notes(
    tag=TAG,
    answers={200: rows_shown(CONTENT_LOCATION, *WAITED), 304: NOT_MODIFIED},
    refusals=(404, 406, 409, 410, 413, 422, 503),
    headers=WAITING,
)
_STREAM = Shown(description="The events, until the execution is over.", media_types=(EVENTS_TYPE,))

ROUTES = (
    endpoint(
        f"GET {_EXECUTION}",
        get_execution,
        Notes(
            tag=TAG,
            answers={200: Shown(description="The execution.", type=ExecutionShown, headers=WAITED)},
            refusals=(404,),
            headers=WAITING,
        ),
    ),
    endpoint(
        f"DELETE {_EXECUTION}",
        cancel_execution,
        json_notes(TAG, ExecutionShown, 404, description="The execution as it is now."),
        work=Work.WRITE,
    ),
    endpoint(
        f"GET {_EXECUTION}/events",
        watch_execution,
        Notes(tag=TAG, answers={200: _STREAM}, refusals=(404,)),
    ),
    endpoint(
        f"GET {_EXECUTION}/results.{{extension}}",
        get_execution_rows,
        _ROWS,
        name="get_execution_file",
    ),
    endpoint(f"GET {_EXECUTION}/results", get_execution_rows, _ROWS),
)
