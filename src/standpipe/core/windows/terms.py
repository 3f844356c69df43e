"""The lists of a window: sort terms, keys of a grouping, aggregates, names of columns."""

import re
from typing import Final

from standpipe.core.errors import WindowInvalid
from standpipe.core.windows.filters import ConditionParser
from standpipe.core.windows.limits import require_modest
from standpipe.core.windows.syntax import Node, OutputTerm, SortTerm
from standpipe.core.windows.tokens import RESERVED, Kind, Tokens, require_readable, shown

MAX_TERMS: Final = 1_000

_QUOTED_NAME = re.compile(r'\s*"((?:[^"\\]|""|\\.)*)"\s*(?=,|\Z)', re.DOTALL)
_PLAIN_NAME = re.compile(r'\s*([^\s",][^,]*)(?=,|\Z)', re.DOTALL)
_ESCAPED = re.compile(r'""|\\(["\\])')


def parse_sort(text: str) -> tuple[SortTerm, ...]:
    """Read ``a, "b c" desc nulls first, lower(d)``; WindowInvalid with the part "sort".

    Also ``-name`` for a descending term. Nulls come last unless something else is said.
    """
    tokens = Tokens(text, "sort")
    terms = [_sort_term(tokens)]
    while tokens.take_mark(","):
        terms.append(_sort_term(tokens))
        _require_few(tokens, terms)
    tokens.expect_end("ASC, DESC, NULLS FIRST, NULLS LAST, a comma or the end")
    return tuple(terms)


def parse_group(text: str) -> tuple[OutputTerm, ...]:
    """Read ``region, date_trunc('month', day) as month``; WindowInvalid with the part "group"."""
    return _parse_outputs(text, "group")


def parse_aggregates(text: str) -> tuple[OutputTerm, ...]:
    """Read ``count(*), sum(price) total``; WindowInvalid with the part "aggregate"."""
    return _parse_outputs(text, "aggregate")


def parse_columns(text: str, part: str = "columns") -> tuple[str, ...]:
    r"""Read ``a, b c, "d, e"``; WindowInvalid with this part.

    Only names with a comma, or with a double quote at their beginning, need double quotes; in
    these ``""`` and ``\"`` are a quote, and ``\\`` is a backslash.
    """
    require_readable(text, part)
    names: list[str] = []
    position = 0
    while True:
        found = _QUOTED_NAME.match(text, position) or _PLAIN_NAME.match(text, position)
        if found is None:
            raise _no_name(text, position, part)
        is_plain = found.re is _PLAIN_NAME
        names.append(found[1].rstrip() if is_plain else _unescaped(found[1]))
        if found.end() == len(text):
            return tuple(names)
        position = found.end() + 1


def _sort_term(tokens: Tokens) -> SortTerm:
    is_reversed = tokens.is_mark("-") and tokens.following.kind in {Kind.WORD, Kind.NAME}
    if is_reversed:
        tokens.advance()
    node = _operand(tokens)
    is_descending = is_reversed
    if not is_reversed and not tokens.take_word("asc"):
        is_descending = tokens.take_word("desc")
    nulls_first = False
    if tokens.take_word("nulls"):
        nulls_first = tokens.is_word("first")
        if not tokens.is_word("first", "last"):
            raise tokens.unexpected("FIRST or LAST")
        tokens.advance()
    return SortTerm(node=node, is_descending=is_descending, nulls_first=nulls_first)


def _parse_outputs(text: str, part: str) -> tuple[OutputTerm, ...]:
    tokens = Tokens(text, part)
    terms = [_output_term(tokens)]
    while tokens.take_mark(","):
        terms.append(_output_term(tokens))
        _require_few(tokens, terms)
    tokens.expect_end("AS and a name, a comma or the end")
    return tuple(terms)


def _output_term(tokens: Tokens) -> OutputTerm:
    start = tokens.current.position
    node = _operand(tokens)
    text = " ".join(tokens.text[start : tokens.last_end].split())
    has_alias = tokens.take_word("as")
    token = tokens.current
    is_name = token.kind is Kind.NAME or (token.kind is Kind.WORD and token.value not in RESERVED)
    if has_alias and not is_name:
        raise tokens.unexpected("a name")
    if not is_name:
        return OutputTerm(node=node, text=text)
    tokens.advance()
    alias = str(token.value)
    if token.kind is Kind.WORD:
        alias = tokens.text[token.position : token.end]
    return OutputTerm(node=node, text=text, alias=alias)


def _operand(tokens: Tokens) -> Node:
    node = ConditionParser(tokens).operand()
    require_modest(node, tokens.part)
    return node


def _require_few(tokens: Tokens, terms: list[SortTerm] | list[OutputTerm]) -> None:
    if len(terms) > MAX_TERMS:
        raise tokens.unexpected(f"at most {MAX_TERMS:,} terms")


def _no_name(text: str, position: int, part: str) -> WindowInvalid:
    rest = text[position:].lstrip()
    message = "The name of a column is missing."
    if rest.startswith('"'):
        message = f"{shown(rest)} is not a name in quotes."
    return WindowInvalid(
        message,
        part=part,
        position=len(text) - len(rest),
        detail="Expected: names between commas.",
        hint='Names with commas stand in double quotes, a quote in them twice: "a, ""b""".',
    )


def _unescaped(name: str) -> str:
    return _ESCAPED.sub(lambda found: found[1] or '"', name)
