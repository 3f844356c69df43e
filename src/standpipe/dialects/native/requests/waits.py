"""How long a caller wants to wait, and other preferences (RFC 7240)."""

import math
import re
from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta

from standpipe.http.messages import Inbound
from standpipe.http.operations import HeaderField

MAX_WAIT_SECONDS: Final = 300

Wait = Annotated[
    float,
    Meta(
        ge=0,
        le=MAX_WAIT_SECONDS,
        description="For how many seconds to wait before answering that it is not done yet.",
    ),
]
PREFER: Final = HeaderField(
    name="Prefer",
    description="wait=N: wait for up to N seconds. Preference-Applied in the answer confirms it.",
)
PREFERENCE_APPLIED: Final = HeaderField(
    name="Preference-Applied", description="The preference that was followed, if one was asked for."
)

_WAIT: Final = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9}(?:\.\d+)?)"?\s*(?=[,;]|$)', re.ASCII)


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long to wait, and what to say of a preference that was followed."""

    seconds: float
    headers: tuple[tuple[str, str], ...] = ()


def parse_patience(inbound: Inbound, argument: float | None, *, default: float = 0) -> Patience:
    """Return for how long to wait: the argument ``wait``, ``Prefer: wait=N``, or the default.

    A preference that cannot be read is ignored, one for longer than five minutes means those.
    """
    if argument is not None:
        return Patience(argument)
    found = _WAIT.search(inbound.headers.get("prefer", "").lower())
    if found is None:
        return Patience(default)
    seconds = min(float(found[1]), MAX_WAIT_SECONDS)
    return Patience(seconds, (("Preference-Applied", f"wait={math.floor(seconds)}"),))
