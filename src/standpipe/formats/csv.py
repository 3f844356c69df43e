"""Rows as CSV and TSV: RFC 4180, byte for byte what Python's csv module writes ("excel" dialect).

Nested values are written as JSON text, with Python's separators. Python itself would write
``{'a': [1, None]}``, which no other program reads.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from standpipe.core.columns import Column, LogicalType
from standpipe.core.ports import Encoding, WindowRows
from standpipe.formats.values import (
    NATIVE,
    FormatOptions,
    Rendering,
    ValueStyle,
    changed_text,
    check_delimiter,
    check_pattern,
    joined,
    plain_texts,
    quote_text,
    strftime_rendering,
    with_texts,
)

# What spreadsheets take for the beginning of a formula, some after a tab or a line's end.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """How cells are set apart and shown.

    ``null_text`` stands for null, NaN and infinities. ``date_format`` and ``datetime_format`` are
    strftime patterns; datetimes with a zone are shown in UTC. None keeps the value style's form.
    ``guard`` puts an apostrophe before names and texts that a spreadsheet would run as formulas.
    ``line_end`` is CRLF or LF. ``quotes_empty`` tells empty texts from nulls: they are quoted, and
    a null that is alone in its line leaves it empty.
    """

    delimiter: str = ","
    header: bool = True
    null_text: str = ""
    date_format: str | None = None
    datetime_format: str | None = None
    guard: bool = False
    line_end: Literal["\r\n", "\n"] = "\r\n"
    quotes_empty: bool = False

    def __post_init__(self) -> None:
        """Refuse what would make a file that cannot be read back; FieldInvalid."""
        check_delimiter(self.delimiter)
        check_pattern("date_format", self.date_format)
        check_pattern("datetime_format", self.datetime_format)


def make_csv(columns: Sequence[Column], options: FormatOptions) -> Encoding:
    """Return the encoding of cells between commas, or what the options say."""
    return _make(columns, options, options.delimiter or ",")


def make_tsv(columns: Sequence[Column], options: FormatOptions) -> Encoding:
    """Return the encoding of cells between tabs."""
    return _make(columns, options, "\t")


def _make(columns: Sequence[Column], options: FormatOptions, delimiter: str) -> "CsvRows":
    chosen = CsvOptions(
        delimiter=delimiter,
        header=options.header is not False,
        null_text=options.null_text or "",
        date_format=options.date_format,
        datetime_format=options.datetime_format,
        guard=options.guard is True,
    )
    return CsvRows([column.name for column in columns], options=chosen)


class CsvRows:
    """Lines of cells, each with its end; implements core.ports.Encoding.

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
        null = self._line([self._options.null_text, "x"])
        self._null = quote_text(null[: -len(f",x{self._options.line_end}")])
        self.head = self._header(names) if self._options.header else b""

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the header line and the lines; a line ends itself, so the header can be alone."""
        yield from joined(rows.texts(self.row_expression(rows.columns)), self.head)

    def row_expression(self, columns: Sequence[Column]) -> str:
        """Return DuckDB SQL that makes one line with its end, as VARCHAR."""
        texts, cells = plain_texts(columns, self._style, spaced=True)
        change: Callable[[str], str] = self._quoted
        if self._options.guard:
            change = self._guarded
            for number in [n for n in texts if columns[n].logical_type is not LogicalType.TEXT]:
                cells[number] = changed_text(texts.pop(number), self._quoted)
        return with_texts(
            list(texts.values()),
            change,
            lambda quoted: self._row(cells | dict(zip(texts, quoted, strict=True))),
            few=2 if self._options.guard else 6,
        )

    def _row(self, cells: Mapping[int, str]) -> str:
        shown = [f"coalesce({cells[number]}, {self._null})" for number in sorted(cells)]
        if (
            len(shown) == 1 and not self._options.quotes_empty
        ):  # an empty line would be no row at all
            shown = [f"CASE WHEN {shown[0]} = '' THEN '\"\"' ELSE {shown[0]} END"]
        between = f", {quote_text(self._options.delimiter)}, "
        line_end = quote_text(self._options.line_end)
        return f"concat({between.join(shown or [quote_text('')])}, {line_end})"

    def _quoted(self, text: str, before: str = "") -> str:
        # Four times contains() would be a little faster to run and far slower to plan.
        special = f"regexp_matches({text}, '[{self._options.delimiter}\"\r\n]')"
        if self._options.quotes_empty:
            special = f"{special} OR {text} = ''"
        quoted = f"'\"' || {before}replace({text}, '\"', '\"\"') || '\"'"
        return f"CASE WHEN {special} THEN {quoted} ELSE {before}{text} END"

    def _guarded(self, text: str) -> str:
        starts = ", ".join(quote_text(start) for start in _FORMULA_STARTS)
        mark = f"CASE WHEN left({text}, 1) IN ({starts}) THEN '''' ELSE '' END || "
        return self._quoted(text, before=mark)

    def _header(self, names: Sequence[str]) -> bytes:
        if self._options.guard:
            names = ["'" + name if name.startswith(_FORMULA_STARTS) else name for name in names]
        return self._line(names).encode()

    def _line(self, cells: Sequence[str]) -> str:
        line = io.StringIO(newline="")
        options = self._options
        csv.writer(line, delimiter=options.delimiter, lineterminator=options.line_end).writerow(
            cells
        )
        return line.getvalue()


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
