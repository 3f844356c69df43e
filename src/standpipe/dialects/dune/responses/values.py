"""How values are written: compat/dune.md 6."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from standpipe.core.columns import Column, LogicalType
from standpipe.dialects.dune.responses.types import is_wide
from standpipe.formats.values import NATIVE, NUMBER_AS_TEXT, Form, Rendering, ValueStyle

_NO_NUMBER = "CASE WHEN isnan({v}) THEN 'NaN' WHEN {v} > 0 THEN 'Infinity' ELSE '-Infinity' END"
_TIME = "strftime(CAST({c} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')"
_IN_UTC = "timezone('UTC', {c})"

# What is alike in both formats. Fractions are cut to milliseconds: six digits break readers that
# cast with a fixed pattern, and every digit is in the other formats of the native API.
_STYLE: Final = NATIVE.having(
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


JSON_STYLE: Final[ValueStyle] = _STYLE.having(
    {LogicalType.FLOAT: _floats(f"'\"' || ({_NO_NUMBER}) || '\"'")}
)
CSV_STYLE: Final[ValueStyle] = _STYLE.having({LogicalType.FLOAT: _floats(_NO_NUMBER)})


def shown_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns with numbers that do not fit 64 bits as decimals, which are strings."""
    return tuple(
        replace(column, logical_type=LogicalType.DECIMAL)
        if column.logical_type is LogicalType.INTEGER and is_wide(column)
        else column
        for column in columns
    )
