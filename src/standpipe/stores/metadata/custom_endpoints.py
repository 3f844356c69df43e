"""Custom endpoints."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from standpipe.core.custom_endpoints import CustomEndpoint
from standpipe.core.ids import EndpointId, QueryId, WorkspaceId
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.memory import remembered
from standpipe.stores.metadata.rows import AnyRow
from standpipe.stores.metadata.tables import custom_endpoints
from standpipe.stores.metadata.values import from_time, to_time

_OF_WORKSPACE = select(custom_endpoints).where(
    custom_endpoints.c.workspace_id == bindparam("workspace_id")
)
_BY_NAME = _OF_WORKSPACE.where(
    custom_endpoints.c.handle == bindparam("handle"), custom_endpoints.c.slug == bindparam("slug")
)
_BY_ID = custom_endpoints.c.id == bindparam("endpoint_id")


class CustomEndpoints(Database):
    """Implements CustomEndpointStore."""

    @remembered
    def find_endpoint(
        self, workspace_id: WorkspaceId, handle: str, slug: str
    ) -> CustomEndpoint | None:
        """Return the endpoint of that name."""
        values = {"workspace_id": workspace_id, "handle": handle, "slug": slug}
        row = self._one(_BY_NAME, values)
        return None if row is None else _read_endpoint(row)

    def find_endpoints(self, workspace_id: WorkspaceId) -> tuple[CustomEndpoint, ...]:
        """Return all endpoints of a workspace, by handle and slug."""
        ordered = _OF_WORKSPACE.order_by(custom_endpoints.c.handle, custom_endpoints.c.slug)
        return tuple(map(_read_endpoint, self._all(ordered, {"workspace_id": workspace_id})))

    def add_endpoint(self, endpoint: CustomEndpoint) -> CustomEndpoint:
        """Store a new endpoint; NameTaken."""
        statement = insert(custom_endpoints).values(
            workspace_id=endpoint.workspace_id,
            handle=endpoint.handle,
            slug=endpoint.slug,
            owner_id=endpoint.owner_id,
            query_id=endpoint.query_id,
            created_at=to_time(endpoint.created_at),
            updated_at=to_time(endpoint.updated_at),
        )
        taken = f"There is an endpoint {endpoint.handle}/{endpoint.slug} already."
        return replace(endpoint, id=EndpointId(self._insert(statement, taken=taken)))

    def point_endpoint(self, endpoint_id: EndpointId, query_id: QueryId, at: datetime) -> None:
        """Let an endpoint name another query."""
        statement = update(custom_endpoints).where(_BY_ID)
        self._write(
            statement.values(query_id=query_id, updated_at=to_time(at)),
            {"endpoint_id": endpoint_id},
        )

    def delete_endpoint(self, endpoint_id: EndpointId) -> None:
        """Remove an endpoint; one that is gone is fine."""
        self._write(delete(custom_endpoints).where(_BY_ID), {"endpoint_id": endpoint_id})


def _read_endpoint(row: AnyRow) -> CustomEndpoint:
    return CustomEndpoint(
        id=row.id,
        workspace_id=row.workspace_id,
        handle=row.handle,
        slug=row.slug,
        owner_id=row.owner_id,
        query_id=row.query_id,
        created_at=from_time(row.created_at),
        updated_at=from_time(row.updated_at),
    )
