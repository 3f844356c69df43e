"""The URL table of our own API: complete in its reference, and closed to keys from elsewhere."""

import re
from pathlib import Path

import pytest
from tests.dialects.native.examples import admin, inbound

from standpipe.core.errors import NotFound, UserNeeded
from standpipe.core.ids import QueryId, WorkspaceId
from standpipe.core.principals import Permission, Principal
from standpipe.dialects.native.routes import ROUTES
from standpipe.dialects.native.routes.reach import within_reach
from standpipe.http.messages import Answer, Inbound, Later, Onward, Outbound, Route, Work
from standpipe.services.directory import Services

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "native-api.md"
KEY = Principal(
    workspace_id=WorkspaceId(1),
    permissions=frozenset({Permission.VIEW_QUERY}),
    query_id=QueryId(1),
)
SERVICES: Services = object()  # type: ignore[assignment] # no handler here gets as far as a service


def _answer(_services: Services, _request: Inbound) -> Outbound:
    return Outbound(headers=(("X", "y"),))


def test_every_route_is_in_the_table_of_the_reference() -> None:
    """And nothing else is."""
    rows = re.findall(r"^\| (GET|POST|PATCH|DELETE) \| (/\S*) \|", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted((route.method, route.path) for route in ROUTES)


def test_whatever_changes_something_runs_on_the_writer() -> None:
    """But for runs, which take their SQL apart first and go on to it."""
    others = {
        route.path for route in ROUTES if route.method != "GET" and route.work is not Work.WRITE
    }
    assert others == {"/v1/executions", "/v1/queries/{query_id:int}/executions"}


@pytest.mark.parametrize(
    ("path", "parts", "error"),
    [
        ("/v1/queries/{query_id:int}", {"query_id": "1"}, None),
        ("/v1/queries/{query_id:int}", {"query_id": "2"}, NotFound),
        ("/v1/queries", {}, UserNeeded),
        ("/v1/executions", {}, UserNeeded),
        ("/v1/executions/{execution_id}", {"execution_id": "x"}, None),
        ("/v1/results/{result_id}", {"result_id": "x"}, None),
        ("/v1/me", {}, None),
    ],
)
def test_key_of_a_query_reaches_what_is_of_its_query(
    path: str, parts: dict[str, str], error: type[Exception] | None
) -> None:
    """Elsewhere it is told that a user is needed; another query is not there. Users pass."""
    handler = within_reach(Route("GET", path, _answer)).handler
    assert handler(SERVICES, inbound(parts=parts, caller=admin()))
    if error is None:
        assert handler(SERVICES, inbound(parts=parts, caller=KEY))
        return
    with pytest.raises(error):
        handler(SERVICES, inbound(parts=parts, caller=KEY))


def test_address_with_a_key_is_told_to_nobody() -> None:
    """Also where the answer comes later, or from another thread."""

    def later(_services: Services, _request: Inbound) -> Answer:
        return Later(
            execution_id=1,  # type: ignore[arg-type] # a number will do
            seconds=1,
            resume=lambda _is_over: Onward(Work.SLOW, Outbound),
        )

    request = inbound(args={"api_key": ("k",)})
    answer = within_reach(Route("GET", "/v1/me", later)).handler(SERVICES, request)
    assert isinstance(answer, Later)
    onward = answer.resume(True)
    assert isinstance(onward, Onward)
    outbound = onward.then()
    assert isinstance(outbound, Outbound)
    assert ("Referrer-Policy", "no-referrer") in outbound.headers
    bare = within_reach(Route("GET", "/v1/me", _answer)).handler(SERVICES, inbound())
    assert isinstance(bare, Outbound)
    assert bare.headers == (("X", "y"),)
