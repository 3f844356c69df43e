"""The first rows of a result as text, for a page: few rows, and only the beginning of each cell."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from standpipe.core.columns import LogicalType
from standpipe.core.errors import ResultExpired
from standpipe.core.ports import WindowRows
from standpipe.core.results import Result
from standpipe.core.windows import WindowAsk
from standpipe.formats.values import joined, quote_name
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
    """Rows as JSON arrays of shortened texts; implements core.ports.Encoding."""

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield a JSON array of rows; a cell that was cut ends in an ellipsis."""
        cells = ", ".join(_cell(quote_name(column.stored_name)) for column in rows.columns)
        row = f"',' || CAST(to_json([{cells}]::VARCHAR[]) AS VARCHAR)"
        yield from joined(rows.texts(row), b"[", b",", b"]")


def read_preview(services: Services, result: Result) -> Preview | None:
    """Return the first rows of a result that was already got; None if its rows are gone."""
    try:
        window = services.read.window(result, WindowAsk(limit=PREVIEW_ROWS))
        open_chunks = services.read.encode(result, window, CellTexts())
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
