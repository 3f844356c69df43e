"""The MyReports API is what its document says: every endpoint, asked in every described way."""

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
from tests.support.seeded import number, seed

from standpipe.dialects.myreports.routes import ROOM
from standpipe.dialects.myreports.routes.notes import API_NOTES
from standpipe.http.openapi import make_document
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

SCHEMA = schemathesis.openapi.from_dict(
    make_document(ROOM.routes, API_NOTES, server="http://127.0.0.1")
)
PATH = "/api/v1.0/workspaces"


def no_crash(ctx: Any, response: Any, case: Any) -> None:
    """Fail for what is our fault; 503 says in how many seconds to ask again."""
    assert response.status_code < 500 or response.status_code == 503, response.content


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
    """One report, and one request of it."""
    home = tmp_path_factory.mktemp("myreports-document") / "home"
    sql = "select i as dep_delay, 'AA' as carrier, {{n}} as v from range(50) r(i)"
    made = seed(home, queries={"numbers": (sql, (number("n", 1),))})
    environment = {"STANDPIPE_WORKERS": "1", "STANDPIPE_LOG_LEVEL": "error"}
    with running(["serve"], home, environment=environment) as server:
        headers = {"Authorization": f"Bearer {made.admin_key}"}
        workspace = server.send("GET", PATH, None, headers).json()["data"][0]["id"]
        reports = f"{PATH}/{workspace}/reports"
        report = server.send("GET", reports, None, headers).json()["data"][0]["id"]
        body = b'{"dateFilter": {"presetName": "All"}}'
        begun = server.send("POST", f"{reports}/{report}/requests", body, headers).json()
        request = begun["data"]["requestId"]
        there = {"workspace_id": workspace, "report_id": report, "request_id": request}
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
    if "wait" in (case.query or {}):
        case.query["wait"] = 0
    headers = {"Authorization": f"Bearer {stage.key}"}
    case.call_and_validate(base_url=stage.server.url, headers=headers, checks=CHECKS)


def test_every_endpoint_is_described() -> None:
    """With a summary in words, and a name of its own; those of the shorter prefix are the same."""
    operations = [route.operation for route in ROOM.routes if route.operation is not None]
    assert all(operation.summary.endswith(".") for operation in operations)
    assert len({operation.name for operation in operations}) == len(operations)
    assert len(operations) * 2 == len(ROOM.routes)


def test_the_document_is_there_for_everybody(stage: Stage) -> None:
    """It needs no key, and names the address it was asked by."""
    document = stage.server.call("GET", "/api/v1.0/openapi.json").json()
    assert document["servers"] == [{"url": stage.server.url}]
    assert f"{PATH}/{{workspace_id}}/reports/{{report_id}}/requests" in document["paths"]
