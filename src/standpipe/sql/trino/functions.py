"""Trino's and Dune's functions that DuckDB spells differently: one line each.

Left: the call, with its arguments numbered. Right: what DuckDB is asked. A call with another number
of arguments, and every function that is not named here or in ``calls.py``, keeps its name.
"""

from standpipe.sql.trino.calls import CALLS

__all__ = ["NAMES", "TEMPLATES"]

_TABLE = {
    # moments: zones are values in Trino; DuckDB's AT TIME ZONE gives the wall clock there
    "at_timezone(_1, _2)": "timezone(_2, CAST(_1 AS TIMESTAMPTZ))",
    "with_timezone(_1, _2)": "timezone(_2, CAST(_1 AS TIMESTAMP))",
    "date_diff(_1, _2, _3)": "date_sub(_1, _2, _3)",  # whole units, not borders
    "from_unixtime(_1)": "to_timestamp(_1)",
    "from_unixtime(_1, _2)": "timezone(_2, to_timestamp(_1))",
    "from_unixtime_nanos(_1)": "CAST(make_timestamp_ns(_1) AS TIMESTAMPTZ)",
    "to_unixtime(_1)": "epoch(_1)",
    "from_iso8601_timestamp(_1)": "CAST(_1 AS TIMESTAMPTZ)",
    "from_iso8601_date(_1)": "CAST(_1 AS DATE)",
    "day_of_month(_1)": "day(_1)",
    "day_of_week(_1)": "isodow(_1)",
    "dow(_1)": "isodow(_1)",
    "day_of_year(_1)": "dayofyear(_1)",
    "doy(_1)": "dayofyear(_1)",
    "week_of_year(_1)": "week(_1)",
    "year_of_week(_1)": "isoyear(_1)",
    "yow(_1)": "isoyear(_1)",
    "millisecond(_1)": "(millisecond(_1) % 1000)",  # DuckDB's counts the seconds too
    "last_day_of_month(_1)": "last_day(_1)",
    "to_milliseconds(_1)": "CAST(epoch(_1) * 1000 AS BIGINT)",
    "current_timezone()": "'UTC'",
    # texts
    "regexp_like(_1, _2)": "regexp_matches(_1, _2)",
    "regexp_extract(_1, _2)": "regexp_extract_all(_1, _2)[1]",  # NULL, not '', without a match
    "regexp_extract(_1, _2, _3)": "regexp_extract_all(_1, _2, _3)[1]",
    "regexp_count(_1, _2)": "len(regexp_extract_all(_1, _2))",
    "regexp_split(_1, _2)": "string_split_regex(_1, _2)",
    "split(_1, _2)": "string_split(_1, _2)",
    "replace(_1, _2)": "replace(_1, _2, '')",
    "codepoint(_1)": "unicode(_1)",
    "levenshtein_distance(_1, _2)": "levenshtein(_1, _2)",
    "to_utf8(_1)": "encode(_1)",
    "from_utf8(_1)": "decode(_1)",
    # bytes
    "bytearray_substring(_1, _2)": "array_slice(_1, _2, octet_length(_1))",
    "bytearray_substring(_1, _2, _3)": "array_slice(_1, _2, _2 + _3 - 1)",
    "bytearray_length(_1)": "octet_length(_1)",
    "bytearray_concat(_1, _2)": "(_1 || _2)",
    "bytearray_starts_with(_1, _2)": "starts_with(hex(_1), hex(_2))",
    "bytearray_position(_1, _2)": "((instr(hex(_2), hex(_1)) + 1) // 2)",
    "bytearray_to_uint256(_1)": "CAST('0x0' || hex(_1) AS HUGEINT)",
    "bytearray_to_bigint(_1)": "CAST('0x0' || hex(_1) AS BIGINT)",
    "bytearray_to_integer(_1)": "CAST('0x0' || hex(_1) AS INTEGER)",
    "bytearray_to_decimal(_1)": "CAST(CAST('0x0' || hex(_1) AS HUGEINT) AS DECIMAL(38, 0))",
    "bytearray_to_int256(_1)": (  # the highest bit of 32 bytes is the sign
        "list_transform([hex(_1)], lambda _hex: CASE WHEN length(_hex) = 64 AND _hex >= '8' THEN"
        " -1 - CAST('0x' || translate(_hex, '0123456789ABCDEF', 'FEDCBA9876543210') AS HUGEINT)"
        " ELSE CAST('0x0' || _hex AS HUGEINT) END)[1]"
    ),
    "to_hex(_1)": "hex(_1)",
    "from_hex(_1)": "unhex(_1)",
    "md5(_1)": "unhex(md5(_1))",
    "sha1(_1)": "unhex(sha1(_1))",
    "sha256(_1)": "unhex(sha256(_1))",
    # numbers
    "truncate(_1)": "trunc(_1)",
    "rand()": "random()",
    "infinity()": "CAST('inf' AS DOUBLE)",
    "nan()": "CAST('nan' AS DOUBLE)",
    "is_nan(_1)": "isnan(_1)",
    "is_finite(_1)": "isfinite(_1)",
    "is_infinite(_1)": "isinf(_1)",
    "to_base(_1, _2)": "lower(to_base(_1, _2))",
    "bitwise_and(_1, _2)": "(_1 & _2)",
    "bitwise_or(_1, _2)": "(_1 | _2)",
    "bitwise_xor(_1, _2)": "xor(_1, _2)",
    "bitwise_not(_1)": "(~_1)",
    "bitwise_left_shift(_1, _2)": "(_1 << _2)",
    "bitwise_right_shift(_1, _2)": "(_1 >> _2)",
    "bitwise_right_shift_arithmetic(_1, _2)": "(_1 >> _2)",
    "bit_count(_1, _2)": "bit_count(CAST(_1 AS BIGINT))",
    "width_bucket(_1, _2, _3, _4)": (
        "list_transform([_1], lambda _x: CASE WHEN _x < _2 THEN 0 WHEN _x >= _3 THEN _4 + 1"
        " ELSE CAST(floor((_x - _2) * _4 / (_3 - _2)) AS BIGINT) + 1 END)[1]"
    ),
    "width_bucket(_1, _2)": (
        "list_transform([_1], lambda _x: len(list_filter(_2, lambda _bin: _bin <= _x)))[1]"
    ),
    # aggregates
    "arbitrary(_1)": "any_value(_1)",
    "every(_1)": "bool_and(_1)",
    "approx_distinct(_1)": "approx_count_distinct(_1)",
    "approx_distinct(_1, _2)": "approx_count_distinct(_1)",
    "approx_percentile(_1, _2)": "approx_quantile(_1, _2)",
    "max_by(_1, _2)": "arg_max_null(_1, _2)",
    "min_by(_1, _2)": "arg_min_null(_1, _2)",
    "max_by(_1, _2, _3)": "arg_max(_1, _2, _3)",
    "min_by(_1, _2, _3)": "arg_min(_1, _2, _3)",
    "bitwise_and_agg(_1)": "bit_and(_1)",
    "bitwise_or_agg(_1)": "bit_or(_1)",
    "bitwise_xor_agg(_1)": "bit_xor(_1)",
    "set_agg(_1)": "array_agg(DISTINCT _1)",
    # arrays
    "array_join(_1, _2)": "array_to_string(_1, _2)",
    "array_join(_1, _2, _3)": (
        "array_to_string(list_transform(_1, lambda _x: coalesce(CAST(_x AS VARCHAR), _3)), _2)"
    ),
    "array_max(_1)": "list_max(_1)",
    "array_min(_1)": "list_min(_1)",
    "array_sum(_1)": "coalesce(list_sum(_1), 0)",
    "array_average(_1)": "list_avg(_1)",
    "array_sort(_1)": "list_sort(_1, 'ASC', 'NULLS LAST')",
    "array_position(_1, _2)": "coalesce(list_position(_1, _2), 0)",
    "array_remove(_1, _2)": "list_filter(_1, lambda _x: _x IS DISTINCT FROM _2)",
    "array_union(_1, _2)": "list_distinct(list_concat(_1, _2))",
    "array_intersect(_1, _2)": "list_intersect(_1, _2)",
    "array_except(_1, _2)": "list_distinct(list_filter(_1, lambda _x: NOT list_contains(_2, _x)))",
    "arrays_overlap(_1, _2)": "list_has_any(_1, _2)",
    "repeat(_1, _2)": "repeat([_1], _2)",  # Trino's makes an array
    "transform(_1, _2)": "list_transform(_1, _2)",
    "filter(_1, _2)": "list_filter(_1, _2)",
    "any_match(_1, _2)": "coalesce(list_bool_or(list_transform(_1, _2)), FALSE)",
    "all_match(_1, _2)": "coalesce(list_bool_and(list_transform(_1, _2)), TRUE)",
    "none_match(_1, _2)": "NOT coalesce(list_bool_or(list_transform(_1, _2)), FALSE)",
    "zip(_1, _2)": "list_zip(_1, _2)",
    "zip(_1, _2, _3)": "list_zip(_1, _2, _3)",
    "cardinality(_1)": "CAST(cardinality(_1) AS BIGINT)",  # without a sign in DuckDB
    "contains(_1, _2)": "contains(_1, _2)",
    "array_distinct(_1)": "list_distinct(_1)",
    # maps
    "map()": "MAP {}",
    "map(_1, _2)": "map(_1, _2)",
    "map_agg(_1, _2)": "map_from_entries(array_agg(row(_1, _2)))",
    "split_to_map(_1, _2, _3)": (
        "map_from_entries(list_transform(string_split(_1, _2),"
        " lambda _x: row(split_part(_x, _3, 1), split_part(_x, _3, 2))))"
    ),
    # JSON
    "json_parse(_1)": "CAST(_1 AS JSON)",
    "json_format(_1)": "CAST(_1 AS VARCHAR)",
    "json_array_get(_1, _2)": "json_extract(_1, '$[' || _2 || ']')",
    "json_array_length(_1)": "json_array_length(_1)",
}

# Dune has each of these under a second name.
_ALIASES = {"bytearray_": "varbinary_"}


def _templates() -> dict[tuple[str, int], str]:
    known = {}
    for call, template in _TABLE.items():
        name, _, arguments = call.partition("(")
        count = arguments.count("_")
        known[name.upper(), count] = template
        for start, other in _ALIASES.items():
            if name.startswith(start):
                known[name.replace(start, other).upper(), count] = template
    return known


TEMPLATES = _templates()
NAMES = frozenset({name for name, _ in TEMPLATES} | set(CALLS))
