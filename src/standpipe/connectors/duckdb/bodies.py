"""Bodies of uploads as relations of texts: CSV with a header, and JSON a line."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from standpipe.connectors.duckdb.names import escape_glob, quote_name, quote_text
from standpipe.core.errors import FieldInvalid
from standpipe.core.tables import MOST_COLUMNS

__all__ = ["Body", "open_csv", "open_ndjson", "read_header"]

_LONGEST_HEADER_BYTES = 1024**2
_MOST_SURPLUS = 8  # fields of a ragged row beyond the header; they must be empty
_LONGEST_LINE_BYTES = 16 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Rows as SQL: ``relation`` has the texts ``t0``, ``t1``, ... of the wanted columns in order.

    ``problem`` is an SQL text that says what is wrong with a whole row, or NULL.
    ``is_empty_null`` says whether an empty text means that there is no value.
    """

    relation: str
    problem: str
    is_empty_null: bool


def read_header(path: Path) -> list[str]:
    """Return the names in the first record of a CSV file, without empty ones at its end."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_HEADER_BYTES)
    if not start.strip(b"\xef\xbb\xbf\r\n\t "):
        raise FieldInvalid("The CSV is empty.", hint="Its first line names the columns.")
    text = io.StringIO(start.decode("utf-8-sig", errors="replace"), newline="")
    try:
        header = [name.strip() for name in next(csv.reader(text, strict=True))]
    except csv.Error as error:
        raise FieldInvalid("Line 1: the header cannot be read.", detail=str(error)) from error
    while header and not header[-1]:
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise FieldInvalid(
            f"Line 1: {len(header)} columns.", detail=f"A table has {MOST_COLUMNS} at most."
        )
    if not header:
        raise FieldInvalid("Line 1 is empty.", hint="The first line names the columns.")
    return header


def open_csv(path: Path, header: Sequence[str], wanted: Sequence[int], *, is_ragged: bool) -> Body:
    """Return the columns at these positions of the header.

    Rows have as many fields as the header. In a ragged one they may have fewer, and empty ones
    beyond it.
    """
    count = len(header) + (_MOST_SURPLUS if is_ragged else 0)
    fields = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(count))
    # Padding and line breaks within quotes do not go together where several threads read.
    padding = "null_padding=true, parallel=false, " if is_ragged else ""
    texts = ", ".join(f"c{field} AS t{number}" for number, field in enumerate(wanted))
    surplus = [f"coalesce(c{number}, '') <> ''" for number in range(len(header), count)]
    problem = (
        f"CASE WHEN {' OR '.join(surplus)} THEN 'more values than the header has names' END"
        if surplus
        else "NULL::VARCHAR"
    )
    return Body(
        relation=(
            f"(SELECT {texts}, {problem} AS problem FROM read_csv({_literal(path)},"
            f" columns={{{fields}}}, auto_detect=false, header=true, delim=',', quote='\"',"
            f" escape='\"', {padding}allow_quoted_nulls=false, compression='none',"
            " hive_partitioning=false))"
        ),
        problem="problem",
        is_empty_null=True,
    )


def open_ndjson(path: Path, names: Sequence[str]) -> Body:
    """Return the members of these names of each object; other ones are a problem."""
    shape = json.dumps(dict.fromkeys(names, "VARCHAR"))
    known = ", ".join(map(quote_text, names))
    texts = ", ".join(f"o.{quote_name(name)} AS t{number}" for number, name in enumerate(names))
    problem = (
        f"CASE WHEN json_keys(j) = [{known}] THEN NULL"  # nearly all, and much faster
        " WHEN j IS NULL THEN 'no valid JSON'"
        " WHEN json_type(j) <> 'OBJECT' THEN 'no JSON object'"
        f" WHEN NOT list_has_all([{known}], json_keys(j)) THEN 'no such column: ' ||"
        f" list_filter(json_keys(j), lambda k: NOT list_contains([{known}], k))[1] END"
    )
    return Body(
        relation=(
            f"(SELECT {texts}, problem FROM (SELECT {problem} AS problem,"
            f" CASE WHEN json_type(j) = 'OBJECT' THEN json_transform(j, {quote_text(shape)}) END"
            f" AS o FROM (SELECT json AS j FROM read_ndjson_objects({_literal(path)},"
            " ignore_errors=true, compression='none',"
            f" maximum_object_size={_LONGEST_LINE_BYTES}))))"
        ),
        problem="problem",
        is_empty_null=False,
    )


def _literal(path: Path) -> str:
    return quote_text(escape_glob(str(path)))
