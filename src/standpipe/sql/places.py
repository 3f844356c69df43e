"""Decides what a placeholder may become, from where it stands in the SQL text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from standpipe.core.errors import PlaceholderUnbindable
from standpipe.sql.clauses import Clause, Frame
from standpipe.sql.tags import Tag
from standpipe.sql.tokens import Token


class PlaceKind(StrEnum):
    """What is written where a placeholder stood."""

    VALUE = "value"  # a typed bind
    LITERAL = "literal"  # a bind of the joined text
    TYPED = "typed"  # CAST(<bind of the joined text> AS type)
    NAME = "name"  # an allow-listed name in quotes, or a whole number
    QUOTED = "quoted"  # an allow-listed part of a name that the author quoted
    WORD = "word"  # an allow-listed word as it is, or a whole number


class ListRole(StrEnum):
    """How several values can stand in a place."""

    NONE = "none"
    IN = "in"
    NOT_IN = "not_in"
    ARRAY = "array"
    ELEMENTS = "elements"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stretch of the text that one or more placeholders fill.

    ``texts`` are the texts before, between and behind ``names``. ``why`` says why no value can be
    bound where only closed forms may stand. ``is_wrapped`` asks for brackets around the bind.
    """

    kind: PlaceKind
    start: int
    end: int
    line: int
    texts: tuple[str, ...]
    names: tuple[str, ...]
    type_name: str = ""
    why: str = ""
    role: ListRole = ListRole.NONE
    is_alone: bool = True
    is_wrapped: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether one placeholder is all there is."""
        return len(self.names) == 1 and not any(self.texts)

    @property
    def is_closed(self) -> bool:
        """Whether only an allow-listed name or a whole number can stand here."""
        return self.kind in (PlaceKind.NAME, PlaceKind.QUOTED, PlaceKind.WORD)


@dataclass(frozen=True, slots=True)
class Words:
    """The words that stand for tags while the text is tokenized."""

    pattern: re.Pattern[str]
    tags: Mapping[str, Tag]

    def split(self, text: str) -> tuple[tuple[str, ...], tuple[Tag, ...]]:
        """Return the texts around the words in ``text``, and the tags of the words."""
        parts = self.pattern.split(text)
        return tuple(parts[::2]), tuple(self.tags[word] for word in parts[1::2])


@dataclass(frozen=True, slots=True)
class Spot:
    """A token that holds placeholders, with what is around it."""

    tokens: Sequence[Token]
    position: int
    frame: Frame
    texts: tuple[str, ...]
    tags: tuple[Tag, ...]
    words: Words

    @property
    def token(self) -> Token:
        """The token itself."""
        return self.tokens[self.position]

    def at(self, offset: int) -> Token:
        """Return the token so many places away; an empty one beyond the ends."""
        position = self.position + offset
        return self.tokens[position] if 0 <= position < len(self.tokens) else _NOTHING

    @property
    def shown_before(self) -> str:
        """The token before, as the author wrote it."""
        return repr(self.words.pattern.sub("{{...}}", self.at(-1).raw)[:20])

    def refuse(self, why: str, hint: str = "") -> PlaceholderUnbindable:
        """Return the error for this spot."""
        return unbindable(self.tags[0], why, hint)

    def place(
        self,
        kind: PlaceKind,
        *,
        why: str = "",
        type_name: str = "",
        role: ListRole = ListRole.NONE,
        is_wrapped: bool = False,
    ) -> Place:
        """Return the place that the token alone makes."""
        ends = ("L_PAREN", "L_BRACKET"), ("R_PAREN", "R_BRACKET")
        return Place(
            kind=kind,
            start=self.token.start,
            end=self.token.end,
            line=self.tags[0].line,
            texts=self.texts,
            names=tuple(tag.name for tag in self.tags),
            type_name=type_name,
            why=why,
            role=role,
            is_alone=self.at(-1).kind in ends[0] and self.at(1).kind in ends[1],
            is_wrapped=is_wrapped,
        )


_NOTHING = Token("", "", "", -1, -1)
_HINT = "Put it where a value can stand, for example col = {{ name }} or col = '{{ name }}'."
_NAME_HINT = (
    "Declare it as a list (enum) whose options are plain names, or as a number; "
    "or put it where a value can stand."
)


def unbindable(tag: Tag, why: str, hint: str = "") -> PlaceholderUnbindable:
    """Return the error that names the placeholder, its line, the reason and the next step."""
    return PlaceholderUnbindable(
        f"Placeholder {{{{ {tag.name[:80]} }}}} in line {tag.line} cannot be bound: {why}.",
        hint=hint or _HINT,
    )


def name_error(place: Place, name: str) -> PlaceholderUnbindable:
    """Return the error for a placeholder whose definition does not suit its closed place."""
    return PlaceholderUnbindable(
        f"Placeholder {{{{ {name} }}}} in line {place.line} cannot be bound: {place.why}.",
        hint=_NAME_HINT,
    )


_LITERALS = frozenset({"STRING", "HEREDOC_STRING", "NATIONAL_STRING", "RAW_STRING"})
_OPERANDS = _LITERALS | frozenset(
    {"NUMBER", "IDENTIFIER", "R_PAREN", "R_BRACKET", "R_BRACE", "END", "NULL", "TRUE", "FALSE"}
    | {"BYTE_STRING", "HEX_STRING", "BIT_STRING", "UNICODE_STRING"}
)
# Words that sqlglot does not know as keywords, and behind which a value comes.
_BEFORE_VALUES = frozenset(
    {"ZONE", "TOP", "NEXT", "BOTH", "LEADING", "TRAILING", "PLACING", "SEPARATOR", "ESCAPE", "GLOB"}
    | {"XOR", "DIV", "MOD", "BINARY", "TO", "FOR", "ELSE", "REGEXP", "RLIKE", "WHEN", "THEN"}
)
_BEFORE_NAMES = frozenset(
    {"ALIAS", "COLLATE", "OVER", "WITH", "RECURSIVE", "JOIN", "INTO", "TABLE", "UPDATE", "DESCRIBE"}
    | {"SUMMARIZE", "SHOW", "DCOLON", "USE", "SCHEMA", "DATABASE", "VIEW", "PRAGMA", "COMMAND"}
)
_TYPES = frozenset(
    {"DATE", "TIME", "TIMETZ", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_S", "TIMESTAMP_MS"}
    | {"TIMESTAMP_NS", "TIMESTAMPNTZ", "TIMESTAMPLTZ", "DATETIME", "INTERVAL", "UUID", "JSON"}
    | {"TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "REAL"}
    | {"DOUBLE PRECISION", "DECIMAL", "NUMERIC", "VARCHAR", "TEXT", "CHARACTER VARYING", "BOOLEAN"}
)
_SIZED_TYPES = frozenset(
    {"DECIMAL", "NUMERIC", "DEC", "VARCHAR", "CHARACTER VARYING", "NVARCHAR", "VARBINARY"}
)
_ZONED = (("WITH", "TIME", "ZONE"), ("WITHOUT", "TIME", "ZONE"))
_UNITS = frozenset(
    f"{unit}{plural}"
    for unit in (
        *("MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH"),
        *("QUARTER", "YEAR", "DECADE", "CENTURY", "CENTURIE", "MILLENNIUM", "MILLENNIA"),
    )
    for plural in ("", "S")
)
_AFTER_COLUMNS = frozenset(
    {"", "COMMA", "ASC", "DESC", "R_PAREN", "LIMIT", "HAVING", "QUALIFY", "ORDER_BY", "OFFSET"}
    | {"WINDOW", "ROWS", "RANGE", "UNION", "EXCEPT", "INTERSECT", "SEMICOLON", "FETCH", "VAR"}
    | {"COLLATE", "USING", "FOR", "GROUP_BY", "WITH", "FROM", "FORMAT", "SETTINGS"}
)
_GLUE = re.compile(r"[\w$@#?'\"`]")


def place_of(spot: Spot) -> Place:
    """Return what the token may become; PlaceholderUnbindable where nothing can stand there."""
    kind = spot.token.kind
    if kind in _LITERALS:
        return _literal_place(spot)
    if kind == "IDENTIFIER":
        return spot.place(PlaceKind.QUOTED, why="it stands inside a quoted name")
    if kind != "VAR":
        raise spot.refuse("it stands inside a hint or a literal that is not plain text")
    if any(spot.texts) or len(spot.tags) > 1:
        raise spot.refuse("it is joined to other letters without a blank", _GLUE_HINT)
    return _bare_place(spot)


_GLUE_HINT = "Put the whole text into one literal, for example 'north_{{ name }}'."


def check_neighbours(spot: Spot, text: str) -> None:
    """Refuse a placeholder or literal whose neighbouring letters would change what it is."""
    before = text[spot.token.start - 1 : spot.token.start] if spot.token.start else ""
    after = text[spot.token.end : spot.token.end + 1]
    if _GLUE.match(before) or _GLUE.match(after):
        raise spot.refuse("it is joined to other letters without a blank", _GLUE_HINT)


def _bare_place(spot: Spot) -> Place:
    before = spot.at(-1)
    if why := _name_reason(spot):
        return spot.place(PlaceKind.NAME, why=why)
    if why := _word_reason(spot):
        return spot.place(PlaceKind.WORD, why=why)
    if before.kind == "INTERVAL" and spot.at(1).word in _UNITS:
        return spot.place(PlaceKind.VALUE, is_wrapped=True)
    if typed := _typed_place(spot):
        return typed
    if _is_operand(before):
        return _after_operand(spot)
    return spot.place(PlaceKind.VALUE, role=_role(spot))


def _name_reason(spot: Spot) -> str:
    """Why only a name can stand at a bare placeholder; empty when a value can."""
    before, after = spot.at(-1), spot.at(1)
    if "DOT" in (before.kind, after.kind):
        return "it is part of a dotted name"
    if after.kind == "L_PAREN":
        return "it is the name of a function or table"
    if before.kind in _BEFORE_NAMES:
        return f"a name must stand behind {before.raw.upper()}"
    return _clause_reason(spot)


def _clause_reason(spot: Spot) -> str:
    """Why the clause around a bare placeholder wants a name; empty when it does not."""
    before, frame = spot.at(-1), spot.frame
    if frame.clause is Clause.TABLES and before.kind in ("FROM", "COMMA", "L_PAREN"):
        return "it is the name of a table"
    if frame.opener in ("EXCLUDE", "USING", "DISTINCT ON") and before.kind in ("L_PAREN", "COMMA"):
        return f"{frame.opener} takes names of columns"
    if _is_column_item(spot):
        return "GROUP BY and ORDER BY take columns: a bound value would not group or sort"
    return ""


def _is_column_item(spot: Spot) -> bool:
    """Whether the token is all of an item of GROUP BY, ORDER BY or PARTITION BY."""
    before, after = spot.at(-1), spot.at(1)
    starts = before.kind in ("COMMA", "L_PAREN") or before.word.endswith(" BY")
    return spot.frame.clause is Clause.COLUMNS and starts and after.kind in _AFTER_COLUMNS


def _word_reason(spot: Spot) -> str:
    """Why only a keyword or whole number can stand at a placeholder; empty when a value can."""
    frame, before = spot.frame, spot.at(-1)
    if frame.clause is Clause.SAMPLE:
        return "the size of a sample must be a constant"
    if frame.opener in _SIZED_TYPES:
        return "the size of a type must be a constant"
    if frame.opener == "EXTRACT" and before.kind == "L_PAREN":
        return "the unit of EXTRACT must be a word"
    return ""


def _after_operand(spot: Spot) -> Place:
    if spot.at(-2).kind == "INTERVAL":
        return spot.place(PlaceKind.WORD, why="the unit of an interval must be a word")
    if spot.frame.clause is Clause.COLUMNS:
        return spot.place(PlaceKind.WORD, why="only ASC or DESC can stand behind a column there")
    why = f"it stands right behind {spot.shown_before}, where only a name can stand"
    return spot.place(PlaceKind.NAME, why=why)


def _literal_place(spot: Spot) -> Place:
    before, after = spot.at(-1), spot.at(1)
    if before.kind in _LITERALS or after.kind in _LITERALS:
        raise spot.refuse("its literal is joined to the next one", "Write them as one literal.")
    if why := _name_reason(spot) or _word_reason(spot):
        raise spot.refuse(why, _literal_hint(spot))
    if before.kind == "INTERVAL" and (after.word in _UNITS or _is_placeholder_unit(spot)):
        return _interval_place(spot)
    if typed := _typed_place(spot):
        return typed
    if _is_operand(before):
        raise spot.refuse(f"its literal stands right behind {spot.shown_before}")
    role = _role(spot)
    is_list = role in (ListRole.IN, ListRole.NOT_IN)
    return spot.place(PlaceKind.LITERAL, role=role if is_list else ListRole.NONE)


def _literal_hint(spot: Spot) -> str:
    if spot.frame.opener == "EXTRACT":
        return "Write date_part('{{ unit }}', col) instead."
    if spot.frame.clause is Clause.TABLES:
        return "Name the file through a function: read_parquet('{{ name }}')."
    return "Take the quotes away and declare it as a list (enum) of plain names, or as a number."


def _is_placeholder_unit(spot: Spot) -> bool:
    return spot.at(1).kind == "VAR" and spot.at(1).word not in ("TO", "AS")


def _interval_place(spot: Spot) -> Place:
    """Take the unit of ``interval '5' day`` into the text: a bind cannot stand before it."""
    unit = spot.at(1)
    if unit.word not in _UNITS:
        return spot.place(PlaceKind.LITERAL, is_wrapped=True)
    literal = spot.place(PlaceKind.TYPED, type_name="INTERVAL")
    texts = (*literal.texts[:-1], f"{literal.texts[-1]} {unit.raw.lower()}")
    return _spanning(literal, spot.at(-1).start, unit.end, texts)


def _typed_place(spot: Spot) -> Place | None:
    """Return the place of ``date '...'``: a bind right behind a type is a syntax error."""
    before = spot.at(-1)
    if before.word in _TYPES:
        literal = spot.place(PlaceKind.TYPED, type_name=before.word)
        return _spanning(literal, before.start, literal.end, literal.texts)
    words = tuple(spot.at(offset).word for offset in (-3, -2, -1))
    if words in _ZONED and spot.at(-4).word in ("TIMESTAMP", "TIME"):
        first = spot.at(-4)
        literal = spot.place(PlaceKind.TYPED, type_name=" ".join((first.word, *words)))
        return _spanning(literal, first.start, literal.end, literal.texts)
    return None


def _spanning(place: Place, start: int, end: int, texts: tuple[str, ...]) -> Place:
    return Place(
        kind=place.kind,
        start=start,
        end=end,
        line=place.line,
        texts=texts,
        names=place.names,
        type_name=place.type_name,
    )


def _is_operand(token: Token) -> bool:
    """Whether a value ends with this token, so that no other value can follow it."""
    return token.kind in _OPERANDS or (token.kind == "VAR" and token.word not in _BEFORE_VALUES)


def _role(spot: Spot) -> ListRole:
    starts = spot.at(-1).kind in ("L_PAREN", "L_BRACKET", "COMMA")
    ends = spot.at(1).kind in ("R_PAREN", "R_BRACKET", "COMMA")
    if not (starts and ends and spot.frame.opener):
        return ListRole.NONE
    return _ROLES.get(spot.frame.opener, ListRole.ELEMENTS)


_ROLES = {"IN": ListRole.IN, "NOT IN": ListRole.NOT_IN, "[": ListRole.ARRAY}
