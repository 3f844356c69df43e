"""The MyReports API is what its document says: every endpoint, asked in every described way."""

from collections.abc import Iterator

import pytest
import schemathesis
from tests.support.documents import (
    Stage,
    check_answer,
    check_described,
    check_public,
    schema_of,
    serving_numbers,
    thoroughly,
)

from standpipe.dialects.myreports.routes import ROOM
from standpipe.dialects.myreports.routes.notes import API_NOTES

pytestmark = pytest.mark.acceptance

SCHEMA = schema_of(ROOM.routes, API_NOTES)
PATH = "/api/v1.0/workspaces"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One request of the report."""
    with serving_numbers(tmp_path_factory.mktemp("myreports-document") / "home") as (server, made):
        headers = {"Authorization": f"Bearer {made.admin_key}"}
        workspace = server.send("GET", PATH, None, headers).json()["data"][0]["id"]
        reports = f"{PATH}/{workspace}/reports"
        report = server.send("GET", reports, None, headers).json()["data"][0]["id"]
        body = b'{"dateFilter": {"presetName": "All"}}'
        begun = server.send("POST", f"{reports}/{report}/requests", body, headers).json()
        request = begun["data"]["requestId"]
        there = {"workspace_id": workspace, "report_id": report, "request_id": request}
        yield Stage(server, headers, there)


@SCHEMA.parametrize()
@thoroughly
def test_every_endpoint_answers_as_it_is_described(case: schemathesis.Case, stage: Stage) -> None:
    """No crash, and nothing that the document does not have."""
    if "wait" in (case.query or {}):
        case.query["wait"] = 0
    check_answer(case, stage)


def test_every_endpoint_is_described() -> None:
    """Those of the shorter prefix are the same."""
    described = [route for route in ROOM.routes if route.operation is not None]
    check_described(described)
    assert len(described) * 2 == len(ROOM.routes)


def test_the_document_is_there_for_everybody(stage: Stage) -> None:
    """It needs no key, and names the address it was asked by."""
    check_public(
        stage, "/api/v1.0/openapi.json", f"{PATH}/{{workspace_id}}/reports/{{report_id}}/requests"
    )
