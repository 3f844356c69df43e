"""Moments as .NET prints them: compat/myreports.md 3.5."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

_SECONDS: Final = "%Y-%m-%dT%H:%M:%S"


def show_utc(at: datetime) -> str:
    """Return a moment as ``2025-09-22T15:27:40.194614Z``, without zeros at the end."""
    return f"{_trimmed(at.astimezone(UTC))}Z"


def show_offset(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment with the offset of a zone: ``2025-09-22T16:08:01.02159+01:00``."""
    local = at.astimezone(zone)
    return f"{_trimmed(local)}{local.isoformat()[-6:]}"


def show_round_trip(at: datetime) -> str:
    """Return a moment in the form "O": seven digits and the offset of UTC, ``+00:00``."""
    moment = at.astimezone(UTC)
    return f"{_whole(moment)}.{moment.microsecond:06d}0+00:00"


def show_wall(at: datetime, zone: ZoneInfo) -> str:
    """Return the local time of a zone to the second, without an offset."""
    return _whole(at.astimezone(zone))


def show_abbreviation(at: datetime, zone: ZoneInfo) -> str:
    """Return what a zone's time is called at a moment: ``BST``."""
    return at.astimezone(zone).tzname() or ""


def _trimmed(moment: datetime) -> str:
    fraction = f"{moment.microsecond:06d}".rstrip("0")
    return f"{_whole(moment)}.{fraction}" if fraction else _whole(moment)


def _whole(moment: datetime) -> str:
    return f"{moment.year:04d}{moment.strftime(_SECONDS[2:])}"
