"""Usage: what was counted, by whom it may be seen, and what it costs in credits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from standpipe.core.clock import Clock
from standpipe.core.errors import NotAllowed
from standpipe.core.ids import UserId
from standpipe.core.permissions import require_user
from standpipe.core.ports import UsageStore
from standpipe.core.principals import Principal
from standpipe.core.usage import (
    Account,
    Holdings,
    Period,
    Rates,
    Reads,
    Used,
    make_span,
    periods_in,
)


class Usage:
    """Counts reads of results, and tells what was used."""

    def __init__(self, store: UsageStore, *, rates: Rates, clock: Clock) -> None:
        """Take the port; ``rates`` say what usage costs."""
        self._store = store
        self._clock = clock
        self.rates = rates

    def record(self, reads: Mapping[Account, Reads]) -> None:
        """Add reads to those of today (in UTC); Unavailable if that cannot be stored now."""
        self._store.add_reads(reads, self._clock.now().date())

    def used(
        self,
        principal: Principal,
        first: date | None = None,
        last: date | None = None,
        *,
        period: Period = Period.MONTH,
        of_workspace: bool = False,
    ) -> tuple[Used, ...]:
        """Return what was used in each period with days of a range, oldest first; see make_span.

        It is the caller's own usage, or with ``of_workspace`` everybody's, for administrators.
        Periods are whole: a month counts with all its days. FieldInvalid, UserNeeded, NotAllowed.
        """
        user_id = _whose(principal, of_workspace=of_workspace)
        span = make_span(first, last, self._clock.now().date())
        periods = [Used(start=start, end=end) for start, end in periods_in(span, period)]
        start, end = periods[0].start, periods[-1].end
        days = self._store.find_usage(principal.workspace_id, user_id, start, end)
        return _summed(periods, days)

    def holdings(self, principal: Principal, *, of_workspace: bool = False) -> Holdings:
        """Return what the caller has now, or everybody has; errors as for ``used``."""
        user_id = _whose(principal, of_workspace=of_workspace)
        return self._store.get_holdings(principal.workspace_id, user_id)


def _whose(principal: Principal, *, of_workspace: bool) -> UserId | None:
    require_user(principal)
    if not of_workspace:
        return principal.user_id
    if not principal.is_admin:
        raise NotAllowed(hint="The usage of all is for administrators.")
    return None


def _summed(periods: Sequence[Used], days: Sequence[Used]) -> tuple[Used, ...]:
    """Return the periods with what the days in them add up to; both go from old to new."""
    summed, rest = list(periods), 0
    for day in days:
        while summed[rest].end <= day.start:
            rest += 1
        before = summed[rest]
        summed[rest] = replace(
            before,
            executions=before.executions + day.executions,
            reads=before.reads + day.reads,
            result_bytes=before.result_bytes + day.result_bytes,
        )
    return tuple(summed)
