"""The document of this room, made from its URL table."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from standpipe.dialects.myreports.responses.bodies import CHANGING
from standpipe.dialects.myreports.routes.notes import API_NOTES
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound, Route
from standpipe.http.openapi import MEDIA_TYPE, Documents
from standpipe.http.operations import Shown
from standpipe.services.directory import Services

PATH: Final = "/api/v1.0/openapi.json"
_SHOWN: Final = Shown(description="The document.", media_types=(MEDIA_TYPE,))


def document_routes(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Return the routes, and the one that describes them all and itself."""
    documents = Documents(API_NOTES)
    show = partial(get_document, documents)
    own = described(f"GET {PATH}", show, About(tag="about", answer=_SHOWN))
    documents.routes = (*routes, replace(own, is_public=True))
    return documents.routes


def get_document(documents: Documents, _services: Services, inbound: Inbound) -> Outbound:
    """Read the description of this API, as OpenAPI 3.1."""
    server = f"{inbound.base_url}{inbound.prefix}"
    return Outbound(
        headers=(("Content-Type", MEDIA_TYPE), CHANGING),
        body=documents.encoded(server),
        is_steady=True,
    )
