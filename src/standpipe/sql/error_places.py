"""Where in the author's text an engine found an error: its message says so for what it was asked.

Engines of the family of PostgreSQL print the line with a caret below it. What they were asked is
not what the author wrote: values are bound, and a statement may have been translated.
"""

import re
from dataclasses import dataclass

from standpipe.core.executions import Statement

__all__ = ["ErrorPlace", "find_place"]

_SHOWN = re.compile(r"^LINE (?P<line>\d+): (?P<text>.*)\n(?P<gap> *)(?P<mark>\^+)", re.MULTILINE)
_CUT = "..."
_WORD = re.compile(r"\w+|\S")


@dataclass(frozen=True, slots=True)
class ErrorPlace:
    """A line and a column, both from 1; the column is None where only the line is known."""

    line: int
    column: int | None


def find_place(message: str, statement: Statement) -> ErrorPlace | None:
    """Return the place that a message names in the text of the author; None if it is not known.

    A column behind a value on the same line is not known, since the author wrote a placeholder
    there; a translated line neither, unless it has the marked word exactly once.
    """
    found = _SHOWN.search(message)
    if found is None:
        return None
    number = int(found["line"])
    asked, written = _line(statement.text, number), _line(statement.display, number)
    column = _column(found, asked)
    if column is None or written is None or asked is None:
        return None
    word = _WORD.match(asked, column)
    until = len(asked) if word is None else word.end()
    parts = _between_values(asked, statement)
    if until <= len(parts[0]) and written[:until].lower() == asked[:until].lower():
        return ErrorPlace(number, column + 1)
    if _has_in_order(written, parts):
        return ErrorPlace(number, None)
    return None if statement.values else _only(word, written, number)


def _between_values(line: str, statement: Statement) -> list[str]:
    """Return what stands before, between and behind the bound values of a line."""
    names = "|".join(re.escape(name) for name in statement.values)
    return re.split(rf"\$(?:{names})\b", line) if names else [line]


def _has_in_order(line: str, parts: list[str]) -> bool:
    """Whether a line begins and ends with the outer parts and has the others between, in order."""
    if len(parts) == 1:
        return line == parts[0]
    position, end = len(parts[0]), len(line) - len(parts[-1])
    if position > end or not (line.startswith(parts[0]) and line.endswith(parts[-1])):
        return False
    for part in parts[1:-1]:
        found = line.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _line(text: str, number: int) -> str | None:
    lines = text.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else None


def _column(found: re.Match[str], line: str | None) -> int | None:
    """Return where the caret points in a line, from 0; what is shown may be a part of it."""
    if line is None:
        return None
    shown, column = found["text"], len(found["gap"]) - len(f"LINE {found['line']}: ")
    if shown.startswith(_CUT) and not line.startswith(_CUT):
        shown, column = shown.removeprefix(_CUT), column - len(_CUT)
    if shown not in line:
        shown = shown.removesuffix(_CUT)
    start = line.find(shown)
    is_known = start >= 0 and line.find(shown, start + 1) < 0 and 0 <= column < len(shown)
    return start + column if is_known else None


def _only(word: re.Match[str] | None, line: str, number: int) -> ErrorPlace | None:
    if word is None:
        return None
    found = list(re.finditer(rf"(?<!\w){re.escape(word[0])}(?!\w)", line))
    return ErrorPlace(number, found[0].start() + 1) if len(found) == 1 else None
