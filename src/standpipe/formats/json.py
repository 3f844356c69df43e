"""Rows as JSON: objects or arrays, compact or with the separators of Python's json.dumps."""

from collections.abc import Iterator, Sequence
from typing import Literal

from standpipe.core.columns import Column
from standpipe.core.ports import WindowRows
from standpipe.formats.values import (
    NATIVE,
    ValueStyle,
    column_value,
    joined,
    json_key,
    json_value,
    python_escapes,
    quote_text,
)

Shape = Literal["objects", "arrays"]


class JsonRows:
    """A JSON array of rows inside an envelope; implements core.ports.Encoding.

    ``head`` and ``tail`` are the bytes around the rows and must hold the brackets of the array.
    ``keys`` replace the names of the columns, in order; names may repeat and be empty.
    """

    def __init__(
        self,
        style: ValueStyle = NATIVE,
        *,
        spaced: bool = False,
        shape: Shape = "objects",
        keys: Sequence[str] | None = None,
        head: bytes = b"[",
        tail: bytes = b"]",
    ) -> None:
        self.head = head
        self.tail = tail
        self._separator = ", " if spaced else ","
        self._style = style
        self._spaced = spaced
        self._shape = shape
        self._keys = keys

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the envelope's head, the rows and its tail; ValueError if keys do not fit."""
        row = f"concat({quote_text(self._separator)}, {self.row_expression(rows.columns)})"
        yield from joined(rows.texts(row), self.head, self._separator.encode(), self.tail)

    def row_expression(self, columns: Sequence[Column]) -> str:
        """Return DuckDB SQL that makes one row, as VARCHAR; ValueError if keys do not fit."""
        opening, closing = "{}" if self._shape == "objects" else "[]"
        parts = []
        before = opening
        for key, column in zip(self._row_keys(columns), columns, strict=True):
            value = json_value(self._style, column_value(column), spaced=self._spaced)
            parts.append(f"{quote_text(before + key)}, coalesce({value}, 'null')")
            before = self._separator
        if not parts:
            return quote_text(opening + closing)
        row = f"concat({', '.join(parts)}, '{closing}')"
        return python_escapes(row) if self._spaced else row

    def _row_keys(self, columns: Sequence[Column]) -> list[str]:
        if self._shape == "arrays":
            return [""] * len(columns)
        names = [column.name for column in columns] if self._keys is None else self._keys
        return [json_key(name, spaced=self._spaced) for name in names]
