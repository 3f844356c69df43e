"""Usage behind a running server: every dialect counts, to the byte, for whom it was."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.native import Native
from tests.support.seeded import Seeded, seed

from standpipe.app.house import opened
from standpipe.config import Settings
from standpipe.core.usage import Used
from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.acceptance

QUERIES = {
    "small": "SELECT 42 AS answer",
    "large": "SELECT i, 'row ' || i AS name, md5(i::varchar) AS noise FROM range(60000) t(i)",
}
ENVIRONMENT = {
    "STANDPIPE_WORKERS": "2",
    "STANDPIPE_LOG_LEVEL": "error",
    "STANDPIPE_CREDITS_PER_EXECUTION": "2.5",
    "STANDPIPE_CREDITS_PER_GB": "1000000000",
    "STANDPIPE_CREDITS_INCLUDED": "2500",
}


@dataclass(frozen=True)
class Stage:
    """A server with two workers, and who asks it."""

    server: RunningServer
    seeded: Seeded
    admin: Native
    other: Native

    def dune(self, place: str, body: Any = None, **headers: str) -> Answer:
        """Ask the Dune API as the administrator."""
        method, _, path = place.partition(" ")
        headers.setdefault("X_Dune_API_Key", self.seeded.admin_key)
        return self.admin.ask(method, f"/api/v1{path}", body, headers=headers)

    def run(self, name: str) -> str:
        """Run a query to its end in the Dune API; the execution's id."""
        execution = self.dune(f"POST /query/{self.seeded.queries[name]}/execute").json()
        uid: str = execution["execution_id"]
        while not self.dune(f"GET /execution/{uid}/status").json()["is_execution_finished"]:
            time.sleep(0.02)
        return uid

    def query(self, name: str, rest: str = "") -> str:
        """The path of a query."""
        return f"/query/{self.seeded.queries[name]}{rest}"

    def used(self, reads: int, caller: Native | None = None, args: str = "") -> dict[str, Any]:
        """Return this month's usage, when so many reads of results were counted."""
        for _ in range(200):
            (month,) = (caller or self.admin).get(f"/v1/usage{args}").json()["periods"]
            if month["result_reads"] >= reads:
                break
            time.sleep(0.05)
        found: dict[str, Any] = month
        return found


@contextmanager
def serving(home: Path) -> Iterator[Stage]:
    """Serve a new home."""
    seeded = seed(home, queries=QUERIES)
    with running(["serve"], home, environment=ENVIRONMENT) as server:
        admin, other = Native(server, seeded.admin_key), Native(server, seeded.other_key)
        yield Stage(server, seeded, admin, other)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A server of which nothing was used yet."""
    with serving(tmp_path / "home") as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server that several tests share."""
    with serving(tmp_path_factory.mktemp("usage") / "home") as made:
        yield made


def sizes(answers: Sequence[Answer]) -> int:
    """How many bytes the bodies have."""
    return sum(len(answer.body) for answer in answers)


def read_everywhere(stage: Stage, uid: str) -> list[Answer]:
    """Read the results of both queries in every dialect, in many ways."""
    small, large = stage.seeded.queries["small"], stage.seeded.queries["large"]
    get, dune = stage.admin.get, stage.dune
    plain = get(f"/v1/queries/{large}/results/latest.csv")
    return [
        plain,
        get(f"/v1/queries/{large}/results/latest.csv", If_None_Match=plain.headers["etag"]),
        get(f"/v1/queries/{large}/results/latest.csv", Accept_Encoding="gzip"),
        get(f"/v1/queries/{large}/results/latest.csv", Range="bytes=10-109"),
        get(f"/v1/queries/{large}/results/latest.parquet"),
        stage.admin.ask("HEAD", f"/v1/queries/{large}/results/latest.csv"),
        *(get(f"/v1/queries/{small}/results/latest?limit=1") for _ in range(5)),
        dune(f"GET {stage.query('large', '/results')}"),
        dune(f"GET {stage.query('large', '/results/csv?limit=7')}"),
        dune(f"GET /execution/{uid}/results?filters=answer=42"),
        dune(f"GET /execution/{uid}/results?sample_count=1"),
        *(get(f"/api/queries/{small}/results.json", Authorization=key(stage)) for _ in range(3)),
        get(f"/api/queries/{large}/results.csv", Authorization=key(stage)),
        get_stored(stage),
    ]


def get_stored(stage: Stage) -> Answer:
    """A POST that any stored result answers."""
    path = f"/api/queries/{stage.seeded.queries['small']}/results"
    return stage.admin.post(path, {"max_age": -1}, Authorization=key(stage))


def key(stage: Stage) -> str:
    """The administrator's key as Redash's clients send it."""
    return f"Key {stage.seeded.admin_key}"


def test_every_byte_of_results_counts_once(stage: Stage) -> None:
    """Whole, packed, in parts, remembered, streamed, as files; 304 and HEAD are reads of none."""
    uid, _ = stage.run("small"), stage.run("large")
    answers = read_everywhere(stage, uid)
    assert [answer.status for answer in answers if answer.status not in (200, 206)] == [304]
    assert stage.dune("GET /execution/nonsense/results").status == 400
    used = stage.used(len(answers))
    assert (used["result_reads"], used["result_bytes"]) == (len(answers), sizes(answers))
    assert used["executions"] == 2
    assert used["credits"] == pytest.approx(2 * 2.5 + sizes(answers))


def test_usage_is_the_owners(stage: Stage) -> None:
    """What a query's key does is its owner's; the sum of all is for administrators."""
    stage.run("small")
    small = stage.seeded.queries["small"]
    by_key = Native(stage.server, stage.seeded.query_keys["small"])
    own = [stage.admin.get(f"/v1/queries/{small}/results/latest") for _ in range(2)]
    own.append(by_key.get(f"/v1/queries/{small}/results/latest"))
    others = [stage.other.get(f"/v1/queries/{small}/results/latest.csv")]
    statuses = {answer.status for answer in (*own, *others)}
    assert statuses == {200}
    assert stage.used(3)["result_bytes"] == sizes(own)
    found = stage.used(1, stage.other)
    assert (found["executions"], found["result_bytes"]) == (0, sizes(others))
    assert stage.other.get("/v1/usage?scope=workspace").status == 403
    assert by_key.get("/v1/usage").status == 403
    assert stage.used(4, args="?scope=workspace")["result_bytes"] == sizes([*own, *others])


def tell_the_server(server: RunningServer) -> None:
    """Stop it as an operator does."""
    server.process.send_signal(signal.SIGTERM)


def press_ctrl_c(server: RunningServer) -> None:
    """Stop it as a terminal does, which tells each of its processes."""
    roles = ("web", "scheduler", "worker")
    for pid in (*(pid for role in roles for pid in server.pids(role)), server.process.pid):
        os.kill(pid, signal.SIGINT)


@pytest.mark.parametrize("stop", [tell_the_server, press_ctrl_c])
def test_a_stop_in_order_loses_nothing(
    stop: Callable[[RunningServer], None], tmp_path: Path
) -> None:
    """What was read in the last second is stored before the server is gone."""
    with serving(tmp_path / "home") as stage:
        stage.run("small")
        small = stage.seeded.queries["small"]
        answers = [stage.admin.get(f"/v1/queries/{small}/results/latest") for _ in range(20)]
        stop(stage.server)
        assert stage.server.process.wait(timeout=30) == 0
        with opened(Settings(home=stage.seeded.home, log_level="error")) as house:
            admin = house.services.keys.authenticate(stage.seeded.admin_key)
            (month,) = house.services.usage.used(admin)
    assert month == Used(
        start=month.start,
        end=month.end,
        executions=1,
        reads=20,
        result_bytes=sizes(answers),
    )


def test_billing_periods_are_calendar_months(shared: Stage) -> None:
    """Of the range, of any age; numbers that are whole are written so."""
    body = {"start_date": "2019-11-30", "end_date": "2020-02-01"}
    answer = shared.dune("POST /usage", body)
    months = [
        (period["start_date"], period["end_date"], period["credits_used"])
        for period in answer.json()["billing_periods"]
    ]
    assert months == [
        ("2019-11-01", "2019-12-01", 0),
        ("2019-12-01", "2020-01-01", 0),
        ("2020-01-01", "2020-02-01", 0),
        ("2020-02-01", "2020-03-01", 0),
    ]
    assert b'"credits_used":0,"credits_included":2500}' in answer.body
    (before,) = shared.dune("POST /usage").json()["billing_periods"]
    shared.run("small")
    (after,) = shared.dune("POST /usage").json()["billing_periods"]
    assert after["credits_used"] == before["credits_used"] + 2.5


@pytest.mark.parametrize(
    "body",
    [
        {"start_date": "2026-02-30"},
        {"start_date": "2026-02-01", "end_date": "2026-01-31"},
        {"start_date": "20260201"},
        {"start_date": 7},
        {"end_date": "9999-12-31"},
        {"start_date": "0001-01-01"},
        {"start_date": "2026-01-01T00:00:00Z"},
        [1],
    ],
)
def test_ranges_that_cannot_be_are_refused(shared: Stage, body: Any) -> None:
    """With 400, never with our own fault."""
    answer = shared.dune("POST /usage", body)
    assert (answer.status, list(answer.json())) == (400, ["error"])


def test_our_own_api_tells_days(shared: Stage) -> None:
    """Each day of the range; dates are checked."""
    found = shared.admin.get("/v1/usage?start=2026-02-27&end=2026-03-01&by=day").json()
    days = [(day["start"], day["end"]) for day in found["periods"]]
    assert days == [
        ("2026-02-27", "2026-02-28"),
        ("2026-02-28", "2026-03-01"),
        ("2026-03-01", "2026-03-02"),
    ]
    for args in ("start=x", "start=2026-02-02&end=2026-02-01", "by=year", "start=0001-01-01"):
        assert shared.admin.get(f"/v1/usage?{args}").status == 400


def test_the_status_of_a_run_says_what_it_cost(shared: Stage) -> None:
    """In credits, as configured."""
    status = shared.dune(f"GET /execution/{shared.run('small')}/status").json()
    assert status["execution_cost_credits"] == 2.5


def test_a_killed_web_process_keeps_what_was_stored(stage: Stage) -> None:
    """Only the last second of reads can be lost; runs are counted as they are asked for."""
    stage.run("small")
    path = f"/v1/queries/{stage.seeded.queries['small']}/results/latest"
    answers = [stage.admin.get(path) for _ in range(3)]
    stage.used(3)
    (web,) = stage.server.pids("web")
    os.kill(web, signal.SIGKILL)
    while stage.server.pids("web") in ([], [web]):
        time.sleep(0.05)
    used = stage.used(3)
    assert (used["executions"], used["result_reads"]) == (1, 3)
    assert used["result_bytes"] == sizes(answers)
