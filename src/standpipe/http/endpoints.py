"""Routes whose handlers get arguments and bodies as structs, and which describe themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import msgspec

from standpipe.core.principals import Principal
from standpipe.http.asked import read_arguments, read_body
from standpipe.http.messages import Answer, Inbound, Route, Work
from standpipe.http.operations import HeaderField, NoBody, Operation, Shown
from standpipe.services.directory import Services

A = TypeVar("A", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Asked(Generic[A, B]):
    """A request whose arguments and body were read."""

    inbound: Inbound
    arguments: A
    body: B

    @property
    def principal(self) -> Principal:
        """Who asks; NotAuthenticated for nobody."""
        return self.inbound.principal


AskedHandler = Callable[[Services, Asked[Any, Any]], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What the document says of an endpoint that its handler does not: see ``Operation``."""

    tag: str
    answers: Mapping[int, Shown]
    refusals: Sequence[int] = ()
    headers: Sequence[HeaderField] = ()
    takes_values: bool = False


def endpoint(
    place: str,
    handler: AskedHandler,
    notes: Notes,
    *,
    work: Work = Work.READ,
    is_public: bool = False,
    name: str = "",
) -> Route:
    """Return the route of a handler; ``place`` is method and path, as in ``GET /v1/me``.

    What the endpoint takes is what the handler's ``Asked[Arguments, Body]`` says.
    """
    method, _, path = place.partition(" ")
    arguments, body = get_args(get_type_hints(handler)["asked"])
    operation = describe(handler, notes, arguments=arguments, body=body, name=name)

    def handle(services: Services, inbound: Inbound) -> Answer:
        given = read_body(body, inbound.body) if operation.has_body else NoBody()
        said = read_arguments(arguments, inbound.args, takes_values=operation.takes_values)
        return handler(services, Asked(inbound, said, given))

    return Route(method, path, handle, work, is_public=is_public, operation=operation)


def describe(
    handler: Callable[..., Answer],
    notes: Notes,
    *,
    arguments: type[msgspec.Struct],
    body: type[msgspec.Struct],
    name: str = "",
) -> Operation:
    """Return what the document says of a handler; its summary is the first line of its docstring.

    ``name`` tells apart the routes that share a handler.
    """
    summary, _, description = cleandoc(handler.__doc__ or "").partition("\n")
    return Operation(
        name=name or handler.__name__,
        summary=summary,
        description=description.strip(),
        tag=notes.tag,
        arguments=arguments,
        body=body,
        takes_values=notes.takes_values,
        headers=notes.headers,
        answers=notes.answers,
        refusals=notes.refusals,
    )
