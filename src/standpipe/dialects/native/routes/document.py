"""The documents of this room: of all of it, made from its URL table, and of one query."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from standpipe.core.queries import Query
from standpipe.dialects.native.requests.paths import query_id
from standpipe.dialects.native.responses.bodies import CHANGING, addresses_of, render_tagged
from standpipe.dialects.native.responses.queries import url_parameters, values_schema
from standpipe.dialects.native.routes.notes import API_NOTES
from standpipe.http.endpoints import Asked, Notes, endpoint
from standpipe.http.messages import Inbound, Outbound, Route
from standpipe.http.openapi import MEDIA_TYPE, Documents
from standpipe.http.operations import JSON, NoArguments, NoBody, Shown
from standpipe.services.directory import Services

TAG: Final = "about"

_QUERY: Final = "/v1/queries/{query_id}"
_OF_QUERY: Final = ("/results", "/results.{extension}", "/results/latest", "/executions")
_REPLACED: Final = frozenset({"query_id", "values"})

_ROUTE: Final = "/v1/queries/{query_id:int}"
_SHOWN: Final = Shown(description="The document.", media_types=(MEDIA_TYPE,))
_OF_ALL: Final = Notes(tag=TAG, answers={200: _SHOWN})
_OF_ONE: Final = Notes(tag="queries", answers={200: _SHOWN}, refusals=(404,))

Document = Mapping[str, Any]


def document_routes(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Return the routes, and those that describe them all and themselves."""
    documents = _Documents()
    described = (
        endpoint("GET /v1/openapi.json", documents.get_document, _OF_ALL, is_public=True),
        endpoint(f"GET {_ROUTE}/openapi.json", documents.get_query_document, _OF_ONE),
        *routes,
    )
    documents.made.routes = described
    return described


class _Documents:
    """Handlers that describe all routes, themselves included."""

    def __init__(self) -> None:
        self.made = Documents(API_NOTES)

    def get_document(self, _services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
        """Read the description of this API, as OpenAPI 3.1."""
        return _render(self.made.of(_server(asked.inbound)))

    def get_query_document(self, services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
        """Read the description of one query: its values as typed arguments, as OpenAPI 3.1."""
        query = services.queries.get(asked.principal, query_id(asked.inbound))
        return _render(_document_of(query, self.made.of(_server(asked.inbound))))


def _document_of(query: Query, whole: Document) -> Document:
    """Return what the whole document says of one query, with its own values."""
    info = {"title": query.name, "version": str(query.version)}
    if query.description:
        info["description"] = query.description
    paths = {
        f"/v1/queries/{query.id}{path}": {
            method: _own(operation, query, whole)
            for method, operation in whole["paths"][_QUERY + path].items()
        }
        for path in _OF_QUERY
    }
    return {**whole, "info": info, "paths": paths}


def _own(operation: Document, query: Query, whole: Document) -> Document:
    own = {**operation, "parameters": list(_parameters(operation, query))}
    if "requestBody" not in operation:
        return own
    schema = whole["components"]["schemas"]["QueryRun"]
    schema = {**schema, "properties": {**schema["properties"], "parameters": values_schema(query)}}
    return {**own, "requestBody": {"content": {JSON: {"schema": schema}}}}


def _parameters(operation: Document, query: Query) -> Iterator[Document]:
    takes_values = False
    for parameter in operation["parameters"]:
        name = parameter.get("name") or parameter["$ref"].rpartition("/")[2]
        takes_values |= name == "values"
        if name not in _REPLACED:
            yield parameter
    if takes_values:
        yield from url_parameters(query)


def _render(document: Document) -> Outbound:
    answer = render_tagged(document, headers=(CHANGING,))
    typed = [pair for pair in answer.headers if pair[0] != "Content-Type"]
    return Outbound(
        headers=(("Content-Type", MEDIA_TYPE), *typed), body=answer.body, is_steady=True
    )


def _server(inbound: Inbound) -> str:
    return addresses_of(inbound).root.removesuffix("/v1")
