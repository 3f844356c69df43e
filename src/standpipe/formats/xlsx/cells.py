"""The XML of a row of cells, made by DuckDB; cells stand in order and name no place.

Excel reads text as it is written, so nothing here can become a formula.
"""

from collections.abc import Mapping, Sequence

from standpipe.core.columns import Column, LogicalType
from standpipe.formats.values import (
    NATIVE,
    Form,
    Value,
    column_value,
    is_long,
    json_value,
    quote_text,
    scalar_text,
    with_texts,
)
from standpipe.formats.xlsx.parts import ROW_END, Style

_NUMBERS = frozenset({LogicalType.INTEGER, LogicalType.FLOAT, LogicalType.DECIMAL})
_TIMES = frozenset({LogicalType.TIMESTAMP, LogicalType.TIMESTAMPTZ})
_NESTED = frozenset({LogicalType.LIST, LogicalType.STRUCT, LogicalType.MAP})

# Excel has no day before 1900, and before March of that year it counts one that never was.
_FIRST_DAY, _LAST_DAY = "DATE '1900-03-01'", "DATE '9999-12-31'"
_FIRST_US, _LAST_US = -2_203_891_200_000_000, 253_402_300_799_999_999
_DAY_ZERO = "DATE '1899-12-30'"
_EPOCH_DAY = 25_569
_DAY_US = 86_400_000_000

# A cell holds so many UTF-16 units; a text of no more bytes always fits.
_CELL_UNITS = 32_767

_ESCAPE = "_x[0-9A-Fa-f]{4}_"  # stands for a character that XML cannot hold
_CONTROLS = [*range(9), *range(11, 32), 0xFFFE, 0xFFFF]  # the end of a line too: CR would be lost
_SPECIAL = rf"[&<>\x00-\x08\x0B-\x1F\x{{FFFE}}\x{{FFFF}}]|{_ESCAPE}"


def row_expression(columns: Sequence[Column]) -> str:
    """Return DuckDB SQL that makes the XML of one row, as VARCHAR."""
    texts: dict[int, str] = {}  # by the number of the column
    cells: dict[int, str] = {}
    for number, column in enumerate(columns):
        value = column_value(column)
        text = _free_text(value)
        if text is None:
            cells[number] = _typed(value)
        else:
            texts[number] = text

    def row(escaped: Sequence[str]) -> str:
        return _row(cells | dict(zip(texts, map(_inline, escaped), strict=True)))

    return with_texts(list(texts.values()), _escaped, row, few=2)


def _row(cells: Mapping[int, str]) -> str:
    listed = "".join(f"coalesce({cells[number]}, '<c/>'), " for number in sorted(cells))
    return f"concat('<row>', {listed}{quote_text(ROW_END)})"


def _free_text(value: Value) -> str | None:
    """Return the VARCHAR of a cell of any length and characters; None for all other cells."""
    if value.logical_type in _NESTED:
        return json_value(NATIVE, value, spaced=False)
    text, form = scalar_text(NATIVE, value)
    is_free = form in {Form.TEXT, Form.DOCUMENT} or value.logical_type is LogicalType.BYTES
    return text if is_free else None


def _typed(value: Value) -> str:
    kind = value.logical_type
    if kind in _NUMBERS:
        return _number(value)
    if kind is LogicalType.BOOLEAN:
        yes, no = ('<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>')
        return f"CASE {value.operand} WHEN true THEN '{yes}' WHEN false THEN '{no}' END"
    if kind is LogicalType.DATE:
        return _date(value)
    if kind in _TIMES:
        styles = (Style.DATETIME, Style.DATETIME_MS)
        return _moment(value, _FIRST_US, _LAST_US, _EPOCH_DAY, styles)
    if kind is LogicalType.TIME:  # 24:00 is no time of day
        return _moment(value, 0, _DAY_US - 1, 0, (Style.TIME, Style.TIME_MS))
    return _inline(scalar_text(NATIVE, value)[0])


def _number(value: Value) -> str:
    text, _ = scalar_text(NATIVE, value)
    cell, long = f"'<c><v>' || {text} || '</v></c>'", is_long(value)
    return cell if long is None else f"CASE WHEN {long} THEN {_inline(text)} ELSE {cell} END"


def _date(value: Value) -> str:
    day = f"CAST({value.operand} - {_DAY_ZERO} AS VARCHAR)"
    return (
        f"CASE WHEN {value.operand} BETWEEN {_FIRST_DAY} AND {_LAST_DAY}"
        f" THEN '<c s=\"{Style.DATE}\"><v>' || {day} || '</v></c>'"
        f" ELSE {_inline(scalar_text(NATIVE, value)[0])} END"
    )


def _moment(value: Value, first: int, last: int, day_zero: int, styles: Sequence[Style]) -> str:
    """A time as a number of days, shown with milliseconds if it has a fraction of a second."""
    since = f"epoch_us({value.operand})"  # NULL for infinities
    opened = (f"'<c s=\"{style}\"><v>'" for style in styles)
    return (
        f"CASE WHEN {since} BETWEEN {first} AND {last}"
        f" THEN CASE WHEN {since} % 1000000 = 0 THEN {next(opened)} ELSE {next(opened)} END"
        f" || CAST({since} / {_DAY_US} + {day_zero} AS VARCHAR) || '</v></c>'"
        f" ELSE {_inline(scalar_text(NATIVE, value)[0])} END"
    )


def _inline(text: str) -> str:
    return f"'<c t=\"inlineStr\"><is><t xml:space=\"preserve\">' || {text} || '</t></is></c>'"


def _escaped(text: str) -> str:
    is_special = f"strlen({text}) > {_CELL_UNITS} OR regexp_matches({text}, '{_SPECIAL}')"
    return f"CASE WHEN {is_special} THEN {_all_escapes(text)} ELSE {text} END"


def _all_escapes(text: str) -> str:
    marks = ", ".join(f"chr({code})" for code in _CONTROLS)
    escape = "'_x005F_x'"
    literal = f"CASE WHEN regexp_matches(fit, '{_ESCAPE}') THEN replace(fit, '_x', {escape})"
    markup = (
        f"replace(replace(replace({literal} ELSE fit END, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"
    )
    return (
        f"list_reduce([{marks}],"
        " lambda so_far, mark: replace(so_far, mark, printf('_x%04X_', ord(mark))),"
        f" list_transform([{_fitting(text)}], lambda fit: {markup})[1])"
    )


def _fitting(text: str) -> str:
    """Cut a text that no cell holds, so that it ends in an ellipsis."""
    start = f"left({text}, {_CELL_UNITS})"
    pairs = f"length(regexp_replace({start}, '[^\\x{{10000}}-\\x{{10FFFF}}]', '', 'g'))"
    fitting = f"greatest({_CELL_UNITS // 2}, {_CELL_UNITS - 1} - {pairs})"
    is_long = f"strlen({text}) > {_CELL_UNITS} AND length({text}) + {pairs} > {_CELL_UNITS}"
    return f"CASE WHEN {is_long} THEN left({text}, {fitting}) || '…' ELSE {text} END"
