"""Puts the words of a translation on the lines where they stood, so that errors name them."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from standpipe.sql.tokens import Token, tokenize

__all__ = ["keep_lines"]

_LOOK_AHEAD = 40  # tokens; what moved further than this stays on the line where it came out


def keep_lines(source: str, text: str) -> str:
    """Return ``text`` with line ends between its tokens; nothing else changes.

    A word comes no earlier than the line of ``source`` where it stands, as long as both have their
    words in the same order.
    """
    if "\n" not in source:
        return text
    asked, given = tokenize(source, "dune"), tokenize(text, "duckdb")
    if asked is None or given is None:
        return text
    starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    lines = [bisect_right(starts, token.start) for token in asked]
    words = [_word(token) for token in asked]
    parts: list[str] = []
    position, line, place = 0, 1, 0
    for number, token in enumerate(given):
        gap = text[position : token.start]
        found = _find(words, _word(token), place)
        if found >= 0:
            place = found + 1
            missing = lines[found] - line
            if missing > 0 and _may_part(given, number):
                gap, line = "\n" * missing, line + missing
        parts += (gap, token.raw)
        line += token.raw.count("\n")
        position = token.end
    return "".join((*parts, text[position:]))


def _word(token: Token) -> str:
    """Return what is compared; nothing for signs, which are everywhere."""
    if token.kind in ("VAR", "STRING", "NUMBER", "IDENTIFIER") or token.raw.isalpha():
        return token.text.upper()
    return ""


def _find(words: Sequence[str], word: str, place: int) -> int:
    if not word:
        return -1
    try:
        return words.index(word, place, place + _LOOK_AHEAD)
    except ValueError:
        return -1


def _may_part(tokens: Sequence[Token], number: int) -> bool:
    """Whether a line end changes nothing: it would join two texts, and part what is one word."""
    if number == 0:
        return True
    before, after = tokens[number - 1], tokens[number]
    return before.kind != "PARAMETER" and not before.kind == after.kind == "STRING"
