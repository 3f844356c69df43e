"""The Holistics API is what its document says: every endpoint, asked in every described way."""

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

from standpipe.dialects.holistics.routes import ROOM
from standpipe.dialects.holistics.routes.notes import API_NOTES

pytestmark = pytest.mark.acceptance

SCHEMA = schema_of(ROOM.routes, API_NOTES)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One job of the report."""
    with serving_numbers(tmp_path_factory.mktemp("holistics-document") / "home") as (server, made):
        query, headers = made.queries["numbers"], {"X-Holistics-Key": made.admin_key}
        begun = server.send("GET", f"/queries/{query}/submit_export.csv", None, headers)
        there = {"report_id": f"{query}-numbers", "job_id": begun.json()["job_id"], "source_id": 1}
        yield Stage(server, headers, there)


@SCHEMA.parametrize()
@thoroughly
def test_every_endpoint_answers_as_it_is_described(case: schemathesis.Case, stage: Stage) -> None:
    """No crash, and nothing that the document does not have."""
    if (case.query or {}).get("job_id"):
        case.query["job_id"] = stage.there["job_id"]
    check_answer(case, stage)


def test_every_endpoint_is_described() -> None:
    """Each of them."""
    check_described(ROOM.routes)


def test_the_document_is_there_for_everybody(stage: Stage) -> None:
    """It needs no key, and names the address it was asked by."""
    check_public(stage, "/holistics/openapi.json", "/queries/{report_id}/submit_export.csv")
