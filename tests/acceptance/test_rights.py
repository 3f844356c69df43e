"""Rooms keep their own rights: who gets which answer, for one owner's public and private query."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.support.metadata import Metadata
from tests.support.rights import Scene, set_scene
from tests.support.wire import Wire

from standpipe.dialects.native.routes import ROOM as NATIVE_ROOM
from standpipe.dialects.redash.errors import LOGIN_FIRST
from standpipe.dialects.redash.routes import ROOM
from standpipe.testing import Answer, running

pytestmark = pytest.mark.acceptance

IDLE = {"STANDPIPE_WORKERS": "0", "STANDPIPE_LOG_LEVEL": "error"}

# What the columns mean: the owner and an administrator; a second user and one who may only view
# the source; a user whose groups do not reach it; the query's key and that of another query.
# Nobody, a wrong key, a revoked key and the key of a locked user are the same: see below.
WHO = ("owner", "admin", "second", "viewer", "stranger", "key", "otherkey", "nobody")

PUBLIC = """
GET    /api/queries/{public}                              200 200 200 200 403 200 404 404
GET    /api/queries/{public}/results                      200 200 200 200 403 200 404 404
GET    /api/queries/{public}/results.csv                  200 200 200 200 403 200 404 404
GET    /api/queries/{public}/results.parquet              200 200 200 200 403 200 404 404
GET    /api/queries/{public}/results.json?p_x=a           200 200 200 200 403 200 404 404
GET    /api/queries/{public}/results.json?p_x=b           404 404 404 404 403 404 404 404
GET    /api/queries/{public}/results/{public_result}.json 200 200 200 200 403 200 404 404
GET    /api/queries/{public}/results/{other_result}.json  200 200 200 200 403 404 404 404
GET    /api/queries/{public}/results/{private_result}.csv 200 200 404 404 403 404 404 404
GET    /api/query_results/{public_result}                 200 200 200 200 403 404 404 404
GET    /api/query_results/{public_result}.csv             200 200 200 200 403 404 404 404
POST   /api/queries/{public}/results                      200 200 200 200 403 200 404 404
POST   /api/queries/{public}/refresh                      200 200 200 403 403 403 404 404
GET    /api/jobs/{public_job}                             200 200 404 404 404 404 404 404
GET    /api/queries/{public}/jobs/{public_job}            200 200 404 404 404 404 404 404
GET    /api/queries/{other}/jobs/{public_job}             404 404 404 404 404 404 404 404
GET    /api/queries/{public}/dropdown                     200 200 200 200 403 200 404 404
GET    /api/queries/{public}/dropdowns/{list}             200 200 200 200 403 200 404 404
GET    /api/queries/{public}/dropdowns/{unrelated}        404 404 404 404 403 404 404 404
GET    /api/queries/{list}/dropdown                       200 200 200 200 403 404 404 404
POST   /api/queries/{public}                              200 200 403 403 403 403 404 404
POST   /api/queries/{public}/fork                         200 200 200 403 403 403 404 404
POST   /api/queries/{public}/favorite                     200 200 200 200 403 403 404 404
DELETE /api/queries/{public}/favorite                     200 200 200 200 403 403 404 404
POST   /api/queries/{public}/regenerate_api_key             -   - 403 403 403 403 404 404
DELETE /api/queries/{public}                                -   - 403 403 403 403 404 404
GET    /api/visualizations/{public_vis}                   200 200 200 200 403 404 404 404
POST   /api/visualizations/{public_vis}                   200 200 403 403 403 404 404 404
DELETE /api/visualizations/{public_vis}                     -   - 403 403 403 404 404 404
"""
PRIVATE = """
GET    /api/queries/{private}                               200 200 404 404 404 404 404 404
GET    /api/queries/{private}/results                       200 200 404 404 404 404 404 404
GET    /api/queries/{private}/results.csv                   200 200 404 404 404 404 404 404
GET    /api/queries/{private}/results.json?p_x=a            200 200 404 404 404 404 404 404
GET    /api/queries/{private}/results/{private_result}.json 200 200 404 404 404 404 404 404
GET    /api/queries/{private}/results/{public_result}.json  200 200 404 404 404 404 404 404
GET    /api/query_results/{private_result}                  200 200 404 404 404 404 404 404
GET    /api/query_results/{private_result}.parquet          200 200 404 404 404 404 404 404
POST   /api/queries/{private}/results                       200 200 404 404 404 404 404 404
POST   /api/queries/{private}/refresh                       200 200 404 404 404 404 404 404
GET    /api/jobs/{private_job}                              200 200 404 404 404 404 404 404
GET    /api/queries/{private}/jobs/{private_job}            200 200 404 404 404 404 404 404
GET    /api/queries/{private}/dropdown                      200 200 404 404 404 404 404 404
GET    /api/queries/{private}/dropdowns/{list}              200 200 404 404 404 404 404 404
POST   /api/queries/{private}                               200 200 404 404 404 404 404 404
POST   /api/queries/{private}/fork                          200 200 404 404 404 404 404 404
POST   /api/queries/{private}/favorite                      200 200 404 404 404 404 404 404
POST   /api/queries/{private}/regenerate_api_key              -   - 404 404 404 404 404 404
DELETE /api/queries/{private}                                 -   - 404 404 404 404 404 404
GET    /api/visualizations/{private_vis}                    200 200 404 404 404 404 404 404
POST   /api/visualizations/{private_vis}                    200 200 404 404 404 404 404 404
DELETE /api/visualizations/{private_vis}                      -   - 404 404 404 404 404 404
"""
AROUND = """
GET    /api/queries                            200 200 200 200 200 404 404 404
GET    /api/queries/my                         200 200 200 200 200 404 404 404
GET    /api/queries/favorites                  200 200 200 200 200 404 404 404
GET    /api/queries/recent                     200 200 200 200 200 404 404 404
GET    /api/queries/tags                       200 200 200 200 200 404 404 404
POST   /api/query_results                      200 200 200 403 403 404 404 404
POST   /api/queries                            200 200 200 403 403 404 404 404
GET    /api/data_sources                       200 200 200 200 200 404 404 404
GET    /api/data_sources/{source}              200 200 200 200 403 404 404 404
GET    /api/data_sources/{source}/schema       200 200 200 200 403 404 404 404
GET    /api/data_sources/types                 403 200 403 403 403 404 404 404
POST   /api/data_sources/{source}/test         403 200 403 403 403 404 404 404
POST   /api/data_sources/{source}              403   - 403 403 403 404 404 404
POST   /api/data_sources/{source}/pause        403   - 403 403 403 404 404 404
POST   /api/data_sources                       403   - 403 403 403 404 404 404
DELETE /api/data_sources/{source}              403   - 403 403 403 404 404 404
GET    /api/dashboards                         200 200 200 200 200 404 404 404
GET    /api/dashboards/{board}                 200 200 200 200 200 404 404 404
GET    /api/dashboards/board                   200 200 200 200 200 404 404 404
GET    /api/dashboards/{draft}                 200 200 404 404 404 404 404 404
POST   /api/dashboards/{board}                 200 200 403 403 403 404 404 404
DELETE /api/dashboards/{board}                   -   - 403 403 403 404 404 404
GET    /api/widgets/{public_widget}            200 200 200 200 200 404 404 404
GET    /api/widgets/{private_widget}           200 200 200 200 200 404 404 404
POST   /api/widgets/{private_widget}           200 200 403 403 403 404 404 404
DELETE /api/widgets/{private_widget}             -   - 403 403 403 404 404 404
GET    /api/users                              200 200 200 200 200 404 404 404
GET    /api/users/{owner_user}                 200 200 200 200 200 404 404 404
POST   /api/users/{owner_user}/regenerate_api_key -  - 403 403 403 404 404 404
GET    /api/groups                             200 200 200 200 200 404 404 404
GET    /api/session                            200 200 200 200 200 404 404 404
GET    /status.json                            403 200 403 403 403 302 302 302
GET    /api/config                             200 200 200 200 200 200 200 200
GET    /ping                                   200 200 200 200 200 200 200 200
"""
NATIVE = """
GET    /v1                                                   200 200 200 200 200 200 200 200
GET    /v1/openapi.json                                      200 200 200 200 200 200 200 200
GET    /v1/me                                                200 200 200 200 200 200 200 401
GET    /v1/data-sources                                      200 200 200 200 200 403 403 401
GET    /v1/queries                                           200 200 200 200 200 403 403 401
POST   /v1/queries                                           201 201 201 403 403 403 403 401
GET    /v1/queries/{public}                                  200 200 200 200 403 200 404 401
PATCH  /v1/queries/{public}                                  200 200 403 403 403 403 404 401
DELETE /v1/queries/{public}                                    -   - 403 403 403 403 404 401
GET    /v1/queries/{public}/parameters                       200 200 200 200 403 200 404 401
GET    /v1/queries/{public}/openapi.json                     200 200 200 200 403 200 404 401
GET    /v1/queries/{public}/history                          200 200 200 200 403 200 404 401
GET    /v1/queries/{public}/results                          200 200 200 200 403 200 404 401
GET    /v1/queries/{public}/results.csv?p_x=a                200 200 200 200 403 200 404 401
GET    /v1/queries/{public}/results.csv?p_x=b&wait=0         503 503 503 503 403 503 404 401
HEAD   /v1/queries/{public}/results.csv?p_x=b                503 503 503 503 403 503 404 401
GET    /v1/queries/{public}/results/latest                   200 200 200 200 403 200 404 401
GET    /v1/queries/{public}/results/latest.csv?p_x=a         200 200 200 200 403 200 404 401
GET    /v1/queries/{public}/results/latest.csv?p_x=b         404 404 404 404 403 404 404 401
GET    /v1/queries/{public}/results/latest?as_of={now}       200 200 200 200 403 200 404 401
POST   /v1/queries/{public}/executions                       202 202 202 202 403 202 404 401
POST   /v1/queries/{public}/executions?dry_run=true          200 200 200 200 200 200 404 401
POST   /v1/executions                                        202 202 202 403 403 403 403 401
POST   /v1/executions?dry_run=true                           200 200 200 200 200 403 403 401
GET    /v1/executions/{public_job}                           200 200 404 404 404 404 404 401
GET    /v1/executions/{public_job}/events                    200 200 404 404 404 404 404 401
GET    /v1/executions/{public_job}/results                   200 200 404 404 404 404 404 401
GET    /v1/executions/{public_job}/results.csv               200 200 404 404 404 404 404 401
DELETE /v1/executions/{public_job}                           200 200 404 404 404 404 404 401
GET    /v1/results/{public_uid}                              200 200 200 200 403 200 404 401
GET    /v1/results/{public_uid}.parquet                      200 200 200 200 403 200 404 401
GET    /v1/results/{public_uid}/metadata                     200 200 200 200 403 200 404 401
GET    /v1/results/{public_uid}/facets?columns=v             200 200 200 200 403 200 404 401
GET    /v1/results/{public_uid}/differences?from={other_uid} 200 200 200 200 403 404 404 401
GET    /v1/results/{other_uid}/differences.csv?from={public_uid} 200 200 200 200 403 404 404 401
GET    /v1/results/{public_uid}/differences?from={private_uid}  200 200 404 404 403 404 404 401
GET    /v1/queries/{private}                                 200 200 404 404 404 404 404 401
PATCH  /v1/queries/{private}                                 200 200 404 404 404 404 404 401
DELETE /v1/queries/{private}                                   -   - 404 404 404 404 404 401
GET    /v1/queries/{private}/parameters                      200 200 404 404 404 404 404 401
GET    /v1/queries/{private}/openapi.json                    200 200 404 404 404 404 404 401
GET    /v1/queries/{private}/history                         200 200 404 404 404 404 404 401
GET    /v1/queries/{private}/results                         200 200 404 404 404 404 404 401
GET    /v1/queries/{private}/results.csv                     200 200 404 404 404 404 404 401
HEAD   /v1/queries/{private}/results.csv                     200 200 404 404 404 404 404 401
GET    /v1/queries/{private}/results/latest                  200 200 404 404 404 404 404 401
GET    /v1/queries/{private}/results/latest.csv              200 200 404 404 404 404 404 401
POST   /v1/queries/{private}/executions                      202 202 404 404 404 404 404 401
POST   /v1/queries/{private}/executions?dry_run=true         200 200 404 404 404 404 404 401
GET    /v1/executions/{private_job}                          200 200 404 404 404 404 404 401
GET    /v1/executions/{private_job}/results                  200 200 404 404 404 404 404 401
GET    /v1/results/{private_uid}                             200 200 404 404 404 404 404 401
GET    /v1/results/{private_uid}.csv                         200 200 404 404 404 404 404 401
GET    /v1/results/{private_uid}/metadata                    200 200 404 404 404 404 404 401
GET    /v1/results/{private_uid}/facets?columns=v            200 200 404 404 404 404 404 401
GET    /v1/results/{private_uid}/differences?from={public_uid} 200 200 404 404 404 404 404 401
GET    /v1/endpoints                                         200 200 200 200 200 403 403 401
POST   /v1/endpoints                                         201 201 201 201 403 403 403 401
GET    /v1/endpoints/{handle}/{public_slug}                  200 200 200 200 404 403 403 401
PATCH  /v1/endpoints/{handle}/{public_slug}                  200 200 403 403 404 403 403 401
DELETE /v1/endpoints/{handle}/{public_slug}                    -   - 403 403 404 403 403 401
GET    /v1/endpoints/{handle}/{slug}                         200 200 404 404 404 403 403 401
PATCH  /v1/endpoints/{handle}/{slug}                         200 200 404 404 404 403 403 401
DELETE /v1/endpoints/{handle}/{slug}                           -   - 404 404 404 403 403 401
GET    /v1/usage                                             200 200 200 200 200 403 403 401
GET    /v1/usage?scope=workspace                             403 200 403 403 403 403 403 401
"""
BODIES: dict[str, Any] = {
    "POST /v1/queries": {"name": "New", "sql": "select 1", "data_source_id": 1},
    "PATCH /v1/queries/{public}": {"description": "changed"},
    "PATCH /v1/queries/{private}": {"description": "changed"},
    "POST /v1/queries/{public}/executions": {"parameters": {"x": "a"}},
    "POST /v1/queries/{private}/executions": {"parameters": {"x": "a"}},
    "POST /v1/endpoints": {"slug": "made", "query_id": 1},
    "PATCH /v1/endpoints/{handle}/{public_slug}": {"query_id": 4},
    "PATCH /v1/endpoints/{handle}/{slug}": {"query_id": 5},
    "POST /v1/executions": {"sql": "select 1", "data_source_id": 1},
    "POST /v1/executions?dry_run=true": {"sql": "select 1", "data_source_id": 1},
    "POST /api/queries/{public}": {"description": "changed"},
    "POST /api/queries/{private}": {"description": "changed"},
    "POST /api/queries/{public}/results": {"parameters": {"x": "a"}},
    "POST /api/queries/{private}/results": {"parameters": {"x": "a"}},
    "POST /api/query_results": {"query": "select 1", "data_source_id": 1, "max_age": 0},
    "POST /api/queries": {"name": "New", "query": "select 1", "data_source_id": 1},
    "POST /api/dashboards/{board}": {"tags": ["seen"]},
    "POST /api/widgets/{private_widget}": {"text": ""},
    "POST /api/visualizations/{public_vis}": {"description": "changed"},
    "POST /api/visualizations/{private_vis}": {"description": "changed"},
    "POST /api/data_sources": {"name": "New", "type": "duckdb", "options": {}},
    "POST /api/data_sources/{source}": {"name": "New", "type": "duckdb", "options": {}},
}

Asked = dict[tuple[str, str], Answer]


class Stage:
    """A server over the scene, and every answer of the tables."""

    def __init__(self, scene: Scene, wire: Wire, metadata: Metadata) -> None:
        """Ask nothing yet."""
        self.scene, self.wire, self.metadata = scene, wire, metadata

    def ask(self, who: str, request: str, body: Any = None) -> Answer:
        """Make a request, written ``METHOD path`` with names of the scene, with somebody's key."""
        method, path = request.split()
        body = BODIES.get(f"{method} {path}") if body is None else body
        return self.wire.ask(method, path.format(**self.scene.ids), body, key=self.scene.keys[who])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """People, queries and a dashboard; nothing runs any more."""
    folder = tmp_path_factory.mktemp("rights")
    (folder / "facts.csv").write_text("n\n1\n")
    scene = set_scene(folder / "home", [folder / "facts.csv"])
    with (
        running(["serve"], scene.home, environment=IDLE) as server,
        closing(Wire(server)) as wire,
        closing(Metadata(scene.home)) as metadata,
    ):
        yield Stage(scene, wire, metadata)


@pytest.fixture(scope="module")
def asked(stage: Stage) -> Asked:
    """Every answer of every table, by request and by who asked."""
    return {
        (request, who): stage.ask(who, request)
        for table in (PUBLIC, PRIVATE, AROUND, NATIVE)
        for request, cells in _rows(table)
        for who, cell in zip(WHO, cells, strict=True)
        if cell != "-"
    }


def _rows(table: str) -> Iterator[tuple[str, list[str]]]:
    for line in table.strip().splitlines():
        method, path, *cells = line.split()
        yield f"{method} {path}", cells


@pytest.mark.parametrize(
    "table", [PUBLIC, PRIVATE, AROUND, NATIVE], ids=["public", "private", "around", "native"]
)
def test_everybody_gets_the_answer_of_the_table(asked: Asked, table: str) -> None:
    """Who times what: the status, exactly as the table above says."""
    said = {
        (request, who): str(asked[request, who].status)
        for request, cells in _rows(table)
        for who, cell in zip(WHO, cells, strict=True)
        if cell != "-"
    }
    wanted = {
        (request, who): cell
        for request, cells in _rows(table)
        for who, cell in zip(WHO, cells, strict=True)
        if cell != "-"
    }
    wrong = {key: (said[key], wanted[key]) for key in wanted if said[key] != wanted[key]}
    assert wrong == {}


def test_no_answer_shows_a_key_of_somebody_else(stage: Stage, asked: Asked) -> None:
    """Keys are shown to their owner and to administrators, in no answer to anybody else."""
    scene = stage.scene
    secret = {*scene.user_keys.values(), *scene.query_keys.values(), scene.keys["revoked"]}
    for (request, who), answer in asked.items():
        if who in ("owner", "admin"):
            continue
        own = {scene.keys[who]} if who in scene.user_keys else set()
        shown = {key for key in secret - own if key and key.encode() in answer.body}
        assert (request, who, shown) == (request, who, set())
    shown_to_owner = asked["GET /api/queries/{public}", "owner"].json()["api_key"]
    assert shown_to_owner == scene.query_keys["public"]
    others = {asked["GET /api/queries/{public}", who].json()["api_key"] for who in WHO[2:4]}
    assert others == {""}


def test_no_answer_to_a_key_or_to_nobody_shows_an_address(asked: Asked) -> None:
    """A query key reads rows and its query, not who works here."""
    for (request, who), answer in asked.items():
        if who in ("key", "otherkey", "nobody"):
            assert (request, who, b"example.org" in answer.body) == (request, who, False)


def test_no_refusal_and_no_list_shows_the_private_query(stage: Stage, asked: Asked) -> None:
    """Others do not learn its name, its SQL or its rows: not in lists, widgets or dashboards."""
    for (request, who), answer in asked.items():
        if who not in ("owner", "admin"):
            for secret in (b"Private", b"private rows"):
                assert (request, who, secret in answer.body) == (request, who, False)


def test_settings_of_a_source_are_for_administrators(stage: Stage, asked: Asked) -> None:
    """Paths of the server's files stand in no answer to anybody else."""
    folder = str(stage.scene.home.parent).encode()
    shown_to = {who for (_, who), answer in asked.items() if folder in answer.body}
    assert shown_to == {"admin"}


@pytest.mark.parametrize("who", ["nobody", "wrong", "revoked", "locked"])
def test_without_a_good_key_everything_is_closed(stage: Stage, who: str) -> None:
    """Every endpoint that is not public: 404 that asks to sign in, and nothing changes."""
    before = stage.metadata.contents()
    for route in ROOM.routes:
        if route.is_public or not route.path.startswith("/api"):
            continue
        answer = stage.ask(who, f"{route.method} {_filled(route.path)}", body={})
        said = (route.method, route.path, answer.status, answer.json())
        assert said == (route.method, route.path, 404, {"message": LOGIN_FIRST})
    assert stage.metadata.contents() == before


@pytest.mark.parametrize("who", ["nobody", "wrong", "revoked", "locked"])
def test_our_own_api_is_closed_without_a_good_key(stage: Stage, who: str) -> None:
    """Every endpoint that is not public: 401 that says how to come in, and nothing changes."""
    before = stage.metadata.contents()
    for route in NATIVE_ROOM.routes:
        if not route.is_public:
            answer = stage.ask(who, f"{route.method} {_filled(route.path)}", body={})
            said = (route.path, answer.status, answer.json()["code"])
            assert said == (route.path, 401, "not_authenticated")
    assert stage.metadata.contents() == before


def test_every_endpoint_of_our_own_api_is_in_the_table() -> None:
    """A new endpoint cannot be forgotten."""
    named = {_shape(request) for request, _ in _rows(NATIVE)}
    assert {_shape(f"{route.method} {route.path}") for route in NATIVE_ROOM.routes} <= named


def test_a_write_to_our_own_api_by_cookie_needs_its_token(stage: Stage) -> None:
    """Without it, or with a wrong one, a 403 and no change; with it the write is made."""
    cookie = {"Cookie": f"session={stage.scene.cookie}"}
    assert stage.wire.ask("GET", "/v1/me", headers=cookie).status == 200
    before = stage.metadata.contents()
    for route in NATIVE_ROOM.routes:
        if route.method == "GET":
            continue
        path = _filled(route.path).format(**stage.scene.ids)
        for headers in (cookie, {**cookie, "X-CSRF-Token": "x"}):
            answer = stage.wire.ask(route.method, path, {}, headers=headers)
            assert (path, answer.status, answer.json()["code"]) == (path, 403, "csrf_failed")
    assert stage.metadata.contents() == before
    good = {**cookie, "X-CSRF-Token": stage.scene.csrf}
    path = f"/v1/queries/{stage.scene.ids['public']}"
    assert stage.wire.ask("PATCH", path, {"tags": ["seen"]}, headers=good).status == 200


def test_a_query_key_opens_only_paths_of_its_query(stage: Stage) -> None:
    """Every other endpoint answers as to nobody."""
    for route in ROOM.routes:
        if route.is_public or not route.path.startswith("/api"):
            continue
        answer = stage.ask("otherkey", f"{route.method} {_filled(route.path)}", body={})
        said = (route.method, route.path, answer.status, answer.json())
        assert said == (route.method, route.path, 404, {"message": LOGIN_FIRST})


def test_a_wrong_key_is_never_made_good(stage: Stage) -> None:
    """The first place that holds a key counts; the cookie does not help it."""
    scene = stage.scene
    good, cookie = f"Key {scene.keys['owner']}", f"session={scene.cookie}"
    headers = {"Authorization": good, "Cookie": cookie}
    assert stage.wire.ask("GET", "/api/session", headers=headers).status == 200
    assert stage.wire.ask("GET", "/api/session?api_key=bad", headers=headers).status == 404
    assert stage.wire.ask("GET", "/api/session?api_key=", headers=headers).status == 404
    headers["Authorization"] = "Key bad"
    assert stage.wire.ask("GET", "/api/session", headers=headers).status == 404


def test_a_write_by_cookie_needs_its_token(stage: Stage) -> None:
    """Every writing endpoint: without or with a wrong token a 400, and nothing changes."""
    cookie = {"Cookie": f"session={stage.scene.cookie}"}
    assert stage.wire.ask("GET", "/api/session", headers=cookie).status == 200
    before = stage.metadata.contents()
    for route in ROOM.routes:
        if route.method == "GET":
            continue
        path = _filled(route.path).format(**stage.scene.ids)
        for headers in (cookie, {**cookie, "X-CSRF-TOKEN": "x"}, {**cookie, "X-CSRF-TOKEN": "é"}):
            answer = stage.wire.ask(route.method, path, {}, headers=headers)
            said = (route.method, path, answer.status, answer.json())
            wanted = {"message": "The CSRF token is missing."}
            assert said == (route.method, path, 400, wanted)
    assert stage.metadata.contents() == before
    good = {**cookie, "X-CSRF-TOKEN": stage.scene.csrf}
    path = f"/api/queries/{stage.scene.ids['public']}/favorite"
    assert stage.wire.ask("POST", path, headers=good).status == 200


def test_cancel_is_for_the_holder(stage: Stage) -> None:
    """A waiting run of the owner's: others get a 404 and it waits on; the owner ends it."""
    request, body = "POST /api/queries/{other}/results", {"max_age": 0}
    job = stage.ask("owner", request, body).json()["job"]["id"]
    before = stage.metadata.contents()
    for who in ("second", "viewer", "stranger", "otherkey", "key", "nobody"):
        assert stage.ask(who, f"DELETE /api/jobs/{job}").status == 404
        assert stage.ask(who, f"DELETE /api/queries/{{other}}/jobs/{job}").status == 404
    assert stage.metadata.contents() == before
    assert stage.ask("owner", f"DELETE /api/jobs/{job}").body == b"null"
    assert stage.ask("owner", f"GET /api/jobs/{job}").json()["job"]["status"] == 4


def test_a_query_key_holds_what_it_started(stage: Stage) -> None:
    """It polls and cancels below its query; the owner's key does not see that job."""
    request, body = "POST /api/queries/{other}/results", {"max_age": 0}
    job = stage.ask("otherkey", request, body).json()["job"]["id"]
    assert stage.ask("otherkey", f"GET /api/queries/{{other}}/jobs/{job}").status == 200
    assert stage.ask("otherkey", f"GET /api/jobs/{job}").status == 404
    assert stage.ask("second", f"GET /api/jobs/{job}").status == 404
    assert stage.ask("otherkey", f"DELETE /api/queries/{{other}}/jobs/{job}").body == b"null"


def test_widgets_of_a_private_query_are_empty_for_others(stage: Stage, asked: Asked) -> None:
    """The dashboard is shown; the widget says that it is restricted, and nothing of its query."""
    for who, restricted in (
        ("owner", 0),
        ("admin", 0),
        ("second", 1),
        ("viewer", 1),
        ("stranger", 2),
    ):
        widgets = asked["GET /api/dashboards/{board}", who].json()["widgets"]
        assert (who, sum(bool(item.get("restricted")) for item in widgets)) == (who, restricted)


def test_archive_and_new_keys_are_for_the_owner(stage: Stage) -> None:
    """The rest of the table: what would change the scene, done with a query made for it."""
    body = {"name": "Mine", "query": "select 7", "data_source_id": int(stage.scene.ids["source"])}
    made = stage.ask("owner", "POST /api/queries", body).json()
    path = f"/api/queries/{made['id']}"
    assert stage.ask("second", f"POST {path}/regenerate_api_key").status == 403
    assert stage.ask("second", f"DELETE {path}").status == 403
    after = stage.ask("owner", f"POST {path}/regenerate_api_key").json()
    assert (len(after["api_key"]), after["api_key"] != made["api_key"]) == (40, True)
    for key, status in ((made["api_key"], 404), (after["api_key"], 200)):
        assert stage.wire.ask("GET", path, key=key).status == status
    assert stage.ask("owner", f"DELETE {path}").body == b"null"


def test_copy_keeps_what_its_maker_may_see(stage: Stage) -> None:
    """A copy belongs to its maker, with a key of its own; the original keeps its own."""
    copy = stage.ask("second", "POST /api/queries/{public}/fork").json()
    assert copy["user"]["email"] == stage.scene.emails["second"]
    assert copy["api_key"] not in {"", *stage.scene.query_keys.values()}
    assert stage.wire.ask("GET", f"/api/queries/{copy['id']}", key=copy["api_key"]).status == 200
    original = f"/api/queries/{stage.scene.ids['public']}"
    assert stage.wire.ask("GET", original, key=copy["api_key"]).status == 404


def _filled(path: str) -> str:
    """Return a route's path with things of the scene in its places; the private query's."""
    names = {
        "{query_id:int}": "{private}",
        "{result_id}": "{private_uid}",
        "{execution_id}": "{private_job}",
        "{result_id:int}": "{private_result}",
        "{job_id}": "{private_job}",
        "{list_id:int}": "{list}",
        "{extension}": "json",
        "{dashboard}": "{board}",
        "{widget_id:int}": "{private_widget}",
        "{visualization_id:int}": "{private_vis}",
        "{source_id:int}": "{source}",
        "{user_id:int}": "{owner_user}",
    }
    for name, thing in names.items():
        path = path.replace(name, thing)
    return path


def _shape(request: str) -> str:
    """Return method and path without arguments, names of parts and suffix."""
    bare = re.sub(r"\{[\w:]+\}", "{}", request.partition("?")[0])
    return re.sub(r"\.(csv|parquet|\{\})$", "", bare)
