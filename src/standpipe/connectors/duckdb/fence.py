"""The first fence: one reading statement, judged by DuckDB's own parser.

The second one is the sandbox.
"""

from functools import lru_cache

import duckdb

from standpipe.core.errors import SourceFailed, StatementRefused

__all__ = ["is_pivot", "single_reading_statement", "wrap"]

_ALLOWED = "Allowed: one SELECT, WITH, FROM, VALUES, PIVOT, DESCRIBE, SUMMARIZE or SHOW."
_READING = {"SELECT", "MULTI"}
_REMEMBERED = 16  # texts: a child is mostly asked the same ones again


@lru_cache(_REMEMBERED)
def single_reading_statement(text: str) -> str:
    """Return the text without its closing semicolons, if it is one statement that only reads.

    Raises:
        StatementRefused: it is none, several, or of a kind that does more than read.
        SourceFailed: DuckDB cannot parse it; its message, about the text as it was given.
    """
    try:
        found = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise SourceFailed(str(error)) from error
    kinds = [statement.type.name for statement in found]
    if not kinds:
        raise StatementRefused("The statement is empty.", detail=_ALLOWED)
    if len(kinds) > 1:
        raise StatementRefused(f"{len(kinds)} statements were found.", detail=_ALLOWED)
    bare = _without_end(text)
    if kinds[0] not in _READING or not _can_be_wrapped(bare):
        raise StatementRefused(
            f"A statement of kind {_kind(kinds[0], bare)} was found.", detail=_ALLOWED
        )
    return bare


@lru_cache(_REMEMBERED)
def is_pivot(statement: str) -> bool:
    """Whether it runs in two halves: one that finds its columns, one that fills them."""
    kind: str = duckdb.extract_statements(statement)[0].type.name
    return kind == "MULTI"


def wrap(statement: str, select: str = "SELECT *") -> str:
    """Put a statement into a subquery, where nothing but reading is grammatical or bindable."""
    return f"{select} FROM (\n{statement}\n)"


def _can_be_wrapped(statement: str) -> bool:
    # PIVOT is several statements to the parser, and so are COPY (PIVOT ...) and CREATE TABLE AS
    # PIVOT; only the first one can stand in a subquery.
    try:
        wrapped = duckdb.extract_statements(wrap(statement))
    except duckdb.Error:
        return False
    return len(wrapped) == 1 and wrapped[0].type.name in _READING


def _kind(kind: str, statement: str) -> str:
    if kind not in _READING:
        return kind.replace("_", " ")
    words = statement.split(maxsplit=1)
    return words[0].upper() if words else kind


def _without_end(text: str) -> str:
    encoded = text.encode()
    end = len(encoded)
    for position, kind in reversed(duckdb.tokenize(text)):
        if kind == duckdb.token_type.comment:
            continue
        if encoded[position : position + 1] != b";":
            break
        end = position
    return encoded[:end].decode()
