"""Where the statements of a text begin and end."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from standpipe.sql.tokens import Token, tokenize

Span = tuple[int, int]

_BLANKS = re.compile(r"\s*")


@lru_cache(maxsize=256)
def strip_terminator(sql: str, sql_dialect: str = "duckdb") -> str:
    """Return the text without the ``;`` at its end and without comments behind the last word.

    A comment before the ``;`` stays, and so does one between words. Several statements stay
    several, joined by ``;`` and a line end: refusing them is for whoever runs them. Text whose
    quotes never end comes back stripped of white space only.
    """
    tokens = tokenize(sql, sql_dialect)
    return sql.strip() if tokens is None else joined(sql, statement_spans(sql, tokens))


def joined(sql: str, spans: Sequence[Span]) -> str:
    """Return the statements at ``spans`` as one text."""
    return ";\n".join(sql[start:end] for start, end in spans)


def statement_spans(sql: str, tokens: Sequence[Token]) -> tuple[Span, ...]:
    """Return the half-open spans of the statements that hold at least one token."""
    return tuple(_statements(sql, tokens))


def _statements(sql: str, tokens: Sequence[Token]) -> Iterator[Span]:
    start, end = 0, -1
    for token in tokens:
        if token.kind != "SEMICOLON":
            end = token.end
            continue
        if end >= 0:
            yield _trimmed(sql, start, token.start)
        start, end = _after_line_comments(sql, token.end), -1
    if end >= 0:
        yield _trimmed(sql, start, end)


def _trimmed(sql: str, start: int, end: int) -> Span:
    text = sql[start:end]
    return start + len(text) - len(text.lstrip()), start + len(text.rstrip())


def _next_letter(sql: str, position: int) -> int:
    found = _BLANKS.match(sql, position)
    return found.end() if found else position


def _after_line_comments(sql: str, position: int) -> int:
    """Skip white space and ``--`` comments: behind a ``;`` they belong to what it ended."""
    while True:
        rest = _next_letter(sql, position)
        if not sql.startswith("--", rest):
            return position
        line_end = sql.find("\n", rest)
        position = len(sql) if line_end < 0 else line_end
