"""The way of one statement: read, rewrite, write, keep the lines, check the placeholders."""

import re

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ErrorLevel, UnsupportedError

from standpipe.core.errors import StatementRefused
from standpipe.sql.tokens import tokenize
from standpipe.sql.trino.columns import name_columns
from standpipe.sql.trino.grammar import BROKEN_INSIDE, parse, reads_as_duckdb, refusal
from standpipe.sql.trino.lines import keep_lines
from standpipe.sql.trino.rules import rewrite

__all__ = ["translate"]

_MARK = re.compile(r"\$\w+")


def translate(sql: str) -> str:
    """Return DuckDB's text for one of Trino; see ``to_duckdb``."""
    try:
        found = [each for each in parse(sql) if each is not None]
    except BROKEN_INSIDE as error:
        if not isinstance(error, RecursionError) and reads_as_duckdb(sql):
            return sql
        raise refusal(error) from error
    if len(found) != 1:
        raise StatementRefused(
            f"{len(found)} statements were found." if found else "The statement is empty.",
            detail="Allowed: one query.",
        )
    if not isinstance(found[0], exp.Query | exp.Values):
        return sql
    if found[0].find(exp.Placeholder):
        raise StatementRefused(
            "A bound value without a name was found.",
            detail="A translation may change the order of values, so '?' cannot stand.",
            hint="Write {{ name }}.",
        )
    text = keep_lines(sql, _written(found[0]))
    _check_marks(sql, text)
    return text


def _written(tree: exp.Expr) -> str:
    try:
        tree = name_columns(rewrite(tree))
        return DuckDB().generate(
            tree, copy=False, comments=False, unsupported_level=ErrorLevel.RAISE
        )
    except UnsupportedError as error:
        raise StatementRefused(
            "The statement says what DuckDB cannot.", detail=str(error)
        ) from error
    except BROKEN_INSIDE as error:
        raise refusal(error) from error


def _check_marks(sql: str, text: str) -> None:
    """Refuse what would lose or change a placeholder: its value would be missing or too much."""
    before, after = _marks(sql, "dune"), _marks(text, "duckdb")
    if before != after:
        names = ", ".join(sorted(before ^ after))
        raise StatementRefused(
            "A bound value stands where DuckDB takes none.",
            detail=f"Placeholders: {names}.",
            hint="Write a unit, format or type out, or choose it with CASE.",
        )


def _marks(sql: str, sql_dialect: str) -> set[str]:
    """Return the placeholders outside quotes, comments and names."""
    tokens = tokenize(sql, sql_dialect) or ()
    kinds = {"VAR", "PARAMETER"}
    ends = {token.start: token.end for token in tokens}
    marks = set()
    for token in tokens:
        if token.kind not in kinds or not token.raw.startswith("$"):
            continue
        end = token.end if len(token.raw) > 1 else ends.get(token.end, token.end)
        if _MARK.fullmatch(sql[token.start : end]):
            marks.add(sql[token.start : end])
    return marks
