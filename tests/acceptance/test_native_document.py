"""Our own API is what its document says: every endpoint, asked in every way that it describes."""

from collections.abc import Iterator

import pytest
import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection
from tests.support.documents import (
    CHECKS,
    Stage,
    check_answer,
    check_described,
    schema_of,
    serving_numbers,
    thoroughly,
)
from tests.support.native import Native, rows_of

from standpipe.dialects.native.routes import ROOM
from standpipe.dialects.native.routes.notes import API_NOTES

pytestmark = pytest.mark.acceptance

SCHEMA = schema_of(ROOM.routes, API_NOTES)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One run of the query, and what it left."""
    with serving_numbers(tmp_path_factory.mktemp("document") / "home") as (server, made):
        native = Native(server, made.admin_key)
        path = f"/v1/queries/{made.queries['numbers']}/executions"
        execution = native.post(path, {})
        rows = rows_of(native.get(f"{execution.headers['location']}/results?wait=30"))
        there = {
            "query_id": str(made.queries["numbers"]),
            "execution_id": execution.json()["id"],
            "result_id": rows["result"]["id"],
        }
        yield Stage(server, {"Authorization": f"Bearer {made.admin_key}"}, there)


@SCHEMA.parametrize()
@thoroughly
def test_every_endpoint_answers_as_it_is_described(case: schemathesis.Case, stage: Stage) -> None:
    """No crash, nothing that the document does not have, and what breaks it is refused."""
    check_answer(case, stage, [*CHECKS, negative_data_rejection])


def test_every_endpoint_is_described() -> None:
    """Each of them."""
    check_described(ROOM.routes)
