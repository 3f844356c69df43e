"""Readers of every format that are not ours: each returns the names and the rows of a file."""

import csv
import io
import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from markdown_it import MarkdownIt
from pyarrow import ipc

Table = tuple[list[str], list[list[Any]]]


class Number(str):
    """A JSON number as it is spelled."""

    __slots__ = ()


def loads(text: str | bytes) -> Any:
    """Decode JSON with numbers as they are spelled; fails for NaN and infinities."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=refuse)


def read_pairs(text: str) -> list[list[tuple[str, Any]]]:
    """Decode an array of JSON objects as lists of pairs, in which keys may repeat."""
    return json.loads(text, object_pairs_hook=list)


def read_csv(data: bytes, delimiter: str = ",") -> Table:
    """Read CSV by the standard library."""
    text = io.StringIO(data.decode(), newline="")
    names, *rows = csv.reader(text, delimiter=delimiter, strict=True)
    return names, rows


def read_xlsx(data: bytes) -> Table:
    """Read the first sheet by openpyxl; the escapes that it leaves are taken off."""
    names, *rows = read_sheets(data)[0]
    return [str(name or "") for name in names], rows


def read_sheets(data: bytes) -> list[list[list[Any]]]:
    """Return every cell of every sheet by openpyxl."""
    with ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheets = [
        [[_unescaped(cell.value) for cell in row] for row in sheet.iter_rows()] for sheet in book
    ]
    book.close()
    return sheets


def _unescaped(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), value)


def read_arrow(data: bytes) -> pa.Table:
    """Read an Arrow stream or file."""
    if data.startswith(b"ARROW1"):
        return ipc.open_file(io.BytesIO(data)).read_all()
    return ipc.open_stream(io.BytesIO(data)).read_all()


def read_parquet(data: bytes) -> pa.Table:
    """Read Parquet by pyarrow."""
    return pq.read_table(io.BytesIO(data))


def read_html(data: bytes) -> Table:
    """Read the cells of the only table."""
    parser = _Cells()
    parser.feed(data.decode())
    parser.close()
    names, *rows = parser.rows
    return names, rows


def read_markdown(data: bytes) -> Table:
    """Read the cells of the table that a reader of Markdown sees."""
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(data.decode())
    return read_html(page.encode())


class _Cells(HTMLParser):
    """Collects the texts of cells, row by row; ``<br>`` is an end of line."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_cell = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
            self._is_cell = True
        elif tag == "br":
            self.handle_data("\n")
        else:
            assert not self._is_cell, f"a text became <{tag}>"

    def handle_endtag(self, tag: str) -> None:
        self._is_cell = False if tag in {"td", "th"} else self._is_cell

    def handle_data(self, data: str) -> None:
        if self._is_cell:
            self.rows[-1][-1] += data
