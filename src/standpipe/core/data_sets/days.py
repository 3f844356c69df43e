"""Dates of the calendar as people write them, without a time: a day, a month, a quarter, a year."""

import re
from datetime import date
from typing import Final

from standpipe.core.calendar import Calendar, CalendarUnit, Span

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_NAME: Final = r"(?P<name>[a-z]{3,9})\.?"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>\d{4})"
# Of two small numbers before a year the day is the one that cannot be a month.
_EITHER: Final = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[-/])(?P<second>\d{{1,2}})(?P=mark){_YEAR}"
)
_FORMS: Final = tuple(
    re.compile(form, re.ASCII)
    for form in (
        _YEAR,
        rf"{_YEAR}[-/](?P<month>\d{{1,2}})",
        rf"{_YEAR}(?P<mark>[-/])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})",
        rf"{_NAME} ?,? ?{_YEAR}",
        rf"{_DAY} (?:of )?{_NAME},? {_YEAR}",
        rf"{_NAME} {_DAY},? {_YEAR}",
        rf"q(?P<quarter>[1-4]) {_YEAR}",
        rf"{_YEAR}[- ]?q(?P<quarter>[1-4])",
    )
)


def read_span_of_days(words: str, calendar: Calendar) -> Span | None:
    """Return the days of a date in small letters; None if it is none, or can mean two days.

    ``30/04/2024`` and ``04/30/2024`` are the same day, and ``01/02/2024`` is none: half of the
    world reads a day in February, the other one in January. Raises OverflowError for the last day
    of the calendar.
    """
    if found := _EITHER.fullmatch(words):
        return _either(found, calendar)
    for form in _FORMS:
        if found := form.fullmatch(words):
            return _build({"name": None, "month": None, "day": None, **found.groupdict()}, calendar)
    return None


def is_ambiguous(words: str) -> bool:
    """Whether this is a date that has a day and a month, and does not say which is which."""
    found = _EITHER.fullmatch(words)
    return found is not None and {int(found["first"]), int(found["second"])} <= set(range(1, 13))


def _either(found: re.Match[str], calendar: Calendar) -> Span | None:
    first, second = int(found["first"]), int(found["second"])
    if first > 12:
        first, second = second, first
    elif second <= 12 and first != second:
        return None
    return _span(int(found["year"]), first, second, calendar, CalendarUnit.DAY)


def _build(fields: dict[str, str | None], calendar: Calendar) -> Span | None:
    year, day = int(fields["year"] or 0), int(fields["day"] or 1)
    month = int(fields["month"] or 1)
    if name := fields["name"]:
        numbers = [n for n, each in enumerate(_MONTHS, 1) if name == each or name == each[:3]]
        if name == "sept":
            numbers = [9]
        if not numbers:
            return None
        month = numbers[0]
    unit = CalendarUnit.YEAR
    if quarter := fields.get("quarter"):
        month, unit = int(quarter) * 3 - 2, CalendarUnit.QUARTER
    elif fields["day"]:
        unit = CalendarUnit.DAY
    elif fields["month"] or name:
        unit = CalendarUnit.MONTH
    return _span(year, month, day, calendar, unit)


def _span(year: int, month: int, day: int, calendar: Calendar, unit: CalendarUnit) -> Span | None:
    try:
        first = date(year, month, day)
    except ValueError:
        return None
    start = calendar.midnight(first)
    return Span(start, calendar.after(start, 1, unit))
