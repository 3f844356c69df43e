"""The facets of a column: one grouping of it tells all of them."""

from collections.abc import Callable
from typing import Any

from standpipe.core.columns import Column
from standpipe.core.windows import Facet, FacetValue
from standpipe.core.windows.kinds import COMPARABLE, value_type
from standpipe.readers.kinds import DIGITS, Sql, order_text
from standpipe.readers.relations import meant
from standpipe.readers.texts import text_of

# DuckDB keeps that many lowest values at most.
_MOST_VALUES = 1_000_000


def read_facet(
    column: Column, limit: int, rows: str, ask: Callable[[str], tuple[Any, ...]]
) -> Facet:
    """Return the facet of a column of ``rows`` (what stands behind FROM).

    ``ask`` executes a statement and returns its only row.
    """
    least = max(1, min(limit, _MOST_VALUES))
    top, distinct_count, null_count, lowest, highest = ask(_facet_sql(column, least, rows))
    return Facet(
        column=column,
        values=tuple(FacetValue(each["text"], -each["rank"]) for each in (top or [])[:limit]),
        distinct_count=distinct_count,
        null_count=null_count,
        lowest=lowest,
        highest=highest,
    )


def _facet_sql(column: Column, limit: int, rows: str) -> str:
    value = meant(column)
    if value.kind == DIGITS:
        grouped, by, end = f"min({value.text})", order_text(value), "arg_{}(value, place)"
    else:
        grouped, by, end = value.text, "1", "{}(value)"
    one = Sql("value", value.kind)
    ends = ["CAST(NULL AS VARCHAR)"] * 2
    if value_type(column) in COMPARABLE:
        ends = [text_of(Sql(end.format(name), value.kind)) for name in ("min", "max")]
    place = f", {by} AS place" if by != "1" else ""
    entry = f"{{'rank': -rows, 'is_null': value IS NULL, 'text': {text_of(one)}}}"
    return (
        f"SELECT min({entry}, {limit:d}),"
        f" count(value), CAST(coalesce(sum(rows) FILTER (WHERE value IS NULL), 0) AS BIGINT),"
        f" {', '.join(ends)}"
        f" FROM (SELECT {grouped} AS value, count(*) AS rows{place} FROM {rows} GROUP BY {by})"
    )
