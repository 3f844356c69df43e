"""The first rows of a result as text, for a page: few rows, and only the beginning of each cell."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import ResultExpired
from standpipe.core.results import Result
from standpipe.core.windows import Window
from standpipe.formats.values.expressions import quote_name
from standpipe.services.directory import Services

PREVIEW_ROWS = 100
CELL_CHARACTERS = 300

_NUMBERS = frozenset({LogicalType.INTEGER, LogicalType.FLOAT, LogicalType.DECIMAL})


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a column, and whether its values are numbers."""

    name: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The head of a table; cells are texts as DuckDB prints them, None for null."""

    headings: Sequence[Heading]
    rows: Sequence[Sequence[str | None]]


class CellTexts:
    """Rows as JSON arrays of shortened texts; implements core.ports.RowEncoding."""

    head = b"["
    separator = b","
    tail = b"]"

    def row_expression(self, columns: Sequence[Column]) -> str:
        """Return SQL that makes one row; a cell that was cut ends in an ellipsis."""
        cells = ", ".join(_cell(quote_name(column.stored_name)) for column in columns)
        return f"CAST(to_json([{cells}]::VARCHAR[]) AS VARCHAR)"


def read_preview(services: Services, result: Result) -> Preview | None:
    """Return the first rows of a result that was already got; None if its rows are gone."""
    try:
        open_chunks = services.read.encode(result, Window(limit=PREVIEW_ROWS), CellTexts())
        with closing(open_chunks()) as chunks:
            rows = json.loads(b"".join(chunks))
    except ResultExpired:
        return None
    headings = [Heading(item.name, item.logical_type in _NUMBERS) for item in result.columns]
    return Preview(headings, rows)


def _cell(name: str) -> str:
    text = f"CAST({name} AS VARCHAR)"
    cut = f"left({text}, {CELL_CHARACTERS}) || '…'"
    return f"CASE WHEN length({text}) > {CELL_CHARACTERS} THEN {cut} ELSE {text} END"
