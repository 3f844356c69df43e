"""How fresh an answer is, in the words of HTTP: Age, Cache-Control and Cache-Status (RFC 9211)."""

from typing import Final

from standpipe.dialects.native.responses.bodies import CHANGING, Headers
from standpipe.services.live import Answered, Served

CACHE: Final = "Standpipe"


def freshness_headers(answered: Answered) -> Headers:
    """Return how old the result is, and whether it was stored before the request."""
    return (
        ("Age", str(int(answered.age_seconds))),
        ("Cache-Status", f"{CACHE}; {_status(answered)}"),
    )


def kept_as(answered: Answered) -> tuple[str, str]:
    """Return for how long the caller may keep the answer: as long as it is fresh enough for him."""
    ttl = answered.ttl_seconds
    if ttl is None or ttl < 1 or answered.how not in (Served.HIT, Served.MISS):
        return CHANGING
    return ("Cache-Control", f"private, max-age={int(answered.age_seconds) + int(ttl)}")


def _status(answered: Answered) -> str:
    if answered.how is Served.MISS:
        return "fwd=miss; stored"
    if answered.how is Served.STALE_IF_ERROR:
        reason = "" if answered.failure is None else f"; detail={answered.failure.code}"
        return f"fwd=stale{reason}"
    if answered.how is Served.STALE:
        return "hit; detail=revalidating"
    return "hit" if answered.ttl_seconds is None else f"hit; ttl={int(answered.ttl_seconds)}"
