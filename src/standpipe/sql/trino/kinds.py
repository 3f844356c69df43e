"""What can be seen of an expression without knowing the tables: a date, a map, a number."""

import re

from sqlglot import exp

__all__ = ["is_date", "is_json", "is_map", "is_rows", "json_path", "whole_number", "written_bytes"]

_BYTES = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_MODE = re.compile(r"(?:lax|strict)\s+")
_MEMBER = re.compile(r"""\["([^"]*)"\]|\['([^']*)'\]""")
_MAPS = frozenset(
    {
        "MAP",
        "MAP_AGG",
        "MAP_FROM_ENTRIES",
        "MAP_CONCAT",
        "MAP_FILTER",
        "TRANSFORM_VALUES",
        "TRANSFORM_KEYS",
        "HISTOGRAM",
        "SPLIT_TO_MAP",
    }
)


def is_date(node: exp.Expr) -> bool:
    """Whether it is a DATE as it is written here."""
    bare = node.unnest()
    if isinstance(bare, exp.Cast):
        return bare.is_type(exp.DType.DATE)
    if isinstance(bare, exp.Add | exp.Sub):
        return is_date(bare.this) and isinstance(bare.expression, exp.Interval)
    return isinstance(bare, exp.CurrentDate | exp.Date)


def is_json(node: exp.Expr) -> bool:
    """Whether it is JSON as it is written here."""
    bare = node.unnest()
    if isinstance(bare, exp.Cast):
        return bare.is_type(exp.DType.JSON)
    return isinstance(bare, exp.JSONExtract | exp.ParseJSON) or _name(bare) == "JSON_EXTRACT"


def is_map(node: exp.Expr) -> bool:
    """Whether it is a map as it is written here."""
    bare = node.unnest()
    if isinstance(bare, exp.Cast):
        return bare.is_type(exp.DType.MAP)
    return isinstance(bare, exp.Map | exp.ToMap | exp.MapFromEntries) or _name(bare) in _MAPS


def is_rows(node: exp.Expr) -> bool:
    """Whether it is an array, whose members may be rows, as it is written here."""
    bare = node.unnest()
    if isinstance(bare, exp.Cast):
        return bare.is_type(exp.DType.ARRAY)
    return isinstance(bare, exp.Array | exp.ArrayAgg | exp.List | exp.Transform | exp.ArrayFilter)


def whole_number(node: exp.Expr) -> int | None:
    """Return the value of a written whole number; None for all else."""
    sign, bare = 1, node.unnest()
    if isinstance(bare, exp.Neg):
        sign, bare = -1, bare.this
    if isinstance(bare, exp.Literal) and not bare.is_string and bare.name.isdecimal():
        return sign * int(bare.name[:18])
    return None


def written_bytes(node: exp.Expr) -> bytes | None:
    """Return the bytes of ``0x...`` and ``to_utf8('...')``; None for all else."""
    bare = node.unnest()
    if isinstance(bare, exp.HexString) and _BYTES.fullmatch(bare.name):
        return bytes.fromhex(bare.name)
    if _name(bare) != "ENCODE" or not bare.expressions[0].is_string:
        return None
    text: str = bare.expressions[0].name
    return text.encode("utf-8", "replace")


def json_path(path: exp.Expr) -> exp.Expr:
    """Return a written JSON path as DuckDB has it: no ``lax``, and ``."a b"`` for ``["a b"]``."""
    if not path.is_string:
        return path
    text = _MODE.sub("", path.name.strip())
    return exp.Literal.string(_MEMBER.sub(lambda found: f'."{found[1] or found[2]}"', text))


def _name(node: exp.Expr) -> str:
    return node.name.upper() if isinstance(node, exp.Anonymous) else ""
