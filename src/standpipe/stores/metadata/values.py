"""Single values between Python and columns: times, uids, nested values and bound values."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import Uid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _plain(value: object) -> object:
    """Turn read-only views of mappings, which the encoder does not know, into what it knows."""
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} cannot be stored as JSON: {value!r}")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)


def to_time(at: datetime) -> int:
    """Return exact microseconds since 1970; TypeError for a time without a zone."""
    return (at - _EPOCH) // _MICROSECOND


def to_optional_time(at: datetime | None) -> int | None:
    """Return exact microseconds since 1970, or None."""
    return None if at is None else to_time(at)


def from_time(microseconds: int) -> datetime:
    """Return the aware UTC time."""
    return _EPOCH + timedelta(microseconds=microseconds)


def from_optional_time(microseconds: int | None) -> datetime | None:
    """Return the aware UTC time, or None."""
    return None if microseconds is None else from_time(microseconds)


def from_uid(text: str) -> Uid:
    """Read a stored uid."""
    return Uid(UUID(text))


def to_json(value: Any) -> str:
    """Return JSON text: order of keys and all digits of integers are kept.

    FieldInvalid for what JSON text cannot hold (half a surrogate pair, more than 4300 digits).
    """
    try:
        return _ENCODER.encode(value).decode()
    except ValueError as error:
        raise FieldInvalid("A value cannot be stored.", detail=str(error)) from error


def from_json(text: str) -> Any:
    """Read stored JSON text."""
    return msgspec.json.decode(text)


def to_bound(values: Mapping[str, Any]) -> str:
    """Return JSON text of bound values; those that JSON has no type for are ``[type, text]``."""
    return to_json({name: _tagged(value) for name, value in values.items()})


def from_bound(text: str) -> Mapping[str, Any]:
    """Read bound values back, each in its own type."""
    return {name: _untagged(value) for name, value in from_json(text).items()}


def _tagged(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return ["float", repr(value)]  # JSON has neither NaN nor infinity
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    if isinstance(value, datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    raise TypeError(f"{type(value).__name__} cannot be bound: {value!r}")


_READERS: Mapping[str, Any] = {
    "float": float,
    "bytes": bytes.fromhex,
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _untagged(value: Any) -> Any:
    return _READERS[value[0]](value[1]) if isinstance(value, list) else value
