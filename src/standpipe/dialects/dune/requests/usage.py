"""Of which days usage is asked for (compat/dune.md 3.10)."""

from datetime import date

from standpipe.core.usage import read_day
from standpipe.dialects.dune.requests.bodies import optional_text, read_body
from standpipe.http.messages import Inbound


def parse_days(inbound: Inbound) -> tuple[date | None, date | None]:
    """Return the first and the last day of the body; FieldInvalid for what is no date."""
    body = read_body(inbound)
    first, last = (optional_text(body, name) for name in ("start_date", "end_date"))
    return (
        read_day(first, "start_date") if first else None,
        read_day(last, "end_date") if last else None,
    )
