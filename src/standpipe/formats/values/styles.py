"""How one value is written as text: a table from logical type to a DuckDB expression.

A style is data. A door that must write a type in its own way takes a style from here and replaces
the rows it needs with ``having``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from standpipe.core.columns import LogicalType
from standpipe.formats.values.options import Numbers


class Form(Enum):
    """What the text of a value may contain, and so what must be put around it."""

    BARE = "bare"  # a JSON number, true or false; in CSV as it is
    QUOTED = "quoted"  # nothing that JSON or CSV must escape; in JSON between quotes
    TEXT = "text"  # anything: escaped in JSON, quoted where CSV needs it
    DOCUMENT = "document"  # JSON already


@dataclass(frozen=True, slots=True)
class Rendering:
    """An expression that gives VARCHAR or NULL, where ``{c}`` stands for the value.

    For numbers ``{c}`` is their exact text (NULL for NaN and infinities), for everything else the
    stored value, which is always ``{v}``.
    """

    expression: str
    form: Form

    def of(self, operand: str, stored: str) -> str:
        """Return the expression for one value; ``stored`` is it as it is stored."""
        return self.expression.replace("{c}", operand).replace("{v}", stored)


@dataclass(frozen=True, slots=True)
class ValueStyle:
    """One rendering for each logical type that is not nested.

    ``quotes_long_numbers`` writes numbers that a double cannot hold as JSON strings. Without
    ``names_fields`` a struct is the array of its values. ``quotes_nested`` writes lists, structs
    and maps as JSON strings that hold their JSON, as ``NATIVE`` has it.
    """

    renderings: Mapping[LogicalType, Rendering]
    quotes_long_numbers: bool = False
    names_fields: bool = True
    quotes_nested: bool = False

    def having(self, changes: Mapping[LogicalType, Rendering]) -> "ValueStyle":
        """Return the style with some renderings replaced."""
        return replace(self, renderings={**self.renderings, **changes})

    def with_numbers(self, numbers: Numbers) -> "ValueStyle":
        """Return the style with JSON numbers as they are, all as strings, or only the long ones."""
        if numbers == "string":
            return self.having(dict.fromkeys(_NUMBERS, NUMBER_AS_TEXT))
        return replace(self, quotes_long_numbers=numbers == "auto")


_NUMBERS = (LogicalType.INTEGER, LogicalType.FLOAT, LogicalType.DECIMAL)
_IN_UTC = "timezone('UTC', {c})"


def strftime_rendering(pattern: str, *, zoned: bool) -> Rendering:
    """Write dates and times by a strftime pattern; zoned times are shown in UTC."""
    quoted = pattern.replace("'", "''")
    return Rendering(f"strftime({_IN_UTC if zoned else '{c}'}, '{quoted}')", Form.TEXT)


def _iso(operand: str) -> str:
    """ISO text with all digits; the years before 1 are counted as DuckDB counts them."""
    return f"replace(replace(CAST({operand} AS VARCHAR), ' ', 'T'), 'T(BC)', ' (BC)')"


def _iso_milliseconds(operand: str, zone: str) -> str:
    """ISO text with the fraction cut to milliseconds; no fraction on a whole second."""
    return (
        f"CASE WHEN epoch_us({operand}) % 1000000 = 0"
        f" THEN strftime({operand}, '%Y-%m-%dT%H:%M:%S{zone}')"
        f" ELSE strftime({operand}, '%Y-%m-%dT%H:%M:%S.%g{zone}') END"
    )


# As Python's timedelta: months are 30 days and years 365, and the time of day is never negative.
# Each step is a lambda over a list of one, so that what it builds on is planned and run once.
_DAY_US = 86_400_000_000
_PARTS = (
    "lambda i: {'days': datepart('year', i) * 365 + datepart('month', i) * 30 + datepart('day', i),"
    " 'us': datepart('hour', i) * 3600000000 + datepart('minute', i) * 60000000"
    " + datepart('microsecond', i)}"
)
_TIME_OF_DAY = f"((p.us % {_DAY_US}) + {_DAY_US}) % {_DAY_US}"
_NORMAL = (
    f"lambda p: {{'days': p.days + (p.us - {_TIME_OF_DAY}) // {_DAY_US}, 'us': {_TIME_OF_DAY}}}"
)
_WORDS = (
    "lambda t: concat("
    "CASE t.days WHEN 0 THEN '' WHEN 1 THEN '1 day, ' WHEN -1 THEN '-1 day, '"
    " ELSE t.days || ' days, ' END,"
    " printf('%d:%02d:%02d', t.us // 3600000000, t.us // 60000000 % 60, t.us // 1000000 % 60),"
    " CASE WHEN t.us % 1000000 = 0 THEN '' ELSE printf('.%06d', t.us % 1000000) END)"
)
_TIMEDELTA = (
    "list_transform(list_transform(list_transform("
    f"[TRY_CAST({{c}} AS INTERVAL)], {_PARTS}), {_NORMAL}), {_WORDS})[1]"
)

EPOCH_MILLISECONDS = Rendering("CAST(epoch_ms({c}) AS VARCHAR)", Form.BARE)
NUMBER_AS_TEXT = Rendering("{c}", Form.QUOTED)
SHORTEST_NUMBER_AS_TEXT = Rendering(r"regexp_replace({c}, '\.0$', '')", Form.QUOTED)
PYTHON_TIMEDELTA = Rendering(
    f"CASE WHEN TRY_CAST({{c}} AS INTERVAL) IS NULL THEN CAST({{c}} AS VARCHAR)"
    f" ELSE {_TIMEDELTA} END",
    Form.TEXT,
)
HEX = Rendering("lower(hex({c}))", Form.QUOTED)

# Native: every digit that is stored, ISO 8601 with as much fraction as there is, bytes in base64.
NATIVE = ValueStyle(
    {
        LogicalType.INTEGER: Rendering("{c}", Form.BARE),
        LogicalType.FLOAT: Rendering("{c}", Form.BARE),
        LogicalType.DECIMAL: Rendering("{c}", Form.BARE),
        LogicalType.BOOLEAN: Rendering("CAST({c} AS VARCHAR)", Form.BARE),
        LogicalType.TEXT: Rendering("CAST({c} AS VARCHAR)", Form.TEXT),
        LogicalType.DATE: Rendering("CAST({c} AS VARCHAR)", Form.QUOTED),
        LogicalType.TIME: Rendering("CAST({c} AS VARCHAR)", Form.QUOTED),
        LogicalType.TIMESTAMP: Rendering(_iso("{c}"), Form.QUOTED),
        LogicalType.TIMESTAMPTZ: Rendering(
            f"CASE WHEN isfinite({{c}}) THEN {_iso(_IN_UTC)} || 'Z'"
            " ELSE CAST({c} AS VARCHAR) END",
            Form.QUOTED,
        ),
        LogicalType.INTERVAL: Rendering("CAST({c} AS VARCHAR)", Form.TEXT),
        LogicalType.UUID: Rendering("CAST({c} AS VARCHAR)", Form.QUOTED),
        LogicalType.JSON: Rendering("CAST({c} AS VARCHAR)", Form.DOCUMENT),
        LogicalType.BYTES: Rendering("base64({c})", Form.QUOTED),
    }
)

# As a Python program writes them that cuts fractions to milliseconds: str(timedelta), hex bytes.
PYTHON_MILLISECONDS = NATIVE.having(
    {
        LogicalType.TIME: Rendering(
            "CASE WHEN contains(CAST({c} AS VARCHAR), '.')"
            " THEN left(rpad(CAST({c} AS VARCHAR), 12, '0'), 12) ELSE CAST({c} AS VARCHAR) END",
            Form.QUOTED,
        ),
        LogicalType.TIMESTAMP: Rendering(_iso_milliseconds("{c}", ""), Form.QUOTED),
        LogicalType.TIMESTAMPTZ: Rendering(_iso_milliseconds(_IN_UTC, "Z"), Form.QUOTED),
        LogicalType.INTERVAL: PYTHON_TIMEDELTA,
        LogicalType.BYTES: HEX,
    }
)

# The same with times as integers since 1970 and inexact numbers as strings: 39590.0 is "39590".
EPOCHS_AND_STRINGS = PYTHON_MILLISECONDS.having(
    {
        LogicalType.TIMESTAMP: EPOCH_MILLISECONDS,
        LogicalType.TIMESTAMPTZ: EPOCH_MILLISECONDS,
        LogicalType.FLOAT: SHORTEST_NUMBER_AS_TEXT,
        LogicalType.DECIMAL: NUMBER_AS_TEXT,
    }
)

_NO_NUMBER = "CASE WHEN isnan({v}) THEN 'NaN' WHEN {v} > 0 THEN 'Infinity' ELSE '-Infinity' END"
_ZONED = f"CAST({_IN_UTC} AS VARCHAR)"

# Every value is a text, as PostgreSQL writes it: for readers that know strings and nulls only.
STRINGS = replace(NATIVE, quotes_nested=True).having(
    {
        **dict.fromkeys(_NUMBERS, NUMBER_AS_TEXT),
        LogicalType.FLOAT: Rendering(
            f"coalesce({{c}}, CASE WHEN {{v}} IS NOT NULL THEN {_NO_NUMBER} END)", Form.QUOTED
        ),
        LogicalType.BOOLEAN: Rendering("CAST({c} AS VARCHAR)", Form.QUOTED),
        LogicalType.TIMESTAMP: Rendering("CAST({c} AS VARCHAR)", Form.QUOTED),
        LogicalType.TIMESTAMPTZ: Rendering(
            f"CASE WHEN isfinite({{c}}) THEN {_ZONED} || '+00' ELSE CAST({{c}} AS VARCHAR) END",
            Form.QUOTED,
        ),
        LogicalType.JSON: Rendering("CAST({c} AS VARCHAR)", Form.TEXT),
        LogicalType.BYTES: Rendering(r"'\x' || lower(hex({c}))", Form.TEXT),
    }
)
