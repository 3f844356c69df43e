"""What each core error looks like here: a message, or a failed job where a run was asked for."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from standpipe.core.errors import (
    ConfigurationInvalid,
    Conflict,
    CsrfFailed,
    ExecutionFailed,
    FieldInvalid,
    FieldMissing,
    FormatUnknown,
    InvalidRequest,
    LimitExceeded,
    ListQueryInvalid,
    MalformedBody,
    MethodNotAllowed,
    NameTaken,
    NotAcceptable,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PageOutOfRange,
    ParameterInvalid,
    ParameterMissing,
    RateLimited,
    ResultExpired,
    ResultNotCached,
    SourceMissing,
    SourcePaused,
    StandpipeError,
    Unavailable,
    UnsafeParameters,
    UserNeeded,
    VersionConflict,
)
from standpipe.http.messages import Inbound, Outbound

BAD_REQUEST = "The browser (or proxy) sent a request that this server could not understand."
LOGIN_FIRST = "Couldn't find resource. Please login and try again."
NOT_FOUND = (
    "The requested URL was not found on the server."
    " If you entered the URL manually please check your spelling and try again."
)
FORBIDDEN = (
    "You don't have the permission to access the requested resource."
    " It is either read-protected or not readable by the server."
)
NOT_YOURS = "You don't have permission to edit this resource."
NOT_ALLOWED_METHOD = "The method is not allowed for the requested URL."
CONFLICT = (
    "A conflict happened while processing the request."
    " The resource might have been modified while the request was being processed."
)
NO_CACHED_RESULT = "No cached result found for this query."
NO_RIGHT_TO_RUN = "You do not have permission to run queries with this data source."
NO_CSRF = "The CSRF token is missing."
LIST_QUERY = (
    "You are trying to associate a dropdown query that does not have a matching group. "
    "Please verify the dropdown query id you are trying to associate with this query."
)
UNSAFE_SHARED = (
    "This query contains potentially unsafe parameters and cannot be executed on a shared"
    " dashboard or an embedded visualization."
)
SERVER_ERROR = "Internal Server Error"

_RUN = re.compile(r"/api/(queries/\d+/results|query_results)")
_OWNED = re.compile(r"/api/queries/\d+(/regenerate_api_key)?")


Show = Callable[[Any, Inbound], Outbound]


def render_error(error: StandpipeError, inbound: Inbound) -> Outbound:
    """Return the answer to a failed request: that of the error's class, or of its nearest base."""
    for kind in type(error).__mro__:
        if kind in _SHAPES:
            return _SHAPES[kind](error, inbound)
        if kind in _TEXTS:
            status, text = _TEXTS[kind]
            return _message(status, text or str(error))
    return _message(500, SERVER_ERROR)


def _message(status: int, text: str, **more: str) -> Outbound:
    return _json(status, {"message": text, **more})


def _job(status: int, text: str) -> Outbound:
    return _json(status, {"job": {"status": 4, "error": text}})


def _json(status: int, body: Mapping[str, object]) -> Outbound:
    return Outbound(
        status=status,
        headers=(("Content-Type", "application/json"),),
        body=json.dumps(body, ensure_ascii=False).encode(errors="replace"),
    )


def _invalid_field(error: StandpipeError, inbound: Inbound) -> Outbound:
    # Data sources have this one text for every mistake; the detail is ours.
    if inbound.path.startswith("/api/data_sources"):
        return _message(400, BAD_REQUEST, detail=str(error))
    return _message(400, str(error))


def _incompatible(error: ParameterInvalid, _inbound: Inbound) -> Outbound:
    text = "The following parameter values are incompatible with their definitions: "
    return _message(400, text + ", ".join(error.names))


def _missing(error: ParameterMissing, _inbound: Inbound) -> Outbound:
    return _job(400, f"Missing parameter value for: {', '.join(error.names)}")


def _bad_page(error: PageOutOfRange, _inbound: Inbound) -> Outbound:
    return _message(400, error.message)


def _paused(error: SourcePaused, _inbound: Inbound) -> Outbound:
    reason = f" ({error.reason})" if error.reason else ""
    return _job(400, f"{error.source_name} is paused{reason}. Please try later.")


def _no_source(_error: SourceMissing, inbound: Inbound) -> Outbound:
    if inbound.path == "/api/query_results":
        return _job(401, "Please select data source to run this query.")
    return _job(401, "Target data source not available.")


def _not_authenticated(_error: NotAuthenticated, inbound: Inbound) -> Outbound:
    is_script = inbound.headers.get("x-requested-with") == "XMLHttpRequest"
    if inbound.path.startswith("/api") or is_script:
        return _message(404, LOGIN_FIRST)
    here = quote(inbound.base_url + inbound.prefix + inbound.path, safe="")
    return Outbound(status=302, headers=(("Location", f"{inbound.prefix}/login?next={here}"),))


def _not_allowed(_error: NotAllowed, inbound: Inbound) -> Outbound:
    if inbound.method == "POST" and _RUN.fullmatch(inbound.path):
        return _job(403, NO_RIGHT_TO_RUN)
    owned = _OWNED.fullmatch(inbound.path)
    if owned and (inbound.method == "DELETE" or owned[1]):
        return _message(403, NOT_YOURS)
    return _message(403, FORBIDDEN)


def _user_needed(error: UserNeeded, inbound: Inbound) -> Outbound:
    if inbound.path.endswith("/refresh"):
        return _message(403, "Please use a user API key.")
    return _not_allowed(error, inbound)


def _unsafe(_error: UnsafeParameters, _inbound: Inbound) -> Outbound:
    return _job(403, UNSAFE_SHARED)


def _wrong_method(error: MethodNotAllowed, _inbound: Inbound) -> Outbound:
    answer = _message(405, NOT_ALLOWED_METHOD)
    return replace(answer, headers=(*answer.headers, ("Allow", ", ".join(error.allowed))))


def _rate_limited(error: RateLimited, _inbound: Inbound) -> Outbound:
    answer = _message(429, error.limit)
    retry = ("Retry-After", str(error.retry_after_seconds))
    return replace(answer, headers=(*answer.headers, retry))


# Status and text; None stands for the error's own words.
_TEXTS: Mapping[type, tuple[int, str | None]] = {
    StandpipeError: (500, SERVER_ERROR),
    InvalidRequest: (400, None),
    MalformedBody: (400, BAD_REQUEST),
    FormatUnknown: (404, None),
    ListQueryInvalid: (400, LIST_QUERY),
    CsrfFailed: (400, NO_CSRF),
    NotFound: (404, NOT_FOUND),
    ResultNotCached: (404, NO_CACHED_RESULT),
    Conflict: (409, None),
    NotAcceptable: (406, None),
    VersionConflict: (409, CONFLICT),
    NameTaken: (400, None),
    LimitExceeded: (413, None),
    ExecutionFailed: (400, None),
    ResultExpired: (404, None),
    Unavailable: (503, None),
    ConfigurationInvalid: (500, SERVER_ERROR),
}

# What depends on the request, or says more than a text.
_SHAPES: Mapping[type, Show] = {
    FieldMissing: _invalid_field,
    FieldInvalid: _invalid_field,
    ParameterInvalid: _incompatible,
    ParameterMissing: _missing,
    PageOutOfRange: _bad_page,
    SourcePaused: _paused,
    SourceMissing: _no_source,
    NotAuthenticated: _not_authenticated,
    NotAllowed: _not_allowed,
    UserNeeded: _user_needed,
    UnsafeParameters: _unsafe,
    MethodNotAllowed: _wrong_method,
    RateLimited: _rate_limited,
}
