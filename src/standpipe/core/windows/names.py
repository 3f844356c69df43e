"""Names of columns as callers write them, and the columns that they mean."""

import difflib
from collections.abc import Sequence
from typing import Final

from standpipe.core.columns import Column
from standpipe.core.errors import ColumnUnknown
from standpipe.core.windows.tokens import shown

MAX_LISTED: Final = 50

_LISTED_CHARACTERS = 60


class ColumnNames:
    """Finds columns by what the statement called them: exactly, else whatever the case.

    Of columns with the very same name the first one is meant.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._exact: dict[str, Column] = {}
        for column in columns:
            self._exact.setdefault(column.name, column)

    def get(self, name: str, *, part: str, position: int = -1, is_quoted: bool = False) -> Column:
        """Return the column that is meant; ColumnUnknown when there is none, or more than one."""
        column = self._exact.get(name)
        if column is not None:
            return column
        folded = name.casefold()
        alike = [column for column in self._columns if column.name.casefold() == folded]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise ColumnUnknown(
                f"{shown(name)} can mean more than one column.",
                part=part,
                position=position,
                detail=f"It may be: {_listed(alike)}.",
                hint="Write the name with the same capital letters.",
            )
        raise ColumnUnknown(
            f"There is no column {shown(name)}.",
            part=part,
            position=position,
            detail=f"There are: {_listed(self._columns)}.",
            hint=_hint(self._near(folded), is_quoted=is_quoted),
        )

    def _near(self, folded: str) -> list[str]:
        names = {column.name.casefold(): column.name for column in reversed(self._columns)}
        return [names[near] for near in difflib.get_close_matches(folded, names, n=3)]


def _hint(near: Sequence[str], *, is_quoted: bool) -> str:
    hints = []
    if near:
        hints.append(f"Did you mean {' or '.join(shown(name) for name in near)}?")
    if is_quoted:
        hints.append("Double quotes are for names; texts stand in single quotes.")
    return " ".join(hints)


def _listed(columns: Sequence[Column]) -> str:
    names = [_cut(column.name) for column in columns[:MAX_LISTED]]
    more = len(columns) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _cut(name: str) -> str:
    return name if len(name) <= _LISTED_CHARACTERS else name[: _LISTED_CHARACTERS - 1] + "…"
