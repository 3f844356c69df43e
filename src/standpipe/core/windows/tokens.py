"""The words of a filter, a sort or an aggregate: cut from the text, then read one by one."""

import difflib
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Final

from standpipe.core.errors import WindowInvalid
from standpipe.core.windows.numbers import MAX_DIGITS, read_number

MAX_CHARACTERS: Final = 16_000

# Words that are never a column unless they stand in double quotes.
RESERVED: Final = frozenset(
    (
        *("and", "or", "not", "in", "like", "ilike", "between", "is", "null", "true", "false"),
        *("now", "today"),
    )
)

_SHOWN_CHARACTERS = 40
_TOKEN = re.compile(
    r"""
      (?P<name>"[^"]*(?:""[^"]*)*")
    | (?P<text>'[^']*(?:''[^']*)*')
    | (?P<hex>0[xX][0-9a-fA-F]*)
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<mark><=|>=|<>|!=|==|::|&&|\|\||[-+*(),=<>])
    """,
    re.VERBOSE,
)
_BLANKS = re.compile(r"\s*")
_KEYWORDS = ("and", "or", "not", "in", "like", "ilike", "between", "is", "null")
_HINTS = {
    "==": "Compare with a single =.",
    "&&": "Write AND.",
    "||": "Write OR.",
    "!": "Write NOT.",
    "`": "Names stand in double quotes.",
    "[": "Lists stand in parentheses, names in double quotes.",
    **dict.fromkeys(
        "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}",
        "Texts stand in straight single quotes.",
    ),
    **dict.fromkeys(
        "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}",
        "Names stand in straight double quotes, texts in single ones.",
    ),
}


class Kind(Enum):
    """What a token is."""

    NAME = auto()
    TEXT = auto()
    HEX = auto()
    NUMBER = auto()
    WORD = auto()
    MARK = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token from ``position`` up to ``end``; ``value`` is what it means.

    A str without quotes for names and texts, a number, bytes for hex, lower case for words.
    """

    kind: Kind
    value: str | int | Decimal | bytes
    position: int
    end: int


class Tokens:
    """The tokens of one text, with the one that is next; errors name the ``part``.

    WindowInvalid when the text is empty, too long, or holds what is no token.
    """

    def __init__(self, text: str, part: str) -> None:
        self.text = text
        self.part = part
        require_readable(text, part)
        self._tokens = _cut(text, part)
        self._next = 0
        if self.current.kind is Kind.END:
            raise WindowInvalid(f"The {part} is empty.", part=part, position=0)

    @property
    def current(self) -> Token:
        """The next token; after the last one the one of the end."""
        return self._tokens[self._next]

    @property
    def following(self) -> Token:
        """The token after the next one."""
        return self._tokens[min(self._next + 1, len(self._tokens) - 1)]

    @property
    def last_end(self) -> int:
        """Where the token that was read last ends."""
        return self._tokens[self._next - 1].end if self._next else 0

    def advance(self) -> Token:
        """Return the next token and go behind it; the end is never passed."""
        token = self.current
        if token.kind is not Kind.END:
            self._next += 1
        return token

    def is_word(self, *words: str) -> bool:
        """Whether the next token is one of these words, in any case."""
        return self.current.kind is Kind.WORD and self.current.value in words

    def is_mark(self, mark: str) -> bool:
        """Whether the next token is this mark."""
        return self.current.kind is Kind.MARK and self.current.value == mark

    def take_word(self, word: str) -> bool:
        """Go behind the next token if it is this word."""
        is_taken = self.is_word(word)
        self._next += is_taken
        return is_taken

    def take_mark(self, mark: str) -> bool:
        """Go behind the next token if it is this mark."""
        is_taken = self.is_mark(mark)
        self._next += is_taken
        return is_taken

    def expect_word(self, word: str) -> None:
        """Go behind this word; WindowInvalid."""
        if not self.take_word(word):
            raise self.unexpected(word.upper())

    def expect_mark(self, mark: str) -> None:
        """Go behind this mark; WindowInvalid."""
        if not self.take_mark(mark):
            raise self.unexpected(mark)

    def expect_text(self, expected: str) -> str:
        """Return a text in single quotes and go behind it; WindowInvalid."""
        if self.current.kind is not Kind.TEXT:
            raise self.unexpected(expected)
        return str(self.advance().value)

    def expect_end(self, expected: str) -> None:
        """Do nothing at the end of the text; WindowInvalid."""
        if self.current.kind is not Kind.END:
            raise self.unexpected(expected)

    def unexpected(self, expected: str, hint: str = "") -> WindowInvalid:
        """Return the error that the next token is not what is expected."""
        token = self.current
        written = self.text[token.position : token.end]
        message = (
            f"The {self.part} ends too early."
            if token.kind is Kind.END
            else f"Unexpected {shown(written)} in the {self.part}."
        )
        return WindowInvalid(
            message,
            part=self.part,
            position=token.position,
            detail=f"Expected: {expected}.",
            hint=hint or _HINTS.get(written, "") or _near_keyword(token),
        )


def require_readable(text: str, part: str) -> None:
    """WindowInvalid for texts of more than 16,000 characters, or of what is no Unicode text."""
    if len(text) > MAX_CHARACTERS:
        raise WindowInvalid(
            f"The text of the {part} has {len(text):,} characters.",
            part=part,
            position=MAX_CHARACTERS,
            detail=f"At most {MAX_CHARACTERS:,} are allowed.",
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise WindowInvalid(
            f"The text of the {part} holds half of a character.", part=part, position=error.start
        ) from error


def shown(text: str) -> str:
    """Return a piece of a caller's text as a message shows it: in quotes, and not too long."""
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…")


def _cut(text: str, part: str) -> list[Token]:
    tokens = []
    position = _blanks_end(text, 0)
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _strange(text, part, position)
        tokens.append(_token(found, part))
        position = _blanks_end(text, found.end())
    tokens.append(Token(Kind.END, "", len(text), len(text)))
    return tokens


def _blanks_end(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found else position


def _token(found: re.Match[str], part: str) -> Token:
    kind = Kind[str(found.lastgroup).upper()]
    written = found[0]
    value: str | int | Decimal | bytes | None
    if kind is Kind.NAME:
        value = written[1:-1].replace('""', '"')
    elif kind is Kind.TEXT:
        value = written[1:-1].replace("''", "'")
    elif kind is Kind.HEX:
        value = read_hex(written)
    elif kind is Kind.NUMBER:
        value = read_number(written)
    else:
        value = written.lower()
    if value is None:
        raise WindowInvalid(
            f"The number {shown(written)} is too long.",
            part=part,
            position=found.start(),
            detail=f"Numbers have at most {MAX_DIGITS} digits.",
        )
    return Token(kind, value, found.start(), found.end())


def read_hex(written: str) -> bytes:
    """Return the bytes of ``0x1f``; with an odd number of digits the first byte is ``0n``."""
    digits = written[2:]
    return bytes.fromhex(digits if len(digits) % 2 == 0 else f"0{digits}")


def _strange(text: str, part: str, position: int) -> WindowInvalid:
    """Return the error of a character that begins no token."""
    character = text[position]
    if character in "\"'":
        return WindowInvalid(
            f"{shown(text[position:])} in the {part} has no closing quote.",
            part=part,
            position=position,
            detail=f"Expected: a {character} at its end.",
            hint=f"Write a quote inside of quotes twice: {character * 2}",
        )
    return WindowInvalid(
        f"Unexpected {shown(character)} in the {part}.",
        part=part,
        position=position,
        detail="Expected: a column, a value or an operator.",
        hint=_HINTS.get(character, "Names with such characters stand in double quotes."),
    )


def _near_keyword(token: Token) -> str:
    if token.kind is not Kind.WORD or token.value in _KEYWORDS:
        return ""
    near = difflib.get_close_matches(str(token.value), _KEYWORDS, n=1)
    return f"Did you mean {near[0].upper()}?" if near else ""
