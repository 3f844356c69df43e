"""JSON as this API prints it: Python's separators, non-ASCII as it is, times in milliseconds."""

import json
from datetime import UTC, datetime
from typing import Any

from standpipe.http.messages import Outbound

JSON_TYPE = ("Content-Type", "application/json")


def render_json(value: Any, *, status: int = 200) -> Outbound:
    """Return an answer with a JSON body; None is the four bytes ``null``."""
    return Outbound(status=status, headers=(JSON_TYPE,), body=write_json(value))


def write_json(value: Any) -> bytes:
    """Return a value as the bytes that ``json.dumps`` gives, without a newline at the end."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def show_time(at: datetime) -> str:
    """Return a time in UTC: ``2026-11-22T10:32:45.956Z``; whole seconds have no fraction."""
    return f"{show_local_time(at)}Z"


def show_optional_time(at: datetime | None) -> str | None:
    """Return a time as ``show_time`` does, or None."""
    return None if at is None else show_time(at)


def show_local_time(at: datetime) -> str:
    """Return a time in UTC that does not say so, as running jobs have it."""
    plain = at.astimezone(UTC).replace(tzinfo=None)
    return plain.isoformat(timespec="milliseconds" if plain.microsecond else "seconds")
