"""One value of every type that artifacts hold, and what our own styles make of it."""

import json
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from standpipe.core.columns import LogicalType

SAME: Any = object()

moment = datetime.fromisoformat


@dataclass(frozen=True, slots=True)
class Value:
    """A value in SQL, its JSON in the native style, and its cell in a sheet.

    Without another word a sheet holds numbers and claims as such and the rest as text.
    ``is_long`` says that it is a number that no double holds, ``meaning`` what its column means.
    """

    sql: str
    native: str
    excel: Any = SAME
    is_long: bool = False
    meaning: LogicalType | None = None

    @property
    def text(self) -> str:
        """What a cell of text holds; empty for null."""
        if self.native == "null":
            return ""
        return json.loads(self.native) if self.native.startswith('"') else self.native

    @property
    def is_number(self) -> bool:
        """Whether JSON has it as a number."""
        return self.native[0] in "-0123456789" and self.meaning is not LogicalType.JSON

    @property
    def cell(self) -> Any:
        """What a cell of a sheet holds."""
        if self.excel is not SAME:
            return self.excel
        if self.native in {"null", "true", "false"}:
            return json.loads(self.native)
        if self.is_number and not self.is_long:
            return json.loads(self.native)
        return self.text


T = LogicalType
_HUGE = "340282366920938463463374607431768211455"
_DATES = [
    Value("DATE '2026-01-02'", '"2026-01-02"', moment("2026-01-02T00:00:00")),
    Value("DATE '1900-03-01'", '"1900-03-01"', moment("1900-03-01T00:00:00")),
    Value("DATE '1900-02-28'", '"1900-02-28"'),
    Value("DATE '9999-12-31'", '"9999-12-31"', moment("9999-12-31T00:00:00")),
    Value("'12024-01-02'::DATE", '"12024-01-02"'),
    Value("'0044-03-15 (BC)'::DATE", '"0044-03-15 (BC)"'),
    Value("DATE 'infinity'", '"infinity"'),
    Value("DATE '-infinity'", '"-infinity"'),
    Value("NULL::DATE", "null"),
]
_TIMES = [
    Value("TIME '10:11:12'", '"10:11:12"', time(10, 11, 12)),
    Value("TIME '10:11:12.5'", '"10:11:12.5"', time(10, 11, 12, 500_000)),
    Value("TIME '23:59:59.999'", '"23:59:59.999"', time(23, 59, 59, 999_000)),
    Value("TIME '10:11:12.123456'", '"10:11:12.123456"', time(10, 11, 12, 123_000)),
    Value("TIME '00:00:00'", '"00:00:00"', time(0)),
    Value("TIME '24:00:00'", '"24:00:00"'),
    Value("'10:11:12.123456789'::TIME_NS", '"10:11:12.123456789"', time(10, 11, 12, 123_000)),
    Value("'12:00:00.5+05:30'::TIMETZ::VARCHAR", '"12:00:00.5+05:30"', meaning=T.TIME),
    Value("INTERVAL '-1 month 2 days'::VARCHAR", '"-1 month 2 days"', meaning=T.INTERVAL),
]
_MOMENTS = [
    Value(
        "TIMESTAMP '2026-01-02 03:04:05'",
        '"2026-01-02T03:04:05"',
        moment("2026-01-02T03:04:05"),
    ),
    Value(
        "TIMESTAMP '2026-01-02 03:04:05.123999'",
        '"2026-01-02T03:04:05.123999"',
        moment("2026-01-02T03:04:05.124000"),
    ),
    Value(
        "'2026-01-02 03:04:05.123456789'::TIMESTAMP_NS",
        '"2026-01-02T03:04:05.123456789"',
        moment("2026-01-02T03:04:05.123000"),
    ),
    Value(
        "'2026-01-02 03:04:05'::TIMESTAMP_S::TIMESTAMP",
        '"2026-01-02T03:04:05"',
        moment("2026-01-02T03:04:05"),
    ),
    Value(
        "'2026-01-02 03:04:05.12'::TIMESTAMP_MS::TIMESTAMP",
        '"2026-01-02T03:04:05.12"',
        moment("2026-01-02T03:04:05.120000"),
    ),
    Value(
        "TIMESTAMP '9999-12-31 23:59:59'",
        '"9999-12-31T23:59:59"',
        moment("9999-12-31T23:59:59"),
    ),
    Value("TIMESTAMP '12024-01-02 00:00:00'", '"12024-01-02T00:00:00"'),
    Value("TIMESTAMP '1899-12-31 12:00:00'", '"1899-12-31T12:00:00"'),
    Value("'0044-03-15 (BC) 10:11:12'::TIMESTAMP", '"0044-03-15 (BC)T10:11:12"'),
    Value("TIMESTAMP 'infinity'", '"infinity"'),
    Value("TIMESTAMP '-infinity'", '"-infinity"'),
    Value(
        "TIMESTAMPTZ '2026-01-02 03:04:05.123456+02'",
        '"2026-01-02T01:04:05.123456Z"',
        moment("2026-01-02T01:04:05.123000"),
    ),
    Value(
        "TIMESTAMPTZ '2026-07-02 03:04:05-03:30'",
        '"2026-07-02T06:34:05Z"',
        moment("2026-07-02T06:34:05"),
    ),
    Value("'0044-03-15 (BC) 10:11:12+00'::TIMESTAMPTZ", '"0044-03-15 (BC)T10:11:12Z"'),
    Value("TIMESTAMPTZ '-infinity'", '"-infinity"'),
]
_NUMBERS = [
    Value("NULL::INTEGER", "null"),
    Value("(-128)::TINYINT", "-128"),
    Value("65535::USMALLINT", "65535"),
    Value("9007199254740992::BIGINT", "9007199254740992"),
    Value("9007199254740993::BIGINT", "9007199254740993", is_long=True),
    Value("-9007199254740993::BIGINT", "-9007199254740993", is_long=True),
    Value("18446744073709551615::UBIGINT", "18446744073709551615", is_long=True),
    Value(f"{'9' * 38}::DECIMAL(38,0)", "9" * 38, is_long=True),
    Value("7::DECIMAL(38,0)", "7"),
    Value(f"'{_HUGE}'", _HUGE, is_long=True, meaning=T.INTEGER),
    Value("'-12'", "-12", meaning=T.INTEGER),
    Value("'9007199254740993'", "9007199254740993", is_long=True, meaning=T.INTEGER),
    Value("'1.10'", "1.10", meaning=T.DECIMAL),
    Value("'1234567890.1234567890'", "1234567890.1234567890", is_long=True, meaning=T.DECIMAL),
    Value("'NaN'", "null", meaning=T.DECIMAL),
    Value("'NaN'::DOUBLE", "null"),
    Value("'Infinity'::DOUBLE", "null"),
    Value("'-Infinity'::FLOAT", "null"),
    Value("0.1::FLOAT", "0.1"),
    Value("39590::DOUBLE", "39590.0"),
    Value("'-0.0'::DOUBLE", "-0.0"),
    Value("0.1::DOUBLE + 0.2::DOUBLE", "0.30000000000000004"),
    Value("1e23::DOUBLE", "1e+23"),
    Value("12.50::DECIMAL(12,2)", "12.50"),
    Value("0.0000001::DECIMAL(9,7)", "0.0000001"),
    Value("-0.123::DECIMAL(3,3)", "-0.123"),
    Value("0.5::DECIMAL(38,38)", "0.5" + "0" * 37),
    Value("123456789012345.6::DECIMAL(16,1)", "123456789012345.6", is_long=True),
    Value("12345678901234.5::DECIMAL(16,1)", "12345678901234.5"),
    Value(
        "-12345678901234567890.123456789::DECIMAL(38,9)",
        "-12345678901234567890.123456789",
        is_long=True,
    ),
]
_TEXTS = [
    Value("'plain'", '"plain"'),
    Value("''", '""'),
    Value("NULL::VARCHAR", "null"),
    Value("' both ends '", '" both ends "'),
    Value("'=1+1'", '"=1+1"'),
    Value("'a,\"b\";|'", r'"a,\"b\";|"'),
    Value("'<b>&amp;</b>'", '"<b>&amp;</b>"'),
    Value("'_x0041_ _x'", '"_x0041_ _x"'),
    Value("'0042'", '"0042"'),
    Value("'été 😀 👩‍👩‍👧'", '"été 😀 👩‍👩‍👧"'),
    Value("'one' || chr(10) || 'two'", r'"one\ntwo"'),
    Value("'b'::ENUM('a', 'b')::VARCHAR", '"b"'),
    Value("'0101'::BIT::VARCHAR", '"0101"'),
]
_OTHERS = [
    Value("true", "true"),
    Value("false", "false"),
    Value("NULL::BOOLEAN", "null"),
    Value("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'),
    Value(r"'\xDE\xAD\xBE\xEF'::BLOB", '"3q2+7w=="'),
    Value("NULL::BLOB", "null"),
    Value("""'{"a":1.10}'::JSON""", '{"a":1.10}'),
    Value("'-5'::JSON", "-5", "-5", meaning=T.JSON),
    Value("('[1,' || chr(10) || '2]')::JSON", "[1,\n2]"),
    Value("[1, NULL, 3]", "[1,null,3]"),
    Value("NULL::INTEGER[]", "null"),
    Value("[]::VARCHAR[]", "[]"),
    Value("['a', NULL, 'b, \"<c>\"']", r'["a",null,"b, \"<c>\""]'),
    Value("['NaN'::DOUBLE, 1.5]", "[null,1.5]"),
    Value("[[1.10::DECIMAL(3,2)], NULL, []]", "[[1.10],null,[]]"),
    Value("[1, 2]::INTEGER[2]", "[1,2]"),
    Value(
        "{'a': 'NaN'::FLOAT, 'B c': {'q\"': [TIMESTAMP '2026-01-02 03:04:05.5']}}",
        r'{"a":null,"B c":{"q\"":["2026-01-02T03:04:05.5"]}}',
    ),
    Value("NULL::STRUCT(a INTEGER)", "null"),
    Value("MAP {'k': 1.5::DECIMAL(2,1), 'é': NULL}", '{"k":1.5,"é":null}'),
    Value("MAP {1: [1], 2: []}", '{"1":[1],"2":[]}'),
]
VALUES = (*_NUMBERS, *_TEXTS, *_DATES, *_TIMES, *_MOMENTS, *_OTHERS)
SELECT = "SELECT " + ", ".join(f"{value.sql} AS c{n}" for n, value in enumerate(VALUES))
NAMES = [f"c{n}" for n in range(len(VALUES))]
