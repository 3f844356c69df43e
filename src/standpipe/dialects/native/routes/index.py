"""Where to begin: the index, the document, who is asking, and the data sources."""

from standpipe.dialects.native.responses.about import (
    Index,
    MeShown,
    SourceList,
    show_index,
    show_me,
    show_sources,
)
from standpipe.dialects.native.responses.bodies import addresses_of, render_json
from standpipe.dialects.native.routes.notes import json_notes
from standpipe.http.endpoints import Asked, endpoint
from standpipe.http.messages import Outbound
from standpipe.http.operations import NoArguments, NoBody
from standpipe.services.directory import Services

TAG = "about"


def get_index(_services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Find out where everything is."""
    return render_json(show_index(addresses_of(asked.inbound)), is_steady=True)


def get_me(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Find out who you are."""
    principal = asked.principal
    user = services.accounts.user_of(principal) if principal.is_user else None
    workspace = services.accounts.workspace_of(principal)
    return render_json(show_me(principal, workspace, user))


def list_data_sources(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """List the data sources that you reach."""
    sources = services.data_sources.visible(asked.principal)
    return render_json(show_sources(sources, asked.principal))


ROUTES = (
    endpoint("GET /v1", get_index, json_notes(TAG, Index), is_public=True),
    endpoint("GET /v1/me", get_me, json_notes(TAG, MeShown)),
    endpoint("GET /v1/data-sources", list_data_sources, json_notes("data sources", SourceList)),
)
