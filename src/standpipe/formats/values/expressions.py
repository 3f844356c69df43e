"""DuckDB expressions of one value: its text for a cell, its JSON for a row.

``to_json`` is used for text alone: over numbers and nested values it rounds decimals, writes NaN
and ``.123``, and so makes JSON that nobody can read.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from standpipe.core.columns import Column, LogicalType
from standpipe.core.stored_types import StoredType, parse_stored_type
from standpipe.formats.values.numbers import long_number
from standpipe.formats.values.styles import NATIVE, Form, ValueStyle

_NUMBERS = frozenset({LogicalType.INTEGER, LogicalType.FLOAT, LogicalType.DECIMAL})
_NESTED = frozenset({LogicalType.LIST, LogicalType.STRUCT, LogicalType.MAP})
# Values too large or too strange for a column of their own type are stored as text.
_ALSO_TEXT = _NUMBERS | {LogicalType.INTERVAL, LogicalType.JSON}

_JSON_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"
_JSON_STRING = r'"(?:[^"\\]|\\.)*"'
# What DuckDB takes for JSON and nobody else does: NaN, infinities, a comma before a bracket.
_ODD_JSON = r"(?i)nan|inf|,\s*[\]}]"
_NOT_A_NUMBER = r"[-+]?(?i:nan|infinity|inf)"
_UPPER_CASE_ESCAPES = ("0B", "0E", "0F", "1A", "1B", "1C", "1D", "1E", "1F")


@dataclass(frozen=True, slots=True)
class Value:
    """One value in SQL: an operand, what it means and how it is stored."""

    operand: str
    logical_type: LogicalType
    stored_type: StoredType


def quote_name(name: str) -> str:
    """Return an identifier as SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return a text literal as SQL."""
    return "'" + text.replace("'", "''") + "'"


def column_value(column: Column) -> Value:
    """Return the value of a column of an artifact, addressed by its stored name."""
    stored = parse_stored_type(column.stored_type)
    logical, meant = stored.logical_type, column.logical_type
    also = _NUMBERS if logical in _NUMBERS else _ALSO_TEXT if logical is LogicalType.TEXT else ()
    if meant in also:
        logical = meant
    return Value(quote_name(column.stored_name), logical, stored)


def scalar_text(style: ValueStyle, value: Value) -> tuple[str, Form]:
    """Return the VARCHAR expression (NULL for null) of a value that is not nested, and its form."""
    rendering = style.renderings[value.logical_type]
    operand = value.operand
    if value.logical_type in _NUMBERS:
        operand = _number_text(operand, value.stored_type)
    sql = rendering.of(operand, value.operand)
    if rendering.form is Form.DOCUMENT:
        sql = _clean_document(operand, sql, value.stored_type)
    if style.quotes_long_numbers and rendering.form is Form.BARE and (long := is_long(value)):
        sql = f"CASE WHEN {long} THEN '\"' || {sql} || '\"' ELSE {sql} END"
    return sql, rendering.form


def plain_texts(
    columns: Sequence[Column], style: ValueStyle = NATIVE, *, spaced: bool = False
) -> tuple[dict[int, str], dict[int, str]]:
    """Return the VARCHAR of each column, by its number; nested values are JSON.

    First those that may hold any character, then those that hold none that needs an escape.
    """
    free: dict[int, str] = {}
    safe: dict[int, str] = {}
    for number, column in enumerate(columns):
        value = column_value(column)
        if value.logical_type in _NESTED:
            inner = NATIVE if style.quotes_nested else style
            free[number] = json_value(inner, value, spaced=spaced)
            continue
        text, form = scalar_text(style, value)
        (free if form in {Form.TEXT, Form.DOCUMENT} else safe)[number] = text
    return free, safe


def is_long(value: Value) -> str | None:
    """Return SQL that says whether a number is one that no double holds; None if it never is."""
    if value.logical_type not in _NUMBERS:
        return None
    text = _number_text(value.operand, value.stored_type)
    return long_number(value.operand, text, value.logical_type, value.stored_type)


def holds_documents(column: Column) -> bool:
    """Whether the JSON of a column may hold stored JSON documents, with their own white space."""
    return column.logical_type is LogicalType.JSON or "JSON" in column.stored_type


def json_value(style: ValueStyle, value: Value, *, spaced: bool, depth: int = 0) -> str:
    """Return an expression of the value as JSON text, NULL for null.

    ``spaced`` writes the separators that Python's json.dumps writes, at every depth.
    """
    if value.logical_type in _NESTED:
        if style.quotes_nested:
            return _escaped(_NestedJson(NATIVE, spaced, depth).of(value))
        return _NestedJson(style, spaced, depth).of(value)
    sql, form = scalar_text(style, value)
    if form is Form.QUOTED:
        return f"'\"' || {sql} || '\"'"
    if form is Form.TEXT:
        return _escaped(sql)
    if form is Form.DOCUMENT and spaced:
        return _respaced(sql)
    return sql


def python_escapes(row: str) -> str:
    r"""Return the JSON of a row with the escapes of Python: \u001f where DuckDB writes \u001F.

    Once for the whole row: done for each value, it would take longer to plan than a page to read.
    """
    letters = ", ".join(f"'{digits}'" for digits in _UPPER_CASE_ESCAPES)
    # An escaped backslash is hidden as NUL, which JSON cannot hold: it starts no escape.
    lowered = (
        f"replace(list_reduce([{letters}], "
        "lambda so_far, digits: replace(so_far, '\\u00' || digits, '\\u00' || lower(digits)), "
        "replace(encoded, '\\\\', chr(0))), chr(0), '\\\\')"
    )
    return (
        f"list_transform([{row}], lambda encoded: "
        f"CASE WHEN contains(encoded, '\\u00') THEN {lowered} ELSE encoded END)[1]"
    )


def _number_text(operand: str, stored: StoredType) -> str:
    text = f"CAST({operand} AS VARCHAR)"
    if stored.name in {"FLOAT", "DOUBLE"}:
        return f"CASE WHEN isfinite({operand}) THEN {text} END"
    if stored.name == "DECIMAL" and len(set(stored.numbers)) == 1:  # .123 needs its zero
        return f"regexp_replace({text}, '^(-?)\\.', '\\10.')"
    if stored.logical_type is LogicalType.TEXT:
        return f"CASE WHEN regexp_full_match({text}, '{_JSON_NUMBER}') THEN {text} END"
    return text


def _clean_document(operand: str, text: str, stored: StoredType) -> str:
    fixed = _marked(text, _NOT_A_NUMBER, "null")
    fixed = f"regexp_replace({fixed}, '({_JSON_STRING})|,\\s*([\\]}}])', '\\1\\2', 'g')"
    clean = f"CASE WHEN regexp_matches({text}, '{_ODD_JSON}') THEN {fixed} ELSE {text} END"
    if stored.name == "JSON":
        return clean
    return f"CASE WHEN json_valid({operand}) THEN {clean} ELSE {_escaped(text)} END"


def _respaced(document: str) -> str:
    tight = f"regexp_replace({document}, '({_JSON_STRING})|\\s+', '\\1', 'g')"
    return _marked(tight, "[,:]", " ", keep=True)


def _marked(document: str, token: str, mark: str, *, keep: bool = False) -> str:
    """Write ``mark`` for (or, to keep it, behind) each token that is not inside a string.

    Strings must be matched too, or a match could begin inside one. NUL, which JSON cannot hold,
    is put behind both and then taken away from the strings.
    """
    both = f"({_JSON_STRING}){'|(' if keep else '|(?:'}{token})"
    kept = "'\\1\\2'" if keep else "'\\1'"
    marked = f"regexp_replace({document}, '{both}', {kept} || chr(0), 'g')"
    return f"replace(replace({marked}, '\"' || chr(0), '\"'), chr(0), '{mark}')"


def _escaped(text: str) -> str:
    return f"CAST(to_json({text}) AS VARCHAR)"


@dataclass(frozen=True, slots=True)
class _NestedJson:
    """Lists, structs and maps; ``depth`` keeps the names of nested lambdas apart."""

    style: ValueStyle
    spaced: bool
    depth: int

    def of(self, value: Value) -> str:
        if value.logical_type is LogicalType.STRUCT:
            return self._struct(value)
        if value.logical_type is LogicalType.MAP:
            return self._map(value)
        (_, element), name = value.stored_type.parts[0], f"e{self.depth}"
        return self._joined(value.operand, name, self._or_null(name, element), "[]")

    def _struct(self, value: Value) -> str:
        has_names = self.style.names_fields
        parts = [
            (f"{quote_text(json_key(name, spaced=self.spaced))}, " if has_names else "")
            + self._or_null(f"struct_extract_at({value.operand}, {number})", part)
            for number, (name, part) in enumerate(value.stored_type.parts, start=1)
        ]
        fields = f", {quote_text(self._comma)}, ".join(parts)
        opening, closing = "{}" if has_names else "[]"
        text = f"concat('{opening}', {fields}, '{closing}')"
        return f"CASE WHEN {value.operand} IS NOT NULL THEN {text} END"

    def _map(self, value: Value) -> str:
        name = f"e{self.depth}"
        (_, key), (_, item) = value.stored_type.parts
        key_text = self._key(f"struct_extract({name}, 'key')", key)
        item_text = self._or_null(f"struct_extract({name}, 'value')", item)
        pair = f"concat({key_text}, '{self._colon}', {item_text})"
        return self._joined(f"map_entries({value.operand})", name, pair, "{}")

    def _key(self, operand: str, stored: StoredType) -> str:
        if stored.logical_type in _NESTED:
            return _escaped(self._json(operand, stored))
        style = replace(self.style, quotes_long_numbers=False)  # every key is quoted
        sql, form = scalar_text(style, Value(operand, stored.logical_type, stored))
        if form in {Form.TEXT, Form.DOCUMENT}:
            return _escaped(sql)
        return f"'\"' || coalesce({sql}, 'null') || '\"'"

    def _joined(self, items: str, name: str, each: str, brackets: str) -> str:
        texts = f"list_transform({items}, lambda {name}: {each})"
        return f"'{brackets[0]}' || array_to_string({texts}, '{self._comma}') || '{brackets[1]}'"

    def _or_null(self, operand: str, stored: StoredType) -> str:
        return f"coalesce({self._json(operand, stored)}, 'null')"

    def _json(self, operand: str, stored: StoredType) -> str:
        value = Value(operand, stored.logical_type, stored)
        return json_value(self.style, value, spaced=self.spaced, depth=self.depth + 1)

    @property
    def _comma(self) -> str:
        return ", " if self.spaced else ","

    @property
    def _colon(self) -> str:
        return ": " if self.spaced else ":"


def json_key(name: str, *, spaced: bool) -> str:
    """Return a key with its colon."""
    return json.dumps(name, ensure_ascii=False) + (": " if spaced else ":")
