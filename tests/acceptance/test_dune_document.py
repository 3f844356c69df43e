"""The Dune API is what its document says: every endpoint, asked in every way that it describes."""

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
from tests.support.native import Native

from standpipe.dialects.dune.routes import ROOM
from standpipe.dialects.dune.routes.notes import API_NOTES

pytestmark = pytest.mark.acceptance

SCHEMA = schema_of(ROOM.routes, API_NOTES)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One run of the query."""
    with serving_numbers(tmp_path_factory.mktemp("dune-document") / "home") as (server, made):
        query, headers = made.queries["numbers"], {"X-Dune-API-Key": made.admin_key}
        Native(server, made.admin_key).get(f"/v1/queries/{query}/results?wait=30")
        run = server.send("GET", f"/api/v1/query/{query}/results", None, headers).json()
        yield Stage(server, headers, {"query_id": query, "execution_id": run["execution_id"]})


@SCHEMA.parametrize()
@thoroughly
def test_every_endpoint_answers_as_it_is_described(case: schemathesis.Case, stage: Stage) -> None:
    """No crash, and nothing that the document does not have."""
    check_answer(case, stage)


def test_every_endpoint_is_described() -> None:
    """Below its first prefix."""
    check_described(route for route in ROOM.routes if route.path.startswith("/api/v1/"))


def test_the_document_is_there_for_everybody(stage: Stage) -> None:
    """It needs no key, and names the address it was asked by."""
    check_public(stage, "/api/v1/openapi.json", "/api/v1/query/{query_id}/results")
