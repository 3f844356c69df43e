"""Quoting of identifiers, text and paths for the SQL that is written here."""

import re
from collections.abc import Collection

__all__ = ["escape_glob", "quote_name", "quote_text", "spell_name"]

_GLOB = str.maketrans({"*": "[*]", "?": "[?]", "[": "[[]"})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def escape_glob(path: str) -> str:
    """Return a path so that DuckDB takes it for nothing but a path."""
    return path.translate(_GLOB)


def quote_name(name: str) -> str:
    """Return the identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return the text as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def spell_name(name: str, reserved: Collection[str] = ()) -> str:
    """Return the identifier as its users write it: quoted only if it must be."""
    if _PLAIN.match(name) and name.lower() not in reserved:
        return name
    return quote_name(name)
