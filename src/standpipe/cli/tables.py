"""What the terminal prints: aligned tables that no cell can break out of, and JSON."""

import json
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import click

MAX_CELL = 60


def print_json(value: Any) -> None:
    """Print a value as JSON; times and ids as text."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under their names, numbers to the right."""
    for line in render_table(names, rows):
        click.echo(line)


def render_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the lines of a table; long cells are cut, control characters shown as escapes."""
    head = [cell(name) for name in names]
    body = [[cell(value) for value in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(head, *body, strict=True)]
    is_right = [_is_numeric(column) for column in zip(*rows, strict=True)] or [False] * len(head)
    ruler = ["-" * size for size in widths]
    return [_line(line, widths, is_right) for line in [head, ruler, *body]]


def cell(value: Any) -> str:
    """Return a value as one line without control characters, at most 60 columns wide."""
    text = value if isinstance(value, str) else _text(value)
    safe = "".join(_escape(character) for character in text)
    return safe if len(safe) <= MAX_CELL else safe[: MAX_CELL - 1] + "…"


def width(text: str) -> int:
    """Return how many columns a terminal needs for a text."""
    return sum(_columns(character) for character in text)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _escape(character: str) -> str:
    # Format characters (Cf) can turn the direction of the line around.
    if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}:
        return character.encode("unicode_escape").decode()
    return character


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _is_numeric(column: Sequence[Any]) -> bool:
    given = [value for value in column if value is not None]
    return bool(given) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in given
    )


def _line(cells: Sequence[str], widths: Sequence[int], is_right: Sequence[bool]) -> str:
    padded = []
    for text, size, right in zip(cells, widths, is_right, strict=True):
        space = " " * (size - width(text))
        padded.append(space + text if right else text + space)
    return "  ".join(padded).rstrip()
