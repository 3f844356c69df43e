"""What each core error looks like here: compat/holistics.md 1 and 5.

Addresses that end in the suffix of a file get one line of text, all others JSON, except for the
text of a wrong key, which is the same for all reports. Clients in R read the header ``Status``.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import msgspec

from standpipe.core.errors import (
    BodyTooSlow,
    Conflict,
    EncodingUnknown,
    ExecutionFailed,
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
    TooManyRows,
    Unavailable,
)
from standpipe.http.messages import Inbound, Outbound

BAD_KEY: Final = "Holistics::InvalidAuthenticationToken"
NO_FILE: Final = "Holistics::NotFound"
MISSING: Final = "Resource not found"
_FILES: Final = re.compile(r".*\.(csv|xlsx)", re.DOTALL)
_REPORTS: Final = ("/queries/", "/exports/")


class ErrorShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The body of every error that is JSON: the same text for those who read either field."""

    error: str
    errors: list[str]


class NoFile(StandpipeError):
    """There is nothing to download (yet)."""

    code = "no_file"

    def __init__(self) -> None:
        """Say what Holistics says."""
        super().__init__(NO_FILE)


# The nearest base that is listed counts.
STATUSES: Mapping[type[StandpipeError], HTTPStatus] = {
    StandpipeError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    MalformedBody: HTTPStatus.BAD_REQUEST,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    EncodingUnknown: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    Conflict: HTTPStatus.CONFLICT,
    LimitExceeded: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyRows: HTTPStatus.UNPROCESSABLE_ENTITY,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    ExecutionFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    ResultExpired: HTTPStatus.NOT_FOUND,
    NoFile: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
}


@contextmanager
def without_file() -> Iterator[None]:
    """Say of what is not there that there is no file."""
    try:
        yield
    except (NotFound, ResultExpired) as error:
        raise NoFile from error


def render_error(error: StandpipeError, inbound: Inbound) -> Outbound:
    """Return the answer to a failed request."""
    status = _status(error, inbound)
    is_bad_key = isinstance(error, NotAuthenticated) and status != HTTPStatus.UNAUTHORIZED
    text = BAD_KEY if is_bad_key else text_of(error, status)
    text = text.encode(errors="replace").decode()
    is_plain = bool(_FILES.fullmatch(inbound.path))
    if is_bad_key:
        is_plain = inbound.path.startswith(_REPORTS)
    kind = "text/plain; charset=utf-8" if is_plain else "application/json; charset=utf-8"
    headers = [("Content-Type", kind), ("Cache-Control", "no-cache")]
    headers += [("Status", f"{status.value} {status.phrase}"), ("X-Standpipe-Error", error.code)]
    shown = ErrorShown(error=text, errors=[text])
    body = text.encode() if is_plain else msgspec.json.encode(shown)
    return Outbound(status=status, headers=[*headers, *_headers(error, status)], body=body)


def text_of(error: StandpipeError, status: HTTPStatus = HTTPStatus.OK) -> str:
    """Return what is said of an error; nothing of our own faults, nor of what is not there."""
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return "An internal error occurred"
    if status is HTTPStatus.NOT_FOUND:
        return MISSING
    return " ".join(part for part in (error.message, error.detail, error.hint) if part)


def _status(error: StandpipeError, inbound: Inbound) -> HTTPStatus:
    """Return the status; a key that is not known is told apart from none (holistics.md 1)."""
    if isinstance(error, NotAuthenticated):
        headers = inbound.headers
        carries_any = headers.get("x-holistics-key") or headers.get("authorization")
        carries_any = carries_any or inbound.arg("_utoken")
        return HTTPStatus.UNPROCESSABLE_ENTITY if carries_any else HTTPStatus.UNAUTHORIZED
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def _headers(error: StandpipeError, status: HTTPStatus) -> list[tuple[str, str]]:
    if isinstance(error, MethodNotAllowed):
        return [("Allow", ", ".join(error.allowed))]
    if isinstance(error, RateLimited | NotReady):
        return [("Retry-After", str(error.retry_after_seconds))]
    return [("Retry-After", "1")] if status is HTTPStatus.SERVICE_UNAVAILABLE else []
