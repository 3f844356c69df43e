"""The part of a result that a client wants."""

from dataclasses import dataclass

from standpipe.core.columns import Column
from standpipe.core.errors import FieldInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Columns by name (None = all, in order), rows from ``offset``, at most ``limit`` of them."""

    columns: tuple[str, ...] | None = None
    offset: int = 0
    limit: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether this is the whole result."""
        return self.columns is None and self.offset == 0 and self.limit is None


WHOLE = Window()


def select_columns(columns: tuple[Column, ...], window: Window) -> tuple[Column, ...]:
    """Return the columns a window names, in its order; FieldInvalid names an unknown one."""
    if window.columns is None:
        return columns
    by_name: dict[str, Column] = {}
    for column in columns:
        by_name.setdefault(column.name, column)
    unknown = [name for name in window.columns if name not in by_name]
    if unknown:
        raise FieldInvalid(
            f"The result has no column {unknown[0]!r}.",
            detail=f"It has: {', '.join(column.name for column in columns)}.",
        )
    return tuple(by_name[name] for name in window.columns)
