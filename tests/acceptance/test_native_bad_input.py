"""Bad requests of every kind to our own API: a problem that says what is wrong, and no change."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.acceptance.test_bad_input import (
    BAD_IDS,
    BODY_MAX,
    IDLE,
    MALFORMED,
    NO_FLAG,
    NO_ID,
    NO_OBJECT,
    NO_OBJECTS,
    NO_TEXT,
    NO_TEXTS,
    ODD_QUERY_STRINGS,
    PART,
    UNKNOWN,
)
from tests.support.metadata import Metadata
from tests.support.native import Native, rows_of
from tests.support.seeded import number, seed

from standpipe.dialects.native.errors import MEDIA_TYPE
from standpipe.dialects.native.routes import ROOM
from standpipe.testing import Answer, running

pytestmark = pytest.mark.acceptance

NO_AGE = ("soon", "", -1, True, [], {}, None, 1e300)
NO_DEFINITIONS = (
    *(1, "x", {}, [1], [None], [[]], [{}], [{"name": ""}], [{"name": 1}]),
    *([{"name": "a", "kind": "nope"}], [{"name": "a", "kind": 1}], [{"name": "a", "x": 1}]),
    *([{"name": "a", "options": 1}], [{"name": "a", "options": [1]}]),
    *([{"name": "a", "kind": "query"}], [{"name": "a", "query_id": "x"}]),
    *([{"name": "a", "multiple": True}], [{"name": "a", "pattern": 1}]),
    *([{"name": "a"}, {"name": "a"}], [{"name": "{{a}}"}]),
)
NO_FRESHNESS = (*NO_OBJECT, {"max_age": -1}, {"max_age": "1"}, {"max_age": 1.5}, {"stale": 1})
NO_SCHEDULE = (
    *(*NO_OBJECT, {}, {"interval_seconds": 0}, {"interval_seconds": 2**70}, {"cron": "99 * * * *"}),
    *({"time": "25:00"}, {"time": "10:00", "day_of_week": "Someday"}, {"cron": "* * * * * *"}),
    *({"interval_seconds": 60, "zone": "Mars/Olympus"}, {"interval_seconds": 60, "until": "soon"}),
)
QUERY = {
    "name": (*NO_TEXT, "", None),
    "sql": (*NO_TEXT, None),
    "description": NO_TEXT,
    "data_source_id": (*NO_ID, None, 999_999, "1"),
    "schedule": NO_SCHEDULE,
    "tags": (*NO_TEXTS, [""]),
    "parameters": (*NO_DEFINITIONS, [{"name": "a", "kind": "query", "query_id": 999_999}]),
    "freshness": NO_FRESHNESS,
    "visibility": (*NO_TEXT, "nobody"),
    "is_draft": NO_FLAG,
}
RUN: Mapping[str, tuple[Any, ...]] = {
    "parameters": (*NO_OBJECT, {"nope": 1}, {"n": "x"}, {"n": []}, {"n": {}}),
    "max_age": NO_AGE,
}
# A body that the endpoint takes, and what its fields refuse.
BODIES: Mapping[tuple[str, str], tuple[Mapping[str, Any], Mapping[str, tuple[Any, ...]]]] = {
    ("POST", "/v1/queries"): ({"name": "New", "sql": "select 1", "data_source_id": 1}, QUERY),
    ("PATCH", "/v1/queries/{query_id:int}"): (
        {"description": "changed"},
        {**QUERY, "is_archived": NO_FLAG, "version": (*NO_ID, 999_999)},
    ),
    ("POST", "/v1/queries/{query_id:int}/executions"): ({"parameters": {"n": 1}}, RUN),
    ("POST", "/v1/executions"): (
        {
            "data_source_id": 1,
            "sql": "select {{n}}",
            "definitions": [{"name": "n", "kind": "number"}],
        },
        {
            **RUN,
            "data_source_id": (*NO_ID, None, 999_999),
            "sql": (*NO_TEXT, None, "", " ", "{{#n}}x{{/n}}"),
            "definitions": (*NO_DEFINITIONS, [{"name": "n", "kind": "query", "query_id": 1}]),
        },
    ),
    ("POST", "/v1/endpoints"): (
        {"slug": "new", "query_id": 1},
        {
            "slug": (*NO_TEXT, None, "", "A", "a b", "-a", "x" * 101),
            "query_id": (*NO_ID, None, 999_999),
            "handle": (*NO_TEXT, ""),
        },
    ),
    ("PATCH", "/v1/endpoints/{handle}/{slug}"): (
        {"query_id": 1},
        {"query_id": (*NO_ID, None, 999_999)},
    ),
}
ARGUMENTS = (
    *(
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "limit=" + "9" * 500,
        "limit=%00",
        "limit=",
        "limit=null",
    ),
    *("offset=-1", "offset=%D9%A1", "sample=0", "seed=-1", "shape=cube", "numbers=roman"),
    *("columns=nope", "columns=", "columns=,", "columns=%22", "columns=n%00", "limit=1&limit=1"),
    *(
        "filter=",
        "filter=n",
        "filter=n%20%3E",
        "filter=%27",
        "filter=1%3B%20drop",
        "filter=n%20=%20(select%201)",
    ),
    *(
        "filter=" + "(" * 3000,
        "filter=" + "not%20" * 3000,
        "filter=" + "n=1%20and%20" * 3000 + "n=1",
    ),
    *("sort=", "sort=nope", "sort=n%20up", "group_by=nope", "aggregate=sum", "aggregate=sum(t)"),
    *("aggregate=evil(n)", "distinct=nope", "cursor=x", "cursor=" + "A" * 5000, "format=exe"),
    *("header=maybe", "header=true", "guard=1", "delimiter=tab", "null_text=x", "date_format=%25Y"),
    *(
        "compression=zip",
        "compression=zstd",
        "as_off=1",
        "Limit=1",
        "limit%5B%5D=1",
        "__proto__=1&x=1",
    ),
)


class Stage:
    """A server on which nothing runs, with one of everything."""

    def __init__(self, native: Native, metadata: Metadata, there: Mapping[str, str]) -> None:
        """Take what the fixture made."""
        self.native, self.metadata, self.there = native, metadata, there
        self.complaints: list[str] = []

    def refuse(self, statuses: set[int], method: str, path: str, body: Any = None) -> None:
        """Expect a problem of one of these statuses, and that nothing changed."""
        before = self.metadata.contents()
        answer = self.native.ask(method, path, body)
        said = f"{method} {path[:90]} {str(body)[:90]} -> {answer.status} {answer.body[:150]!r}"
        if answer.status not in statuses:
            self.complaints.append(f"status: {said}")
        elif not _is_problem(answer, method):
            self.complaints.append(f"form: {said}")
        if self.metadata.contents() != before:
            self.complaints.append(f"changed: {said}")

    def settle(self) -> None:
        """Fail with every complaint noted since the last time."""
        complaints, self.complaints = self.complaints, []
        assert complaints == [], "\n".join(complaints)

    def filled(self, path: str, **parts: str) -> str:
        """Return a route's path with what exists in each place, or with the given parts."""
        return PART.sub(lambda found: {**self.there, **parts}[found[1]], path)


def _is_problem(answer: Answer, method: str) -> bool:
    if answer.headers.get("content-type") != MEDIA_TYPE:
        return False
    if method == "HEAD":
        return True
    body = answer.json()
    is_named = body["type"] == f"urn:standpipe:error:{body['code']}"
    return bool(is_named and body["title"] and body["detail"] and body["status"] == answer.status)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A query with a result, and an execution of it."""
    home = tmp_path_factory.mktemp("bad") / "home"
    sql = "select {{n}} as n, 'x' as t"
    made = seed(home, queries={"plain": (sql, (number("n", 1),))})
    with running(["serve"], home, environment={**IDLE, "STANDPIPE_WORKERS": "1"}) as server:
        native = Native(server, made.admin_key)
        run = native.post("/v1/queries/1/executions", {}).json()
        rows = rows_of(native.get(run["links"]["results"] + "?wait=30"))
        native.post("/v1/endpoints", {"slug": "plain", "query_id": 1})
    with running(["serve"], home, environment=IDLE) as server:
        metadata = Metadata(home)
        there = {
            "query_id": "1",
            "execution_id": run["id"],
            "result_id": rows["result"]["id"],
            "extension": "json",
            "handle": "admin",
            "slug": "plain",
        }
        yield Stage(Native(server, made.admin_key), metadata, there)
        metadata.close()


def test_every_endpoint_with_a_body_is_here() -> None:
    """A new endpoint cannot be forgotten."""
    taking = {
        (route.method, route.path)
        for route in ROOM.routes
        if route.operation is not None and route.operation.has_body
    }
    assert taking == BODIES.keys()


def test_ids_that_are_none_are_not_found(stage: Stage) -> None:
    """Whatever stands in the place of an id, a 404 (or 405)."""
    for route in ROOM.routes:
        for name, _ in PART.findall(route.path):
            for wrong in (*BAD_IDS, UNKNOWN, "00000000-0000-0000-0000-000000000000"):
                if (name, wrong) == ("extension", "x"):
                    continue
                path = stage.filled(route.path, **{name: wrong})
                body = dict(BODIES.get((route.method, route.path), ({}, {}))[0])
                stage.refuse({400, 404, 405}, route.method, path, body)
    stage.settle()


def test_bodies_that_are_no_json_object_are_refused(stage: Stage) -> None:
    """Broken JSON, NaN, lone surrogates, 10,000 levels, other types: 400 or 413."""
    for method, path in BODIES:
        for text in (*MALFORMED, *NO_OBJECTS):
            if text == b"":
                continue  # stands for an empty object
            stage.refuse({400}, method, stage.filled(path), text)
        for text in (b" " * (BODY_MAX + 1), b'{"name": "' + b"x" * BODY_MAX + b'"}'):
            stage.refuse({413}, method, stage.filled(path), text)
    stage.settle()


def test_wrong_values_of_every_field_are_refused(stage: Stage) -> None:
    """Wrong types, huge numbers, unknown ids and fields; each required field left out."""
    for (method, path), (valid, wrong) in BODIES.items():
        where = stage.filled(path)
        for name, values in wrong.items():
            for value in values:
                stage.refuse({400, 404, 409}, method, where, {**valid, name: value})
        for name in ("", "Name", "nmae", "__class__", "id", "x" * 5000, "\0"):
            stage.refuse({400}, method, where, {**valid, name: 1})
    for path in ("/v1/queries", "/v1/executions"):
        valid = BODIES["POST", path][0]
        for name in ("name", "sql", "data_source_id"):
            if name in valid:
                rest = {key: value for key, value in valid.items() if key != name}
                stage.refuse({400}, "POST", path, rest)
    stage.settle()


def test_windows_that_cannot_be_are_refused(stage: Stage) -> None:
    """Each argument of rows, wherever rows are read."""
    for path in (
        "results/{result_id}",
        "queries/{query_id}/results",
        "queries/{query_id}/results/latest",
    ):
        for arguments in ARGUMENTS:
            stage.refuse({400}, "GET", f"/v1/{stage.filled(path)}?{arguments}")
    stage.settle()


def test_unknown_arguments_are_refused_everywhere(stage: Stage) -> None:
    """Whatever an endpoint does not take; what begins with an underscore is free."""
    for route in ROOM.routes:
        path, body = stage.filled(route.path), BODIES.get((route.method, route.path), (None,))[0]
        if route.method == "GET" and not path.endswith(
            ("/events", "/facets", "/differences.json", "/differences")
        ):
            assert stage.native.get(f"{path}?_=1").status in (200, 503), path
        stage.refuse({400}, route.method, f"{path}?nope=1", body)
    stage.settle()


def test_odd_query_strings_break_no_endpoint(stage: Stage) -> None:
    """Broken escapes, repeated and endless arguments: an answer, or a refusal."""
    for route in ROOM.routes:
        if route.method != "GET":
            continue
        for arguments in ODD_QUERY_STRINGS:
            answer = stage.native.get(f"{stage.filled(route.path)}?{arguments}")
            assert (route.path, arguments[:40], answer.status in (200, 400)) == (
                route.path,
                arguments[:40],
                True,
            )


def test_methods_that_no_endpoint_has_are_refused(stage: Stage) -> None:
    """405 that names those it has."""
    for path in {route.path for route in ROOM.routes}:
        for method in ("PUT", "TRACE", "PROPFIND"):
            stage.refuse({405}, method, stage.filled(path))
    stage.settle()
