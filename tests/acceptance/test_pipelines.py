"""Pipelines on a real server: in order, at the same time where they may, whoever is killed."""

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from tests.support.jobs import insist
from tests.support.seeded import Seeded, number, seed

from standpipe.core.ids import parse_ulid
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

SECONDS = 60
QUICK = {"STANDPIPE_LEASE_SECONDS": "2", "STANDPIPE_WORKERS": "2", "STANDPIPE_LOG_LEVEL": "error"}
QUERIES = {
    "sleep": ("select {{n}} as n, pg_sleep({{s}}) is null as slept", (number("n"), number("s", 0))),
    "broken": "select error('broken on purpose') as e",
    "numbers": "select range as i from range(10)",
}
Status = dict[str, Any]


class Site:
    """A running server, and short ways to ask it."""

    def __init__(self, server: RunningServer, seeded: Seeded) -> None:
        self.server = server
        self.queries = seeded.queries
        self.key = seeded.admin_key

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = insist(self.server, method, f"/api/v1{path}?api_key={self.key}", body, key="")
        assert answer.status == 200, answer.body
        return answer.json()

    def sleep(self, number: int, *needs: int, s: float = 0.0) -> dict[str, Any]:
        """A node that sleeps; its rows tell which one it was."""
        values = {"n": number, "s": s}
        run = {"query_id": self.queries["sleep"], "query_parameters": values}
        return {"id": number, "dependencies": list(needs), "query_execution": run}

    def execute(self, *nodes: dict[str, Any]) -> str:
        made = self.ask("POST", "/pipelines/execute", {"pipeline": {"nodes": nodes}})
        found: str = made["pipeline_execution_id"]
        return found

    def status(self, uid: str) -> Status:
        found: Status = self.ask("GET", f"/pipelines/executions/{uid}/status")
        return found

    def end(self, uid: str) -> Status:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            status = self.status(uid)
            if status["status"] in ("completed", "failed"):
                return status
            time.sleep(0.02)
        raise AssertionError(status)

    def times(self, status: Status) -> dict[int, tuple[str, str]]:
        """Return when the run of each node began and ended."""
        found = {}
        for node in status["node_executions"]:
            uid = node["query_execution_status"]["execution_id"]
            run = self.ask("GET", f"/execution/{uid}/status")
            found[node["id"]] = (run["execution_started_at"], run["execution_ended_at"])
        return found


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """A home with queries that sleep, fail and make numbers."""
    return seed(tmp_path_factory.mktemp("pipelines") / "home", queries=QUERIES)


@pytest.fixture(scope="module")
def site(seeded: Seeded) -> Iterator[Site]:
    """A server of two workers."""
    with running(["serve"], seeded.home, environment=QUICK) as server:
        yield Site(server, seeded)


def states(status: Status) -> dict[int, str]:
    """Return the state of each node."""
    return {
        node["id"]: node["query_execution_status"]["status"] for node in status["node_executions"]
    }


def test_a_chain_runs_in_order(site: Site) -> None:
    """Every node is there from the beginning, and begins after the one before."""
    uid = site.execute(site.sleep(1), site.sleep(2, 1), site.sleep(3, 2))
    assert set(states(site.status(uid))) == {1, 2, 3}
    status = site.end(uid)
    assert (status["status"], "error" in status) == ("completed", False)
    times = site.times(status)
    assert times[1][1] <= times[2][0]
    assert times[2][1] <= times[3][0]


def test_a_diamond_runs_its_sides_at_the_same_time(site: Site) -> None:
    """Its foot waits for both."""
    nodes = (site.sleep(4, 2, 3), site.sleep(2, 1, s=1), site.sleep(3, 1, s=1), site.sleep(1))
    times = site.times(site.end(site.execute(*nodes)))
    assert max(times[2][0], times[3][0]) < min(times[2][1], times[3][1])
    assert max(times[2][1], times[3][1]) <= times[4][0]


def test_what_depends_on_a_failure_is_not_run(site: Site) -> None:
    """The others go on, and the pipeline has failed in the end."""
    broken = {"id": 1, "query_execution": {"query_id": site.queries["broken"]}}
    uid = site.execute(broken, site.sleep(2, 1), site.sleep(3, 2), site.sleep(4, s=0.5))
    status = site.end(uid)
    assert status["status"] == "failed"
    assert "broken on purpose" in status["error"]
    assert states(status) == {1: "failed", 2: "failed", 3: "failed", 4: "completed"}
    nodes = [node["query_execution_status"] for node in status["node_executions"]]
    assert nodes[1]["error"] == "not run because node 1 failed"
    assert nodes[2]["error"] == "not run because node 2 failed"
    assert "execution_id" not in nodes[1]


def test_a_cancelled_node_fails_those_behind_it(site: Site) -> None:
    """A node is an ordinary run of its caller, who may cancel it."""
    uid = site.execute(site.sleep(1, s=50), site.sleep(2, 1))
    run = site.status(uid)["node_executions"][0]["query_execution_status"]["execution_id"]
    assert site.ask("POST", f"/execution/{run}/cancel") == {"success": True}
    status = site.end(uid)
    assert states(status) == {1: "failed", 2: "failed"}


def test_views_are_refreshed_before_what_reads_them(site: Site) -> None:
    """Also one that another one reads, and before they had any rows."""
    first = site.ask("POST", "/query", {"name": "1", "query_sql": QUERIES["numbers"]})["query_id"]
    low = {"name": "result_numbers", "query_id": first}
    name = site.ask("POST", "/materialized-views", low)["name"]
    text = f"select sum(i) as total from {name}"
    second = site.ask("POST", "/query", {"name": "2", "query_sql": text})["query_id"]
    high = {"name": "result_sum", "query_id": second}
    top = site.ask("POST", "/materialized-views", high)["name"]
    text = f"select total, (select count(*) from {name}) as rows from {top}"
    third = site.ask("POST", "/query", {"name": "3", "query_sql": text})["query_id"]

    nodes = site.ask("GET", f"/query/{third}/pipeline")["pipeline"]["nodes"]
    refreshed = [node.get("materialized_view_refresh", {}).get("name") for node in nodes]
    assert refreshed == [name, top, None]
    assert [node["dependencies"] for node in nodes] == [[], [1], [1, 2]]
    assert nodes[2]["query_execution"]["query_id"] == third

    path = f"/query/{third}/pipeline/execute"
    uid = site.ask("POST", path, {"performance": "medium"})["pipeline_execution_id"]
    status = site.end(uid)
    assert status["status"] == "completed", status
    views = status["node_executions"][0]
    assert views["materialized_view_refresh_status"]["name"] == name
    assert views["query_execution_status"]["query_id"] == first
    times = site.times(status)
    assert times[1][1] <= times[2][0]
    assert times[2][1] <= times[3][0]
    run = status["node_executions"][2]["query_execution_status"]["execution_id"]
    rows = site.ask("GET", f"/execution/{run}/results")["result"]["rows"]
    assert rows == [{"total": 45, "rows": 10}]

    again = {"nodes": nodes}
    uid = site.ask("POST", "/pipelines/execute", {"pipeline": again})["pipeline_execution_id"]
    assert site.end(uid)["status"] == "completed"


@pytest.mark.parametrize("role", ["worker", "scheduler", "web"])
def test_a_pipeline_survives_a_kill(seeded: Seeded, role: str) -> None:
    """Whoever is killed while it runs: it ends, and no node has run twice."""
    with running(["serve"], seeded.home, environment=QUICK) as server:
        site = Site(server, seeded)
        uid = site.execute(site.sleep(1, s=1), site.sleep(2, 1, s=1), site.sleep(3, 2))
        until_runs(site, uid, 1)
        kill(server.pids(role))
        status = site.end(uid)
    assert states(status) == {1: "completed", 2: "completed", 3: "completed"}, status
    assert runs_of(seeded, uid) == 3


def test_a_pipeline_goes_on_after_everything_was_killed(seeded: Seeded) -> None:
    """What was noted is where the next start begins."""
    with running(["serve"], seeded.home, environment=QUICK) as server:
        site = Site(server, seeded)
        uid = site.execute(site.sleep(1), site.sleep(2, 1, s=2), site.sleep(3, 2))
        until_runs(site, uid, 2)
        kill([server.process.pid, *server.descendants()])
    with running(["serve"], seeded.home, environment=QUICK) as server:
        status = Site(server, seeded).end(uid)
    assert status["status"] == "completed", status
    assert runs_of(seeded, uid) == 3


def until_runs(site: Site, uid: str, node: int) -> None:
    """Wait until a node runs."""
    deadline = time.monotonic() + SECONDS
    while states(site.status(uid))[node] != "executing":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill(pids: Iterable[int]) -> None:
    """Kill processes of a server, without a chance to clean up."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def runs_of(seeded: Seeded, uid: str) -> int:
    """Return how many submissions there are since a pipeline began; nobody else makes any."""
    made_since = (
        "select count(*) from submissions s, pipelines p"
        " where p.uid = ? and s.created_at >= p.created_at"
    )
    with sqlite3.connect(f"file:{seeded.home / 'standpipe.db'}?mode=ro", uri=True) as database:
        found = database.execute(made_since, (str(parse_ulid(uid)),)).fetchone()
    return int(found[0])
