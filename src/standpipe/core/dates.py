"""Reads dates and times as people and clients write them, as long as they mean one thing only."""

import re
from datetime import date, datetime

_LONGEST = 64
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MONTH_NAMES = {
    **_MONTHS,
    **{
        name: number
        for number, name in enumerate(
            (
                *("january", "february", "march", "april", "may", "june", "july", "august"),
                *("september", "october", "november", "december"),
            ),
            1,
        )
    },
    "sept": 9,
}
# A date alone is followed by the end; a date with a time by a "T" or blanks.
_REST = r"(?:(?:[Tt]|\s*,\s*|\s+)(?P<time>\d.*))?$"
_FORMS = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _REST, re.ASCII),
    re.compile(r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})" + _REST, re.ASCII),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + _REST, re.ASCII),
    re.compile(
        r"(?P<day>\d{1,2})\s+(?P<name>[A-Za-z]{3,9})\.?\s+(?P<year>\d{4})" + _REST, re.ASCII
    ),
    re.compile(
        r"(?P<name>[A-Za-z]{3,9})\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})" + _REST, re.ASCII
    ),
)
_ZONE_WORD = re.compile(r"\s*(?:UTC|GMT)$", re.ASCII | re.IGNORECASE)
_BLANK_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d{2})", re.ASCII)


def read_date(text: str) -> date | datetime | None:
    """Return the date or, where a time is written, the datetime; None when it is neither.

    Understood are ISO 8601 calendar dates with and without time, fraction and zone, the same with
    slashes, and dates with the month as an English word. ``01/02/2026`` means two different days
    to different people and is not a date here.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    for form in _FORMS:
        if found := form.match(text):
            return _build(found.groupdict())
    return None


def _build(fields: dict[str, str | None]) -> date | datetime | None:
    name = fields.get("name")
    month = _MONTH_NAMES.get(name.lower()) if name else int(fields["month"] or 0)
    if month is None:
        return None
    try:
        day = date(int(fields["year"] or 0), month, int(fields["day"] or 0))
        time = fields["time"]
        return day if time is None else datetime.fromisoformat(f"{day}T{_iso_time(time)}")
    except ValueError:
        return None


def _iso_time(time: str) -> str:
    """Turn ``9:05 UTC`` and ``10:00 +02:00`` into what ISO 8601 calls a time."""
    time = _ZONE_WORD.sub("Z", time.strip())
    time = _BLANK_BEFORE_OFFSET.sub("", time)
    return f"0{time}" if time[1:2] == ":" else time
