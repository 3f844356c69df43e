"""How SQL of ours is spelled: names in quotes, values of callers as numbered parameters."""

from collections.abc import Callable, Iterable
from typing import Final

_SHORT: Final = 100


def quote_name(name: str) -> str:
    """Return an identifier as SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return a text of ours (a path, a setting) as SQL; texts of callers are bound."""
    return "'" + text.replace("'", "''") + "'"


def unused_name(wanted: str, taken: Iterable[str]) -> str:
    """Return a name that is none of those, in any case: ``wanted``, or ``wanted 1`` and so on."""
    folded = {name.casefold() for name in taken}
    name, number = wanted, 0
    while name.casefold() in folded:
        number += 1
        name = f"{wanted} {number}"
    return name


def repeat(text: str, use: Callable[[str], str]) -> str:
    """Return SQL that uses a value several times.

    A long one is worked out once, under a name of its own: copies of copies would grow without
    end. ``use`` must put nothing around the value that holds columns or other values.
    """
    if len(text) <= _SHORT:
        return use(text)
    return f"list_transform([{text}], lambda operand: {use('operand')})[1]"


class Values:
    """The values of one statement, in the order of their parameters."""

    def __init__(self) -> None:
        self._values: list[str | bytes] = []

    def bind(self, value: str | bytes, stored_type: str) -> str:
        """Return SQL that is the value as a DuckDB type; every value must be used."""
        self._values.append(value)
        return f"CAST(${len(self._values)} AS {stored_type})"

    @property
    def bound(self) -> list[str | bytes] | None:
        """The values for DuckDB, which takes no empty list where there is no parameter."""
        return self._values or None
