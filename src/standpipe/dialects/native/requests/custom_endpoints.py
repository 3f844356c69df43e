"""Custom endpoints: which one is to be made, and what it stands for."""

from typing import Annotated

import msgspec
from msgspec import Meta

QueryNumber = Annotated[int, Meta(ge=1, le=2**53 - 1, description="The query it stands for.")]


class NewEndpoint(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An endpoint to make."""

    slug: Annotated[str, Meta(min_length=1, max_length=100, description="Its name.")]
    query_id: QueryNumber
    handle: (
        Annotated[
            str, Meta(min_length=1, description="Your namespace or the team's; left out: yours.")
        ]
        | None
    ) = None


class EndpointChange(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Another query for an endpoint."""

    query_id: QueryNumber
