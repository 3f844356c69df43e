"""JSON bodies, times, and the headers around them."""

from datetime import datetime
from typing import Any, Final

import msgspec

from standpipe.http.messages import Outbound

JSON_TYPE: Final = ("Content-Type", "application/json; charset=utf-8")
CHANGING: Final = ("Cache-Control", "max-age=0, private, must-revalidate")
UNKEPT: Final = ("Cache-Control", "no-store")
KEYED: Final = ("Vary", "X-Holistics-Key, Authorization")
STATUS: Final = ("Status", "200 OK")
_DAY: Final = "%Y-%m-%dT%H:%M:%S"


def render_json(value: Any, *, cache: tuple[str, str] = CHANGING) -> Outbound:
    """Return an answer with a JSON body."""
    headers = (JSON_TYPE, cache, KEYED, STATUS)
    return Outbound(headers=headers, body=msgspec.json.encode(value))


def show_redirect(address: str) -> Outbound:
    """Return the way to a file, which nobody keeps: compat/holistics.md 3.3."""
    headers = (("Location", address), ("Content-Type", "text/html"), UNKEPT, KEYED)
    return Outbound(status=302, headers=(*headers, ("Status", "302 Found")))


def show_time(at: datetime) -> str:
    """Return a time as ``2018-08-24T08:19:19.596Z``."""
    return f"{at.strftime(_DAY)}.{at.microsecond // 1000:03d}Z"


def show_optional_time(at: datetime | None) -> str | None:
    """Return the same; null where there is none."""
    return None if at is None else show_time(at)
