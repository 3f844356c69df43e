"""Custom endpoints: names of people's own choice under which the rows of a query are read."""

import re
from dataclasses import dataclass
from datetime import datetime

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import EndpointId, QueryId, UserId, WorkspaceId

LONGEST_SLUG = 100
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomEndpoint:
    """``<handle>/<slug>`` stands for a query; whoever may read that reads it so.

    ``handle`` is a namespace: that of a user, or the team's.
    """

    id: EndpointId
    workspace_id: WorkspaceId
    handle: str
    slug: str
    owner_id: UserId
    query_id: QueryId
    created_at: datetime
    updated_at: datetime


def check_slug(slug: str) -> str:
    """Return the slug of an endpoint; FieldInvalid."""
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise FieldInvalid(
            f"slug: {slug[:LONGEST_SLUG]!r} is not the name of an endpoint.",
            detail="Small letters and digits, with single dashes or underscores between them;"
            f" {LONGEST_SLUG} at most.",
        )
    return slug
