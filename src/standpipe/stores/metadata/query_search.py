"""Free-text search: what a person typed, as a tree of words, and that tree as SQL.

Nothing here is particular to one database: the words of a text are kept as ``" word word "`` in
lower case, so that a word is found by ``" word"`` and a phrase by ``" two words "``.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Integer, and_, case, literal, not_, or_
from sqlalchemy.sql import true

# Scripts without spaces: every character counts as a word, so that parts of a text are found.
_UNSPACED = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+")
_TOKEN = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_MOST_TERMS = 32
_LONGEST_SEARCH = 1000


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand next to each other; without ``is_exact`` the last one may go on."""

    words: tuple[str, ...]
    is_exact: bool = False
    is_excluded: bool = False


Alternatives = tuple[tuple[Term, ...], ...]


def split_words(text: str) -> list[str]:
    """Return the words of a text in order: letters and digits only, without case."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def index_words(text: str | None) -> str:
    """Return a text as it is stored to be searched: its words with a space around each."""
    return f" {' '.join(split_words(text))} " if text else " "


def parse_search(text: str) -> Alternatives:
    """Read a search: alternatives (``or``) of terms that all must fit.

    Never fails; what holds no word says nothing, and what exceeds 1,000 characters or 32 terms
    is not looked at.
    """
    alternatives: list[list[Term]] = [[]]
    for sign, phrase, word in _TOKEN.findall(text[:_LONGEST_SEARCH])[:_MOST_TERMS]:
        if word.lower() == "or":
            alternatives.append([])
        elif words := tuple(split_words(phrase or word.removeprefix("-"))):
            is_excluded = bool(sign) or (word.startswith("-") and len(word) > 1)
            alternatives[-1].append(Term(words, not word, is_excluded))
    return tuple(tuple(terms) for terms in alternatives if terms)


def matches(alternatives: Alternatives, fields: Sequence[Column[str]]) -> ColumnElement[bool]:
    """Return the condition that one alternative fits; no alternatives fit everything."""
    if not alternatives:
        return true()
    return or_(*(and_(*(_fits(term, fields) for term in terms)) for terms in alternatives))


def relevance(alternatives: Alternatives, weights: Mapping[Column[str], int]) -> ColumnElement[int]:
    """Return a number that is the larger the weightier the fields are in which terms occur."""
    rank: ColumnElement[int] = literal(0, Integer)
    for terms in alternatives:
        for term in terms:
            if not term.is_excluded:
                for field, weight in weights.items():
                    rank = rank + case((_occurs(term, field), weight), else_=0)
    return rank


def _fits(term: Term, fields: Sequence[Column[str]]) -> ColumnElement[bool]:
    found = or_(*(_occurs(term, field) for field in fields))
    return not_(found) if term.is_excluded else found


def _occurs(term: Term, field: Column[str]) -> ColumnElement[bool]:
    # Words hold no wild cards: they are letters and digits.
    return field.contains(f" {' '.join(term.words)}{' ' if term.is_exact else ''}")
