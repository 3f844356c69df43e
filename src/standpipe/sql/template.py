"""SQL text with placeholders, read once: what stands where, and what each may become."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from operator import itemgetter

from standpipe.core.errors import InvalidRequest, PlaceholderUnbindable
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.sql.clauses import walk
from standpipe.sql.places import (
    Place,
    Spot,
    Words,
    check_neighbours,
    name_error,
    place_of,
    unbindable,
)
from standpipe.sql.statements import statement_spans
from standpipe.sql.tags import Tag, TagKind, find_tags, placeholder_names
from standpipe.sql.tokens import REST_OF_COMMAND, Token, tokenize, warm

__all__ = ["Shown", "Template", "check_places", "parse", "placeholder_names", "warm"]


LONGEST_SQL = 250_000  # characters: reading takes seconds from here on


@dataclass(frozen=True, slots=True)
class Shown:
    """A placeholder in the text that people see."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """SQL text taken apart.

    ``names`` are the placeholders in order of appearance (``x``, ``r.start``), those in comments
    included. ``pieces`` make the text that is executed, ``display`` the one that people see.
    """

    sql: str
    sql_dialect: str
    names: tuple[str, ...]
    pieces: tuple[str | Place, ...]
    display: tuple[str | Shown, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """The places that values fill when the text is executed."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Place))


@lru_cache(maxsize=256)
def parse(sql: str, sql_dialect: str) -> Template:
    """Take a text apart; the same text gives the same template.

    PlaceholderUnbindable where a placeholder stands where nothing can be bound, where a tag is
    more than a placeholder, and where the author wrote a bind (``$1``, ``?``) of a driver.
    InvalidRequest where the text is not Unicode, holds a NUL, or is longer than LONGEST_SQL.
    """
    _check_letters(sql)
    tags = tuple(find_tags(sql))
    _check_tags(tags)
    text, words = _with_words(sql, tags)
    tokens = tokenize(text, sql_dialect)
    if tokens is None:
        return _unread(sql, sql_dialect, tags)
    _check_binds(tokens, words, sql_dialect)
    return Template(
        sql=sql,
        sql_dialect=sql_dialect,
        names=placeholder_names(sql),
        pieces=tuple(_pieces(text, tokens, words)),
        display=tuple(_display(text, tokens, words)),
    )


def check_places(template: Template, parameters: Sequence[Parameter]) -> None:
    """Raise PlaceholderUnbindable where a definition does not suit the places of its placeholder.

    Where no value can be bound, only a number or a list (enum) of plain names may stand. The bare
    name of a range has no value: ``r.start`` and ``r.end`` have.
    """
    defined = {parameter.name: parameter for parameter in parameters}
    for place in template.places:
        for name in place.names:
            if name in defined and defined[name].kind.is_range:
                raise PlaceholderUnbindable(
                    f"Placeholder {{{{ {name} }}}} in line {place.line} is a range.",
                    hint=f"Write {{{{ {name}.start }}}} or {{{{ {name}.end }}}}.",
                )
            if place.is_closed and not _is_closed_form(defined.get(name)):
                raise name_error(place, name)


PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def _is_closed_form(parameter: Parameter | None) -> bool:
    if parameter is None:
        return False
    if parameter.kind is ParameterKind.NUMBER:
        return True
    return (
        parameter.kind is ParameterKind.ENUM
        and bool(parameter.options)
        and all(PLAIN_NAME.fullmatch(o) or WHOLE_NUMBER.fullmatch(o) for o in parameter.options)
    )


def _check_letters(sql: str) -> None:
    if len(sql) > LONGEST_SQL:
        raise InvalidRequest(
            "The SQL text is too long.",
            detail=f"It has {len(sql)} characters, and {LONGEST_SQL} are allowed.",
            hint="Keep the data in a table or file and read it from there.",
        )
    if "\0" in sql:
        raise InvalidRequest("The SQL text holds a NUL character.", hint="Take it out.")
    try:
        sql.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            "The SQL text is not valid Unicode.",
            detail=f"Character {error.start + 1} is half a surrogate pair.",
            hint="Take it out, or send the whole pair.",
        ) from None


_NOT_SUPPORTED = {
    TagKind.SECTION: "sections are not supported, since they paste text into SQL",
    TagKind.SECTION_END: "sections are not supported, since they paste text into SQL",
    TagKind.PARTIAL: "partials are not supported",
    TagKind.DELIMITERS: "other delimiters are not supported",
}


def _check_tags(tags: Sequence[Tag]) -> None:
    for tag in tags:
        if why := _NOT_SUPPORTED.get(tag.kind):
            raise unbindable(tag, why, "Write a condition, e.g. ({{ x }} = '' or col = {{ x }}).")
        if tag.kind is TagKind.VARIABLE and not tag.name:
            raise unbindable(tag, "it has no name", "Write a name between the braces.")


def _with_words(sql: str, tags: Sequence[Tag]) -> tuple[str, Words]:
    """Put a word that occurs nowhere else in the place of each tag."""
    stem = "z"
    while stem == "z" or stem in sql:
        # Of the text itself, so that nobody can write a text that holds many candidates.
        stem = f"z{hashlib.sha256(f'{stem}{sql}'.encode()).hexdigest()[:16]}x"
    parts: list[str] = []
    known: dict[str, Tag] = {}
    position = 0
    for number, tag in enumerate(tags):
        parts.append(sql[position : tag.start])
        if tag.kind is TagKind.VARIABLE:
            word = f"{stem}{number}z"
            known[word] = tag
            parts.append(word)
        position = tag.end
    parts.append(sql[position:])
    return "".join(parts), Words(re.compile(rf"({stem}[0-9]+z)"), known)


def _unread(sql: str, sql_dialect: str, tags: Sequence[Tag]) -> Template:
    """Leave a text whose quotes never end to the engine, unless values would have to go into it."""
    for tag in tags:
        if tag.kind is TagKind.VARIABLE:
            raise unbindable(
                tag,
                "a quote or comment somewhere in the text never ends",
                "Close the quote or comment.",
            )
    text = sql.strip()
    return Template(sql=sql, sql_dialect=sql_dialect, names=(), pieces=(text,), display=(text,))


_WITHOUT_QUESTION_MARK = frozenset({"postgres", "redshift", "materialize", "risingwave"})


def _check_binds(tokens: Sequence[Token], words: Words, sql_dialect: str) -> None:
    """Refuse binds of the author: nothing could ever be bound to them."""
    for token, after in zip_longest(tokens, tokens[1:]):
        is_mark = token.kind == "PLACEHOLDER" and sql_dialect not in _WITHOUT_QUESTION_MARK
        follows = after is not None and after.start == token.end and after.raw[:1].isalnum()
        if is_mark or (token.kind == "PARAMETER" and token.raw == "$" and follows):
            name = after.raw if after is not None and follows and not is_mark else ""
            shown = words.pattern.sub("{{...}}", f"{token.raw}{name}")
            raise PlaceholderUnbindable(
                f"The SQL text holds {shown!r}, a driver's placeholder, which takes no value here.",
                hint="Write {{ name }} instead.",
            )


def _pieces(text: str, tokens: Sequence[Token], words: Words) -> Iterator[str | Place]:
    """Give what is executed: up to the last word, and without the comments that hold tags."""
    end = max((token.end for token in tokens if token.kind != "SEMICOLON"), default=len(text))
    edits: list[tuple[int, int, str | Place]] = []
    edits += [(place.start, place.end, place) for place in _places(text, tokens, words)]
    edits += [gap for gap in _comments(text, tokens, words) if gap[0] < end]
    position = 0
    for start, stop, piece in sorted(edits, key=itemgetter(0)):
        if start < position:
            continue  # a comment between a type and its literal went with them
        yield text[position:start]
        yield piece
        position = stop
    yield text[position:end]


def _comments(text: str, tokens: Sequence[Token], words: Words) -> Iterator[tuple[int, int, str]]:
    """Give what lies between tokens and holds tags, and what to put there.

    The line ends stay, so that the engine's line numbers are those of the author.
    """
    ends = [0, *(token.end for token in tokens)]
    starts = [*(token.start for token in tokens), len(text)]
    for start, end in zip(ends, starts, strict=True):
        gap = text[start:end]
        if words.tags and words.pattern.search(gap):
            yield start, end, "\n" * gap.count("\n") or " "


def _places(text: str, tokens: Sequence[Token], words: Words) -> Iterator[Place]:
    for position, frame in walk(tokens):
        token = tokens[position]
        if not words.tags or not words.pattern.search(token.raw):
            continue
        texts, tags = words.split(token.text)
        in_raw = words.split(token.raw)[1]
        spot = Spot(tokens, position, frame, texts, in_raw, words)
        if token.kind == REST_OF_COMMAND or tags != in_raw:
            raise spot.refuse("it stands in an escape, or in a command that is not a query")
        check_neighbours(spot, text)
        yield place_of(spot)


def _display(text: str, tokens: Sequence[Token], words: Words) -> Iterator[str | Shown]:
    for number, (start, end) in enumerate(statement_spans(text, tokens)):
        if number:
            yield ";\n"
        texts, tags = words.split(text[start:end]) if words.tags else ((text[start:end],), ())
        for piece, tag in zip(texts, (*tags, None), strict=True):
            yield piece
            if tag is not None:
                yield Shown(tag.name)
