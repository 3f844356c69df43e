"""Running aggregates as DuckDB SQL: parts of every group, and what they are together so far."""

from collections.abc import Sequence

from standpipe.core.windows.expressions import RunningCall
from standpipe.readers.calls import call_aggregate
from standpipe.readers.kinds import DIGITS, DOUBLE, Sql, convert, order_text


def running_parts(call: RunningCall, operand: Sql) -> list[Sql]:
    """Return what must be known of every group."""
    if call.name == "avg":
        total = call_aggregate("sum", operand, is_distinct=False)
        return [convert(total, DOUBLE), call_aggregate("count", operand, is_distinct=False)]
    return [call_aggregate(call.name, operand, is_distinct=False)]


def running_value(call: RunningCall, parts: Sequence[Sql], order: str) -> Sql:
    """Return the value of all groups until this one; ``order`` are terms that tell them apart.

    Without an order there is one group.
    """
    by = f"ORDER BY {order} " if order else ""
    over = f"OVER ({by}ROWS UNBOUNDED PRECEDING)"
    first = parts[0]
    if call.name == "avg":
        total, count = (f"sum({part.text}) {over}" for part in parts)
        return Sql(f"({total} / nullif({count}, 0))", DOUBLE)
    if first.kind == DIGITS and call.name != "sum":
        return Sql(f"arg_{call.name}({first.text}, {order_text(first)}) {over}", DIGITS)
    return Sql(f"{call.name}({first.text}) {over}", first.kind)
