"""JSON bodies and the texts that stand in them."""

from datetime import datetime
from typing import Any, Final

import msgspec

from standpipe.core.ids import Uid, to_ulid
from standpipe.http.messages import Outbound

JSON_TYPE: Final = ("Content-Type", "application/json")
CHANGING: Final = ("Cache-Control", "private, no-cache")
KEYED: Final = ("Vary", "X-Dune-API-Key")


def render_json(value: Any, *, status: int = 200, is_steady: bool = False) -> Outbound:
    """Return an answer with a JSON body; what is None in it is left out beforehand."""
    headers = (JSON_TYPE, CHANGING, KEYED)
    return Outbound(
        status=status, headers=headers, body=msgspec.json.encode(value), is_steady=is_steady
    )


def show_time(at: datetime) -> str:
    """Return a time as ``2026-11-22T10:00:00.123456Z``: always with six digits (dune.md 3)."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}Z"


def show_id(uid: Uid) -> str:
    """Return the id of an execution."""
    return to_ulid(uid)
