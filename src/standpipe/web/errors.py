"""Errors as pages: which status each core error has here, and what is said."""

from standpipe.core.errors import (
    BodyTooLarge,
    Conflict,
    CsrfFailed,
    ExecutionFailed,
    InvalidRequest,
    LimitExceeded,
    MethodNotAllowed,
    NotAcceptable,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RateLimited,
    ResultExpired,
    StandpipeError,
    Unavailable,
)
from standpipe.http.messages import Inbound, Outbound
from standpipe.web.session import Header, login_location
from standpipe.web.show import redirect, show_page

# The first class that fits decides.
STATUSES: tuple[tuple[type[StandpipeError], int, str], ...] = (
    (CsrfFailed, 400, "This form has expired"),
    (BodyTooLarge, 413, "That is too much"),
    (RateLimited, 429, "Too many attempts"),
    (LimitExceeded, 429, "Too many attempts"),
    (InvalidRequest, 400, "That does not work"),
    (NotAllowed, 403, "Not allowed"),
    (NotFound, 404, "Page not found"),
    (MethodNotAllowed, 405, "That does not work here"),
    (NotAcceptable, 406, "Not in that format"),
    (Conflict, 409, "Something changed meanwhile"),
    (ResultExpired, 410, "This result is gone"),
    (ExecutionFailed, 502, "The run failed"),
    (Unavailable, 503, "Not available right now"),
    (StandpipeError, 500, "Something went wrong"),
)


def render_error(error: StandpipeError, inbound: Inbound) -> Outbound:
    """Return the page of an error; whoever is not signed in is sent to the sign-in page."""
    if isinstance(error, NotAuthenticated):
        return redirect(login_location(inbound))
    status, title = next((s, t) for kind, s, t in STATUSES if isinstance(error, kind))
    return show_page(
        inbound, "error.html", status=status, headers=_headers(error), title=title, error=error
    )


def _headers(error: StandpipeError) -> list[Header]:
    if isinstance(error, RateLimited):
        return [("Retry-After", str(error.retry_after_seconds))]
    if isinstance(error, MethodNotAllowed):
        return [("Allow", ", ".join(error.allowed))]
    return []
