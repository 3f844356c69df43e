"""Custom endpoints: made, pointed at queries, listed, removed.

Their names are in the namespaces of people (see ``namespaces``), and everybody of a workspace sees
those whose query he may see. Only owner and administrators change one.
"""

from dataclasses import replace
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.custom_endpoints import CustomEndpoint, check_slug
from standpipe.core.errors import NotAllowed, NotFound
from standpipe.core.ids import EndpointId, QueryId
from standpipe.core.permissions import require_owner, require_permission, require_user
from standpipe.core.ports import CustomEndpointStore, PeopleStore, WorkspaceStore
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import Query
from standpipe.services.namespaces import own_namespace, owner_in
from standpipe.services.queries import Queries


class EndpointStore(CustomEndpointStore, PeopleStore, WorkspaceStore, Protocol):
    """The slice of the metadata store that endpoints need."""


class CustomEndpoints:
    """Everything that can be done to endpoints; their rows are read as those of their query."""

    def __init__(self, store: EndpointStore, *, queries: Queries, clock: Clock) -> None:
        """Take the port, and the service that says who may see a query."""
        self._store = store
        self._queries = queries
        self._clock = clock

    def create(
        self, principal: Principal, slug: str, query_id: QueryId, handle: str | None = None
    ) -> CustomEndpoint:
        """Make an endpoint, without a ``handle`` in the caller's own namespace.

        FieldInvalid for a slug that cannot be, NotFound for a query that is hidden, NotAllowed for
        a namespace of somebody else, NameTaken.
        """
        _require_writer(principal)
        query = self._queries.get(principal, query_id)
        handle = (handle or own_namespace(self._store, principal)).lower()
        now = self._clock.now()
        endpoint = CustomEndpoint(
            id=EndpointId(0),
            workspace_id=principal.workspace_id,
            handle=handle,
            slug=check_slug(slug),
            owner_id=owner_in(self._store, principal, handle),
            query_id=query.id,
            created_at=now,
            updated_at=now,
        )
        return self._store.add_endpoint(endpoint)

    def point(
        self, principal: Principal, handle: str, slug: str, query_id: QueryId
    ) -> CustomEndpoint:
        """Let an endpoint stand for another query; NotFound, NotAllowed."""
        endpoint = self._own(principal, handle, slug)
        query = self._queries.get(principal, query_id)
        now = self._clock.now()
        self._store.point_endpoint(endpoint.id, query.id, now)
        return replace(endpoint, query_id=query.id, updated_at=now)

    def delete(self, principal: Principal, handle: str, slug: str) -> CustomEndpoint:
        """Remove an endpoint, and return what it was; NotFound, NotAllowed."""
        endpoint = self._own(principal, handle, slug)
        self._store.delete_endpoint(endpoint.id)
        return endpoint

    def get(self, principal: Principal, handle: str, slug: str) -> tuple[CustomEndpoint, Query]:
        """Return an endpoint and its query; NotFound where the caller may not read that."""
        found = self._store.find_endpoint(principal.workspace_id, handle.lower(), slug.lower())
        query = None if found is None else self._find_query(principal, found)
        if found is None or query is None:
            raise NotFound(f"There is no endpoint {handle}/{slug}.")
        return found, query

    def own_handle(self, principal: Principal) -> str:
        """Return the handle under which a caller's endpoints are; UserNeeded."""
        return own_namespace(self._store, principal)

    def find(self, principal: Principal) -> tuple[CustomEndpoint, ...]:
        """Return the endpoints whose query the caller may see, by handle and slug; UserNeeded."""
        require_user(principal)
        found = self._store.find_endpoints(principal.workspace_id)
        return tuple(each for each in found if self._find_query(principal, each) is not None)

    def _own(self, principal: Principal, handle: str, slug: str) -> CustomEndpoint:
        """Return an endpoint of the caller, also one whose query he may not see any more."""
        _require_writer(principal)
        found = self._store.find_endpoint(principal.workspace_id, handle.lower(), slug.lower())
        is_own = found is not None and found.owner_id == principal.user_id
        if found is None or not (is_own or principal.is_admin):
            found, _ = self.get(principal, handle, slug)
        require_owner(principal, found.owner_id)
        return found

    def _find_query(self, principal: Principal, endpoint: CustomEndpoint) -> Query | None:
        try:
            return self._queries.get(principal, endpoint.query_id)
        except (NotFound, NotAllowed):
            return None


def _require_writer(principal: Principal) -> None:
    require_user(principal)
    require_permission(principal, Permission.CREATE_QUERY)
