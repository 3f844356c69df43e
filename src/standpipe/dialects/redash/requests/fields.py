"""Reads fields of JSON bodies: says which one is missing or of the wrong type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from standpipe.core.errors import FieldInvalid, FieldMissing, MalformedBody, NotFound
from standpipe.http.messages import Inbound

T = TypeVar("T")

MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Fields:
    """The object of a body. Every reader raises FieldInvalid for a value of the wrong type."""

    values: Mapping[str, Any]

    def has(self, name: str) -> bool:
        """Whether the field is there, null or not."""
        return name in self.values

    def required(self, name: str) -> Any:
        """Return a field that must be there and not null; FieldMissing."""
        value = self.values.get(name)
        if value is None:
            raise FieldMissing(f"The field {name!r} is missing.")
        return value

    def text(self, name: str, default: str = "") -> str:
        """Return a string; the default if it is absent or null."""
        value = self.values.get(name)
        return default if value is None else self._of(name, value, str, "a string")

    def optional_text(self, name: str) -> str | None:
        """Return a string or None."""
        value = self.values.get(name)
        return None if value is None else self._of(name, value, str, "a string or null")

    def required_text(self, name: str) -> str:
        """Return a string that must be there; FieldMissing."""
        return self._of(name, self.required(name), str, "a string")

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean; the default if it is absent or null."""
        value = self.values.get(name)
        return default if value is None else self._of(name, value, bool, "true or false")

    def id(self, name: str) -> int | None:
        """Return an id, also one written as a string of digits, or None."""
        value = self.values.get(name)
        if value is None:
            return None
        return read_id(name, value)

    def required_id(self, name: str) -> int:
        """Return an id that must be there; FieldMissing."""
        return read_id(name, self.required(name))

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object; an empty one if it is absent or null."""
        value = self.values.get(name)
        return {} if value is None else self._of(name, value, dict, "an object")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings without its empty ones; empty if it is absent or null."""
        value = self.values.get(name)
        items = [] if value is None else self._of(name, value, list, "a list of strings")
        if any(not isinstance(item, str) for item in items):
            raise wrong_type(name, value, "a list of strings")
        return tuple(item for item in items if item)

    def _of(self, name: str, value: Any, kind: type[T], wanted: str) -> T:
        if not isinstance(value, kind):
            raise wrong_type(name, value, wanted)
        return value


def wrong_type(name: str, value: Any, wanted: str) -> FieldInvalid:
    """Return the error for a value of the wrong type, which is shown shortened."""
    shown = repr(value)
    shown = shown if len(shown) <= 100 else f"{shown[:97]}..."
    return FieldInvalid(f"The field {name!r} is {shown}.", detail=f"It must be {wanted}.")


def read_id(name: str, value: Any) -> int:
    """Return a positive id given as a number or as a string of digits; FieldInvalid."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_ID:
        raise wrong_type(name, value, "an id (a positive integer)")
    return value


def parse_id(inbound: Inbound, name: str) -> int:
    """Return an id from the path; NotFound for what is no id."""
    text = inbound.parts.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(f"{text!r} is no id.")
    return int(text)


def parse_object(inbound: Inbound) -> Fields:
    """Return the body's object, whatever its content type; MalformedBody, FieldInvalid."""
    body = inbound.json()
    if not isinstance(body, dict):
        raise FieldInvalid(
            f"The body is a {type(body).__name__}.", detail="It must be a JSON object."
        )
    return Fields(body)


def parse_object_or_nothing(inbound: Inbound) -> Fields:
    """Return the body's object; an empty one where the body is empty, malformed or no object."""
    try:
        body = inbound.json()
    except MalformedBody:
        return Fields({})
    return Fields(body if isinstance(body, dict) else {})
