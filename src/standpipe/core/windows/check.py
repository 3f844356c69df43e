"""From what was asked to a window over the columns that a result has."""

from collections.abc import Sequence
from datetime import datetime

from standpipe.core.columns import Column
from standpipe.core.errors import FieldInvalid
from standpipe.core.windows.window import Window, WindowAsk


def check_window(ask: WindowAsk, columns: Sequence[Column], *, now: datetime) -> Window:
    """Return the window; relative dates are those of ``now`` (UTC).

    FieldInvalid names an unknown column, or what does not fit its type.
    """
    return Window(
        columns=_select(columns, ask.columns),
        offset=ask.offset,
        limit=ask.limit,
    )


def _select(columns: Sequence[Column], names: tuple[str, ...] | None) -> tuple[Column, ...]:
    if names is None:
        return tuple(columns)
    by_name: dict[str, Column] = {}
    for column in columns:
        by_name.setdefault(column.name, column)
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise FieldInvalid(
            f"The result has no column {unknown[0]!r}.",
            detail=f"It has: {', '.join(column.name for column in columns)}.",
        )
    return tuple(by_name[name] for name in names)
