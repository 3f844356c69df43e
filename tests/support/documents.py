"""The document of an API, and requests made of it in every way that it describes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from schemathesis.specs.openapi.schemas import OpenApiSchema
from tests.support.seeded import Seeded, number, seed

from standpipe.http.messages import Route
from standpipe.http.openapi import ApiNotes, make_document
from standpipe.testing import RunningServer, running

thoroughly = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def no_crash(ctx: Any, response: Any, case: Any) -> None:
    """Fail for what is our fault; 503 says in how many seconds to ask again."""
    assert response.status_code < 500 or response.status_code == 503, response.content


# Without negative_data_rejection: most clients need it that unknown fields are passed over.
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
    """A server, how to be let in, and what there is to ask for, by the names of the paths."""

    server: RunningServer
    headers: Mapping[str, str]
    there: Mapping[str, Any]


def schema_of(routes: Sequence[Route], notes: ApiNotes) -> OpenApiSchema:
    """Return what makes requests for the document of these routes."""
    return schemathesis.openapi.from_dict(make_document(routes, notes, server="http://127.0.0.1"))


@contextmanager
def serving_numbers(home: Path) -> Iterator[tuple[RunningServer, Seeded]]:
    """Run a server with one worker and the query ``numbers``, which takes a value."""
    sql = "select i as dep_delay, 'AA' as carrier, {{n}} as v from range(50) r(i)"
    made = seed(home, queries={"numbers": (sql, (number("n", 1),))})
    environment = {"STANDPIPE_WORKERS": "1", "STANDPIPE_LOG_LEVEL": "error"}
    with running(["serve"], home, environment=environment) as server:
        yield server, made


def check_answer(case: Any, stage: Stage, checks: Sequence[Any] = CHECKS) -> None:
    """Ask once, for what is there where the path is a good one; fails for a wrong answer."""
    path = case.meta.components.get(ParameterLocation.PATH)
    if path is not None and path.mode.is_positive:
        known = {name: stage.there[name] for name in case.path_parameters if name in stage.there}
        case.path_parameters.update(known)
    case.call_and_validate(base_url=stage.server.url, headers=stage.headers, checks=checks)


def check_described(routes: Iterable[Route]) -> None:
    """Each has a summary in words, what it answers, and a name of its own."""
    operations = [route.operation for route in routes]
    assert all(operation and operation.summary.endswith(".") for operation in operations)
    assert all(operation and operation.answers for operation in operations)
    names = [operation.name for operation in operations if operation]
    assert len(names) == len(set(names))


def check_public(stage: Stage, place: str, path: str) -> None:
    """The document needs no key, names the address it was asked by, and has this path."""
    document = stage.server.call("GET", place).json()
    assert document["servers"] == [{"url": stage.server.url}]
    assert path in document["paths"]
