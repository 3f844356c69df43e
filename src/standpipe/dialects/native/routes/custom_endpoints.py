"""Custom endpoints: listed, made, pointed elsewhere, removed. Their rows are the Dune room's."""

from standpipe.core.ids import QueryId
from standpipe.dialects.native.requests.custom_endpoints import EndpointChange, NewEndpoint
from standpipe.dialects.native.responses.bodies import addresses_of, render_json
from standpipe.dialects.native.responses.custom_endpoints import (
    EndpointList,
    EndpointShown,
    show_endpoint,
    show_endpoints,
)
from standpipe.dialects.native.routes.notes import LOCATION, json_notes
from standpipe.http.endpoints import Asked, Notes, endpoint
from standpipe.http.messages import Inbound, Outbound, Work
from standpipe.http.operations import NoArguments, NoBody, Shown
from standpipe.services.directory import Services

TAG = "custom endpoints"


def list_endpoints(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """List the endpoints whose query you may see."""
    found = services.endpoints.find(asked.principal)
    return render_json(show_endpoints(found, addresses_of(asked.inbound)))


def create_endpoint(services: Services, asked: Asked[NoArguments, NewEndpoint]) -> Outbound:
    """Make a name under which the latest rows of a query are read."""
    body, to = asked.body, addresses_of(asked.inbound)
    query_id = QueryId(body.query_id)
    made = services.endpoints.create(asked.principal, body.slug, query_id, body.handle)
    headers = (("Location", to.to("endpoints", made.handle, made.slug)),)
    return render_json(show_endpoint(made, to), status=201, headers=headers)


def get_endpoint(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Read what an endpoint stands for."""
    found, _ = services.endpoints.get(asked.principal, *_name(asked.inbound))
    return render_json(show_endpoint(found, addresses_of(asked.inbound)))


def change_endpoint(services: Services, asked: Asked[NoArguments, EndpointChange]) -> Outbound:
    """Let an endpoint stand for another query."""
    query_id = QueryId(asked.body.query_id)
    changed = services.endpoints.point(asked.principal, *_name(asked.inbound), query_id)
    return render_json(show_endpoint(changed, addresses_of(asked.inbound)))


def delete_endpoint(services: Services, asked: Asked[NoArguments, NoBody]) -> Outbound:
    """Remove an endpoint; its query stays."""
    services.endpoints.delete(asked.principal, *_name(asked.inbound))
    return Outbound(status=204)


def _name(inbound: Inbound) -> tuple[str, str]:
    return inbound.parts["handle"], inbound.parts["slug"]


_ENDPOINT = "/v1/endpoints/{handle}/{slug}"
_MADE = Shown(description="The new endpoint.", type=EndpointShown, headers=(LOCATION,))

ROUTES = (
    endpoint("GET /v1/endpoints", list_endpoints, json_notes(TAG, EndpointList)),
    endpoint(
        "POST /v1/endpoints",
        create_endpoint,
        Notes(tag=TAG, answers={201: _MADE}, refusals=(404, 409, 413)),
        work=Work.WRITE,
    ),
    endpoint(f"GET {_ENDPOINT}", get_endpoint, json_notes(TAG, EndpointShown, 404)),
    endpoint(
        f"PATCH {_ENDPOINT}",
        change_endpoint,
        json_notes(TAG, EndpointShown, 404, 413),
        work=Work.WRITE,
    ),
    endpoint(
        f"DELETE {_ENDPOINT}",
        delete_endpoint,
        Notes(tag=TAG, answers={204: Shown(description="Removed.")}, refusals=(404,)),
        work=Work.WRITE,
    ),
)
