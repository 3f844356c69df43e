"""Usage: runs that were asked for and bytes of results that were read, by owner and day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import QueryId, UserId, WorkspaceId
from standpipe.core.principals import Principal

GIGABYTE = 1_000_000_000
MOST_PERIODS = 1_200
_LAST_YEAR = 9998  # the month after every period exists


@dataclass(frozen=True, slots=True)
class Account:
    """For whom something is counted: a user, or whoever owns the query of a key."""

    workspace_id: WorkspaceId
    user_id: UserId | None = None
    query_id: QueryId | None = None


def account_of(principal: Principal) -> Account:
    """Return the account of whoever asks."""
    query_id = None if principal.is_user else principal.query_id
    return Account(principal.workspace_id, principal.user_id, query_id)


@dataclass(frozen=True, slots=True)
class Reads:
    """How many answers gave results, and how many bytes their bodies had as they were sent."""

    count: int = 0
    byte_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What was used from ``start`` until before ``end``."""

    start: date
    end: date
    executions: int = 0
    reads: int = 0
    result_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What somebody has now: private queries, and bytes of uploaded tables."""

    private_queries: int = 0
    table_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What usage costs in credits; ``included`` and ``bytes_allowed`` are told, not enforced."""

    per_execution: float = 0.0
    per_gigabyte: float = 0.0
    included: int = 0
    bytes_allowed: int = GIGABYTE

    def credits(self, used: Used) -> float:
        """Return the credits of a period."""
        gigabytes = used.result_bytes / GIGABYTE
        return used.executions * self.per_execution + gigabytes * self.per_gigabyte


class Period(StrEnum):
    """How long each period of a listing is."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date


def read_day(text: str, field: str) -> date:
    """Return a day written as YYYY-MM-DD; FieldInvalid names the ``field``."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or text != found.isoformat():
        raise FieldInvalid(
            f"{field} is {text[:50]!r}.", detail="It must be a date such as 2026-01-31."
        )
    return found


def make_span(first: date | None, last: date | None, today: date) -> Span:
    """Return the days that are meant: without any the month of today; FieldInvalid.

    Without a first day it is that of the last one's month, without a last day it is today, or the
    first day if that is later.
    """
    if first is None:
        first = (last or today).replace(day=1)
    if last is None:
        last = max(first, today)
    if first > last:
        raise FieldInvalid(f"The range begins on {first}, after its end on {last}.")
    if last.year > _LAST_YEAR:
        raise FieldInvalid(f"The range ends on {last}.", detail=f"{_LAST_YEAR} is the last year.")
    return Span(first, last)


def periods_in(span: Span, period: Period) -> Iterator[tuple[date, date]]:
    """Yield start and end of each period that has days of a span, oldest first; whole periods.

    FieldInvalid for more than can be listed.
    """
    count = _months(span) if period is Period.MONTH else (span.last - span.first).days + 1
    if count > MOST_PERIODS:
        raise FieldInvalid(
            f"The range has {count} periods.", detail=f"{MOST_PERIODS} can be listed at once."
        )
    start = span.first.replace(day=1) if period is Period.MONTH else span.first
    while start <= span.last:
        end = next_start(start, period)
        yield start, end
        start = end


def next_start(start: date, period: Period) -> date:
    """Return the first day after the period that begins on a day."""
    if period is Period.DAY:
        return start + timedelta(days=1)
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1)


def _months(span: Span) -> int:
    years = span.last.year - span.first.year
    return years * 12 + span.last.month - span.first.month + 1
