"""Usage as Dune's clients read it (compat/dune.md 3.10)."""

from collections.abc import Sequence

import msgspec

from standpipe.core.usage import Holdings, Rates, Used


class BillingPeriod(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A month; what is included is a whole number."""

    start_date: str
    end_date: str
    credits_used: float
    credits_included: int


class UsageShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is held now, and what was used in each month."""

    private_queries: int
    private_dashboards: int
    bytes_used: int
    bytes_allowed: int
    billing_periods: list[BillingPeriod]


def show_usage(months: Sequence[Used], holdings: Holdings, rates: Rates) -> UsageShown:
    """Return what was used in each month, and what is held now; no dashboard is private here."""
    return UsageShown(
        private_queries=holdings.private_queries,
        private_dashboards=0,
        bytes_used=holdings.table_bytes,
        bytes_allowed=rates.bytes_allowed,
        billing_periods=[
            BillingPeriod(
                start_date=month.start.isoformat(),
                end_date=month.end.isoformat(),
                credits_used=show_credits(rates.credits(month)),
                credits_included=rates.included,
            )
            for month in months
        ],
    )


def show_credits(amount: float) -> float:
    """Return credits without a fraction where there is none."""
    return int(amount) if amount.is_integer() else amount
