"""The Holistics API v2 is what its document says: every endpoint, asked in every described way."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.core.parameters import ParameterLocation
from tests.acceptance.test_holistics_document import CHECKS, Stage
from tests.dialects.holistics.test_v2 import add_board
from tests.support.seeded import number, seed

from standpipe.dialects.holistics.v2.routes import ROOM
from standpipe.dialects.holistics.v2.routes.notes import API_NOTES
from standpipe.http.openapi import make_document
from standpipe.testing import running

pytestmark = pytest.mark.acceptance

SCHEMA = schemathesis.openapi.from_dict(
    make_document(ROOM.routes, API_NOTES, server="http://127.0.0.1")
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One query on one dashboard, and one export of it."""
    home = tmp_path_factory.mktemp("holistics-v2-document") / "home"
    sql = "select i as dep_delay, 'AA' as carrier, {{n}} as v from range(50) r(i)"
    made = seed(home, queries={"numbers": (sql, (number("n", 1),))})
    environment = {"STANDPIPE_WORKERS": "1", "STANDPIPE_LOG_LEVEL": "error"}
    with running(["serve"], home, environment=environment) as server:
        query, headers = made.queries["numbers"], {"X-Holistics-Key": made.admin_key}
        board = add_board(server, made.admin_key, "Board", [query])
        begun = server.send("GET", f"/queries/{query}/submit_export.csv", None, headers)
        there: dict[str, Any] = {
            "report_id": query,
            "set_id": query,
            "source_id": made.source_id,
            "job_id": begun.json()["job_id"],
            "dashboard_id": int(board["board"]),
            "widget_id": int(board["widget_0"]),
        }
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
    headers = {"X-Holistics-Key": stage.key}
    case.call_and_validate(base_url=stage.server.url, headers=headers, checks=CHECKS)


def test_every_endpoint_is_described() -> None:
    """With a summary in words, and a name of its own."""
    operations = [route.operation for route in ROOM.routes]
    assert all(operation and operation.summary.endswith(".") for operation in operations)
    names = [operation.name for operation in operations if operation]
    assert len(names) == len(set(names)) == len(ROOM.routes)


def test_the_document_is_there_for_everybody(stage: Stage) -> None:
    """It needs no key, and names the address it was asked by."""
    document = stage.server.call("GET", "/api/v2/openapi.json").json()
    assert document["servers"] == [{"url": stage.server.url}]
    assert "/api/v2/dashboards/{dashboard_id}/submit_preload" in document["paths"]
