"""Tells what one fenced statement would give and how, without executing it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import duckdb

from standpipe.connectors.duckdb.casts import cast_columns
from standpipe.connectors.duckdb.execute import authors_lines, bind
from standpipe.connectors.duckdb.fence import is_pivot, single_reading_statement, wrap
from standpipe.core.columns import Column

__all__ = ["Explanation", "explain"]

_TEXT = "EXPLAIN SELECT *"
_TREE = "EXPLAIN (FORMAT json) SELECT *"


class Explanation(NamedTuple):
    """The columns of a result, the engine's plan, and how many rows it expects."""

    columns: tuple[Column, ...]
    text: str
    estimated_rows: int | None


def explain(cursor: duckdb.DuckDBPyConnection, text: str, values: Mapping[str, Any]) -> Explanation:
    """Return how one reading statement would be answered; errors as for ``execute``.

    Nothing is known of a PIVOT whose columns are in the data: only reading it would tell.
    """
    statement = single_reading_statement(text)
    if is_pivot(statement):
        return Explanation((), "", None)
    names, types = bind(cursor, statement, values)
    tree = json.loads(_explained(cursor, statement, values, _TREE))
    return Explanation(
        cast_columns(names, types),
        _explained(cursor, statement, values, _TEXT).rstrip(),
        _estimate(tree),
    )


def _explained(
    cursor: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any], select: str
) -> str:
    with authors_lines("\n"):
        rows = cursor.execute(wrap(statement, select), dict(values) or None).fetchall()
    return str(rows[0][1])


def _estimate(tree: Any) -> int | None:
    """Return the rows that the topmost step expects; not every step says."""
    top = tree[0] if isinstance(tree, list) and tree else {}
    said = top.get("extra_info", {}).get("Estimated Cardinality", "")
    return int(said) if str(said).isdigit() else None
