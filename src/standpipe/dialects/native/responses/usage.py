"""Usage as a body."""

from collections.abc import Sequence
from datetime import date

import msgspec

from standpipe.core.usage import Holdings, Rates, Used


class UsedShown(msgspec.Struct, kw_only=True, frozen=True):
    """What was used from `start` until before `end`; bytes are those of bodies as sent."""

    start: date
    end: date
    executions: int
    result_reads: int
    result_bytes: int
    credits: float


class UsageShown(msgspec.Struct, kw_only=True, frozen=True):
    """What was used in each period, oldest first, and what is held now."""

    periods: tuple[UsedShown, ...]
    private_queries: int
    table_bytes: int
    table_bytes_allowed: int
    credits_included: int


def show_usage(periods: Sequence[Used], holdings: Holdings, rates: Rates) -> UsageShown:
    """Return usage as a body."""
    return UsageShown(
        periods=tuple(
            UsedShown(
                start=each.start,
                end=each.end,
                executions=each.executions,
                result_reads=each.reads,
                result_bytes=each.result_bytes,
                credits=rates.credits(each),
            )
            for each in periods
        ),
        private_queries=holdings.private_queries,
        table_bytes=holdings.table_bytes,
        table_bytes_allowed=rates.bytes_allowed,
        credits_included=rates.included,
    )
