"""What each core error looks like here: number and text in the envelope, compat/myreports.md 5."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from standpipe.core.clock import SystemClock
from standpipe.core.errors import (
    BodyTooSlow,
    Conflict,
    EncodingUnknown,
    ExecutionFailed,
    InvalidRequest,
    LimitExceeded,
    MethodNotAllowed,
    NotAcceptable,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotReady,
    RateLimited,
    ResultExpired,
    StandpipeError,
    StorageFull,
    TooManyRows,
    Unavailable,
)
from standpipe.http.messages import Inbound, Outbound

JSON_TYPE: Final = ("Content-Type", "application/json; charset=utf-8")
_CHALLENGE: Final = ("WWW-Authenticate", 'Bearer error="invalid_token"')
_INTERNAL: Final = "An internal error occurred"
_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_MISSING: Final = "Not Found"


class ErrorShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The body of every error; ``error`` is the status of the answer."""

    error: int
    message: str
    status: str = "error"
    timestamp: str


class Incomplete(Conflict):
    """The report is not complete."""

    code = "incomplete"
    retryable = True


# The nearest base that is listed counts.
STATUSES: Mapping[type[StandpipeError], HTTPStatus] = {
    StandpipeError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    EncodingUnknown: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    Conflict: HTTPStatus.CONFLICT,
    LimitExceeded: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyRows: HTTPStatus.BAD_REQUEST,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    ExecutionFailed: HTTPStatus.CONFLICT,
    ResultExpired: HTTPStatus.NOT_FOUND,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
}


def render_error(error: StandpipeError, inbound: Inbound) -> Outbound:  # noqa: ARG001
    """Return the answer to a failed request."""
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    shown = ErrorShown(
        error=status.value,
        message=text_of(error, status).encode(errors="replace").decode(),
        timestamp=SystemClock().now().strftime(_TIME),
    )
    headers = [JSON_TYPE, ("Cache-Control", "no-store"), ("X-Standpipe-Error", error.code)]
    headers += _headers(error, status)
    return Outbound(status=status, headers=headers, body=msgspec.json.encode(shown))


def text_of(error: StandpipeError, status: HTTPStatus = HTTPStatus.OK) -> str:
    """Return what is said of an error; nothing of our own faults, nor of what is not there."""
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _INTERNAL
    if status is HTTPStatus.NOT_FOUND:
        return error.message if isinstance(error, ResultExpired) else _MISSING
    return " ".join(part for part in (error.message, error.detail, error.hint) if part)


def _headers(error: StandpipeError, status: HTTPStatus) -> list[tuple[str, str]]:
    if isinstance(error, MethodNotAllowed):
        return [("Allow", ", ".join(error.allowed))]
    if isinstance(error, NotAuthenticated):
        return [_CHALLENGE]
    if isinstance(error, RateLimited | NotReady):
        return [("Retry-After", str(error.retry_after_seconds))]
    again = status is HTTPStatus.SERVICE_UNAVAILABLE or isinstance(error, Incomplete)
    return [("Retry-After", "1")] if again else []
