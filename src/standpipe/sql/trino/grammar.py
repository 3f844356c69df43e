"""Reads a text by Trino's grammar, as Dune has it; what neither Trino nor DuckDB reads is refused.

Functions that ``functions.py`` knows stay plain calls, so that its table alone says what they mean.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from sqlglot import exp, parser
from sqlglot.dialects.dune import Dune
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.dune import DuneParser
from sqlglot.tokenizer_core import Token, TokenType

from standpipe.core.errors import StatementRefused
from standpipe.sql.trino.functions import NAMES
from standpipe.sql.trino.templates import PlainDuckDB

__all__ = ["BROKEN_INSIDE", "parse", "reads_as_duckdb", "refusal"]

# What sqlglot raises beside its own errors for texts that it did not expect.
BROKEN_INSIDE = (
    SqlglotError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,  # recursion too
    TypeError,
    ValueError,
)

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)


def _decimal(_reader: parser.Parser, text: exp.Expr, type_: exp.Expr) -> exp.Expr:
    """``DECIMAL '1.50'`` has the digits that it shows."""
    if not _DECIMAL.fullmatch(text.name):
        return exp.Cast(this=text, to=type_)
    whole, _point, fraction = text.name.lstrip("+-").partition(".")
    digits = (max(len(whole.lstrip("0")) + len(fraction), 1), len(fraction))
    return exp.Cast(this=text, to=exp.DataType.build(f"DECIMAL({digits[0]}, {digits[1]})"))


_TYPES = frozenset(DuneParser.TYPE_TOKENS) - {TokenType.VAR, TokenType.IDENTIFIER}
_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_DEEPEST = 8  # ARRAY[ROW(DATE(...)))
_CALLED_PLAINLY = frozenset({"MAX_BY", "MIN_BY"})


class _Parser(DuneParser):
    FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {
        name: build for name, build in DuneParser.FUNCTIONS.items() if name not in NAMES
    }
    FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
        name: read
        for name, read in DuneParser.FUNCTION_PARSERS.items()
        if name not in _CALLED_PLAINLY
    }
    TYPE_LITERAL_PARSERS: ClassVar[dict[Any, Any]] = {
        **DuneParser.TYPE_LITERAL_PARSERS,
        exp.DType.DECIMAL: _decimal,
    }

    def _warn_unsupported(self) -> None:
        """Say nothing: it would write the statement to the log."""


class DuneText(Dune):
    """Dune's dialect with the functions of our table left alone."""

    Parser = _Parser


def parse(sql: str) -> list[exp.Expr | None]:
    """Return the statements of a text; errors are those of BROKEN_INSIDE."""
    dialect = DuneText()
    tokens = dialect.tokenize(sql)
    _check_depth(tokens)
    return list(dialect.parser().parse(tokens, sql))


def _check_depth(tokens: Sequence[Token]) -> None:
    """Refuse what takes twice as long with every level: each is read as a type first."""
    levels = [0]
    for before, token in pairwise(tokens):
        if token.token_type in _OPENING:
            levels.append(levels[-1] + (before.token_type in _TYPES))
        elif token.token_type in _CLOSING and len(levels) > 1:
            levels.pop()
        if levels[-1] > _DEEPEST:
            raise RecursionError


def reads_as_duckdb(sql: str) -> bool:
    """Whether it is DuckDB's SQL, as far as sqlglot knows."""
    try:
        return bool(PlainDuckDB().parse(sql))
    except BROKEN_INSIDE:
        return False


def refusal(error: Exception) -> StatementRefused:
    """Return the error that says where reading ended."""
    if isinstance(error, RecursionError):
        return StatementRefused(
            "The statement is nested too deeply.", hint="Write parts of it as WITH queries."
        )
    found = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    where = f"Line {found['line']}, column {found['col']}: " if found.get("line") else ""
    why = str(found.get("description") or "a quote or comment never ends, or a word is wrong")
    why = "something is missing here" if why.startswith("Required keyword") else why
    near = f" (near {str(found['highlight'])[:60]!r})" if found.get("highlight") else ""
    return StatementRefused(
        "The statement cannot be read as Trino SQL.",
        detail=f"{where}{why.rstrip('.')}{near}.",
        hint="Compare it with what runs on Dune, or write DuckDB's SQL.",
    )
