"""Our own API runs queries: waited for, watched, repeated, planned, cancelled."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from tests.support.native import Native, Stage, rows_of, served
from tests.support.seeded import number

pytestmark = pytest.mark.acceptance

ENDLESS = "select count(*) from range(100000000000) a(i), range(1000) b(j) where i % 7 = j"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Queries that answer, that fail, and one that never ends."""
    home = tmp_path_factory.mktemp("runs") / "home"
    with served(
        home,
        numbers=("select {{n}} + i as n from range(5) r(i)", (number("n"),)),
        broken="select nope",
        endless=ENDLESS,
    ) as made:
        yield made


def test_run_that_is_waited_for_is_answered_with_its_rows(stage: Stage) -> None:
    """One call: the result in the window that was asked for, and where it stays."""
    path = stage.path("numbers", "/executions?limit=2&columns=n&shape=arrays")
    answer = stage.admin.post(path, {"parameters": {"n": 10}}, Prefer="wait=30")
    body = rows_of(answer)
    assert (body["rows"], body["total_rows"]) == ([[10], [11]], 5)
    assert answer.headers["preference-applied"] == "wait=30"
    assert answer.headers["cache-control"] == "no-store"
    there = stage.admin.get(answer.headers["content-location"])
    assert there.body == answer.body
    assert "immutable" in there.headers["cache-control"]


def test_run_that_is_not_waited_for_is_an_execution(stage: Stage) -> None:
    """202 with its address; a long poll ends with its state, and leads to the rows."""
    made = stage.admin.post(stage.path("numbers", "/executions"), {"parameters": {"n": 1}})
    assert (made.status, made.json()["links"]["self"]) == (202, made.headers["location"])
    done = _ended(stage.admin, made.headers["location"])
    assert (done["state"], done["result"]["row_count"], done["error"]) == ("succeeded", 5, None)
    rows = rows_of(stage.admin.get(done["links"]["results"] + "?sort=-n&limit=1"))
    assert (rows["rows"], rows["result"]["id"]) == ([{"n": 5}], done["result"]["id"])
    assert rows_of(stage.admin.get(done["result"]["url"]))["total_rows"] == 5


def test_stored_result_answers_a_run_that_may_be_older(stage: Stage) -> None:
    """With max_age no run is made as long as there is a result that is young enough."""
    first = stage.run("numbers", n=2)
    body = {"parameters": {"n": 2}, "max_age": 3600}
    second = rows_of(stage.admin.post(stage.path("numbers", "/executions"), body))
    assert second["result"] == first["result"]


def test_statement_runs_with_values(stage: Stage) -> None:
    """SQL that is not saved, its placeholders typed by definitions."""
    body = {
        "data_source_id": stage.seeded.source_id,
        "sql": "select {{day}} + 1 as next",
        "parameters": {"day": "2026-01-31"},
        "definitions": [{"name": "day", "kind": "date"}],
    }
    rows = rows_of(stage.admin.post("/v1/executions", body, Prefer="wait=30"))
    assert rows["rows"] == [{"next": "2026-02-01"}]
    assert rows["result"]["query_id"] is None


def test_run_that_fails_says_why(stage: Stage) -> None:
    """Whoever waits gets the problem; the execution keeps it for whoever looks later."""
    path = stage.path("broken", "/executions")
    answer = stage.admin.post(path, {}, Prefer="wait=30")
    problem = answer.json()
    assert (answer.status, problem["code"]) == (422, "source_failed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "nope" in problem["detail"]
    done = _ended(stage.admin, stage.admin.post(path, {}).headers["location"])
    assert (done["state"], done["error"]["code"]) == ("failed", "source_failed")
    assert stage.admin.get(done["links"]["results"]).status == 422


def test_bad_values_are_named(stage: Stage) -> None:
    """What is missing or does not fit is said before anything runs."""
    path = stage.path("numbers", "/executions")
    missing = stage.admin.post(path, {}).json()
    wrong = stage.admin.post(path, {"parameters": {"n": "x"}}).json()
    assert (missing["code"], missing["parameters"]) == ("parameter_missing", ["n"])
    assert (wrong["code"], wrong["parameters"]) == ("parameter_invalid", ["n"])


def test_idempotency_key_makes_a_run_once(stage: Stage) -> None:
    """The same request again is the same execution; another one with that key is refused."""
    path, key = stage.path("numbers", "/executions"), "one"
    body: dict[str, Any] = {"parameters": {"n": 3}}
    first = stage.admin.post(path, body, Idempotency_Key=key)
    second = stage.admin.post(path, body, Idempotency_Key=key, Prefer="wait=30")
    third = stage.admin.post(path, body, Idempotency_Key=key)
    assert (first.status, second.status, third.status) == (202, 200, 202)
    assert third.headers["location"] == first.headers["location"]
    assert third.json()["state"] == "succeeded"  # who does not wait gets the execution
    left = stage.admin.get(first.headers["location"]).json()["result"]["id"]
    assert second.json()["result"]["id"] == left
    other = stage.admin.post(path, {"parameters": {"n": 4}}, Idempotency_Key=key)
    assert (other.status, other.json()["code"]) == (422, "idempotency_mismatch")
    of_other = stage.other.post(path, {"parameters": {"n": 4}}, Idempotency_Key=key)
    assert of_other.status == 202


def test_dry_run_says_what_would_run_and_runs_nothing(stage: Stage) -> None:
    """Statement, columns and verdict; the history stays as it was."""
    before = stage.admin.get(stage.path("broken", "/history")).json()
    path = "/executions?dry_run=true"
    good = stage.admin.post(stage.path("numbers", path), {"parameters": {"n": 1}}).json()
    assert (good["is_allowed"], good["refusal"]) == (True, None)
    assert [column["type"] for column in good["columns"]] == ["integer"]
    assert list(good["statement"]["values"].values()) == [1]
    bad = stage.admin.post(stage.path("broken", path), {}).json()
    assert (bad["is_allowed"], bad["refusal"]["code"]) == (False, "source_failed")
    missing = stage.admin.post(stage.path("numbers", path), {}).json()
    assert missing["refusal"]["parameters"] == ["n"]
    assert stage.admin.get(stage.path("broken", "/history")).json() == before


def test_events_tell_of_a_run_until_its_end(stage: Stage) -> None:
    """The state at once, then what changes, then the end with the execution as it is."""
    made = stage.admin.post(stage.path("numbers", "/executions"), {"parameters": {"n": 8}}).json()
    events = list(stage.admin.events(made["links"]["events"]))
    assert events[0][0] == "state"
    assert (events[-1][0], events[-1][1]["state"]) == ("end", "succeeded")
    assert events[-1][1] == stage.admin.get(made["links"]["self"]).json()


def test_execution_ends_when_it_is_cancelled(stage: Stage) -> None:
    """Everybody who waits for it is told at once: the long poll, and the stream of events."""
    made = stage.admin.post(stage.path("endless", "/executions"), {}).json()
    here = made["links"]["self"]
    late = stage.admin.get(f"{here}?wait=30&state=queued").json()
    assert late["state"] == "running"
    assert stage.admin.get(f"{here}?wait=0.05").json()["state"] == "running"
    assert stage.admin.get(made["links"]["results"] + "?wait=0.05").status == 503
    events: list[Any] = []
    watching = Thread(target=lambda: events.extend(stage.admin.events(made["links"]["events"])))
    watching.start()
    cancelled = stage.admin.ask("DELETE", here)
    assert (cancelled.status, cancelled.json()["state"]) == (200, "cancelled")
    watching.join(30)
    assert events[-1][1]["state"] == "cancelled"
    assert _ended(stage.admin, here)["error"]["code"] == "execution_cancelled"
    assert stage.admin.get(made["links"]["results"]).status == 409
    assert stage.admin.ask("DELETE", here).json()["state"] == "cancelled"


def test_execution_is_its_holders_alone(stage: Stage) -> None:
    """Others do not learn that it exists."""
    made = stage.admin.post(stage.path("numbers", "/executions"), {"parameters": {"n": 5}}).json()
    for address in (made["links"]["self"], made["links"]["events"], made["links"]["results"]):
        assert stage.other.get(address).status == 404
    assert stage.other.ask("DELETE", made["links"]["self"]).status == 404


def _ended(native: Native, address: str) -> dict[str, Any]:
    """Wait by long polls until an execution is over."""
    while True:
        body: dict[str, Any] = native.get(f"{address}?wait=30").json()
        if body["finished_at"] is not None:
            return body
