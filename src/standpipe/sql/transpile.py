"""Trino SQL as people write it on Dune, turned into the SQL of DuckDB.

The door of ``sql/trino/``, which loads sqlglot's parsers and is therefore imported late. Values
are no business of it: a bound statement goes in and comes out with the same placeholders.
"""

from functools import lru_cache
from importlib import import_module

__all__ = ["to_duckdb"]


@lru_cache(maxsize=256)
def to_duckdb(sql: str) -> str:
    """Return one statement in Trino's SQL as a statement that gives the same rows on DuckDB.

    ``$name`` stays what it is, comments go, and a word stays on its line where the translation
    has a place for it. Columns without a name are called ``_col0``, ``_col1``, ...

    What is no query (``SHOW``, ``INSERT``), and what only DuckDB's grammar takes (``lambda x:``,
    ``QUALIFY``), is returned as it is: whoever runs it judges it. What both read is Trino's: ``/``
    divides integers to integers, ``date_diff`` counts whole units. Functions that Trino does not
    have are DuckDB's own.

    Raises:
        StatementRefused: neither grammar takes it, it holds several statements or none, values
            without names, or what DuckDB cannot say; with line and column where they are known.
    """
    text: str = import_module("standpipe.sql.trino.translation").translate(sql)
    return text
