"""Reads that are remembered until anything in the database changes.

``PRAGMA data_version`` tells exactly, in 5 us, whether another connection has committed since;
what this connection changes itself, it forgets itself. So a revoked key is refused by the next
request, and the four or five small reads that every request makes cost next to nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

MOST_REMEMBERED = 10_000

P = ParamSpec("P")
R = TypeVar("R")


class Remembering(Protocol):
    """What has a memory for the calling thread."""

    def _memory(self) -> dict[Any, Any] | None:
        """Return what is still true; None where nothing may be remembered."""
        ...


S = TypeVar("S", bound=Remembering)


def remembered(read: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Remember what a read returned, by its arguments; never what it raised."""

    @wraps(read)
    def reading(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        memory = self._memory()
        if memory is None:
            return read(self, *args, **kwargs)
        key = (read.__name__, args, *kwargs.items())
        if key in memory:
            found: R = memory[key]
            return found
        found = read(self, *args, **kwargs)
        if len(memory) >= MOST_REMEMBERED:
            memory.clear()
        memory[key] = found
        return found

    return cast("Callable[Concatenate[S, P], R]", reading)
