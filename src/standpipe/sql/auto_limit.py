"""Adds a limit to a plain SELECT that has none."""

from standpipe.sql.statements import statement_spans
from standpipe.sql.tokens import Token, tokenize

AUTO_LIMIT = 1000

_LIMITS = frozenset({"LIMIT", "OFFSET", "FETCH"})


def with_auto_limit(sql: str, sql_dialect: str, *, rows: int = AUTO_LIMIT) -> str:
    """Return the text with `` LIMIT 1000`` behind its last statement.

    Unchanged when that statement does not begin with SELECT (a comment before it counts as another
    beginning), already says how many rows it wants, or cannot be read.
    """
    tokens = tokenize(sql, sql_dialect)
    if tokens is None:
        return sql
    spans = statement_spans(sql, tokens)
    if not spans:
        return sql
    start, end = spans[-1]
    last = [token for token in tokens if start <= token.start and token.end <= end]
    if last[0].start != start or last[0].kind != "SELECT" or _has_limit(last):
        return sql
    place = last[-1].end  # before a comment, which would swallow it
    return f"{sql[:place]} LIMIT {rows}{sql[place:]}"


def _has_limit(tokens: list[Token]) -> bool:
    """Whether the outermost, last SELECT limits its rows."""
    depth, has_limit = 0, False
    for token in tokens:
        if token.kind in ("L_PAREN", "R_PAREN"):
            depth += 1 if token.kind == "L_PAREN" else -1
        elif depth == 0 and token.kind == "SELECT":
            has_limit = False
        elif depth == 0 and token.kind in _LIMITS:
            has_limit = True
    return has_limit
