"""Reads that are remembered until what they read changes.

``PRAGMA data_version`` tells exactly, in 5 us, whether another connection has committed since;
what this connection changes itself, it forgets itself. So a revoked key is refused by the next
request, and the small reads that every request makes cost next to nothing.

While executions come and go somebody commits all the time. What hardly ever changes (people, keys,
data sources; a result, until it is deleted) is therefore counted in a table of its own, and kept
as long as that number stays the same.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy import Delete, Executable, UpdateBase

from standpipe.stores.metadata.tables import (
    api_keys,
    data_sources,
    groups,
    results,
    users,
    workspaces,
)

MOST_REMEMBERED = 10_000

_LASTING_TABLES = frozenset((workspaces, users, groups, api_keys, data_sources))

P = ParamSpec("P")
R = TypeVar("R")


class Memory:
    """What one thread may still believe; ``lasting`` outlives commits that do not touch it."""

    def __init__(self) -> None:
        self.brief: dict[Any, Any] = {}
        self.lasting: dict[Any, Any] = {}
        self._version = -1
        self._count = -1

    def refresh(self, version: int, count_changes: Callable[[], int]) -> None:
        """Forget what another connection may have changed: see ``data_version``."""
        if version == self._version:
            return
        # Counted before anything is read again: what is committed meanwhile moves the version.
        self._version, count = version, count_changes()
        self.brief.clear()
        if count != self._count:
            self._count = count
            self.lasting.clear()

    def forget(self, *, is_lasting: bool) -> None:
        """Forget after a change of one's own."""
        self.brief.clear()
        if is_lasting:
            self.lasting.clear()


class Remembering(Protocol):
    """What has a memory for the calling thread."""

    def _memory(self) -> Memory | None:
        """Return what is still true; None where nothing may be remembered."""
        ...


S = TypeVar("S", bound=Remembering)


def remembered(read: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Remember what a read returned, by its arguments; never what it raised."""
    return _remembered(read, lambda memory: memory.brief)


def remembered_for_long(read: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """The same for a read of nothing but what ``changes_what_lasts`` knows."""
    return _remembered(read, lambda memory: memory.lasting)


def changes_what_lasts(statement: Executable) -> bool:
    """Whether a statement may make untrue what is remembered for long.

    A new result does not: that there is none is never remembered.
    """
    if not isinstance(statement, UpdateBase):
        return False
    return statement.table in _LASTING_TABLES or (
        statement.table is results and isinstance(statement, Delete)
    )


def _remembered(
    read: Callable[Concatenate[S, P], R], part: Callable[[Memory], dict[Any, Any]]
) -> Callable[Concatenate[S, P], R]:
    @wraps(read)
    def reading(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        memory = self._memory()
        if memory is None:
            return read(self, *args, **kwargs)
        known = part(memory)
        key = (read.__name__, args, *kwargs.items())
        if key in known:
            found: R = known[key]
            return found
        found = read(self, *args, **kwargs)
        if len(known) >= MOST_REMEMBERED:
            known.clear()
        known[key] = found
        return found

    return cast("Callable[Concatenate[S, P], R]", reading)
