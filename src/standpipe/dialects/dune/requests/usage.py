"""Of which days usage is asked for (compat/dune.md 3.10)."""

from datetime import date

import msgspec

from standpipe.core.usage import read_day
from standpipe.dialects.dune.requests.bodies import read_struct
from standpipe.http.messages import Inbound


class UsageDays(msgspec.Struct, kw_only=True, frozen=True):
    """The first and the last day, as ``2026-11-22``."""

    start_date: str | None = None
    end_date: str | None = None


def parse_days(inbound: Inbound) -> tuple[date | None, date | None]:
    """Return the first and the last day of the body; FieldInvalid for what is no date."""
    days = read_struct(inbound, UsageDays)
    return (
        read_day(days.start_date, "start_date") if days.start_date else None,
        read_day(days.end_date, "end_date") if days.end_date else None,
    )
