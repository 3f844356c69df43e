"""Usage as Dune's clients read it (compat/dune.md 3.10)."""

from collections.abc import Sequence
from typing import Any

from standpipe.core.usage import Holdings, Rates, Used


def show_usage(months: Sequence[Used], holdings: Holdings, rates: Rates) -> dict[str, Any]:
    """Return what was used in each month, and what is held now; no dashboard is private here."""
    return {
        "private_queries": holdings.private_queries,
        "private_dashboards": 0,
        "bytes_used": holdings.table_bytes,
        "bytes_allowed": rates.bytes_allowed,
        "billing_periods": [
            {
                "start_date": month.start.isoformat(),
                "end_date": month.end.isoformat(),
                "credits_used": show_credits(rates.credits(month)),
                "credits_included": rates.included,
            }
            for month in months
        ],
    }


def show_credits(amount: float) -> float:
    """Return credits without a fraction where there is none."""
    return int(amount) if amount.is_integer() else amount
