"""OpenAPI 3.1 documents, made from a room's URL table: what is published is what is parsed."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from itertools import chain, count
from typing import Any, Final

import msgspec

from standpipe.http.asked import argument_type, is_repeated
from standpipe.http.messages import Route
from standpipe.http.operations import JSON, VALUE_PREFIX, HeaderField, Operation, Shown

VERSION: Final = "3.1.0"
MEDIA_TYPE: Final = "application/vnd.oai.openapi+json;version=3.1"

_PART: Final = re.compile(r"\{(\w+)(:int)?\}")
_REF: Final = "#/components/schemas/{name}"
_LARGEST_ID: Final = 10**18 - 1
_DOCUMENTS_KEPT: Final = 8

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiNotes:
    """What a document says beside its endpoints.

    ``problem`` is the struct of error bodies, sent as ``problem_type``. ``refusals`` are the
    statuses that every endpoint may answer with, ``refusals_of_public`` those of open ones.
    ``parts`` describe the parts of paths by name.
    """

    title: str
    version: str
    description: str = ""
    problem: type[msgspec.Struct]
    problem_type: str
    refusals: Sequence[int] = ()
    refusals_of_public: Sequence[int] = ()
    security: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    parts: Mapping[str, Schema] = field(default_factory=dict)


def make_document(routes: Sequence[Route], notes: ApiNotes, *, server: str) -> Schema:
    """Return the document of all routes that have an operation; ``server`` is the address."""
    writer = _Writer(routes, notes)
    paths: dict[str, Schema] = {}
    for route, operation in _described(routes):
        paths.setdefault(_PART.sub(r"{\1}", route.path), {})[route.method.lower()] = (
            writer.operation(route, operation)
        )
    shared = _share(paths)
    return {
        "openapi": VERSION,
        "info": {"title": notes.title, "version": notes.version, "description": notes.description},
        "servers": [{"url": server}],
        "security": [{name: []} for name in notes.security],
        "paths": paths,
        "components": {
            "schemas": writer.components,
            "parameters": shared,
            "securitySchemes": notes.security,
        },
    }


class Documents:
    """The documents of one room's routes, one for each address that the server is reached by.

    ``routes`` may hold the one that shows the document: they are set when all are there.
    """

    routes: Sequence[Route] = ()

    def __init__(self, notes: ApiNotes) -> None:
        """Make none yet."""
        self._notes = notes
        self.of = lru_cache(maxsize=_DOCUMENTS_KEPT)(self._make)
        self.encoded = lru_cache(maxsize=_DOCUMENTS_KEPT)(self._encode)

    def _make(self, server: str) -> Schema:
        return make_document(self.routes, self._notes, server=server)

    def _encode(self, server: str) -> bytes:
        return msgspec.json.encode(self.of(server))


def _share(paths: Mapping[str, Schema]) -> Schema:
    """Replace parameters that occur more than once by references, and return them by name."""
    operations = [operation for path in paths.values() for operation in path.values()]
    counts = Counter(repr(each) for about in operations for each in about["parameters"])
    names: dict[str, str] = {}
    shared: Schema = {}
    for about in operations:
        for place, each in enumerate(about["parameters"]):
            text = repr(each)
            if counts[text] > 1:
                if text not in names:
                    names[text] = _free(each["name"], shared)
                    shared[names[text]] = each
                about["parameters"][place] = {"$ref": f"#/components/parameters/{names[text]}"}
    return shared


def _free(name: str, taken: Collection[str]) -> str:
    return next(
        each for each in chain([name], (f"{name}-{n}" for n in count(2))) if each not in taken
    )


class _Writer:
    """Writes operations; every type of all of them has one name in the components."""

    def __init__(self, routes: Sequence[Route], notes: ApiNotes) -> None:
        self._notes = notes
        self._types = list(_types(routes, notes))
        schemas, components = msgspec.json.schema_components(self._types, ref_template=_REF)
        self._schemas = dict(zip(map(repr, self._types), schemas, strict=True))
        self.components = {name: _tidy(schema) for name, schema in components.items()}

    def operation(self, route: Route, about: Operation) -> Schema:
        """Return one operation object."""
        shown: Schema = {
            "operationId": about.name,
            "tags": [about.tag],
            "summary": about.summary,
            "parameters": [*self._path(route), *self._query(about), *self._headers(about.headers)],
            "responses": self._responses(route, about),
        }
        if about.description:
            shown["description"] = about.description
        if about.has_body:
            content = {JSON: {"schema": self._schema(about.body)}}
            is_needed = any(each.required for each in msgspec.structs.fields(about.body))
            shown["requestBody"] = {"required": is_needed, "content": content}
        if route.is_public:
            shown["security"] = [{}]
        return shown

    def _schema(self, kind: Any) -> Schema:
        if isinstance(kind, tuple):
            return {"anyOf": [self._schema(each) for each in kind]}
        schema: Schema = _tidy(self._schemas[repr(kind)])
        return schema

    def _path(self, route: Route) -> Iterator[Schema]:
        for name, is_number in _PART.findall(route.path):
            number = {"type": "integer", "minimum": 1, "maximum": _LARGEST_ID}
            schema = dict(self._notes.parts.get(name, {"type": "string"}))
            text = schema.pop("description", "")
            schema = number if is_number else schema
            shown = {"name": name, "in": "path", "required": True, "schema": schema}
            yield {**shown, "description": text} if text else shown

    def _query(self, about: Operation) -> Iterator[Schema]:
        for each in msgspec.structs.fields(about.arguments):
            schema = self._schema(argument_type(each.type))
            text = schema.pop("description", "")
            if each.default not in (msgspec.NODEFAULT, None, ()):
                schema["default"] = msgspec.to_builtins(each.default)
            yield {
                "name": each.encode_name,
                "in": "query",
                "required": each.required,
                "description": text,
                "schema": schema,
                **({"explode": True, "style": "form"} if is_repeated(each.type) else {}),
            }
        if about.takes_values:
            yield {
                "name": "values",
                "in": "query",
                "description": f"Values of the query's parameters, as {VALUE_PREFIX}<name>.",
                "style": "form",
                "explode": True,
                "schema": {
                    "type": "object",
                    "patternProperties": {f"^{VALUE_PREFIX}.": {"type": "string"}},
                    "additionalProperties": False,
                },
            }

    def _headers(self, headers: Sequence[HeaderField]) -> Iterator[Schema]:
        for header in headers:
            yield {
                "name": header.name,
                "in": "header",
                "required": False,
                "description": header.description,
                "schema": self._schema(header.type),
            }

    def _responses(self, route: Route, about: Operation) -> Schema:
        general = self._notes.refusals_of_public if route.is_public else self._notes.refusals
        refusals = {status: self._refusal(status) for status in (*general, *about.refusals)}
        shown = {status: self._answer(answer) for status, answer in about.answers.items()}
        return {str(status): each for status, each in sorted({**refusals, **shown}.items())}

    def _answer(self, answer: Shown) -> Schema:
        shown: Schema = {"description": answer.description}
        content: Schema = {media_type: {} for media_type in answer.media_types}
        if answer.type is not None:
            content = {JSON: {"schema": self._schema(answer.type)}, **content}
        if content:
            shown["content"] = content
        if answer.headers:
            shown["headers"] = {
                each.name: {"description": each.description, "schema": self._schema(each.type)}
                for each in answer.headers
            }
        return shown

    def _refusal(self, status: int) -> Schema:
        content = {self._notes.problem_type: {"schema": self._schema(self._notes.problem)}}
        return {"description": HTTPStatus(status).phrase, "content": content}


def _described(routes: Sequence[Route]) -> Iterator[tuple[Route, Operation]]:
    for route in routes:
        if route.operation is not None:
            yield route, route.operation


def _types(routes: Sequence[Route], notes: ApiNotes) -> Iterator[Any]:
    """Yield every type that a document of these routes shows."""
    yield notes.problem
    for _, about in _described(routes):
        yield from (argument_type(each.type) for each in msgspec.structs.fields(about.arguments))
        yield from (header.type for header in about.headers)
        yield about.body
        for answer in about.answers.values():
            yield from (header.type for header in answer.headers)
            yield from answer.type if isinstance(answer.type, tuple) else (answer.type,)


def _tidy(schema: Any) -> Any:
    """Return a schema without what says nothing: defaults of null, empty lists of requirements."""
    if isinstance(schema, list | tuple):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _tidy(value)
        for name, value in schema.items()
        if not (name == "default" and value in (None, (), {}))
        and not (name == "required" and not value)
    }
