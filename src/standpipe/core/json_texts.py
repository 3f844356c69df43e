"""JSON from outside: not nested deeper than everything that reads it can follow."""

from typing import Any, Final

import msgspec

MOST_LEVELS: Final = 200


def read_json(text: bytes | str) -> Any:
    """Return what a text says; ValueError for one that is no JSON, or nested too deeply."""
    data = text.encode(errors="replace") if isinstance(text, str) else text
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if data.count(b"[") + data.count(b"{") > MOST_LEVELS:
        require_shallow(value)
    return value


def require_shallow(value: Any) -> None:
    """Raise ValueError for a decoded value of more than MOST_LEVELS lists and objects in another.

    Without recursion: whoever comes near Python's own limit may pass it a few calls further on.
    """
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        level = [each for found in level for each in _members(found)]
        if not level:
            return
    raise ValueError(f"JSON is nested more than {MOST_LEVELS} levels deep")


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
