"""Reads what people write of dates: ``last 2 days``, ``monday last week - today``, ``2024-03``.

Everything is a span of time, its end excluded, in the calendar of its reader. Sources: the pages
"Natural Time Expression" and "Date Filters" of Holistics' documentation, and what the tests of its
npm package ``@holistics/date-parser`` 3 say where these are silent.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from standpipe.core.calendar import Calendar, CalendarUnit, Span
from standpipe.core.data_sets.days import is_ambiguous, read_span_of_days
from standpipe.core.errors import FieldInvalid

LONGEST: Final = 100
EXPECTED: Final = (
    "today, yesterday, last 2 days, this month, next 3 weeks, 3 days ago, monday last week,"
    " last month end, 2024, 2024-03, 2024-03-01, 2024-03-01 15:30, March 2024, now, beginning,"
    " and two of them with -, to (the end is included) or till (it is not) between them"
)

Reading = Callable[[re.Match[str], Calendar], Span]

_U = CalendarUnit
_UNIT: Final = r"(?P<unit>second|minute|hour|day|week|month|quarter|year)s?"
_COUNT: Final = r"(?P<count>\d{1,9})"
_TIME: Final = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>\.\d{1,6})?)?)?"
)
_CLOCK: Final = re.compile(_TIME, re.ASCII)
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY: Final = (
    r"(?P<weekday>mon(?:day)?|tues?(?:day)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)"
)
_WHICH: Final = r"(?P<which>last|past|previous|this|current|next)"
_RANGE: Final = re.compile(r" (-|\u2013|to|till|until) ")
_EXCLUDING: Final = frozenset({"till", "until"})
_ISO: Final = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[t ]"
    r"(?P<time>\d{2}:(?P<minute>\d{2})(?P<second>:\d{2})?(?P<part>\.\d{1,6})?)"
    r" ?(?P<zone>z|utc|[+-]\d{2}:?\d{2})",
    re.ASCII,
)
_TIME_BEHIND: Final = re.compile(r"(?P<day>.+?)(?:t| at | )(?P<time>\d{1,2}(?::\S+)?)", re.ASCII)
_TIME_BEFORE: Final = re.compile(r"(?P<time>\d{1,2}:\S+)(?: on)? (?P<day>.+)", re.ASCII)
_VAGUE: Final = re.compile(rf"(?:{_WHICH} )?{_WEEKDAY}", re.ASCII)
_SECOND: Final = timedelta(seconds=1)


def read_span(text: str, calendar: Calendar, *, path: str) -> Span:
    """Return the time that a text means; FieldInvalid names ``path``, the text and what is right.

    A part that is not understood is never passed over.
    """
    words = " ".join(text.casefold().split())
    try:
        if not words or len(words) > LONGEST:
            raise _unreadable(text, path)
        parts = _RANGE.split(words)
        if len(parts) == 1:
            return _single(words, calendar, text, path)
        if len(parts) > 3:
            raise _unreadable(text, path)
        first, second = (_single(part.strip(), calendar, text, path) for part in parts[::2])
        return _between(first, second, text, path, is_excluding=parts[1] in _EXCLUDING)
    except (OverflowError, ValueError) as error:
        raise FieldInvalid(
            f"{path}: {_shown(text)} lies outside of the calendar.",
            detail="Expected: a date of the years 1 to 9999.",
        ) from error


def _between(first: Span, second: Span, text: str, path: str, *, is_excluding: bool) -> Span:
    """Return the time from one span to another, in either order unless the end is excluded."""
    if is_excluding:
        if first.start >= second.start:
            raise FieldInvalid(
                f"{path}: {_shown(text)} ends before it begins.",
                detail="Expected: the earlier date first.",
            )
        return Span(first.start, second.start)
    if second.end <= first.start:
        first, second = second, first
    return Span(first.start, second.end)


def _single(words: str, calendar: Calendar, text: str, path: str) -> Span:
    found = _find(words, calendar)
    if found is not None and found.start < found.end:
        return found
    if found is not None:
        raise FieldInvalid(
            f"{path}: {_shown(text)} is no time at all.",
            detail="Expected: one of the unit, or more.",
        )
    if vague := _VAGUE.fullmatch(words):
        which = vague["which"] or "last/this/next"
        raise FieldInvalid(
            f"{path}: {_shown(text)} can mean more than one day.",
            detail=f"Expected: {vague['weekday']} {which} week.",
        )
    if is_ambiguous(words):
        raise FieldInvalid(
            f"{path}: {_shown(text)} can mean two days.",
            detail="Expected: the year first, such as 2024-12-31.",
        )
    raise _unreadable(text, path)


def _find(words: str, calendar: Calendar) -> Span | None:
    for pattern, read in _FORMS:
        if found := pattern.fullmatch(words):
            return read(found, calendar)
    return read_span_of_days(words, calendar) or _find_time(words, calendar)


def _find_time(words: str, calendar: Calendar) -> Span | None:
    """Return a time of a day: ``15:30``, ``yesterday 15:30``, ``15:30 yesterday``."""
    if clock := _CLOCK.fullmatch(words):
        return _at(calendar.wall(calendar.now).date(), clock, calendar)
    for pattern in (_TIME_BEHIND, _TIME_BEFORE):
        found = pattern.fullmatch(words)
        clock = found and _CLOCK.fullmatch(found["time"])
        span = found and clock and _find_day(found["day"], calendar)
        if clock and span:
            return _at(span, clock, calendar)
    return None


def _find_day(words: str, calendar: Calendar) -> date | None:
    """Return a day that is written in words or as a date; None for a longer or shorter time."""
    if _TIME_BEHIND.fullmatch(words) and words[:1].isdigit() and ":" in words:
        return None
    span = _find(words, calendar)
    if span is None:
        return None
    day = calendar.wall(span.start).date()
    return day if span == _day(day, calendar) else None


def _at(day: date, clock: re.Match[str], calendar: Calendar) -> Span | None:
    hour, minute, second = (int(clock[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return None
    fraction = timedelta(seconds=float(clock["part"] or 0))
    start = calendar.moment(datetime.combine(day, time(hour, minute, second)) + fraction)
    return Span(start, start + _precision(clock))


def _precision(clock: re.Match[str]) -> timedelta:
    """Return how long a time lasts that is written so: until the next one of its smallest unit."""
    part = clock["part"]
    if part:
        return timedelta(microseconds=10 ** (7 - len(part)))
    if clock["second"]:
        return _SECOND
    return timedelta(minutes=1) if clock["minute"] else timedelta(hours=1)


def _day(day: date, calendar: Calendar) -> Span:
    return Span(calendar.midnight(day), calendar.midnight(day + timedelta(days=1)))


def _zoned(found: re.Match[str], _calendar: Calendar) -> Span:
    zone = "+00:00" if found["zone"] in {"z", "utc"} else found["zone"]
    start = datetime.fromisoformat(f"{found['day']}T{found['time']}{zone}").astimezone(UTC)
    return Span(start, start + _precision(found))


def _now(_found: re.Match[str], calendar: Calendar) -> Span:
    start = calendar.now.replace(microsecond=0)
    return Span(start, start + _SECOND)


def _beginning(_found: re.Match[str], calendar: Calendar) -> Span:
    start = calendar.midnight(date(1970, 1, 1))
    return Span(start, start + _SECOND)


def _today(found: re.Match[str], calendar: Calendar) -> Span:
    return calendar.span(_U.DAY, {"yesterday": -1, "today": 0, "tomorrow": 1}[found["day"]])


def _relative(found: re.Match[str], calendar: Calendar) -> Span:
    """Read ``last 2 months``, ``this week``, ``next year end``."""
    unit = _U(found["unit"])
    span = _counted(found, calendar, unit)
    edge = found["edge"]
    if edge is None:
        return span
    if unit.is_of_clock:
        begins = edge.startswith("begin")
        start = span.start if begins else span.end - _SECOND
        return Span(start, start + _SECOND)
    last = calendar.wall(span.end).date() - timedelta(days=1)
    return _day(calendar.wall(span.start).date() if edge.startswith("begin") else last, calendar)


def _counted(found: re.Match[str], calendar: Calendar, unit: CalendarUnit) -> Span:
    count = int(found["count"] or 1)
    match found["which"]:
        case "this" | "current":
            return calendar.span(unit, 0)
        case "next":
            return calendar.span(unit, 1, count)
    return calendar.span(unit, -count, count)


def _weekday(found: re.Match[str], calendar: Calendar) -> Span:
    """Read ``monday last week``, ``wed next 2 weeks``: the week that is so many weeks away."""
    count = int(found["count"] or 1)
    weeks = {"this": 0, "current": 0, "next": count}.get(found["which"], -count)
    monday = calendar.wall(calendar.span(_U.WEEK, weeks).start).date()
    number = next(n for n, name in enumerate(_WEEKDAYS) if name.startswith(found["weekday"][:3]))
    return _day(monday + timedelta(days=number), calendar)


def _away(found: re.Match[str], calendar: Calendar) -> Span:
    """Read ``3 days ago``, ``exactly 2 weeks from now``, ``1 year ago for 5 days``.

    A week that is so many weeks away begins on the same day of the week, not on a Monday.
    """
    unit = _U(found["unit"])
    sign = -1 if found["where"] == "ago" else 1
    then = calendar.add(calendar.now, sign * int(found["count"]), unit)
    if found["exact"]:
        start = then.replace(microsecond=0)
        end = start + _SECOND
    else:
        start = calendar.start(_U.DAY if unit is _U.WEEK else unit, then)
        end = calendar.after(start, 1, unit)
    if found["long"]:
        end = calendar.add(start, int(found["long"]), _U(found["long_unit"]))
    return Span(start, end)


def _forms() -> Iterator[tuple[str, Reading]]:
    yield "now", _now
    yield "beginning", _beginning
    yield "(?P<day>yesterday|today|tomorrow)", _today
    tail = r"(?: in the (?:past|future))?(?: (?P<edge>begin(?:ning)?|end))?"
    yield rf"{_WHICH}(?: {_COUNT})? {_UNIT}{tail}", _relative
    yield rf"{_WEEKDAY} {_WHICH}(?: {_COUNT})? weeks?", _weekday
    long = r"(?: for (?P<long>\d{1,9}) " + _UNIT.replace("<unit>", "<long_unit>") + ")?"
    yield (
        rf"(?P<exact>exact(?:ly)? )?{_COUNT} {_UNIT} (?P<where>ago|from now|later){long}",
        _away,
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def _unreadable(text: str, path: str) -> FieldInvalid:
    return FieldInvalid(f"{path}: {_shown(text)} is not a date.", detail=f"Expected: {EXPECTED}.")


_FORMS: Final = (
    *((re.compile(pattern, re.ASCII), read) for pattern, read in _forms()),
    (_ISO, _zoned),
)
