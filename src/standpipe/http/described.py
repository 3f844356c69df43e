"""Routes of rooms whose handlers read requests as old clients write them, and their description."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from standpipe.http.endpoints import Notes, describe
from standpipe.http.messages import Handler, Route, Work
from standpipe.http.operations import NoArguments, NoBody, Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is said of an endpoint.

    ``answer`` is the struct of the JSON body of a 200, or all that is to be said of it. ``name``
    tells apart the routes that share a handler. ``refused`` are refusals that look otherwise than
    those of the room.
    """

    tag: str
    answer: Any
    arguments: type[msgspec.Struct] = NoArguments
    body: type[msgspec.Struct] = NoBody
    refusals: Sequence[int] = ()
    name: str = ""
    refused: Mapping[int, Shown] = field(default_factory=dict)

    @property
    def notes(self) -> Notes:
        """Return the same as every room says it."""
        shown = self.answer
        if not isinstance(shown, Shown):
            shown = Shown(description="Done.", type=shown)
        return Notes(tag=self.tag, answers={200: shown, **self.refused}, refusals=self.refusals)


def described(place: str, handler: Handler, about: About, work: Work = Work.READ) -> Route:
    """Return the route of a handler that reads its request itself; ``place`` is method and path."""
    method, _, path = place.partition(" ")
    called = getattr(handler, "func", handler)
    operation = describe(
        called, about.notes, arguments=about.arguments, body=about.body, name=about.name
    )
    return Route(method, path, handler, work, operation=operation)
