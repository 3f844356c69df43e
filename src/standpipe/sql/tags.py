"""Finds the ``{{ name }}`` tags of Mustache in a text, in one pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class TagKind(StrEnum):
    """What a tag is for."""

    VARIABLE = "variable"
    SECTION = "section"
    SECTION_END = "section_end"
    COMMENT = "comment"
    PARTIAL = "partial"
    DELIMITERS = "delimiters"


_SIGILS = {
    "#": TagKind.SECTION,
    "^": TagKind.SECTION,
    "/": TagKind.SECTION_END,
    ">": TagKind.PARTIAL,
    "!": TagKind.COMMENT,
    "=": TagKind.DELIMITERS,
    "&": TagKind.VARIABLE,
}


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: the half-open span it fills in the text, and the line it begins in, from 1."""

    kind: TagKind
    name: str
    start: int
    end: int
    line: int


def find_tags(text: str) -> Iterator[Tag]:
    """Give the tags in order; braces that are never closed are no tag."""
    position, line, counted = 0, 1, 0
    while (start := text.find("{{", position)) >= 0:
        close = text.find("}}", start + 2)
        if close < 0:
            return
        line += text.count("\n", counted, start)
        counted = start
        tag = _read(text, start, close, line)
        yield tag
        position = tag.end


def _read(text: str, start: int, close: int, line: int) -> Tag:
    inside = text[start + 2 : close].strip()
    if inside.startswith("{") and text.startswith("}", close + 2):
        return Tag(TagKind.VARIABLE, inside[1:].strip(), start, close + 3, line)
    kind = _SIGILS.get(inside[:1])
    if kind is None:
        return Tag(TagKind.VARIABLE, inside, start, close + 2, line)
    return Tag(kind, inside[1:].strip(), start, close + 2, line)


def placeholder_names(sql: str) -> tuple[str, ...]:
    """Return the names that a text asks for, sections too, once each, in order; never raises."""
    wanted = (TagKind.VARIABLE, TagKind.SECTION)
    return tuple(dict.fromkeys(tag.name for tag in find_tags(sql) if tag.kind in wanted))
