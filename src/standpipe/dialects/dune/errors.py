"""What each core error looks like here: ``{"error": text}``, with the texts that clients compare.

Sources: compat/dune.md 7.1. The stable code goes into a header, since some clients compare the
whole body.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

import msgspec

from standpipe.core.errors import (
    BodyTooSlow,
    Conflict,
    EncodingUnknown,
    ExecutionFailed,
    FormatUnknown,
    InvalidRequest,
    LimitExceeded,
    MalformedBody,
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
    Unavailable,
    WindowInvalid,
)
from standpipe.http.messages import Inbound, Outbound

NO_QUERY = "Query not found"
HIDDEN_QUERY = "not found: Query not found or private"
NEVER_RUN = "not found: No execution found for the latest version of the given query"
NO_EXECUTION = "Execution not found"
NO_VIEW = "Materialized view not found"
NO_PIPELINE = "Pipeline execution not found"
NOT_RUNNABLE = "Not allowed to execute query. Query is archived, unsaved or not enough permissions"
_INTERNAL = "An internal error occurred"
_PARTS = {"where": "filters", "filter": "filters", "sort": "sort_by", "columns": "columns"}


class ErrorShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The body of every error."""

    error: str


# The nearest base that is listed counts.
STATUSES: Mapping[type[StandpipeError], HTTPStatus] = {
    StandpipeError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    EncodingUnknown: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    FormatUnknown: HTTPStatus.BAD_REQUEST,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    Conflict: HTTPStatus.CONFLICT,
    LimitExceeded: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    ExecutionFailed: HTTPStatus.BAD_REQUEST,
    ResultExpired: HTTPStatus.NOT_FOUND,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
}


class Told(StandpipeError):
    """An error whose text Dune's clients know; ``error`` is what it is to us."""

    def __init__(self, text: str, error: StandpipeError) -> None:
        """Keep both."""
        super().__init__(text)
        self.text = text
        self.error = error


@contextmanager
def told(text: str, *kinds: type[StandpipeError]) -> Iterator[None]:
    """Give errors of these kinds (default NotFound) that text."""
    try:
        yield
    except StandpipeError as error:
        if not isinstance(error, kinds or (NotFound,)):
            raise
        raise Told(text, error) from error


def render_error(error: StandpipeError, inbound: Inbound) -> Outbound:  # noqa: ARG001
    """Return the answer to a failed request."""
    known = error.error if isinstance(error, Told) else error
    status = next(STATUSES[kind] for kind in type(known).__mro__ if kind in STATUSES)
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    headers += [("X-Standpipe-Error", known.code), *_headers(known, status)]
    text = error.text if isinstance(error, Told) else text_of(error, status)
    body = msgspec.json.encode(ErrorShown(error=text.encode(errors="replace").decode()))
    return Outbound(status=status, headers=headers, body=body)


def text_of(error: StandpipeError, status: HTTPStatus) -> str:
    """Return what is said of an error; nothing of our own faults."""
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _INTERNAL
    if isinstance(error, NotAuthenticated):
        return "invalid API Key"
    if isinstance(error, MalformedBody):
        return "Invalid request body payload"
    if isinstance(error, RateLimited):
        return "too many requests"
    said = " ".join(part for part in (error.message, error.detail, error.hint) if part)
    if isinstance(error, WindowInvalid):
        place = f" at position {error.position}" if error.position >= 0 else ""
        return f"invalid {_PARTS.get(error.part, error.part)}{place}: {said}"
    return said


def _headers(error: StandpipeError, status: HTTPStatus) -> list[tuple[str, str]]:
    if isinstance(error, MethodNotAllowed):
        return [("Allow", ", ".join(error.allowed))]
    if isinstance(error, RateLimited | NotReady):
        return [("Retry-After", str(error.retry_after_seconds))]
    return [("Retry-After", "1")] if status is HTTPStatus.SERVICE_UNAVAILABLE else []
