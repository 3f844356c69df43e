"""From paths to routes: exact paths, patterns, integer parts, methods, and who owns a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.app.server import MOUNTS
from standpipe.core.errors import MethodNotAllowed, NotFound
from standpipe.http.messages import Inbound, Outbound, Route
from standpipe.http.routing import Mount, RouteTable
from standpipe.services.directory import Services


def _answer(_: Services, __: Inbound) -> Outbound:
    return Outbound()


TABLE = RouteTable(
    [
        Route("GET", "/things", _answer),
        Route("POST", "/things", _answer),
        Route("GET", "/things/mine", _answer),
        Route("GET", "/things/{id:int}", _answer),
        Route("GET", "/things/{id}.{kind}", _answer),
        Route("DELETE", "/things/{id:int}/parts/{part}", _answer),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "found", "parts"),
    [
        ("GET", "/things", "/things", {}),
        ("HEAD", "/things", "/things", {}),
        ("GET", "/things/mine", "/things/mine", {}),
        ("GET", "/things/12", "/things/{id:int}", {"id": "12"}),
        ("GET", "/things/12.csv", "/things/{id}.{kind}", {"id": "12", "kind": "csv"}),
        (
            "DELETE",
            "/things/1/parts/a-b",
            "/things/{id:int}/parts/{part}",
            {"id": "1", "part": "a-b"},
        ),
    ],
)
def test_a_path_finds_its_route(method: str, path: str, found: str, parts: dict[str, str]) -> None:
    """Exact paths win over patterns, and HEAD is answered by GET."""
    route, matched = TABLE.match(method, path)
    assert (route.path, dict(matched)) == (found, parts)


@pytest.mark.parametrize("path", ["/", "/thing", "/things/", "/things/abc", "/things/1/parts"])
def test_what_is_not_in_the_table_is_not_found(path: str) -> None:
    """A path with another number of segments, or with letters for digits, is nothing."""
    with pytest.raises(NotFound):
        TABLE.match("GET", path)


def test_a_wrong_method_names_the_right_ones() -> None:
    """The refusal lists what may be done, HEAD included."""
    with pytest.raises(MethodNotAllowed) as refused:
        TABLE.match("PUT", "/things")
    assert refused.value.allowed == ("GET", "HEAD", "POST")


@given(st.text(max_size=40))
def test_any_path_is_a_route_or_not_found(path: str) -> None:
    """No text makes the table fail in another way."""
    try:
        TABLE.match("GET", f"/{path}")
    except NotFound:
        return


def test_a_room_owns_whole_segments() -> None:
    """``/api`` owns ``/api/x`` but not ``/apix``."""
    mount = Mount(("/api",), MOUNTS[0].room)
    assert [mount.owns(path) for path in ("/api", "/api/x", "/apix", "/")] == [
        True,
        True,
        False,
        False,
    ]


def test_an_address_that_ends_in_a_slash_is_forgiven() -> None:
    """Behind the prefix of a room, and nowhere else."""
    mount = Mount(("/api/v2", ""), MOUNTS[0].room)
    assert mount.inner("/api/v2//jobs/1") == "/api/v2/jobs/1"
    assert mount.inner("/api/v2/jobs//1") == "/api/v2/jobs//1"
    assert mount.inner("/x//y") == "/x//y"


def test_every_route_of_the_server_is_reached_by_its_own_room() -> None:
    """No mount hides a route of a later one, and no route hides another of its room."""
    for mount in MOUNTS:
        table = RouteTable(mount.room.routes)
        for route in mount.room.routes:
            path = _example(route.path)
            owner = next(other for other in MOUNTS if other.owns(path))
            assert owner is mount, route.path
            found, _ = table.match(route.method, path)
            assert found.path == route.path, (route.path, found.path)


def _example(path: str) -> str:
    import re

    return re.sub(r"\{\w+\}", "x1", re.sub(r"\{\w+:int\}", "7", path))
