"""Rows as files and as pages: compat/holistics.md 3.3, 3.5."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from standpipe.core.columns import Column
from standpipe.core.ports import Encoding
from standpipe.formats import FORMATS, FormatEntry
from standpipe.formats.csv import CsvOptions, CsvRows
from standpipe.formats.json import JsonRows
from standpipe.formats.values import STRINGS

CSV_TYPE: Final = "text/csv; charset=utf-8"
EXTENSIONS: Final = ("csv", "json", "xlsx")
_CSV: Final = CsvOptions(line_end="\n", quotes_empty=True)
_LONGEST_NAME: Final = 60


def format_of(extension: str) -> FormatEntry:
    """Return the format of a file."""
    return FORMATS[extension]


def content_type(extension: str) -> str:
    """Return the media type of a file."""
    return CSV_TYPE if extension == "csv" else FORMATS[extension].media_type


def file_encoding(extension: str, columns: Sequence[Column]) -> Encoding:
    """Return how rows are written: CSV as PostgreSQL writes it, the others as everywhere here."""
    if extension == "csv":
        return CsvRows([column.name for column in columns], STRINGS, options=_CSV)
    return FORMATS[extension].make(columns)


def page_encoding(head: Any, tail: Any) -> Encoding:
    """Return how a page is written between two objects: arrays of texts and nulls."""
    before = msgspec.json.encode(head)[:-1] + b',"values":['
    after = b"]," + msgspec.json.encode(tail)[1:]
    return JsonRows(STRINGS, shape="arrays", head=before, tail=after)


def file_name(number: int, title: str, extension: str) -> str:
    """Return the name of a file, of plain letters: ``12-sales-by-month.csv``."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_NAME].strip("-")
    return f"{number}-{slug}.{extension}" if slug else f"{number}.{extension}"
