"""Rows as an HTML table, to be read by people: a thousand rows at most."""

from collections.abc import Iterator, Mapping, Sequence

from standpipe.core.columns import Column, LogicalType
from standpipe.core.ports import Encoding, WindowRows
from standpipe.formats.values import (
    TABLE_ROWS,
    FormatOptions,
    counted,
    joined,
    plain_texts,
    with_texts,
)

_NUMBERS = frozenset({LogicalType.INTEGER, LogicalType.FLOAT, LogicalType.DECIMAL})

_HEAD = """\
<!DOCTYPE html>
<meta charset="utf-8">
<title>Result</title>
<style>td { white-space: pre-wrap } .number { text-align: right }</style>
<table>
<thead>
<tr>%s</tr>
</thead>
<tbody>
"""
_TAIL = b"</tbody>\n</table>\n"

# CR would be read as LF, and NUL cannot be written at all.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;", "\0": "\ufffd"}


def make_html(columns: Sequence[Column], options: FormatOptions) -> Encoding:  # noqa: ARG001
    """Return the encoding of an HTML page with a table."""
    return HtmlTable([column.name for column in columns])


class HtmlTable:
    """A page with one table and no scripts; implements core.ports.Encoding.

    Numbers stand on the right; null, NaN and infinities are empty cells. TooManyRows after a
    thousand rows.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the page up to the table, the rows and the end."""
        cells = "".join(f'<th scope="col">{_escape(name)}</th>' for name in self._names)
        texts = rows.texts(row_expression(rows.columns))
        head = (_HEAD % cells).encode()
        yield from joined(counted(texts, "html", TABLE_ROWS), head, tail=_TAIL)


def row_expression(columns: Sequence[Column]) -> str:
    """Return DuckDB SQL that makes one row of the table, as VARCHAR."""
    texts, cells = plain_texts(columns)
    numbers = {n for n, column in enumerate(columns) if column.logical_type in _NUMBERS}
    return with_texts(
        list(texts.values()),
        _escaped,
        lambda escaped: _row(cells | dict(zip(texts, escaped, strict=True)), numbers),
    )


def _row(cells: Mapping[int, str], numbers: set[int]) -> str:
    parts = []
    before = "<tr>"
    for place in sorted(cells):
        opening = '<td class="number">' if place in numbers else "<td>"
        parts.append(f"'{before}{opening}', coalesce({cells[place]}, ''), ")
        before = "</td>"
    return f"concat({''.join(parts)}'{before}</tr>\n')"


def _escaped(text: str) -> str:
    escaped = text
    for mark, escape in _ESCAPES.items():
        escaped = f"replace({escaped}, chr({ord(mark)}), '{escape}')"
    special = r"[&<>\r\x00]"
    return f"CASE WHEN regexp_matches({text}, '{special}') THEN {escaped} ELSE {text} END"


def _escape(name: str) -> str:
    for mark, escape in _ESCAPES.items():
        name = name.replace(mark, escape)
    return name
