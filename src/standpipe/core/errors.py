"""Every failure as a class with a stable code; the docstring of a class is its default message.

StandpipeError
├── InvalidRequest          the caller sent something that can never work as it stands
│   ├── MalformedBody
│   ├── BodyTooSlow
│   ├── EncodingUnknown
│   ├── FieldMissing
│   ├── FieldInvalid
│   ├── ParameterInvalid
│   ├── ParameterMissing
│   ├── PlaceholderUnbindable
│   ├── PageOutOfRange
│   ├── FormatUnknown
│   ├── WindowInvalid
│   │   └── ColumnUnknown
│   ├── ListQueryInvalid
│   ├── SourcePaused
│   └── SourceMissing
├── NotAuthenticated        nobody, or a key we do not know
├── NotAllowed              known, but may not
│   ├── UserNeeded
│   ├── SourceNotAllowed
│   ├── UnsafeParameters
│   └── CsrfFailed
├── NotFound                no such thing, or none that the caller may know of
│   └── ResultNotCached
├── MethodNotAllowed
├── NotAcceptable
├── Conflict
│   ├── VersionConflict
│   ├── NameTaken
│   └── IdempotencyMismatch
├── LimitExceeded
│   ├── BodyTooLarge
│   ├── TooManyRows
│   └── RateLimited
├── ExecutionFailed         a run ended without a result
│   ├── SourceFailed
│   ├── StatementRefused
│   ├── SourceTimedOut
│   ├── MemoryExceeded
│   ├── ResultTooLarge
│   ├── ExecutionCancelled
│   ├── ExecutionLost
│   └── ExecutionExpired
├── ResultExpired           it was there and has been removed
├── Unavailable             try again later
│   ├── NotReady
│   └── StorageFull
└── ConfigurationInvalid    the operator's settings cannot work
"""

from collections.abc import Sequence
from typing import ClassVar


class StandpipeError(Exception):
    """Something went wrong in Standpipe."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, detail: str = "", hint: str = "") -> None:
        """Keep what was wrong, the value or what is allowed (``detail``) and the next step."""
        self.message = message or (type(self).__doc__ or "").strip().split("\n")[0]
        self.detail = detail
        self.hint = hint
        super().__init__(self.message)

    def __str__(self) -> str:
        """Message, detail and hint in one line, as logs and the terminal print it."""
        return " ".join(part for part in (self.message, self.detail, self.hint) if part)


class InvalidRequest(StandpipeError):
    """The request is not valid."""

    code = "invalid_request"


class MalformedBody(InvalidRequest):
    """The body is not valid JSON."""

    code = "malformed_body"


class BodyTooSlow(InvalidRequest):
    """The request body came too slowly."""

    code = "body_too_slow"
    retryable = True


class EncodingUnknown(InvalidRequest):
    """The request body has a content encoding that is not taken here."""

    code = "encoding_unknown"


class FieldMissing(InvalidRequest):
    """A required field is missing."""

    code = "field_missing"


class FieldInvalid(InvalidRequest):
    """A field has a value that is not allowed."""

    code = "field_invalid"


class ParameterInvalid(InvalidRequest):
    """A parameter value does not fit its definition."""

    code = "parameter_invalid"

    def __init__(
        self, names: Sequence[str], message: str | None = None, *, detail: str = "", hint: str = ""
    ) -> None:
        """Name the offending parameters in the order in which they are declared."""
        self.names = tuple(names)
        super().__init__(
            message or f"Parameter values that do not fit their definitions: {', '.join(names)}.",
            detail=detail,
            hint=hint,
        )


class ParameterMissing(InvalidRequest):
    """A parameter has no value."""

    code = "parameter_missing"

    def __init__(self, names: Sequence[str], *, hint: str = "") -> None:
        """Name the parameters without a value, ranges as ``name.start``, in order of appearance."""
        self.names = tuple(names)
        super().__init__(f"Parameters without a value: {', '.join(names)}.", hint=hint)


class PlaceholderUnbindable(InvalidRequest):
    """A placeholder stands where no value can be bound."""

    code = "placeholder_unbindable"


class PageOutOfRange(InvalidRequest):
    """The page or page size is out of range."""

    code = "page_out_of_range"


class FormatUnknown(InvalidRequest):
    """There is no such format."""

    code = "format_unknown"


class WindowInvalid(InvalidRequest):
    """The filter, the sort or another part of the window cannot be used."""

    code = "window_invalid"

    def __init__(
        self,
        message: str | None = None,
        *,
        part: str = "",
        position: int = -1,
        detail: str = "",
        hint: str = "",
    ) -> None:
        """Name the ``part`` ("filter", "sort", ...) and where in its text it went wrong.

        ``position`` counts characters from 0; -1 = nowhere in particular.
        """
        self.part = part
        self.position = position
        super().__init__(message, detail=detail, hint=hint)


class ColumnUnknown(WindowInvalid):
    """The result has no such column."""

    code = "column_unknown"


class ListQueryInvalid(InvalidRequest):
    """A parameter takes its list from a query that the caller may not use, or that is not there."""

    code = "list_query_invalid"


class SourcePaused(InvalidRequest):
    """The data source is paused."""

    code = "source_paused"

    def __init__(self, source_name: str, reason: str | None) -> None:
        """Keep the name and the operator's reason apart, since dialects word them differently."""
        self.source_name = source_name
        self.reason = reason
        super().__init__(f"Data source {source_name!r} is paused.", detail=reason or "")


class SourceMissing(InvalidRequest):
    """The query has no data source, or it was removed."""

    code = "source_missing"


class NotAuthenticated(StandpipeError):
    """No valid credentials were given."""

    code = "not_authenticated"


class NotAllowed(StandpipeError):
    """The caller may not do this."""

    code = "not_allowed"


class UserNeeded(NotAllowed):
    """This takes the key of a user."""

    code = "user_needed"


class SourceNotAllowed(NotAllowed):
    """The caller may not run statements on this data source."""

    code = "source_not_allowed"


class UnsafeParameters(NotAllowed):
    """The query takes free text, which this caller may not supply."""

    code = "unsafe_parameters"


class CsrfFailed(NotAllowed):
    """The request came with a session cookie but without its CSRF token."""

    code = "csrf_failed"


class NotFound(StandpipeError):
    """There is no such thing."""

    code = "not_found"


class ResultNotCached(NotFound):
    """The query has no stored result for these values."""

    code = "result_not_cached"


class FilterUnknown(NotFound):
    """There is no saved filter of this id."""

    code = "filter_unknown"


class MethodNotAllowed(StandpipeError):
    """The method is not allowed for this URL."""

    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str], *, is_public: bool = False) -> None:
        """Name the methods that are allowed; ``is_public`` if all of them are for everybody."""
        self.allowed = tuple(sorted(allowed))
        self.is_public = is_public
        super().__init__(detail=f"Allowed: {', '.join(self.allowed)}.")


class NotAcceptable(StandpipeError):
    """The answer cannot be given in any of the accepted formats."""

    code = "not_acceptable"


class Conflict(StandpipeError):
    """The change collides with another one."""

    code = "conflict"


class VersionConflict(Conflict):
    """The object was changed since the caller read it."""

    code = "version_conflict"


class NameTaken(Conflict):
    """The name is already in use."""

    code = "name_taken"


class IdempotencyMismatch(Conflict):
    """The idempotency key was used for another request."""

    code = "idempotency_mismatch"


class LimitExceeded(StandpipeError):
    """A limit was exceeded."""

    code = "limit_exceeded"


class BodyTooLarge(LimitExceeded):
    """The request body is larger than allowed."""

    code = "body_too_large"


class TooManyRows(LimitExceeded):
    """The format does not hold that many rows."""

    code = "too_many_rows"


class RateLimited(LimitExceeded):
    """Too many requests."""

    code = "rate_limited"
    retryable = True

    def __init__(self, limit: str, retry_after_seconds: int) -> None:
        """``limit`` is the rule in words (``50 per 1 hour``)."""
        self.limit = limit
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"Too many requests: {limit}.", hint=f"Retry in {retry_after_seconds} s.")


class ExecutionFailed(StandpipeError):
    """The run failed."""

    code = "execution_failed"


class SourceFailed(ExecutionFailed):
    """The data source reported an error."""

    code = "source_failed"


class StatementRefused(ExecutionFailed):
    """Only one reading statement can be run."""

    code = "statement_refused"


class SourceTimedOut(ExecutionFailed):
    """The run exceeded its time limit."""

    code = "source_timed_out"


class MemoryExceeded(ExecutionFailed):
    """The run exceeded its memory limit."""

    code = "memory_exceeded"


class ResultTooLarge(ExecutionFailed):
    """The result is larger than allowed."""

    code = "result_too_large"


class ExecutionCancelled(ExecutionFailed):
    """The run was cancelled."""

    code = "execution_cancelled"


class ExecutionLost(ExecutionFailed):
    """The worker died while it ran this, and the retry died too."""

    code = "execution_lost"
    retryable = True


class ExecutionExpired(ExecutionFailed):
    """The run waited in the queue for too long."""

    code = "execution_expired"
    retryable = True


class ResultExpired(StandpipeError):
    """The result has been removed."""

    code = "result_expired"


class Unavailable(StandpipeError):
    """The server cannot do this right now."""

    code = "unavailable"
    retryable = True


class NotReady(Unavailable):
    """The result is not there yet."""

    code = "not_ready"

    def __init__(self, retry_after_seconds: int = 1, *, detail: str = "", hint: str = "") -> None:
        """Say after how many whole seconds it is worth to ask again."""
        self.retry_after_seconds = retry_after_seconds
        super().__init__(detail=detail, hint=hint or f"Ask again in {retry_after_seconds} s.")


class StorageFull(Unavailable):
    """There is no room left on the server's disk."""

    code = "storage_full"


class ConfigurationInvalid(StandpipeError):
    """The configuration cannot work."""

    code = "configuration_invalid"
