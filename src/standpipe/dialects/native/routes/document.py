"""The document of this room, made from its URL table."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from standpipe.dialects.native.responses.bodies import CHANGING, addresses_of, render_tagged
from standpipe.dialects.native.routes.notes import API_NOTES
from standpipe.http.endpoints import Asked, Notes, endpoint
from standpipe.http.messages import Inbound, Outbound, Route
from standpipe.http.openapi import MEDIA_TYPE, make_document
from standpipe.http.operations import NoArguments, NoBody, Shown
from standpipe.services.directory import Services

TAG = "about"
KEPT: Final = 8  # documents, one for each address that the server is reached by


def document_routes(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Return the routes, and the one that describes them all and itself."""

    def get_document(_services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
        """Read the description of this API, as OpenAPI 3.1."""
        return render_document(made(_server(asked.inbound)))

    @lru_cache(maxsize=KEPT)
    def made(server: str) -> Mapping[str, Any]:
        return make_document(every, API_NOTES, server=server)

    shown = Shown(description="The document.", media_types=(MEDIA_TYPE,))
    notes = Notes(tag=TAG, answers={200: shown})
    described = endpoint("GET /v1/openapi.json", get_document, notes, is_public=True)
    every = (described, *routes)
    return every


def render_document(document: Any) -> Outbound:
    """Return an OpenAPI document as an answer."""
    answer = render_tagged(document, headers=(CHANGING,))
    typed = [pair for pair in answer.headers if pair[0] != "Content-Type"]
    return Outbound(
        headers=(("Content-Type", MEDIA_TYPE), *typed), body=answer.body, is_steady=True
    )


def _server(inbound: Inbound) -> str:
    return addresses_of(inbound).root.removesuffix("/v1")
