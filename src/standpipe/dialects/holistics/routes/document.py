"""The document of a room, made from its URL table."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from standpipe.dialects.holistics.responses.bodies import CHANGING
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound, Route
from standpipe.http.openapi import MEDIA_TYPE, ApiNotes, Documents
from standpipe.http.operations import Shown
from standpipe.services.directory import Services

_SHOWN: Final = Shown(description="The document.", media_types=(MEDIA_TYPE,))


def document_routes(routes: Sequence[Route], notes: ApiNotes, path: str) -> tuple[Route, ...]:
    """Return the routes, and the one at ``path`` that describes them all and itself."""
    documents = Documents(notes)
    show = partial(get_document, documents)
    own = described(f"GET {path}", show, About(tag="about", answer=_SHOWN))
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
