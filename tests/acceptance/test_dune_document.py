"""The Dune API is what its document says: every endpoint, asked in every way that it describes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.support.native import Native
from tests.support.seeded import number, seed

from standpipe.dialects.dune.routes import ROOM
from standpipe.dialects.dune.routes.notes import API_NOTES
from standpipe.http.openapi import make_document
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

SCHEMA = schemathesis.openapi.from_dict(
    make_document(ROOM.routes, API_NOTES, server="http://127.0.0.1")
)


def no_crash(ctx: Any, response: Any, case: Any) -> None:
    """Fail for what is our fault; 503 says in how many seconds to ask again."""
    assert response.status_code < 500 or response.status_code == 503, response.content


# Fields and arguments of other kinds are refused, unknown ones passed over, as clients need it:
# so what breaks the document is not always refused.
CHECKS = [
    no_crash,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]


@dataclass(frozen=True)
class Stage:
    """A server, and what there is to ask for."""

    server: RunningServer
    key: str
    there: dict[str, Any]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run one query once, and make one table."""
    home = tmp_path_factory.mktemp("dune-document") / "home"
    sql = "select i as dep_delay, 'AA' as carrier, {{n}} as v from range(50) r(i)"
    made = seed(home, queries={"numbers": (sql, (number("n", 1),))})
    environment = {"STANDPIPE_WORKERS": "1", "STANDPIPE_LOG_LEVEL": "error"}
    with running(["serve"], home, environment=environment) as server:
        native = Native(server, made.admin_key)
        query = made.queries["numbers"]
        native.get(f"/v1/queries/{query}/results?wait=30")
        run = server.call("GET", f"/api/v1/query/{query}/results?api_key={made.admin_key}").json()
        there = {"query_id": query, "execution_id": run["execution_id"]}
        yield Stage(server, made.admin_key, there)


@SCHEMA.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_endpoint_answers_as_it_is_described(case: schemathesis.Case, stage: Stage) -> None:
    """No crash, and nothing that the document does not have."""
    path = case.meta.components.get(ParameterLocation.PATH)
    if path is not None and path.mode.is_positive:
        known = {name: stage.there[name] for name in case.path_parameters if name in stage.there}
        case.path_parameters.update(known)
    headers = {"X-Dune-API-Key": stage.key}
    case.call_and_validate(base_url=stage.server.url, headers=headers, checks=CHECKS)


def test_every_endpoint_is_described() -> None:
    """Below its first prefix, with a summary in words, and a name of its own."""
    described = [route for route in ROOM.routes if route.path.startswith("/api/v1/")]
    operations = [route.operation for route in described]
    assert all(operation and operation.summary.endswith(".") for operation in operations)
    names = [operation.name for operation in operations if operation]
    assert len(names) == len(set(names)) == len(described)


def test_the_document_is_there_for_everybody(stage: Stage) -> None:
    """It needs no key, and names the address it was asked by."""
    document = stage.server.call("GET", "/api/v1/openapi.json").json()
    assert document["servers"] == [{"url": stage.server.url}]
    assert "/api/v1/query/{query_id}/results" in document["paths"]
