"""Knows in which clause and behind which bracket a token stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from standpipe.sql.tokens import Token


class Clause(StrEnum):
    """The clauses that decide whether a value can stand there."""

    VALUES = "values"  # anywhere where expressions are
    TABLES = "tables"
    COLUMNS = "columns"  # GROUP BY, ORDER BY, PARTITION BY
    SAMPLE = "sample"


@dataclass(slots=True)
class Frame:
    """One level of brackets: the word before the bracket, and the clause that the level is in."""

    opener: str = ""
    clause: Clause = Clause.VALUES
    has_select: bool = False


_OPENING = frozenset({"L_PAREN", "L_BRACKET", "L_BRACE"})
_CLOSING = frozenset({"R_PAREN", "R_BRACKET", "R_BRACE"})
_BY = frozenset({"GROUP_BY", "ORDER_BY", "PARTITION_BY", "CLUSTER_BY", "SORT_BY", "DISTRIBUTE_BY"})
_BACK_TO_VALUES = frozenset(
    {"SELECT", "WHERE", "HAVING", "QUALIFY", "LIMIT", "OFFSET", "FETCH", "ON", "SET", "VALUES"}
    | {"UNION", "EXCEPT", "INTERSECT", "WINDOW", "ROWS", "RANGE", "SEMICOLON"}
)
_START_OF_SELECT = frozenset({"SEMICOLON", "UNION", "EXCEPT", "INTERSECT", "ALL", "R_PAREN"})
_FUNCTIONS_WITH_FROM = frozenset({"EXTRACT", "TRIM", "SUBSTRING", "OVERLAY", "POSITION"})
_COLUMN_BRACKETS = frozenset({"", ",", "(", "ROLLUP", "CUBE", "SETS"})


def walk(tokens: Sequence[Token]) -> Iterator[tuple[int, Frame]]:
    """Give the position of each token and its frame; a frame changes as the walk goes on."""
    frames = [Frame()]
    for position, token in enumerate(tokens):
        frame = frames[-1]
        yield position, frame
        if token.kind in _OPENING:
            frames.append(_inner(tokens, position, frame))
        elif token.kind in _CLOSING:
            if len(frames) > 1:
                frames.pop()
        else:
            _advance(tokens, position, frame)


def _inner(tokens: Sequence[Token], position: int, outer: Frame) -> Frame:
    opener = _opener(tokens, position)
    if outer.clause is Clause.SAMPLE:
        return Frame(opener, Clause.SAMPLE)
    is_list = opener in _COLUMN_BRACKETS or opener.endswith(" BY")
    if outer.clause is Clause.COLUMNS and is_list:
        return Frame(opener, Clause.COLUMNS)
    if outer.clause is Clause.TABLES and opener in ("FROM", "JOIN", ",", "("):
        return Frame(opener, Clause.TABLES)
    return Frame(opener)


def _opener(tokens: Sequence[Token], position: int) -> str:
    """The word before a bracket, or two; a square one opens a list or an index."""
    if tokens[position].kind != "L_PAREN":
        return tokens[position].raw
    words = [token.word for token in tokens[max(0, position - 2) : position]]
    two = " ".join(words)
    return two if two in ("NOT IN", "DISTINCT ON") else (words[-1] if words else "")


def _advance(tokens: Sequence[Token], position: int, frame: Frame) -> None:
    token = tokens[position]
    before = tokens[position - 1].kind if position else "SEMICOLON"
    if token.kind in _BY:
        frame.clause = Clause.COLUMNS
    elif token.kind == "TABLE_SAMPLE" or (before == "USING" and token.word == "SAMPLE"):
        frame.clause = Clause.SAMPLE
    elif token.kind == "JOIN" or (token.kind == "FROM" and is_table_from(tokens, position, frame)):
        frame.clause = Clause.TABLES
    elif token.kind in _BACK_TO_VALUES:
        frame.clause = Clause.VALUES
        frame.has_select = token.kind == "SELECT" or (
            frame.has_select and token.kind not in _START_OF_SELECT
        )


def is_table_from(tokens: Sequence[Token], position: int, frame: Frame) -> bool:
    """Whether FROM begins a list of tables; EXTRACT, TRIM and IS DISTINCT FROM have one too."""
    if position == 0:
        return True
    before = tokens[position - 1].kind
    if before == "DISTINCT":
        return False
    starts = before in _START_OF_SELECT or before in _OPENING
    return frame.has_select or (starts and frame.opener not in _FUNCTIONS_WITH_FROM)
