"""Values as a filter writes them, and what they are beside a value of another type."""

import math
import re
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final
from uuid import UUID

from standpipe.core.columns import LogicalType
from standpipe.core.dates import read_date
from standpipe.core.windows.expressions import Constant
from standpipe.core.windows.kinds import DATES, NUMBERS
from standpipe.core.windows.numbers import read_number
from standpipe.core.windows.tokens import read_hex

T = LogicalType

# How a text says a value of a type, for messages.
WRITTEN: Final = {
    T.INTEGER: "whole numbers such as 12",
    T.DECIMAL: "numbers such as 12.5",
    T.FLOAT: "numbers such as 12.5, 1e3 or 'NaN'",
    T.BOOLEAN: "TRUE and FALSE",
    T.DATE: "dates such as '2024-03-01', or today - 7 days",
    T.TIMESTAMP: "times such as '2024-03-01 15:30', or now - 7 days",
    T.TIMESTAMPTZ: "times such as '2024-03-01 15:30+02:00', or now - 7 days",
    T.TIME: "times of day such as '15:30:00'",
    T.UUID: "UUIDs such as '00000000-0000-0000-0000-000000000001'",
    T.BYTES: "bytes such as 0x1f",
    T.TEXT: "texts in single quotes",
}

_LONGEST_TIME = 32
_FLOAT_WORD = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def constant(value: str | int | Decimal | bytes | bool | None) -> Constant:
    """Return a literal with the type that it has by itself."""
    if isinstance(value, bool):
        return Constant(type=T.BOOLEAN, value=value)
    if isinstance(value, int):
        return Constant(type=T.INTEGER, value=value)
    if isinstance(value, Decimal):
        return Constant(type=T.DECIMAL, value=value)
    return Constant(type=T.BYTES if isinstance(value, bytes) else T.TEXT, value=value)


def typed(kind: str, text: str) -> Constant | None:
    """Return what ``DATE '..'`` or ``TIMESTAMP '..'`` says; None when it says nothing."""
    if kind == "date":
        found = fit(Constant(type=T.TEXT, value=text), T.DATE)
        return found if found is not None and found.type is T.DATE else None
    moment = _read_moment(text)
    has_zone = moment is not None and moment.tzinfo is not None
    return None if moment is None else _dated(moment, T.TIMESTAMPTZ if has_zone else T.TIMESTAMP)


def fit(value: Constant, target: LogicalType) -> Constant | None:
    """Return a constant as it is compared with values of a type; None when it cannot be.

    The result may have another type of the same family: an integer is compared with 1.5, a date
    with a time of the day.
    """
    held = value.value
    if held is None:
        return Constant(type=target, value=None)
    if target in NUMBERS and value.type in NUMBERS:
        return _float(held) if target is T.FLOAT else value
    if target in DATES and value.type in DATES:
        return _dated(_as_datetime(held), target)
    if isinstance(held, bytes) and target in {T.INTEGER, T.DECIMAL}:
        return Constant(type=T.INTEGER, value=int.from_bytes(held))
    if isinstance(held, str) and target is not T.TEXT:
        return _read(held.strip(), target)
    return value if value.type is target else None


def single(value: Constant) -> Constant:
    """Round a number to what a 32-bit column holds of it: 0.1 is equal to its 0.1."""
    if not isinstance(value.value, float):
        return value
    (rounded,) = struct.unpack("f", struct.pack("f", value.value))
    return Constant(type=T.FLOAT, value=rounded) if math.isfinite(rounded) else value


def _read(text: str, target: LogicalType) -> Constant | None:
    """Return what a text says beside a value of a type other than text."""
    if target in NUMBERS:
        return _read_number(text, target)
    if target in DATES:
        moment = _read_moment(text)
        return None if moment is None else _dated(moment, target)
    value = _READERS[target](text) if target in _READERS else None
    return None if value is None else Constant(type=target, value=value)


def _read_number(text: str, target: LogicalType) -> Constant | None:
    if target is T.FLOAT and _FLOAT_WORD.fullmatch(text):
        return Constant(type=T.FLOAT, value=float(text))
    number = read_number(text)
    return None if number is None else fit(constant(number), target)


def _float(number: int | Decimal | float) -> Constant | None:
    """Return a number as a float; None when it is beyond the largest one."""
    try:
        nearest = float(number)
    except OverflowError:
        return None
    is_beyond = math.isinf(nearest) and nearest != number
    return None if is_beyond else Constant(type=T.FLOAT, value=nearest)


def _read_moment(text: str) -> datetime | None:
    found = read_date(text)
    return None if found is None else _as_datetime(found)


def _as_datetime(moment: date | datetime) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time.min)


def _dated(moment: datetime, target: LogicalType) -> Constant | None:
    """Return a time as one in UTC; beside a date it is a date if the day has just begun."""
    try:
        utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None
    if target is T.TIMESTAMPTZ:
        return Constant(type=target, value=utc)
    naive = utc.replace(tzinfo=None)
    if target is T.DATE and naive.time() == time.min:
        return Constant(type=target, value=naive.date())
    return Constant(type=T.TIMESTAMP, value=naive)


def _read_time(text: str) -> time | None:
    try:
        found = time.fromisoformat(text) if len(text) <= _LONGEST_TIME else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is None else None


def _read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _read_bytes(text: str) -> bytes | None:
    try:
        return read_hex(text) if text[:2].lower() == "0x" else None
    except ValueError:
        return None


def _read_boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.lower())


_READERS: dict[LogicalType, Callable[[str], time | UUID | bytes | bool | None]] = {
    T.TIME: _read_time,
    T.UUID: _read_uuid,
    T.BYTES: _read_bytes,
    T.BOOLEAN: _read_boolean,
}
