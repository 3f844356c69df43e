"""What each core error looks like here: problem details (RFC 9457) with a stable code."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from standpipe.core.errors import (
    BodyTooSlow,
    ConfigurationInvalid,
    Conflict,
    EncodingUnknown,
    ExecutionCancelled,
    ExecutionExpired,
    ExecutionFailed,
    ExecutionLost,
    FormatUnknown,
    IdempotencyMismatch,
    InvalidRequest,
    LimitExceeded,
    MethodNotAllowed,
    NotAcceptable,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotReady,
    ParameterInvalid,
    ParameterMissing,
    RateLimited,
    ResultExpired,
    SourceMissing,
    SourcePaused,
    StandpipeError,
    StorageFull,
    Unavailable,
    VersionConflict,
    WindowInvalid,
)
from standpipe.http.messages import Inbound, Outbound

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1

_CHALLENGES = (
    ("WWW-Authenticate", 'Bearer realm="standpipe"'),
    ("WWW-Authenticate", 'Basic realm="standpipe", charset="UTF-8"'),
)


class Problem(msgspec.Struct, kw_only=True, frozen=True):
    """Why a request has not been answered, or a run has no result."""

    type: Annotated[str, Meta(description="urn:standpipe:error:<code>")]
    title: Annotated[str, Meta(description="What this kind of problem is.")]
    status: Annotated[int, Meta(description="The status of the answer, as it stands in HTTP.")]
    detail: Annotated[str, Meta(description="What was wrong, and what is allowed.")]
    code: Annotated[str, Meta(description="A stable word for this kind of problem.")]
    hint: Annotated[str, Meta(description="What to do next.")] | UnsetType = UNSET
    part: Annotated[str, Meta(description="The argument that is wrong.")] | UnsetType = UNSET
    position: (
        Annotated[int, Meta(description="Where in that argument, in characters from 0.")]
        | UnsetType
    ) = UNSET
    parameters: (
        Annotated[list[str], Meta(description="The parameters that are wrong or missing.")]
        | UnsetType
    ) = UNSET


# The nearest base that is listed counts.
STATUSES: Mapping[type[StandpipeError], HTTPStatus] = {
    StandpipeError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    EncodingUnknown: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    FormatUnknown: HTTPStatus.BAD_REQUEST,
    SourcePaused: HTTPStatus.CONFLICT,
    SourceMissing: HTTPStatus.CONFLICT,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    Conflict: HTTPStatus.CONFLICT,
    IdempotencyMismatch: HTTPStatus.UNPROCESSABLE_ENTITY,
    LimitExceeded: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    ExecutionFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    ExecutionCancelled: HTTPStatus.CONFLICT,
    ExecutionLost: HTTPStatus.SERVICE_UNAVAILABLE,
    ExecutionExpired: HTTPStatus.SERVICE_UNAVAILABLE,
    ResultExpired: HTTPStatus.GONE,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
    ConfigurationInvalid: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def render_error(error: StandpipeError, inbound: Inbound) -> Outbound:
    """Return the answer to a failed request."""
    status = _status(error)
    if isinstance(error, VersionConflict) and "if-match" in inbound.headers:
        status = HTTPStatus.PRECONDITION_FAILED
    headers = [("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store")]
    headers += _headers(error, status)
    if "sec-fetch-dest" not in inbound.headers and isinstance(error, NotAuthenticated):
        headers += _CHALLENGES[1:]  # a script of a page shall not make the browser ask
    problem = problem_of(error, status)
    if problem.part == "group_by" and "distinct" in inbound.args:
        problem = msgspec.structs.replace(problem, part="distinct")
    return Outbound(status=status, headers=headers, body=msgspec.json.encode(problem))


def problem_of(error: StandpipeError, status: HTTPStatus | None = None) -> Problem:
    """Return an error as a body; what is our own fault says no more than its kind."""
    status = status or _status(error)
    title = _title(type(error))
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(type=_type("error"), title=title, status=status, detail=title, code="error")
    said = " ".join(part for part in (error.message, error.detail) if part not in ("", title))
    said = said or title
    said = said.encode(errors="replace").decode()  # it may quote what is no Unicode
    return Problem(
        type=_type(error.code),
        title=title,
        status=status,
        detail=said,
        code=error.code,
        hint=error.hint or UNSET,
        part=_part(error),
        position=_position(error),
        parameters=list(error.names)
        if isinstance(error, ParameterInvalid | ParameterMissing)
        else UNSET,
    )


def _status(error: StandpipeError) -> HTTPStatus:
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def _headers(error: StandpipeError, status: HTTPStatus) -> list[tuple[str, str]]:
    if isinstance(error, NotAuthenticated):
        return list(_CHALLENGES[:1])
    if isinstance(error, MethodNotAllowed):
        return [("Allow", ", ".join(error.allowed))]
    if isinstance(error, RateLimited | NotReady):
        return [("Retry-After", str(error.retry_after_seconds))]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return [("Retry-After", str(RETRY_SECONDS))]
    return []


def _title(kind: type[StandpipeError]) -> str:
    return (kind.__doc__ or "").strip().split("\n")[0]


def _type(code: str) -> str:
    return f"urn:standpipe:error:{code}"


def _part(error: StandpipeError) -> str | UnsetType:
    """Return the argument that is wrong, by its name in a URL."""
    part = error.part if isinstance(error, WindowInvalid) else ""
    return "group_by" if part == "group" else part or UNSET


def _position(error: StandpipeError) -> int | UnsetType:
    if isinstance(error, WindowInvalid) and error.position >= 0:
        return error.position
    return UNSET
