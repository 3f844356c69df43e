"""Errors of the token service: pages for people, JSON as RFC 6749, 5.2 wants it for programs."""

from standpipe.core.errors import (
    BodyTooLarge,
    InvalidRequest,
    LimitExceeded,
    MethodNotAllowed,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RateLimited,
    StandpipeError,
    Unavailable,
)
from standpipe.http.messages import Inbound, Outbound
from standpipe.web.connect.endpoints import NO_STORE, send_json
from standpipe.web.connect.pages import PATH
from standpipe.web.errors import render_error as render_page

# The first class that fits decides.
STATUSES: tuple[tuple[type[StandpipeError], int, str], ...] = (
    (BodyTooLarge, 413, "invalid_request"),
    (LimitExceeded, 429, "temporarily_unavailable"),
    (InvalidRequest, 400, "invalid_request"),
    (NotAuthenticated, 401, "invalid_token"),
    (NotAllowed, 403, "insufficient_scope"),
    (NotFound, 404, "invalid_request"),
    (MethodNotAllowed, 405, "invalid_request"),
    (Unavailable, 503, "temporarily_unavailable"),
    (StandpipeError, 500, "server_error"),
)


def render_error(error: StandpipeError, inbound: Inbound) -> Outbound:
    """Return the page or the body of an error."""
    if inbound.path == PATH:
        return render_page(error, inbound)
    status, code = next((s, c) for kind, s, c in STATUSES if isinstance(error, kind))
    body = {"error": code, "error_description": str(error)}
    return send_json(body, status=status, headers=(*NO_STORE, *_headers(error, code)))


def _headers(error: StandpipeError, code: str) -> list[tuple[str, str]]:
    if isinstance(error, RateLimited):
        return [("Retry-After", str(error.retry_after_seconds))]
    if isinstance(error, MethodNotAllowed):
        return [("Allow", ", ".join(error.allowed))]
    if isinstance(error, NotAuthenticated | NotAllowed):
        return [("WWW-Authenticate", f'Bearer realm="standpipe", error="{code}"')]
    return []
