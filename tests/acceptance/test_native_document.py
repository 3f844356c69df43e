"""Our own API is what its document says: every endpoint, asked in every way that it describes."""

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
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.support.native import Native, rows_of
from tests.support.seeded import number, seed

from standpipe.dialects.native.routes import ROOM
from standpipe.dialects.native.routes.notes import API_NOTES
from standpipe.http.openapi import make_document
from standpipe.testing import running

pytestmark = pytest.mark.acceptance

SCHEMA = schemathesis.openapi.from_dict(
    make_document(ROOM.routes, API_NOTES, server="http://127.0.0.1")
)


def no_crash(ctx: Any, response: Any, case: Any) -> None:
    """Fail for what is our fault; 503 says in how many seconds to ask again."""
    assert response.status_code < 500 or response.status_code == 503, response.content


CHECKS = [
    no_crash,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    allow_header_conformance,
]


@dataclass(frozen=True)
class Stage:
    """A server with a query that takes a value, a run of it, and what that left."""

    native: Native
    there: dict[str, str]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run one query once."""
    home = tmp_path_factory.mktemp("document") / "home"
    sql = "select i as dep_delay, 'AA' as carrier, {{n}} as v from range(50) r(i)"
    made = seed(home, queries={"numbers": (sql, (number("n", 1),))})
    environment = {"STANDPIPE_WORKERS": "1", "STANDPIPE_LOG_LEVEL": "error"}
    with running(["serve"], home, environment=environment) as server:
        native = Native(server, made.admin_key)
        path = f"/v1/queries/{made.queries['numbers']}/executions"
        execution = native.post(path, {})
        rows = rows_of(native.get(f"{execution.headers['location']}/results?wait=30"))
        yield Stage(
            native,
            {
                "query_id": str(made.queries["numbers"]),
                "execution_id": execution.json()["id"],
                "result_id": rows["result"]["id"],
            },
        )


@SCHEMA.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_endpoint_answers_as_it_is_described(case: schemathesis.Case, stage: Stage) -> None:
    """No crash, nothing that the document does not have, and what breaks it is refused."""
    path = case.meta.components.get(ParameterLocation.PATH)
    if path is not None and path.mode.is_positive:
        known = {name: stage.there[name] for name in case.path_parameters if name in stage.there}
        case.path_parameters.update(known)
    headers = {"Authorization": f"Bearer {stage.native.key}"}
    case.call_and_validate(base_url=stage.native.url, headers=headers, checks=CHECKS)


def test_every_endpoint_is_described() -> None:
    """Each route has a summary in words, what it answers, and a name of its own."""
    operations = [route.operation for route in ROOM.routes]
    assert all(operation and operation.summary.endswith(".") for operation in operations)
    assert all(operation and operation.answers for operation in operations)
    names = [operation.name for operation in operations if operation]
    assert len(names) == len(set(names)) == len(ROOM.routes)
