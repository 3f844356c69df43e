"""Values of callers as bound parameters, in the kind of what they are compared with.

A constant of the column's own type lets DuckDB skip the row groups that cannot hold it. A number
that the column's type does not hold is not rounded: it lies between two that it does, or beyond.
"""

import struct
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum, auto
from typing import Any, Final
from uuid import UUID

from standpipe.core.errors import WindowInvalid
from standpipe.core.stored_types import StoredType, parse_stored_type
from standpipe.core.windows.expressions import Constant
from standpipe.core.windows.kinds import STORED_TYPES
from standpipe.readers.kinds import (
    BOOLEAN,
    DOUBLE,
    VARCHAR,
    Domain,
    Sql,
    find_domain,
    is_number,
    number_kind,
    spell,
)
from standpipe.readers.spelling import Values

_TIMESTAMP = StoredType("TIMESTAMP")
_TIMESTAMPTZ = StoredType("TIMESTAMP WITH TIME ZONE")
# Years that hold every moment of a 64-bit count of nanoseconds.
_NANOSECOND_YEARS = range(1678, 2262)

_KINDS: Final = {
    bool: BOOLEAN,
    float: DOUBLE,
    str: VARCHAR,
    bytes: StoredType("BLOB"),
    date: StoredType("DATE"),
    time: StoredType("TIME"),
    UUID: StoredType("UUID"),
}


class Place(Enum):
    """Where a constant lies among the values of a kind."""

    AT = auto()
    ABOVE = auto()  # between this value and the next one
    ABOVE_ALL = auto()
    BELOW_ALL = auto()


@dataclass(frozen=True, slots=True)
class Placed:
    """A constant among the values of a kind: ``value`` is it, or the one just below it."""

    place: Place
    kind: StoredType
    value: str | bytes = ""

    def bind(self, values: Values) -> Sql:
        """Return the value as a parameter."""
        return Sql(values.bind(self.value, spell(self.kind)), self.kind)


def bind_constant(values: Values, constant: Constant) -> Sql:
    """Return a constant as the kind that it has by itself."""
    value = constant.value
    if value is None:
        stored_type = STORED_TYPES.get(constant.type, "VARCHAR")
        return Sql(f"CAST(NULL AS {stored_type})", parse_stored_type(stored_type))
    return Placed(Place.AT, _own_kind(value), _bound(value)).bind(values)


def place_constant(value: Any, kind: StoredType) -> Placed:
    """Return where a value that is not null lies among those of a kind."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and is_number(kind):
        return _place_number(value, kind)
    return Placed(Place.AT, _kind_beside(value, kind), _bound(value))


def _place_number(value: int | Decimal, kind: StoredType) -> Placed:
    domain = find_domain(kind)
    if domain is None:
        return Placed(Place.AT, kind, _bound(value))
    unscaled, is_exact = _floor(value, domain.scale)
    low, high = domain.bounds or (unscaled, unscaled)
    if unscaled < low:
        return Placed(Place.BELOW_ALL, kind)
    if unscaled > high:
        return Placed(Place.ABOVE_ALL, kind)
    place = Place.AT if is_exact else Place.ABOVE
    return Placed(place, kind, _spell_unscaled(unscaled, domain))


def _floor(value: int | Decimal, scale: int) -> tuple[int, bool]:
    """Return the greatest multiple of ``10 ** -scale`` at or below a number; and if it is it."""
    sign, digits, exponent = Decimal(value).as_tuple()
    coefficient = int("".join(map(str, digits))) * (-1 if sign else 1)
    shift = int(exponent) + scale
    if shift >= 0:
        return coefficient * 10**shift, True
    floor, rest = divmod(coefficient, 10**-shift)
    return floor, rest == 0


def _spell_unscaled(unscaled: int, domain: Domain) -> str:
    whole, fraction = divmod(abs(unscaled), 10**domain.scale)
    sign = "-" if unscaled < 0 else ""
    return f"{sign}{whole}.{fraction:0{domain.scale}}" if domain.scale else f"{sign}{whole}"


def _own_kind(value: Any) -> StoredType:
    if isinstance(value, datetime):  # which is a date too
        return _TIMESTAMP if value.tzinfo is None else _TIMESTAMPTZ
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return number_kind(value)
    return next(kind for type_, kind in _KINDS.items() if isinstance(value, type_))


def _kind_beside(value: Any, kind: StoredType) -> StoredType:
    """Return the kind as which a value is compared with a kind, exactly."""
    if isinstance(value, float) and kind.name == "FLOAT":
        return kind if _is_single(value) else DOUBLE
    if isinstance(value, time) and kind.name == "TIME_NS":
        return kind
    is_counted = kind.name == "TIMESTAMP_NS" and type(value) in {date, datetime}
    if is_counted and value.year in _NANOSECOND_YEARS:
        return kind
    return _own_kind(value)


def _is_single(value: float) -> bool:
    """Whether a 32-bit float holds exactly this."""
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return False
    return bool(single == value) or value != value  # noqa: PLR0124 - NaN is held too


def _bound(value: Any) -> str | bytes:
    """Return how DuckDB reads a value; WindowInvalid for a text that is none."""
    match value:
        case bytes():
            return value
        case str():
            return _require_text(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
    return str(value)


def _require_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise WindowInvalid(
            "A text is not valid Unicode.", detail="Half of a surrogate pair stands in it."
        ) from error
    return text
