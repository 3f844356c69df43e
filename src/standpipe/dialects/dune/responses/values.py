"""How values are written: compat/dune.md 6."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from standpipe.core.columns import Column, LogicalType
from standpipe.dialects.dune.responses.types import is_string, may_be_string
from standpipe.formats.values import NATIVE, NUMBER_AS_TEXT, Form, Rendering, ValueStyle

_NO_NUMBER = "CASE WHEN isnan({v}) THEN 'NaN' WHEN {v} > 0 THEN 'Infinity' ELSE '-Infinity' END"
_TIME = "strftime(CAST({c} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')"
_IN_UTC = "timezone('UTC', {c})"

# What is alike in both formats. Fractions are cut to milliseconds: six digits break readers that
# cast with a fixed pattern, and every digit is in the other formats of the native API.
_STYLE: Final = replace(NATIVE, names_fields=False).having(
    {
        LogicalType.DECIMAL: NUMBER_AS_TEXT,
        LogicalType.TIMESTAMP: Rendering(_TIME, Form.QUOTED),
        LogicalType.TIMESTAMPTZ: Rendering(
            _TIME.replace("{c}", _IN_UTC) + " || ' UTC'", Form.QUOTED
        ),
        LogicalType.BYTES: Rendering("'0x' || lower(hex({c}))", Form.QUOTED),
        LogicalType.JSON: Rendering("CAST({c} AS VARCHAR)", Form.TEXT),
    }
)


def _floats(no_number: str) -> Rendering:
    return Rendering(
        f"coalesce({{c}}, CASE WHEN {{v}} IS NOT NULL THEN {no_number} END)", Form.BARE
    )


_FITS = "TRY_CAST({c} AS BIGINT) IS NOT NULL OR {c} IS NULL"
_LARGE = Rendering(f"CASE WHEN {_FITS} THEN {{c}} ELSE '\"' || {{c}} || '\"' END", Form.BARE)

_JSON_STYLE: Final[ValueStyle] = _STYLE.having(
    {LogicalType.FLOAT: _floats(f"'\"' || ({_NO_NUMBER}) || '\"'")}
)
CSV_STYLE: Final[ValueStyle] = _STYLE.having({LogicalType.FLOAT: _floats(_NO_NUMBER)})


def json_style(columns: Sequence[Column]) -> ValueStyle:
    """Return the style of JSON for these columns."""
    if any(may_be_string(column) for column in columns):
        return _JSON_STYLE.having({LogicalType.INTEGER: _LARGE})
    return _JSON_STYLE


def shown_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns with integers that are strings as decimals, which are strings too."""
    return tuple(
        replace(column, logical_type=LogicalType.DECIMAL)
        if column.logical_type is LogicalType.INTEGER and is_string(column)
        else column
        for column in columns
    )
