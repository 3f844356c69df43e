"""Turns the body of an upload into a part of a table: all of its rows, or none and the reason.

What a whole body is made of is found by DuckDB's readers, which keep nothing of it in memory.
Every field is read as text first, so that one rule says what is a value, and which row has none.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from standpipe.connectors.duckdb.bodies import Body, open_csv, open_ndjson, read_header
from standpipe.connectors.duckdb.messages import Ingest, Ingested, Merge, UploadColumn
from standpipe.connectors.duckdb.names import escape_glob, quote_name, quote_text
from standpipe.connectors.duckdb.texts import INFERRED, is_missing, value_of
from standpipe.connectors.duckdb.uploads import STORED_TYPES
from standpipe.core.errors import FieldInvalid
from standpipe.core.tables import TableColumnType, to_column_names

__all__ = ["ingest", "merge"]

_OPTIONS = (
    "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 2, ROW_GROUP_SIZE 8192,"
    " USE_TMP_FILE false)"
)
_REFUSED = "standpipe refuses a row"
_LINE = re.compile(r"CSV Error on Line: (\d+)")
_ADVICE = re.compile(r"\n\s*(?:Possible (?:fixes|Solution)|file = ).*", re.DOTALL)
_SHOWN_CHARACTERS = 100
_INFERRED_AT_ONCE = 20  # columns: each asks for much memory at once


def ingest(cursor: duckdb.DuckDBPyConnection, asked: Ingest, slots: Iterator[Path]) -> Ingested:
    """Write all rows of a body to the next of ``slots``.

    Raises:
        FieldInvalid: a row or the header cannot be taken; says which row and column.
    """
    path, slot = Path(asked.path), next(slots)
    slot.unlink(missing_ok=True)
    try:
        columns, body = _open(cursor, path, asked)
        row_count = _copy(cursor, columns, body, slot)
    except duckdb.InvalidInputException as error:
        said = str(error)
        if said.endswith(f": {_REFUSED}"):
            raise _find_reason(cursor, columns, body) from error
        raise _explain(said, asked.path) from error
    return Ingested(slot.name, columns, row_count)


def merge(cursor: duckdb.DuckDBPyConnection, asked: Merge, slots: Iterator[Path]) -> Ingested:
    """Write the rows of parts, in their order, to the next of ``slots``."""
    slot = next(slots)
    slot.unlink(missing_ok=True)
    files = ", ".join(quote_text(escape_glob(path)) for path in asked.paths)
    rows = f"SELECT * FROM read_parquet([{files}], hive_partitioning=false)"
    return Ingested(slot.name, (), _write(cursor, rows, slot))


def _open(
    cursor: duckdb.DuckDBPyConnection, path: Path, asked: Ingest
) -> tuple[tuple[UploadColumn, ...], Body]:
    columns = asked.columns
    if asked.format == "ndjson":
        return columns, open_ndjson(path, [column.name for column in columns])
    header = read_header(path)
    if columns:
        return columns, open_csv(path, header, _positions(header, columns), is_ragged=False)
    return _open_of_unknown_kind(cursor, path, header)


def _open_of_unknown_kind(
    cursor: duckdb.DuckDBPyConnection, path: Path, header: Sequence[str]
) -> tuple[tuple[UploadColumn, ...], Body]:
    """Return columns and rows of a CSV; as a ragged one, which is slow to read, only if it is."""
    fields = range(len(header))
    if len(header) > 1:  # of a single column an empty line is a row, of several it is none
        with suppress(duckdb.InvalidInputException):
            body = open_csv(path, header, fields, is_ragged=False)
            return _infer(cursor, header, body), body
    body = open_csv(path, header, fields, is_ragged=True)
    return _infer(cursor, header, body), body


def _positions(header: Sequence[str], columns: Sequence[UploadColumn]) -> list[int]:
    """Return where in the header each column is; the header has all of them and no other."""
    places = {name.lower(): place for place, name in enumerate(header)}
    known = {column.name.lower() for column in columns}
    missing = [column.name for column in columns if column.name.lower() not in places]
    unknown = [name for name in header if name.lower() not in known]
    if missing or unknown or len(places) < len(header):
        wrong = missing[0] if missing else unknown[0] if unknown else _repeated(header)
        what = "is missing" if missing else "is not in the table" if unknown else "is there twice"
        raise FieldInvalid(
            f"Line 1: the column {wrong[:_SHOWN_CHARACTERS]!r} {what}.",
            detail=f"The table has: {', '.join(column.name for column in columns)}.",
        )
    return [places[column.name.lower()] for column in columns]


def _repeated(header: Sequence[str]) -> str:
    lowered = [name.lower() for name in header]
    return next(name for name in header if lowered.count(name.lower()) > 1)


def _infer(
    cursor: duckdb.DuckDBPyConnection, header: Sequence[str], body: Body
) -> tuple[UploadColumn, ...]:
    """Return the narrowest kind that fits every text of a column, looking at all of them."""
    kinds: list[str] = []
    for start in range(0, len(header), _INFERRED_AT_ONCE):
        kinds += _infer_some(cursor, range(start, len(header))[:_INFERRED_AT_ONCE], body)
    return tuple(
        UploadColumn(name, kind, is_nullable=True)
        for name, kind in zip(to_column_names(header), kinds, strict=True)
    )


def _infer_some(cursor: duckdb.DuckDBPyConnection, numbers: Sequence[int], body: Body) -> list[str]:
    questions: list[str] = []
    for number in numbers:
        text = f"t{number}"
        questions.append(f"count(nullif(trim({text}), ''))")
        questions += [f"bool_and({fits(text)}) FILTER (trim({text}) <> '')" for _, fits in INFERRED]
    found = cursor.execute(f"SELECT {', '.join(questions)} FROM {body.relation}").fetchall()[0]
    width = len(INFERRED) + 1
    return [_first_fit(found[start : start + width]) for start in range(0, len(found), width)]


def _first_fit(found: Sequence[Any]) -> str:
    count, *fits = found
    kinds = [kind for (kind, _), is_fit in zip(INFERRED, fits, strict=True) if is_fit]
    return (kinds[0] if count and kinds else TableColumnType.VARCHAR).value


def _copy(
    cursor: duckdb.DuckDBPyConnection, columns: Sequence[UploadColumn], body: Body, slot: Path
) -> int:
    refuse = f"error({quote_text(_REFUSED)})"
    values = [
        f"CASE WHEN {body.problem} IS NOT NULL OR {_is_wrong(number, column, body)} THEN {refuse}"
        f" WHEN {_is_missing(number, column, body)} THEN NULL ELSE v{number} END"
        f"::{STORED_TYPES[column.kind]} AS {quote_name(column.name)}"
        for number, column in enumerate(columns)
    ]
    select = f"SELECT {', '.join(values)} FROM {_with_values(columns, body)}"
    return _write(cursor, select, slot)


def _write(cursor: duckdb.DuckDBPyConnection, select: str, slot: Path) -> int:
    answer = cursor.execute(f"COPY ({select}) TO {quote_text(str(slot))} {_OPTIONS}").fetchall()
    return int(answer[0][0])


def _with_values(columns: Sequence[UploadColumn], body: Body) -> str:
    values = ", ".join(
        f"{value_of(column.kind, f't{number}')} AS v{number}"
        for number, column in enumerate(columns)
    )
    return f"(SELECT *, {values} FROM {body.relation})"


def _is_missing(number: int, column: UploadColumn, body: Body) -> str:
    return is_missing(column.kind, f"t{number}", is_empty_null=body.is_empty_null)


def _is_wrong(number: int, column: UploadColumn, body: Body) -> str:
    missing = _is_missing(number, column, body)
    return f"({'v' + str(number)} IS NULL AND NOT {missing})" + (
        "" if column.is_nullable else f" OR {missing}"
    )


def _find_reason(
    cursor: duckdb.DuckDBPyConnection, columns: Sequence[UploadColumn], body: Body
) -> FieldInvalid:
    """Return what is wrong with the first row that was refused."""
    wrong = " ".join(
        f"WHEN {_is_wrong(number, column, body)} THEN {number}"
        for number, column in enumerate(columns)
    )
    texts = " ".join(f"WHEN {number} THEN t{number}" for number in range(len(columns)))
    rows = cursor.execute(
        f"SELECT n, problem, place, left(CASE place {texts} END, {_SHOWN_CHARACTERS}) FROM"
        f" (SELECT *, CASE {wrong} END AS place FROM"
        f" (SELECT row_number() OVER () AS n, * FROM {_with_values(columns, body)}))"
        " WHERE problem IS NOT NULL OR place IS NOT NULL ORDER BY n LIMIT 1"
    ).fetchall()
    if not rows:
        return FieldInvalid("A row cannot be taken.")
    row, problem, place, text = rows[0]
    if problem is not None:
        return FieldInvalid(f"Row {row}: {problem}.", hint="No row was written.")
    column = columns[place]
    what = "there is no value" if text is None or not text.strip() else f"{text!r} is no value"
    return FieldInvalid(
        f"Row {row}, column {column.name!r}: {what} of the type {column.kind}.",
        hint="No row was written.",
    )


def _explain(said: str, path: str) -> FieldInvalid:
    """Return what DuckDB says of a body that it cannot take apart, without its advice."""
    line = _LINE.search(said)
    reasons = [
        part
        for part in _ADVICE.sub("", said).replace(path, "the body").split("\n")[bool(line) :]
        if part.strip() and not part.startswith("Original Line")
    ]
    reason = " ".join(reasons[:2] if line is None else reasons[-1:])[:500]
    where = f"Line {line[1]}" if line else "The body cannot be read"
    return FieldInvalid(f"{where}: {reason.strip()}", hint="No row was written.")
