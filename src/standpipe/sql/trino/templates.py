"""SQL with numbered gaps (``_1``, ``_2``, ...) that are filled with parts of a tree."""

import re
from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.parsers.duckdb import DuckDBParser

from standpipe.core.errors import StatementRefused

__all__ = ["PlainDuckDB", "bracketed", "fill"]

_GAP = re.compile(r"_[1-9]")
_ATOMS = (
    exp.Array,
    exp.Column,
    exp.Func,
    exp.HexString,
    exp.Identifier,
    exp.Lambda,
    exp.Literal,
    exp.Paren,
    exp.Subquery,
)
_LARGEST_COPY = 300  # nodes: what is written twice within what is written twice grows for ever


class _PlainParser(DuckDBParser):
    """Leaves every function the call that is written, so that it is written so again."""

    FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}

    def _warn_unsupported(self) -> None:
        """Say nothing: it would write the statement to the log."""


class PlainDuckDB(DuckDB):
    """DuckDB's grammar, with functions as they are written."""

    Parser = _PlainParser


def fill(template: str, *parts: exp.Expr) -> exp.Expr:
    """Return DuckDB's tree of a template; a part used twice is copied, brackets come as needed."""
    tree = _parsed(template).copy()
    if isinstance(tree, exp.Column) and _GAP.fullmatch(tree.name):
        return parts[int(tree.name[1:]) - 1]
    used: set[int] = set()
    for gap in [each for each in tree.find_all(exp.Column, exp.Identifier) if _is_gap(each)]:
        number = int(gap.name[1:]) - 1
        part = _copied(parts[number]) if number in used else parts[number]
        used.add(number)
        gap.replace(bracketed(part))
    return tree


def bracketed(part: exp.Expr) -> exp.Expr:
    """Return a part that can stand beside any sign."""
    return part if isinstance(part, _ATOMS) else exp.Paren(this=part)


def _copied(part: exp.Expr) -> exp.Expr:
    if sum(1 for _ in islice(part.walk(), _LARGEST_COPY)) == _LARGEST_COPY:
        raise StatementRefused(
            "The arguments of a function are too long.",
            detail=f"They begin with {part.sql('duckdb', comments=False)[:80]!r}.",
            hint="Name them in a WITH query.",
        )
    return part.copy()


@cache
def _parsed(template: str) -> exp.Expr:
    tree = PlainDuckDB().parse(template)[0]
    if tree is None:
        raise ValueError(template)
    return tree


def _is_gap(node: exp.Expr) -> bool:
    if not _GAP.fullmatch(node.name):
        return False
    return isinstance(node, exp.Column) or not isinstance(node.parent, exp.Column)
