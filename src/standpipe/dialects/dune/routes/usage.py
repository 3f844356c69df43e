"""Usage and billing periods of the caller."""

from typing import Final

from standpipe.dialects.dune.requests.usage import UsageDays, parse_days
from standpipe.dialects.dune.responses.bodies import render_json
from standpipe.dialects.dune.responses.usage import UsageShown, show_usage
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services


def get_usage(services: Services, inbound: Inbound) -> Outbound:
    """Tell the caller what he used in each month with days of a range, this month by default."""
    usage, principal = services.usage, inbound.principal
    months = usage.used(principal, *parse_days(inbound))
    return render_json(show_usage(months, usage.holdings(principal), usage.rates))


ROUTES: Final = (
    described("POST /usage", get_usage, About(tag="usage", answer=UsageShown, body=UsageDays)),
)
