"""Custom endpoints: the latest rows of a query under a name (compat/dune.md 2)."""

from typing import Final

from standpipe.core.errors import NotAllowed, NotFound
from standpipe.core.ids import QueryId
from standpipe.dialects.dune.errors import told
from standpipe.dialects.dune.routes.executions import CSV_ROWS, ROWS, show_latest
from standpipe.dialects.dune.routes.rows import show_csv, show_json
from standpipe.http.described import described
from standpipe.http.messages import Answer, Inbound
from standpipe.services.directory import Services

_NO_ENDPOINT: Final = "Custom endpoint not found"


def get_endpoint_results(services: Services, inbound: Inbound) -> Answer:
    """Read the rows of the latest run of an endpoint's query as JSON."""
    return show_latest(services, inbound, _query_of(services, inbound), show_json)


def get_endpoint_csv(services: Services, inbound: Inbound) -> Answer:
    """Read the rows of the latest run of an endpoint's query as CSV."""
    return show_latest(services, inbound, _query_of(services, inbound), show_csv)


def _query_of(services: Services, inbound: Inbound) -> QueryId:
    handle, slug = inbound.parts["handle"], inbound.parts["slug"]
    with told(_NO_ENDPOINT, NotFound, NotAllowed):
        _, query = services.endpoints.get(inbound.principal, handle, slug)
    return query.id


_PLACE: Final = "/endpoints/{handle}/{slug}/results"
ROUTES: Final = (
    described(f"GET {_PLACE}", get_endpoint_results, ROWS),
    described(f"GET {_PLACE}/csv", get_endpoint_csv, CSV_ROWS),
)
