"""Rows as JSON: objects, arrays or whole columns in one document, or one document for each line."""

from collections.abc import Iterator, Sequence
from typing import Literal

from standpipe.core.columns import Column
from standpipe.core.errors import FieldInvalid
from standpipe.core.ports import Encoding, WindowRows
from standpipe.formats.values import (
    NATIVE,
    FormatOptions,
    Shape,
    ValueStyle,
    column_value,
    distinct_names,
    holds_documents,
    joined,
    json_key,
    json_value,
    python_escapes,
    quote_text,
)

RowShape = Literal["objects", "sparse", "arrays"]

_PAGE_BYTES = 256 * 1024


def make_json(
    columns: Sequence[Column], options: FormatOptions, *, head: bytes = b"", tail: bytes = b""
) -> Encoding:
    """Return the encoding of one JSON document; ``head`` and ``tail`` are put around it.

    Keys are the names of the columns, where they repeat the stored ones.
    """
    style = NATIVE.with_numbers(options.numbers or "native")
    keys = distinct_names(columns)
    shape: Shape = options.shape or "objects"
    if shape == "columns":
        return JsonColumns(style, keys=keys, head=head + b"{", tail=b"}" + tail)
    return JsonRows(style, shape=shape, keys=keys, head=head + b"[", tail=b"]" + tail)


def make_ndjson(columns: Sequence[Column], options: FormatOptions) -> Encoding:
    """Return the encoding of one JSON document for each row; FieldInvalid for whole columns."""
    if options.shape == "columns":
        raise FieldInvalid(
            "The format 'ndjson' has no shape 'columns'.", detail="It takes: objects, arrays."
        )
    style = NATIVE.with_numbers(options.numbers or "native")
    return JsonLines(style, shape=options.shape or "objects", keys=distinct_names(columns))


class JsonRows:
    """A JSON array of rows inside an envelope; implements core.ports.Encoding.

    ``head`` and ``tail`` are the bytes around the rows and must hold the brackets of the array.
    ``keys`` replace the names of the columns, in order; names may repeat and be empty. ``spaced``
    writes the separators of Python's json.dumps. Rows that are ``sparse`` are objects which leave
    out the keys that would have null, NaN or an infinity.
    """

    def __init__(
        self,
        style: ValueStyle = NATIVE,
        *,
        spaced: bool = False,
        shape: RowShape = "objects",
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
        row = self._sparse(columns) if self._shape == "sparse" else self._full(columns)
        return python_escapes(row) if self._spaced else row

    def _sparse(self, columns: Sequence[Column]) -> str:
        """Return a row of what is not null: a field is null if its value is, and is skipped."""
        fields = []
        for key, column in zip(self._row_keys(columns), columns, strict=True):
            value = json_value(self._style, column_value(column), spaced=self._spaced)
            fields.append(f"{quote_text(key)} || {value}")
        if not fields:
            return "'{}'"
        return f"concat('{{', concat_ws({', '.join([quote_text(self._separator), *fields])}), '}}')"

    def _full(self, columns: Sequence[Column]) -> str:
        opening, closing = "{}" if self._shape == "objects" else "[]"
        parts = []
        before = opening
        for key, column in zip(self._row_keys(columns), columns, strict=True):
            value = json_value(self._style, column_value(column), spaced=self._spaced)
            parts.append(f"{quote_text(before + key)}, coalesce({value}, 'null')")
            before = self._separator
        if not parts:
            return quote_text(opening + closing)
        return f"concat({', '.join(parts)}, '{closing}')"

    def _row_keys(self, columns: Sequence[Column]) -> list[str]:
        if self._shape == "arrays":
            return [""] * len(columns)
        names = [column.name for column in columns] if self._keys is None else self._keys
        return [json_key(name, spaced=self._spaced) for name in names]


class JsonLines:
    """One compact JSON document for each row, each ended by LF; implements core.ports.Encoding."""

    def __init__(
        self,
        style: ValueStyle = NATIVE,
        *,
        shape: RowShape = "objects",
        keys: Sequence[str] | None = None,
    ) -> None:
        self._rows = JsonRows(style, shape=shape, keys=keys)

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the lines; ValueError if keys do not fit."""
        row = self._rows.row_expression(rows.columns)
        if any(holds_documents(column) for column in rows.columns):
            row = f"translate({row}, '\r\n', '  ')"  # such ends of lines are between values only
        yield from joined(rows.texts(f"concat({row}, '\n')"), b"")


class JsonColumns:
    """A JSON object with one array for each column; implements core.ports.Encoding.

    ``head`` and ``tail`` must hold the braces of the object. The rows of a page are read once;
    those of a larger window once for each column, so that none has to be kept.
    """

    def __init__(
        self, style: ValueStyle = NATIVE, *, keys: Sequence[str], head: bytes, tail: bytes
    ) -> None:
        self._style = style
        self._keys = [json_key(key, spaced=False).encode() for key in keys]
        self._head = head
        self._tail = tail

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the envelope's head, the arrays and its tail; ValueError if keys do not fit."""
        values = [self._value(column) for column in rows.columns]
        page = self._page(rows, values)
        yield self._head
        for number, (key, value) in enumerate(zip(self._keys, values, strict=True)):
            yield b"," + key if number else key
            if page is None:
                yield from joined(rows.texts(f"concat(',', {value})"), b"[", b",", b"]")
            else:
                yield b"[" + b",".join(page[number :: len(values)]) + b"]"
        yield self._tail

    def _page(self, rows: WindowRows, values: Sequence[str]) -> list[bytes] | None:
        """Return the values row after row; None if they are too many to be kept."""
        if not values:
            return []
        # No JSON holds a NUL, so it can end each value.
        row = f"concat({', '.join(f'{value}, chr(0)' for value in values)})"
        pieces: list[memoryview] = []
        for _, text in rows.texts(row):
            pieces.append(text)
            if sum(map(len, pieces)) > _PAGE_BYTES:
                return None  # rows that are left half read are closed
        return b"".join(pieces).split(b"\0")[:-1]

    def _value(self, column: Column) -> str:
        value = json_value(self._style, column_value(column), spaced=False)
        return f"coalesce({value}, 'null')"
