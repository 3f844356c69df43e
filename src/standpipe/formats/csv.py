"""Rows as CSV and TSV: RFC 4180, byte for byte what Python's csv module writes ("excel" dialect).

Nested values are written as JSON text, with Python's separators. Python itself would write
``{'a': [1, None]}``, which no other program reads.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import ConfigurationInvalid
from standpipe.core.ports import WindowRows
from standpipe.formats.values import (
    NATIVE,
    Form,
    Rendering,
    ValueStyle,
    column_value,
    joined,
    json_value,
    quote_text,
    scalar_text,
    strftime_rendering,
)

_DELIMITERS = {",", "\t", ";", "|"}
_STRFTIME = re.compile(r"(?:[^%]|%-?[dmyHMSIj]|%[aAbBYpfgnzZUWcxX%])*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """How cells are set apart and shown.

    ``null_text`` stands for null, NaN and infinities. ``date_format`` and ``datetime_format`` are
    strftime patterns; datetimes with a zone are shown in UTC. None keeps the value style's form.
    """

    delimiter: str = ","
    header: bool = True
    null_text: str = ""
    date_format: str | None = None
    datetime_format: str | None = None

    def __post_init__(self) -> None:
        """Refuse what would make a file that cannot be read back."""
        if self.delimiter not in _DELIMITERS:
            raise ConfigurationInvalid(
                f"CSV cannot be delimited by {self.delimiter!r}.",
                detail="Allowed are comma, tab, semicolon and bar.",
            )
        for pattern in (self.date_format, self.datetime_format):
            if pattern is not None and not _STRFTIME.fullmatch(pattern):
                raise ConfigurationInvalid(
                    f"The date format {pattern!r} has an unknown code.",
                    detail="Use strftime codes such as %d/%m/%y %H:%M.",
                )


class CsvRows:
    """Lines of cells, each ended by CRLF; implements core.ports.Encoding.

    ``names`` are the cells of the header line.
    """

    def __init__(
        self,
        names: Sequence[str],
        style: ValueStyle = NATIVE,
        *,
        options: CsvOptions | None = None,
    ) -> None:
        self._options = options or CsvOptions()
        self._style = style.having(_date_renderings(self._options))
        self.head = self._line(names) if self._options.header else b""

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the header line and the lines; a line ends itself, so the header can be alone."""
        yield from joined(rows.texts(self.row_expression(rows.columns)), self.head)

    def row_expression(self, columns: Sequence[Column]) -> str:
        """Return DuckDB SQL that makes one line with its end, as VARCHAR."""
        cells = [self._cell(column) for column in columns]
        if len(cells) == 1:  # an empty line would be no row at all
            cells = [f"CASE WHEN {cells[0]} = '' THEN '\"\"' ELSE {cells[0]} END"]
        between = f", {quote_text(self._options.delimiter)}, "
        return f"concat({between.join(cells or [quote_text('')])}, '\r\n')"

    def _cell(self, column: Column) -> str:
        value = column_value(column)
        if value.logical_type in {LogicalType.LIST, LogicalType.STRUCT, LogicalType.MAP}:
            text = json_value(self._style, value, spaced=True)  # long: written once
            cell = f"list_transform([{text}], lambda cell: {self._quoted('cell')})[1]"
        else:
            text, form = scalar_text(self._style, value)
            cell = text if form in {Form.BARE, Form.QUOTED} else self._quoted(text)
        null_text = self._line([self._options.null_text, "x"]).decode()[: -len(",x\r\n")]
        return f"coalesce({cell}, {quote_text(null_text)})"

    def _quoted(self, text: str) -> str:
        # Four times contains() would be a little faster to run and far slower to plan.
        special = f"regexp_matches({text}, '[{self._options.delimiter}\"\r\n]')"
        quoted = f"'\"' || replace({text}, '\"', '\"\"') || '\"'"
        return f"CASE WHEN {special} THEN {quoted} ELSE {text} END"

    def _line(self, cells: Sequence[str]) -> bytes:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=self._options.delimiter).writerow(cells)
        return line.getvalue().encode()


def _date_renderings(options: CsvOptions) -> dict[LogicalType, Rendering]:
    renderings = {}
    if options.date_format is not None:
        renderings[LogicalType.DATE] = strftime_rendering(options.date_format, zoned=False)
    if options.datetime_format is not None:
        renderings[LogicalType.TIMESTAMP] = strftime_rendering(options.datetime_format, zoned=False)
        renderings[LogicalType.TIMESTAMPTZ] = strftime_rendering(
            options.datetime_format, zoned=True
        )
    return renderings
