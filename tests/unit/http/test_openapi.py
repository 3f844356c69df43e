"""Documents are made of the structs that endpoints read and write."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from standpipe.http.endpoints import Asked, Notes, endpoint
from standpipe.http.messages import Inbound, Outbound, Route, Work
from standpipe.http.openapi import ApiNotes, make_document
from standpipe.http.operations import HeaderField, NoArguments, NoBody, Shown


class Paging(msgspec.Struct, kw_only=True, frozen=True):
    """Which page."""

    limit: Annotated[int, Meta(ge=1, description="How many.")] = 10
    tags: tuple[str, ...] = ()


class Thing(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A thing."""

    name: str
    size: int | None = None


class Problem(msgspec.Struct, kw_only=True, frozen=True):
    """What went wrong."""

    title: str


def list_things(_services: Any, asked: Asked[Paging, NoBody]) -> Outbound:
    """List things.

    The newest first.
    """
    return Outbound(body=str(asked.arguments.limit).encode())


def put_thing(_services: Any, asked: Asked[NoArguments, Thing]) -> Outbound:
    """Keep a thing."""
    return Outbound(body=asked.body.name.encode())


SHOWN = Shown(description="Things.", type=Thing, headers=(HeaderField(name="X", description="x"),))
NOTES = Notes(tag="things", answers={200: SHOWN}, refusals=(404,))
ROUTES = (
    endpoint("GET /things", list_things, NOTES, is_public=True),
    endpoint("PUT /things/{thing_id:int}", put_thing, NOTES, work=Work.WRITE),
    endpoint("GET /others/{kind}", list_things, NOTES, name="list_others"),
    Route("GET", "/hidden", lambda _services, _inbound: Outbound()),
)
API = ApiNotes(
    title="Things",
    version="1",
    problem=Problem,
    problem_type="application/problem+json",
    refusals=(400, 401),
    refusals_of_public=(400,),
    security={"bearer": {"type": "http", "scheme": "bearer"}},
    parts={"kind": {"enum": ["a", "b"], "description": "Of what."}},
)
DOCUMENT = make_document(ROUTES, API, server="http://host")


def test_document_has_every_route_that_is_described() -> None:
    """Paths without the types of their parts; summary and description from the handler."""
    assert set(DOCUMENT["paths"]) == {"/things", "/things/{thing_id}", "/others/{kind}"}
    operation = DOCUMENT["paths"]["/things"]["get"]
    assert (operation["operationId"], operation["summary"]) == ("list_things", "List things.")
    assert operation["description"] == "The newest first."
    assert DOCUMENT["paths"]["/others/{kind}"]["get"]["operationId"] == "list_others"


def test_arguments_are_those_that_are_read() -> None:
    """With bounds, defaults and words; what several endpoints take is written once."""
    operation = DOCUMENT["paths"]["/things"]["get"]
    assert operation["parameters"] == [
        {"$ref": "#/components/parameters/limit"},
        {"$ref": "#/components/parameters/tags"},
    ]
    limit = DOCUMENT["components"]["parameters"]["limit"]
    assert limit["schema"] == {"type": "integer", "minimum": 1, "default": 10}
    assert (limit["in"], limit["required"], limit["description"]) == ("query", False, "How many.")
    assert DOCUMENT["components"]["parameters"]["tags"]["explode"]


def test_parts_of_paths_are_numbers_or_what_the_notes_say() -> None:
    """Each is required."""
    number = DOCUMENT["paths"]["/things/{thing_id}"]["put"]["parameters"][0]
    assert (number["name"], number["schema"]["type"]) == ("thing_id", "integer")
    kind = DOCUMENT["paths"]["/others/{kind}"]["get"]["parameters"][0]
    assert (kind["schema"], kind["description"]) == ({"enum": ["a", "b"]}, "Of what.")


def test_bodies_and_answers_name_their_types() -> None:
    """Once each, in the components."""
    operation = DOCUMENT["paths"]["/things/{thing_id}"]["put"]
    body = operation["requestBody"]
    thing = {"$ref": "#/components/schemas/Thing"}
    assert (body["required"], body["content"]["application/json"]["schema"]) == (True, thing)
    answer = operation["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == thing
    assert set(answer["headers"]) == {"X"}
    assert DOCUMENT["components"]["schemas"]["Thing"]["required"] == ["name"]


def test_refusals_are_problems() -> None:
    """Those of every endpoint and its own; open ones ask for no key."""
    closed = DOCUMENT["paths"]["/things/{thing_id}"]["put"]
    assert set(closed["responses"]) == {"200", "400", "401", "404"}
    content = closed["responses"]["404"]["content"]["application/problem+json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    public = DOCUMENT["paths"]["/things"]["get"]
    assert (set(public["responses"]), public["security"]) == ({"200", "400", "404"}, [{}])


def test_handlers_get_what_was_read() -> None:
    """Arguments and body as structs; one that takes no body does not look at it."""
    services: Any = None
    listed = ROUTES[0].handler(services, Inbound(method="GET", path="/", args={"limit": ("3",)}))
    put = ROUTES[1].handler(services, Inbound(method="PUT", path="/", body=b'{"name": "x"}'))
    other = ROUTES[2].handler(services, Inbound(method="GET", path="/", body=b"{"))
    assert [each.body for each in (listed, put, other) if isinstance(each, Outbound)] == [
        b"3",
        b"x",
        b"10",
    ]
