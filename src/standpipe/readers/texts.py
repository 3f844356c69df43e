"""Values as texts for people and filter boxes: exact, and as the JSON format writes them.

Unlike there, NaN and infinities have a text here, and nested values are written as DuckDB does.
"""

from collections.abc import Mapping
from typing import Final

from standpipe.readers.kinds import DIGITS, FLOATS, Sql

_FORMS: Final[Mapping[str, str]] = {
    "TIMESTAMP": "replace(CAST({c} AS VARCHAR), ' ', 'T')",
    "TIMESTAMP_NS": "replace(CAST({c} AS VARCHAR), ' ', 'T')",
    "TIMESTAMP WITH TIME ZONE": (
        "CASE WHEN isfinite({c})"
        " THEN replace(CAST(timezone('UTC', {c}) AS VARCHAR), ' ', 'T') || 'Z'"
        " ELSE CAST({c} AS VARCHAR) END"
    ),
    "BLOB": "base64({c})",
}
_FLOAT = (
    "CASE WHEN isfinite({c}) THEN CAST({c} + 0 AS VARCHAR) WHEN isnan({c}) THEN 'NaN'"
    " WHEN {c} > 0 THEN 'Infinity' ELSE '-Infinity' END"
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
