"""Who asks too often is told so in the words of each API, and when to ask again."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.seeded import Seeded, seed

from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.acceptance

MOST = 4
QUIET = {"STANDPIPE_LOG_LEVEL": "error", "STANDPIPE_REQUESTS_PER_MINUTE": str(MOST)}
APIS = {
    "native": ("/v1/me", "Authorization", "Bearer {}"),
    "redash": ("/api/session", "Authorization", "Key {}"),
    "dune": ("/api/v1/queries", "X-Dune-API-Key", "{}"),
    "holistics": ("/users/info.json", "X-Holistics-Key", "{}"),
    "holistics v2": ("/api/v2/users/me", "X-Holistics-Key", "{}"),
    "myreports": ("/api/v1.0/workspaces", "Authorisation", "Bearer {}"),
}
BODIES: dict[str, dict[str, Any]] = {
    "native": {"status": 429, "type": "urn:standpipe:error:rate_limited"},
    "redash": {"message": "4 per 1 minute"},
    "dune": {"error": "too many requests"},
    "holistics": {},
    "holistics v2": {"type": "RateLimitExceedError"},
    "myreports": {"error": 429, "status": "error"},
}


@pytest.fixture
def seeded(tmp_path: Any) -> Seeded:
    return seed(tmp_path / "home", queries={"one": "select 1 as a"})


@pytest.fixture
def server(seeded: Seeded) -> Iterator[RunningServer]:
    with running(["serve", "--workers", "0"], seeded.home, environment=QUIET) as server:
        yield server


def ask(server: RunningServer, api: str, key: str) -> Answer:
    path, name, value = APIS[api]
    return server.send("GET", path, None, {name: value.format(key)})


def test_every_api_says_it_in_its_words(server: RunningServer, seeded: Seeded) -> None:
    """One count for all of them; Retry-After says for how long, and others may go on."""
    for _ in range(MOST):
        assert ask(server, "native", seeded.admin_key).status == 200
    for api, expected in BODIES.items():
        refused = ask(server, api, seeded.admin_key)
        assert refused.status == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        body = refused.json()
        assert b"too many requests" in refused.body.lower() or api == "redash"
        assert {name: body[name] for name in expected} == expected
        assert ask(server, api, "wrong").status in (401, 404, 422)
    assert ask(server, "dune", seeded.other_key).status == 200


def test_a_query_key_has_a_count_of_its_own(server: RunningServer, seeded: Seeded) -> None:
    """The spreadsheet of one report takes nothing from the owner's programs."""
    path = f"/v1/queries/{seeded.queries['one']}"
    asked = [server.call("GET", path, key=seeded.query_keys["one"]).status for _ in range(MOST + 1)]
    assert asked == [200] * MOST + [429]
    assert server.call("GET", path, key=seeded.admin_key).status == 200
