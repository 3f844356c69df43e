"""Values as texts for people and filter boxes: exact, and as the JSON format writes them.

Unlike there, NaN and infinities have a text here, and nested values are written as DuckDB does.
"""

from collections.abc import Mapping
from typing import Final

from standpipe.readers.kinds import DIGITS, FLOATS, Sql

# Years before 1 have a blank that stays: 0044-03-15 (BC)T12:00:00.
_ISO = "replace(replace(CAST({c} AS VARCHAR), ' ', 'T'), 'T(BC)', ' (BC)')"
_IN_UTC = _ISO.replace("{c}", "timezone('UTC', {c})")
_FORMS: Final[Mapping[str, str]] = {
    "TIMESTAMP": _ISO,
    "TIMESTAMP_NS": _ISO,
    "TIMESTAMP WITH TIME ZONE": (
        f"CASE WHEN isfinite({{c}}) THEN {_IN_UTC} || 'Z' ELSE CAST({{c}} AS VARCHAR) END"
    ),
    "BLOB": "base64({c})",
}
_FLOAT = (
    "CASE WHEN isfinite({c}) THEN CAST({c} + 0 AS VARCHAR) WHEN isnan({c}) THEN 'NaN'"
    " WHEN {c} > 0 THEN 'Infinity' WHEN {c} < 0 THEN '-Infinity' END"
)
_FRACTION = "regexp_replace(CAST({c} AS VARCHAR), '^(-?)\\.', '\\10.')"


def text_of(value: Sql) -> str:
    """Return SQL of the value's text; null for null."""
    kind = value.kind
    form = _FORMS.get(kind.name, "CAST({c} AS VARCHAR)")
    if kind.name in FLOATS:
        form = _FLOAT
    elif kind == DIGITS:
        form = "{c}"
    elif kind.name == "DECIMAL" and len(set(kind.numbers)) == 1:  # .5 needs its zero
        form = _FRACTION
    return form.replace("{c}", value.text)
