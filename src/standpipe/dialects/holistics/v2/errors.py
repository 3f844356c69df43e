"""What each core error looks like in API v2: compat/holistics.md 5, BaseError of the document.

``type`` is one of a closed list, ``message`` says what is wrong and ``details.description``
what is allowed and what to do next; the stable code of the core is in ``X-Standpipe-Error``.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.errors import (
    FieldInvalid,
    FieldMissing,
    InvalidRequest,
    MalformedBody,
    MethodNotAllowed,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotReady,
    RateLimited,
    StandpipeError,
)
from standpipe.dialects.holistics.errors import NO_FILE, STATUSES, NoFile
from standpipe.dialects.holistics.responses.bodies import JSON_TYPE
from standpipe.http.messages import Inbound, Outbound

MISSING: Final = "Not found"


class DetailsShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """More about an error."""

    description: str


class ErrorShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The body of every error (BaseError)."""

    type: str
    message: str
    details: DetailsShown | UnsetType = UNSET


# The nearest base that is listed counts; everything else is a BaseError.
_TYPES: Final[Mapping[type[StandpipeError], str]] = {
    StandpipeError: "BaseError",
    NotAuthenticated: "AuthError",
    NotAllowed: "PermissionDeniedError",
    NotFound: "BaseError",
    MalformedBody: "InvalidParameterError",
    FieldInvalid: "InvalidParameterError",
    FieldMissing: "InvalidParameterError",
    InvalidRequest: "InvalidOperationError",
    NotReady: "InvalidOperationError",
    NoFile: "InvalidOperationError",
    RateLimited: "RateLimitExceedError",
}
_OUR_FAULT: Final = "InternalHolisticsError"


def render_error(error: StandpipeError, inbound: Inbound) -> Outbound:  # noqa: ARG001
    """Return the answer to a failed request; a wrong key is a 401 here."""
    status = status_of(error)
    shown = _shown(error, status)
    headers = [
        JSON_TYPE,
        ("Cache-Control", "no-cache"),
        ("Status", f"{status.value} {status.phrase}"),
        ("X-Standpipe-Error", error.code),
        *_headers(error, status),
    ]
    return Outbound(status=status, headers=headers, body=msgspec.json.encode(shown))


def status_of(error: StandpipeError) -> HTTPStatus:
    """Return the status of an error."""
    if isinstance(error, NotAuthenticated):
        return HTTPStatus.UNAUTHORIZED
    if isinstance(error, FieldMissing):
        return HTTPStatus.BAD_REQUEST
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def _shown(error: StandpipeError, status: HTTPStatus) -> ErrorShown:
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return ErrorShown(type=_OUR_FAULT, message="An internal error occurred")
    kind = next(_TYPES[each] for each in type(error).__mro__ if each in _TYPES)
    if isinstance(error, NoFile):
        return ErrorShown(type=kind, message=NO_FILE)
    more = " ".join(_whole(part) for part in (error.detail, error.hint) if part)
    return ErrorShown(
        type=kind,
        message=_whole(error.message or MISSING),
        details=DetailsShown(description=more) if more else UNSET,
    )


def _whole(text: str) -> str:
    """Return a text without halves of characters, which a caller may have sent."""
    return text.encode(errors="replace").decode()


def _headers(error: StandpipeError, status: HTTPStatus) -> list[tuple[str, str]]:
    if isinstance(error, MethodNotAllowed):
        return [("Allow", ", ".join(error.allowed))]
    if isinstance(error, NotAuthenticated):
        return [("WWW-Authenticate", 'Bearer realm="standpipe"')]
    if isinstance(error, RateLimited | NotReady):
        return [("Retry-After", str(error.retry_after_seconds))]
    return [("Retry-After", "1")] if status is HTTPStatus.SERVICE_UNAVAILABLE else []
