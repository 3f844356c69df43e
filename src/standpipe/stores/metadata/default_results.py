"""The results that answered a query's run with all default values, as they came."""

from sqlalchemy import BindParameter, ColumnElement, Executable, select

from standpipe.core.ids import ResultId
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.tables import default_results, queries, results


def keep_default(
    result_id: ResultId | BindParameter[int], *of_queries: ColumnElement[bool]
) -> Executable:
    """Return the statement that remembers a result for such queries; repeating is fine."""
    rows = (
        select(queries.c.id, results.c.id, results.c.retrieved_at)
        .join_from(queries, results, results.c.id == result_id)
        .where(*of_queries)
    )
    names = ["query_id", "result_id", "retrieved_at"]
    return sqlite.insert_new(default_results).from_select(names, rows)
