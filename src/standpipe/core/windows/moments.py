"""Relative dates: ``now - 7 days`` read from a text, and what they mean at a given time."""

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from standpipe.core.windows.syntax import Moment, Shift, Unit
from standpipe.core.windows.tokens import Kind, Tokens

UNIT_WORDS: Final = {word: unit for unit in Unit for word in (unit.value, f"{unit.value}s")}

_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}
_SECONDS = {Unit.SECOND: 1, Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.DAY: 86400, Unit.WEEK: 604800}
_MAX_COUNT = 1_000_000_000_000
_SPAN = re.compile(r"\s*([+-]?)\s*([0-9]{1,12})\s*([A-Za-z]+)\s*", re.ASCII)
_UNITS = "second, minute, hour, day, week, month, quarter or year"


def parse_moment(tokens: Tokens) -> Moment:
    """Read ``now`` or ``today``, with or without ``()``, and what is added or taken away."""
    start = tokens.advance()
    if tokens.take_mark("("):
        tokens.expect_mark(")")
    shifts: list[Shift] = []
    while tokens.is_mark("+") or tokens.is_mark("-"):
        sign = -1 if tokens.advance().value == "-" else 1
        shifts += (Shift(count=sign * s.count, unit=s.unit) for s in _parse_spans(tokens))
    return Moment(position=start.position, is_today=start.value == "today", shifts=tuple(shifts))


def moment_at(moment: Moment, now: datetime) -> datetime | None:
    """Return the moment in UTC; None when it lies outside of the years 1 to 9999.

    In a month that is too short it is the last day.
    """
    then = now.astimezone(UTC)
    if moment.is_today:
        then = then.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        for shift in moment.shifts:
            then = _shifted(then, shift)
    except (OverflowError, ValueError):
        return None
    return then


def _shifted(then: datetime, shift: Shift) -> datetime:
    if shift.unit in _SECONDS:
        return then + timedelta(seconds=shift.count * _SECONDS[shift.unit])
    year, month = divmod(then.year * 12 + then.month - 1 + shift.count * _MONTHS[shift.unit], 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    last_day = calendar.monthrange(year, month + 1)[1]
    return then.replace(year=year, month=month + 1, day=min(then.day, last_day))


def _parse_spans(tokens: Tokens) -> Iterator[Shift]:
    """Read ``7 days``, ``interval 7 days``, ``interval '7' day`` or ``interval '7 days'``."""
    is_interval = tokens.take_word("interval")
    if is_interval and tokens.current.kind is Kind.TEXT:
        yield from _read_spans(tokens)
    else:
        yield Shift(count=_parse_count(tokens), unit=_parse_unit(tokens))


def _parse_count(tokens: Tokens) -> int:
    token = tokens.current
    if token.kind is not Kind.NUMBER or not isinstance(token.value, int):
        hint = "Take a smaller unit for a fraction." if token.kind is Kind.NUMBER else ""
        raise tokens.unexpected("a whole number and a unit, such as 7 days", hint)
    if token.value > _MAX_COUNT:
        raise tokens.unexpected("a smaller number of units")
    tokens.advance()
    return token.value


def _parse_unit(tokens: Tokens) -> Unit:
    token = tokens.current
    if token.kind is not Kind.WORD or token.value not in UNIT_WORDS:
        raise tokens.unexpected(_UNITS)
    tokens.advance()
    return UNIT_WORDS[str(token.value)]


def _read_spans(tokens: Tokens) -> list[Shift]:
    """Read a text such as ``'1 month 2 days'``, or one of a number with its unit behind it."""
    text = str(tokens.current.value)
    unit_word = str(tokens.following.value) if tokens.following.kind is Kind.WORD else ""
    has_unit_behind = unit_word in UNIT_WORDS
    whole = f"{text} {unit_word}" if has_unit_behind else text
    shifts, position = [], 0
    while (found := _SPAN.match(whole, position)) and found[3].lower() in UNIT_WORDS:
        shifts.append(Shift(count=int(found[1] + found[2]), unit=UNIT_WORDS[found[3].lower()]))
        position = found.end()
    if not shifts or position < len(whole):
        raise tokens.unexpected(f"an interval such as '7 days', of {_UNITS}")
    tokens.advance()
    if has_unit_behind:
        tokens.advance()
    return shifts
