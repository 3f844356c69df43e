"""The Holistics API v2 is what its document says: every endpoint, asked in every described way."""

from collections.abc import Iterator

import pytest
import schemathesis
from tests.dialects.holistics.test_v2 import add_board
from tests.support.documents import (
    Stage,
    check_answer,
    check_described,
    check_public,
    schema_of,
    serving_numbers,
    thoroughly,
)

from standpipe.dialects.holistics.v2.routes import ROOM
from standpipe.dialects.holistics.v2.routes.notes import API_NOTES

pytestmark = pytest.mark.acceptance

SCHEMA = schema_of(ROOM.routes, API_NOTES)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The query on a dashboard, and one export of it."""
    with serving_numbers(tmp_path_factory.mktemp("holistics-v2-document") / "home") as (
        server,
        made,
    ):
        query, headers = made.queries["numbers"], {"X-Holistics-Key": made.admin_key}
        board = add_board(server, made.admin_key, "Board", [query])
        begun = server.send("GET", f"/queries/{query}/submit_export.csv", None, headers)
        there = {
            "report_id": query,
            "set_id": query,
            "source_id": made.source_id,
            "job_id": begun.json()["job_id"],
            "dashboard_id": int(board["board"]),
            "widget_id": int(board["widget_0"]),
        }
        yield Stage(server, headers, there)


@SCHEMA.parametrize()
@thoroughly
def test_every_endpoint_answers_as_it_is_described(case: schemathesis.Case, stage: Stage) -> None:
    """No crash, and nothing that the document does not have."""
    check_answer(case, stage)


def test_every_endpoint_is_described() -> None:
    """Each of them."""
    check_described(ROOM.routes)


def test_the_document_is_there_for_everybody(stage: Stage) -> None:
    """It needs no key, and names the address it was asked by."""
    check_public(stage, "/api/v2/openapi.json", "/api/v2/dashboards/{dashboard_id}/submit_preload")
