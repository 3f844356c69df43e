"""Custom endpoints as bodies."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from standpipe.core.custom_endpoints import CustomEndpoint
from standpipe.dialects.native.responses.bodies import Addresses


class EndpointShown(msgspec.Struct, kw_only=True, frozen=True):
    """A name under which the latest rows of a query are read in the Dune API."""

    handle: str
    slug: str
    query_id: int
    query: str
    results: str
    created_at: datetime
    updated_at: datetime


class EndpointList(msgspec.Struct, kw_only=True, frozen=True):
    """The endpoints whose query you may see, by handle and slug."""

    endpoints: tuple[EndpointShown, ...]


def show_endpoint(endpoint: CustomEndpoint, to: Addresses) -> EndpointShown:
    """Return an endpoint as a body."""
    dune = f"{to.root.removesuffix('/v1')}/api/v1"
    return EndpointShown(
        handle=endpoint.handle,
        slug=endpoint.slug,
        query_id=endpoint.query_id,
        query=to.query(endpoint.query_id),
        results=f"{dune}/endpoints/{endpoint.handle}/{endpoint.slug}/results",
        created_at=endpoint.created_at,
        updated_at=endpoint.updated_at,
    )


def show_endpoints(endpoints: Sequence[CustomEndpoint], to: Addresses) -> EndpointList:
    """Return a list of endpoints as a body."""
    return EndpointList(endpoints=tuple(show_endpoint(each, to) for each in endpoints))
