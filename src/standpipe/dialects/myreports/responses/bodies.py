"""The envelope around all answers but the rows: compat/myreports.md 3.1."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from standpipe.dialects.myreports.responses.times import show_utc
from standpipe.http.messages import Outbound

T = TypeVar("T")
JSON_TYPE: Final = ("Content-Type", "application/json; charset=utf-8")
CHANGING: Final = ("Cache-Control", "private, no-cache")
UNKEPT: Final = ("Cache-Control", "no-store")
KEYED: Final = ("Vary", "Authorization, Authorisation")
AGAIN: Final = ("Retry-After", "1")
Headers = Sequence[tuple[str, str]]


class One(msgspec.Struct, Generic[T], kw_only=True, frozen=True):
    """One thing."""

    data: T
    status: str = "success"
    timestamp: str


class Many(msgspec.Struct, Generic[T], kw_only=True, frozen=True):
    """Several things; ``page_size`` is how many they are."""

    page_size: int
    data: list[T]
    status: str = "success"
    timestamp: str


def render_one(value: Any, now: datetime, headers: Headers = ()) -> Outbound:
    """Return an answer that is one thing."""
    return _rendered(One(data=value, timestamp=show_utc(now)), headers)


def render_many(values: Sequence[Any], now: datetime, headers: Headers = ()) -> Outbound:
    """Return an answer that is a list."""
    shown = Many(page_size=len(values), data=list(values), timestamp=show_utc(now))
    return _rendered(shown, headers)


def render_bare(value: Mapping[str, Any], headers: Headers = ()) -> Outbound:
    """Return an answer without the envelope."""
    return _rendered(value, headers)


def _rendered(value: Any, headers: Headers) -> Outbound:
    named = {name for name, _ in headers}
    usual = [each for each in (JSON_TYPE, CHANGING, KEYED) if each[0] not in named]
    return Outbound(headers=[*usual, *headers], body=msgspec.json.encode(value))
