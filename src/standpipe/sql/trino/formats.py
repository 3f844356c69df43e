"""Formats of dates and texts: MySQL's and Java's letters as those of strftime and printf."""

import re
from collections.abc import Sequence

from sqlglot import exp

from standpipe.sql.trino.templates import fill

__all__ = ["from_java", "from_mysql", "from_printf"]

# MySQL's letters (date_format, date_parse); what is missing here is the same in both.
_MYSQL = {
    "%c": "%-m",
    "%e": "%-d",
    "%f": "%f",
    "%h": "%I",
    "%i": "%M",
    "%k": "%-H",
    "%l": "%-I",
    "%M": "%B",
    "%r": "%I:%M:%S %p",
    "%s": "%S",
    "%T": "%H:%M:%S",
    "%v": "%V",
    "%W": "%A",
    "%x": "%G",
}

# Java's (format_datetime, parse_datetime), by letter and the fewest times it is written.
_JAVA = (
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("y", "%Y"),
    ("YYYY", "%Y"),
    ("xxxx", "%G"),
    ("ww", "%V"),
    ("MMMM", "%B"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("M", "%-m"),
    ("dd", "%d"),
    ("d", "%-d"),
    ("D", "%-j"),
    ("EEEE", "%A"),
    ("E", "%a"),
    ("e", "%u"),
    ("HH", "%H"),
    ("H", "%-H"),
    ("hh", "%I"),
    ("h", "%-I"),
    ("mm", "%M"),
    ("m", "%-M"),
    ("ss", "%S"),
    ("s", "%-S"),
    ("SSSSSS", "%f"),
    ("SSS", "%g"),
    ("a", "%p"),
    ("ZZ", "%z"),
    ("Z", "%z"),
    ("z", "%Z"),
)
_JAVA_PART = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")


def from_mysql(written: exp.Expr) -> exp.Expr | None:
    """Return the format for strftime; None where it is not a text written out."""
    if not written.is_string:
        return None
    return exp.Literal.string(
        re.sub(r"%.", lambda found: _MYSQL.get(found.group(), found.group()), written.name)
    )


def from_java(written: exp.Expr) -> exp.Expr | None:
    """Return the format for strftime; None where it is not written out, or beyond strftime."""
    if not written.is_string:
        return None
    parts = []
    for found in _JAVA_PART.finditer(written.name):
        part = _java_part(found.group())
        if part is None:
            return None
        parts.append(part)
    return exp.Literal.string("".join(parts))


def _java_part(part: str) -> str | None:
    if part == "''":
        return "'"
    if part.startswith("'"):
        return part[1:-1].replace("''", "'").replace("%", "%%")
    if not part[0].isalpha():
        return part.replace("%", "%%")
    fits = (mine for theirs, mine in _JAVA if theirs[0] == part[0] and len(theirs) <= len(part))
    return next(fits, None)


def from_printf(given: Sequence[exp.Expr]) -> exp.Expr | None:
    """``%s`` takes every type in Trino, and only texts in DuckDB."""
    if not given or not given[0].is_string:
        return None
    kinds = [kind for kind in re.findall(r"%%|%[^a-zA-Z%]*[a-zA-Z]", given[0].name) if kind != "%%"]
    texts = [
        fill("CAST(_1 AS VARCHAR)", each) if kind.endswith("s") else each
        for kind, each in zip(kinds, given[1:], strict=False)
    ]
    return exp.Anonymous(this="printf", expressions=[given[0], *texts, *given[len(texts) + 1 :]])
