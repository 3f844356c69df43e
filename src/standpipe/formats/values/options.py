"""What a caller may ask of a format, checked; every format takes some of it."""

import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Literal, get_args

from standpipe.core.errors import FieldInvalid

Shape = Literal["objects", "arrays", "columns"]
Numbers = Literal["native", "string", "auto"]
Compression = Literal["none", "lz4", "zstd"]

_CHOICES = {
    "shape": get_args(Shape),
    "numbers": get_args(Numbers),
    "compression": get_args(Compression),
}
_DELIMITERS = frozenset({",", "\t", ";", "|"})
_STRFTIME = re.compile(r"(?:[^%]|%-?[dmyHMSIj]|%[aAbBYpfgnzZUWcxX%])*")
_SHOWN_CHARACTERS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatOptions:
    """What a caller said about the form of a result; None leaves it to the format.

    ``null_text`` stands for null, NaN and infinities. ``date_format`` and ``datetime_format`` are
    strftime patterns; datetimes with a zone are shown in UTC. ``guard`` puts an apostrophe
    before texts that a spreadsheet would take for formulas. ``compression`` is that of the bodies
    inside an Arrow stream. FieldInvalid names a value that is not allowed.
    """

    shape: Shape | None = None
    numbers: Numbers | None = None
    null_text: str | None = None
    date_format: str | None = None
    datetime_format: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    guard: bool | None = None
    compression: Compression | None = None

    def __post_init__(self) -> None:
        """Refuse what no format knows, and what would make a file that cannot be read back."""
        for name, choices in _CHOICES.items():
            _check_choice(name, getattr(self, name), choices)
        if self.delimiter is not None:
            check_delimiter(self.delimiter)
        for name in ("date_format", "datetime_format"):
            check_pattern(name, getattr(self, name))

    def given(self) -> tuple[str, ...]:
        """Return the names of the options that were set."""
        return tuple(name for name in OPTION_NAMES if getattr(self, name) is not None)

    def check_taken(self, format_name: str, taken: Collection[str]) -> None:
        """Raise FieldInvalid if an option was set that a format does not take."""
        strange = [name for name in self.given() if name not in taken]
        if strange:
            listed = ", ".join(name for name in OPTION_NAMES if name in taken)
            raise FieldInvalid(
                f"The format {format_name!r} takes no option {strange[0]!r}.",
                detail=f"It takes: {listed}." if listed else "It takes none.",
                hint="Leave the option out, or ask for another format.",
            )


OPTION_NAMES = tuple(field.name for field in fields(FormatOptions))


def check_delimiter(delimiter: str) -> None:
    """Raise FieldInvalid unless cells can be set apart by it."""
    if delimiter not in _DELIMITERS:
        raise FieldInvalid(
            f"Cells cannot be delimited by {_shown(delimiter)}.",
            detail="Allowed are comma, tab, semicolon and bar.",
        )


def check_pattern(name: str, pattern: str | None) -> None:
    """Raise FieldInvalid unless it is a strftime pattern that can be followed."""
    if pattern is not None and not _STRFTIME.fullmatch(pattern):
        raise FieldInvalid(
            f"The option {name!r} has an unknown code: {_shown(pattern)}.",
            detail="Use strftime codes such as %d/%m/%y %H:%M.",
        )


def _check_choice(name: str, value: str | None, choices: Collection[str]) -> None:
    if value is not None and value not in choices:
        raise FieldInvalid(
            f"The option {name!r} is {_shown(value)}.", detail=f"It takes: {', '.join(choices)}."
        )


def _shown(text: str) -> str:
    return repr(text[:_SHOWN_CHARACTERS])
