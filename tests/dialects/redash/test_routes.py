"""The URL table: complete, documented, and closed to keys that reach elsewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dialects.redash.examples import admin, inbound

from standpipe.core.errors import NotAuthenticated
from standpipe.core.ids import QueryId, UserId, WorkspaceId
from standpipe.core.principals import Permission, Principal
from standpipe.dialects.redash import routes
from standpipe.dialects.redash.routes.reach import within_reach
from standpipe.http.messages import Inbound, Outbound, Route, Work
from standpipe.services.directory import Services

README = Path(routes.__file__).parent.parent / "README.md"
KEY = Principal(
    workspace_id=WorkspaceId(1),
    permissions=frozenset({Permission.VIEW_QUERY}),
    query_id=QueryId(1),
)
SERVICES: Services = object()  # type: ignore[assignment] # no handler here gets as far as a service


def _answer(_services: Services, request: Inbound) -> Outbound:
    return Outbound(status=299 if request.caller is None else 200)


def _documented() -> Iterator[tuple[str, str]]:
    for line in README.read_text().splitlines():
        found = re.match(r"\| (GET|POST|DELETE) \| (/\S*) \|", line)
        if found:
            yield found[1], found[2]


def test_every_route_is_documented() -> None:
    """The endpoint table of the README is the URL table."""
    assert sorted(_documented()) == sorted((route.method, route.path) for route in routes.ROUTES)


def test_every_path_and_method_is_there_once() -> None:
    """No route hides another one of the same path."""
    pairs = [(route.method, route.path) for route in routes.ROUTES]
    assert len(set(pairs)) == len(pairs)


def test_ids_in_paths_are_numbers_everywhere() -> None:
    """Only jobs and dashboards are named by something else; so any other id is a 404."""
    parts = {part for route in routes.ROUTES for part in re.findall(r"\{([^}]*)\}", route.path)}
    assert {part for part in parts if not part.endswith(":int")} == {
        "job_id",
        "dashboard",
        "extension",
    }


def test_whatever_changes_runs_on_the_writer() -> None:
    """But for runs, which take their SQL apart first, and asking a source whether it answers."""
    others = {
        route.path: route.work
        for route in routes.ROUTES
        if route.method != "GET" and route.work is not Work.WRITE
    }
    assert others == {
        "/api/queries/{query_id:int}/results": Work.TEXT,
        "/api/query_results": Work.TEXT,
        "/api/queries/{query_id:int}/refresh": Work.TEXT,
        "/api/data_sources/{source_id:int}/test": Work.SLOW,
    }


@pytest.mark.parametrize(
    ("path", "parts", "caller", "status"),
    [
        ("/api/queries/{query_id:int}", {"query_id": "1"}, KEY, 200),
        ("/api/queries/{query_id:int}", {"query_id": "2"}, KEY, 404),
        ("/api/query_results/{result_id:int}", {"result_id": "1"}, KEY, 404),
        ("/api/session", {}, KEY, 404),
        ("/api/session", {}, admin(), 200),
        ("/api/session", {}, admin(user_id=UserId(7), permissions=frozenset()), 200),
        (
            "/api/queries/{query_id:int}",
            {"query_id": "1"},
            Principal(workspace_id=WorkspaceId(1), permissions=frozenset()),
            404,
        ),
    ],
)
def test_query_key_reaches_only_paths_of_its_query(
    path: str, parts: dict[str, str], caller: Principal, status: int
) -> None:
    """Anywhere else the key is nobody's."""
    route = within_reach(Route("GET", path, _answer))
    request = inbound(path, parts=parts, caller=caller)
    try:
        found = route.handler(SERVICES, request).status
    except NotAuthenticated:
        found = 404
    assert found == status


def test_query_key_is_a_stranger_on_public_paths() -> None:
    """Where everybody may enter, a key out of its reach enters as nobody."""
    route = within_reach(Route("GET", "/api/config", _answer, is_public=True))
    assert route.handler(SERVICES, inbound("/api/config", caller=KEY)).status == 299


def test_every_handler_of_the_table_is_behind_the_reach() -> None:
    """No route of the room can be entered with another query's key."""
    for route in routes.ROUTES:
        parts = dict.fromkeys(re.findall(r"\{(\w+)", route.path), "2")
        if route.is_public:
            continue
        with pytest.raises(NotAuthenticated):
            route.handler(SERVICES, inbound(route.path, parts=parts, caller=KEY))


def test_whatever_shows_a_query_leaves_the_loop() -> None:
    """The text of a default run takes its SQL apart, which may take seconds."""
    lists = ["", "/my", "/archive", "/favorites", "/recent", "/{query_id:int}"]
    shown = {f"/api/queries{rest}" for rest in lists}
    shown |= {"/api/dashboards/{dashboard}", "/api/widgets/{widget_id:int}"}
    work = {route.path: route.work for route in routes.ROUTES if route.method == "GET"}
    assert {work[path] for path in shown} == {Work.TEXT}
