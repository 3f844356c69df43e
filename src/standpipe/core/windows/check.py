"""From what was asked to a window over the columns that a result has."""

from collections.abc import Sequence
from datetime import datetime

from standpipe.core.columns import Column
from standpipe.core.errors import WindowInvalid
from standpipe.core.windows.conditions import Checker, Present
from standpipe.core.windows.expressions import Expression
from standpipe.core.windows.grouping import Groups, ordered
from standpipe.core.windows.limits import require_modest
from standpipe.core.windows.names import ColumnNames
from standpipe.core.windows.syntax import Node, SortTerm
from standpipe.core.windows.window import Order, Window, WindowAsk

_MOST_ROWS = 2**63 - 1
_MOST_COLUMNS = 256  # of a result that has fewer: names may repeat


def check_window(ask: WindowAsk, columns: Sequence[Column], *, now: datetime) -> Window:
    """Return the window; relative dates are those of ``now`` (UTC).

    ColumnUnknown names a column that is not there; WindowInvalid what does not fit its type, or
    cannot be asked for at all. Both say in which part of the window, and where in its text.
    """
    _require_counts(ask)
    _require_few_columns(ask, max(len(columns), _MOST_COLUMNS))
    if ask.group_by or ask.aggregates:
        return _grouped(ask, columns, Present(now))
    names = ColumnNames(columns)
    present = Present(now)
    return Window(
        columns=_select(ask, columns, names),
        where=_where(ask.where, names, present),
        sample=ask.sample,
        order=_order(ask.order_by, names, present),
        offset=ask.offset,
        limit=ask.limit,
        is_steady=not present.is_asked,
    )


def _grouped(ask: WindowAsk, columns: Sequence[Column], present: Present) -> Window:
    names = ColumnNames(columns)
    where = _where(ask.where, names, present)
    groups = Groups(ask.group_by, ask.aggregates, names, present)
    order = groups.order(ask.order_by)
    return Window(
        columns=groups.columns if ask.columns is None else groups.select(ask.columns),
        where=where,
        sample=ask.sample,
        group=groups.group,
        order=order,
        offset=ask.offset,
        limit=ask.limit,
        is_steady=not present.is_asked,
    )


def _select(ask: WindowAsk, columns: Sequence[Column], names: ColumnNames) -> tuple[Column, ...]:
    if ask.columns is None:
        return tuple(columns)
    return tuple(names.get(name, part="columns") for name in ask.columns)


def _where(node: Node | None, names: ColumnNames, present: Present) -> Expression | None:
    if node is None:
        return None
    require_modest(node, "filter")
    return Checker(names, part="filter", present=present).condition(node)


def _order(terms: Sequence[SortTerm], names: ColumnNames, present: Present) -> tuple[Order, ...]:
    checker = Checker(names, part="sort", present=present)
    for term in terms:
        require_modest(term.node, "sort")
    return tuple(ordered(term, checker.value(term.node)) for term in terms)


def _require_counts(ask: WindowAsk) -> None:
    _require_count("offset", ask.offset)
    if ask.limit is not None:
        _require_count("limit", ask.limit)
    if ask.sample is not None:
        _require_count("sample", ask.sample.rows)


def _require_few_columns(ask: WindowAsk, most: int) -> None:
    """Nobody makes a wide result of a narrow one: a batch of its rows would fill the memory."""
    if ask.columns is not None and len(ask.columns) > most:
        raise WindowInvalid(
            "Too many columns are asked for.",
            part="columns",
            detail=f"At most {most} of this result, repeated ones included.",
        )


def _require_count(part: str, count: int) -> None:
    if not 0 <= count <= _MOST_ROWS:
        raise WindowInvalid(
            f"The {part} {count} is not a number of rows.",
            part=part,
            detail=f"Expected: a number from 0 to {_MOST_ROWS}.",
        )
