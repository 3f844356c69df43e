"""Rows as a Markdown table (GitHub's), to be read by people: a thousand rows at most."""

import re
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

# What Markdown or the HTML inside it would take for more than a character.
_MARKS = r"[\\`*_\[\]<>|~&$]"
_LINE_END = r"\r\n|\r|\n"
_SPECIAL = r"[\\`*_\[\]<>|~&$\r\n]"


def make_markdown(columns: Sequence[Column], options: FormatOptions) -> Encoding:  # noqa: ARG001
    """Return the encoding of a Markdown table."""
    return MarkdownTable([column.name for column in columns])


class MarkdownTable:
    """One line for each row; implements core.ports.Encoding.

    Numbers stand on the right; null, NaN and infinities are empty cells, an end of line is
    ``<br>``. TooManyRows after a thousand rows.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the header and the lines."""
        rules = ["---:" if column.logical_type in _NUMBERS else "---" for column in rows.columns]
        head = _line(map(_escape, self._names)) + _line(rules)
        texts = rows.texts(row_expression(rows.columns))
        yield from joined(counted(texts, "markdown", TABLE_ROWS), head.encode())


def row_expression(columns: Sequence[Column]) -> str:
    """Return DuckDB SQL that makes one line, as VARCHAR."""
    texts, cells = plain_texts(columns)
    return with_texts(
        list(texts.values()),
        _escaped,
        lambda escaped: _row(cells | dict(zip(texts, escaped, strict=True))),
    )


def _row(cells: Mapping[int, str]) -> str:
    listed = ", ' | ', ".join(f"coalesce({cells[number]}, '')" for number in sorted(cells))
    return f"concat('| ', {listed}, ' |\n')"


def _escaped(text: str) -> str:
    marked = rf"regexp_replace({text}, '({_MARKS})', '\\\1', 'g')"
    escaped = f"regexp_replace({marked}, '{_LINE_END}', '<br>', 'g')"
    return f"CASE WHEN regexp_matches({text}, '{_SPECIAL}') THEN {escaped} ELSE {text} END"


def _escape(name: str) -> str:
    return re.sub(_LINE_END, "<br>", re.sub(f"({_MARKS})", r"\\\1", name))


def _line(cells: Iterator[str] | Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
