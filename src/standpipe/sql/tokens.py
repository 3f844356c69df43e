"""Splits SQL text into tokens: sqlglot's tokenizer, loaded late, with reliable positions."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from standpipe.core.errors import ConfigurationInvalid

# sqlglot reads the rest of these statements as one string, whose position it does not keep.
_COMMANDS = frozenset({"COMMAND", "EXECUTE", "FETCH", "LOCK", "RENAME", "REPLACE", "SHOW", "END"})
REST_OF_COMMAND = "REST_OF_COMMAND"


@dataclass(frozen=True, slots=True)
class Token:
    """A token: sqlglot's name of its type, its meaning without quotes and escapes, and its span."""

    kind: str
    text: str
    raw: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The token as a keyword is compared: upper case, single blanks."""
        return " ".join(self.raw.upper().split())


def warm(sql_dialect: str = "duckdb") -> None:
    """Load the tokenizer (0.15 to 0.4 s), so that the first request does not pay for it."""
    tokenize("select 1", sql_dialect)


def tokenize(sql: str, sql_dialect: str) -> tuple[Token, ...] | None:
    """Return the tokens in order; None when a quote or comment never ends.

    Comments and white space are what lies between tokens.
    """
    token_error = import_module("sqlglot.errors").TokenError
    try:
        # The bracket keeps CALL, EXPLAIN and the like from being read as one opaque string.
        found = _dialect(sql_dialect).tokenize(f"({sql}")
    except token_error:
        return None
    tokens: list[Token] = []
    end = 0
    for each in found[1:]:
        token = _token(each, sql, tokens[-1].kind if tokens else "", end)
        tokens.append(token)
        end = token.end
    return tuple(tokens)


def _token(each: Any, sql: str, previous: str, previous_end: int) -> Token:
    start, end = each.start - 1, each.end
    raw = sql[start:end]
    kind = each.token_type.name
    if kind == "STRING" and previous in _COMMANDS and not (len(raw) > 1 and raw[0] in "'\"$"):
        kind, start = REST_OF_COMMAND, previous_end
        raw = sql[start:end]
    return Token(kind, each.text, raw, start, end)


@cache
def _dialect(name: str) -> Any:
    dialect = import_module("sqlglot.dialects.dialect").Dialect
    try:
        return dialect.get_or_raise(name)
    except ValueError:
        raise ConfigurationInvalid(
            f"There is no SQL dialect {name!r}.", hint="Take one that sqlglot knows, e.g. 'duckdb'."
        ) from None
