"""Runs one fenced statement and writes its rows, exactly typed, into the slot."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from standpipe.connectors.duckdb.casts import cast_columns, holds_hugeint, select_list
from standpipe.connectors.duckdb.fence import is_pivot, single_reading_statement, wrap
from standpipe.connectors.duckdb.names import quote_text
from standpipe.core.columns import Column
from standpipe.core.errors import StatementRefused

__all__ = ["Written", "authors_lines", "bind", "execute"]

# Level 2: pieces as small as these come out no larger than at level 3, which takes 15 % longer.
_OPTIONS = (
    "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 2, ROW_GROUP_SIZE 8192,"
    " USE_TMP_FILE false)"
)
_MORE_THAN_38_DIGITS = re.compile(r"Could not cast value -?\d{39} to DECIMAL\(38,0\)")
_LINE = re.compile(r"^LINE (\d+): ", re.MULTILINE)
_MODIFYING_CTE = "must be at the top level"


class Written(NamedTuple):
    """What a statement left: a file, its columns, and how many rows it has."""

    slot: Path
    columns: tuple[Column, ...]
    row_count: int


def execute(
    cursor: duckdb.DuckDBPyConnection, text: str, values: Mapping[str, Any], slots: Iterator[Path]
) -> Written:
    """Write the rows of one reading statement to the next of ``slots``.

    The rows keep the statement's order. A HUGEINT of more than 38 digits makes the statement run
    a second time, with such columns stored as text.

    Raises:
        StatementRefused: the statement would do more than read.
        SourceFailed: the statement cannot be parsed.
        duckdb.Error: what the engine says; line numbers count in ``text``.
    """
    statement = single_reading_statement(text)
    names, types = bind(cursor, statement, values)
    columns = cast_columns(names, types)
    try:
        return _copy(cursor, statement, values, columns=columns, slot=next(slots))
    except duckdb.ConversionException as error:
        is_ours = _MORE_THAN_38_DIGITS.search(str(error)) is not None
        if not is_ours or not any(holds_hugeint(kind) for kind in types):
            raise
    columns = cast_columns(names, types, hugeint="VARCHAR")
    return _copy(cursor, statement, values, columns=columns, slot=next(slots))


def bind(
    cursor: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any]
) -> tuple[list[str], list[Any]]:
    """Return names and types of a fenced statement without running it; errors as ``execute``.

    A PIVOT whose columns are in the data is read for them.
    """
    wrapped = wrap(statement)
    # The subquery comes first: there a data-modifying WITH is refused, but sql() would run it at
    # once. The bare statement then tells the names, which a subquery makes unique.
    try:
        relation = _relate(cursor, wrapped, values)
        bare = relation if is_pivot(statement) else _relate(cursor, statement, values)
    except duckdb.Error as error:
        if _MODIFYING_CTE in str(error):
            raise StatementRefused(
                "A WITH clause that changes something was found.",
                detail="Allowed: clauses that only read.",
            ) from error
        _find_line(cursor, wrapped, values)
        raise
    return bare.columns, relation.types


def _find_line(cursor: duckdb.DuckDBPyConnection, wrapped: str, values: Mapping[str, Any]) -> None:
    """Raise the error of a statement that cannot be bound with its place, which sql() omits."""
    with authors_lines("\n"):
        cursor.execute(f"DESCRIBE {wrapped}", dict(values) or None)


def _relate(
    cursor: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any]
) -> duckdb.DuckDBPyRelation:
    relation = cursor.sql(statement, params=dict(values) or None)
    if relation is None:
        raise StatementRefused("The statement gives no rows.", detail="Allowed: one that does.")
    return relation


def _copy(
    cursor: duckdb.DuckDBPyConnection,
    statement: str,
    values: Mapping[str, Any],
    *,
    columns: tuple[Column, ...],
    slot: Path,
) -> Written:
    slot.unlink(missing_ok=True)
    select = f"COPY (SELECT {select_list(columns)}"
    copy = f"{wrap(statement, select)}) TO {quote_text(str(slot))} {_OPTIONS}"
    with authors_lines(select + "\n"):
        answer = cursor.execute(copy, dict(values) or None).fetchall()
    if not answer:  # a PIVOT answers for its first half
        count = f"SELECT num_rows FROM parquet_file_metadata({quote_text(str(slot))})"
        answer = cursor.execute(count).fetchall()
    return Written(slot, columns, int(answer[0][0]))


@contextlib.contextmanager
def authors_lines(before: str) -> Iterator[None]:
    """Make line numbers in errors count from the author's first line, not from ours before it."""
    offset = before.count("\n")
    try:
        yield
    except duckdb.Error as error:
        text = _LINE.sub(lambda found: f"LINE {int(found[1]) - offset}: ", str(error))
        raise type(error)(text) from error
