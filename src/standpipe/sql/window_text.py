"""Groups of a statement's rows as SQL for people: to read, and to run in DuckDB.

The door of ``sql/groups.py``, which loads sqlglot and is therefore imported late.
"""

from collections.abc import Sequence
from importlib import import_module

from standpipe.core.columns import Column
from standpipe.core.windows import Window

__all__ = ["window_text"]


def window_text(window: Window, columns: Sequence[Column], statement: str) -> str:
    """Return a grouped window over the rows of a statement, with all values written out.

    ``columns`` are those of the statement's result. Its text stays as it is.
    """
    text: str = import_module("standpipe.sql.groups").write(window, columns, statement)
    return text
