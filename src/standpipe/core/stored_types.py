"""The names of DuckDB types, read into a tree: what a column of an artifact is made of."""

import re
from dataclasses import dataclass
from functools import lru_cache

from standpipe.core.columns import LogicalType

_TOKEN = re.compile(r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[^\W\d]\w*|\d+|[(),\[\]])""")

_MARKS = frozenset("(),[]")

_LOGICAL_TYPES = {
    **dict.fromkeys(
        (
            *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
            *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "BIGNUM"),
        ),
        LogicalType.INTEGER,
    ),
    **dict.fromkeys(("FLOAT", "DOUBLE"), LogicalType.FLOAT),
    **dict.fromkeys(
        ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), LogicalType.TIMESTAMP
    ),
    **dict.fromkeys(("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"), LogicalType.TIMESTAMPTZ),
    **dict.fromkeys(("TIME", "TIME_NS"), LogicalType.TIME),
    "DECIMAL": LogicalType.DECIMAL,
    "BOOLEAN": LogicalType.BOOLEAN,
    "DATE": LogicalType.DATE,
    "INTERVAL": LogicalType.INTERVAL,
    "UUID": LogicalType.UUID,
    "JSON": LogicalType.JSON,
    "BLOB": LogicalType.BYTES,
    "LIST": LogicalType.LIST,
    "STRUCT": LogicalType.STRUCT,
    "MAP": LogicalType.MAP,
}

_PART_COUNTS = {"LIST": range(1, 2), "MAP": range(2, 3), "STRUCT": range(1, 100_000)}


@dataclass(frozen=True, slots=True)
class StoredType:
    """One DuckDB type: its name in capitals, numbers such as width and scale, and its parts.

    A list has one part, a map two (key, value), a struct one for each field, in order.
    """

    name: str
    numbers: tuple[int, ...] = ()
    parts: tuple[tuple[str, "StoredType"], ...] = ()

    @property
    def logical_type(self) -> LogicalType:
        """What the type means by itself; a scale of 0 makes a decimal an integer."""
        if self.name == "DECIMAL" and self.numbers[1:] == (0,):
            return LogicalType.INTEGER
        if self.name in _PART_COUNTS and len(self.parts) not in _PART_COUNTS[self.name]:
            return LogicalType.TEXT
        return _LOGICAL_TYPES.get(self.name, LogicalType.TEXT)


@lru_cache(maxsize=1024)
def parse_stored_type(text: str) -> StoredType:
    """Read a type as DuckDB prints it; one that cannot be read becomes a type of that name."""
    tokens = _tokens(text)
    try:
        parsed, rest = _parse_type(tokens)
    except IndexError:
        return StoredType(text.upper())
    return parsed if not rest else StoredType(text.upper())


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        tokens.append(match[1])
    return tokens if not text[position:].strip() else []


def _parse_type(tokens: list[str]) -> tuple[StoredType, list[str]]:
    """Read one type; IndexError if there is none."""
    words = [tokens[0]]
    if words[0] in _MARKS:
        raise IndexError
    tokens = tokens[1:]
    while tokens and tokens[0] not in _MARKS:
        words.append(tokens[0])
        tokens = tokens[1:]
    parsed = StoredType(" ".join(words).upper())
    if tokens and tokens[0] == "(":
        parsed, tokens = _parse_arguments(parsed.name, tokens[1:])
    while tokens and tokens[0] == "[":
        parsed = StoredType("LIST", parts=(("", parsed),))
        tokens = tokens[tokens.index("]") + 1 :] if "]" in tokens else [""]
    return parsed, tokens


def _parse_arguments(name: str, tokens: list[str]) -> tuple[StoredType, list[str]]:
    numbers: list[int] = []
    parts: list[tuple[str, StoredType]] = []
    while tokens[0] != ")":
        if tokens[0] == ",":
            tokens = tokens[1:]
        elif tokens[0].isdecimal() or tokens[0].startswith("'"):
            numbers += [int(tokens[0])] if tokens[0].isdecimal() else []
            tokens = tokens[1:]
        else:
            part_name = _unquote(tokens[0]) if name == "STRUCT" else ""
            part, tokens = _parse_type(tokens[1:] if name == "STRUCT" else tokens)
            parts.append((part_name, part))
    return StoredType(name, tuple(numbers), tuple(parts)), tokens[1:]


def _unquote(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token
