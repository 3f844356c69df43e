"""Materialised views behind a running server: made in one API, read in all of them, kept fresh."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.native import Native, rows_of
from tests.support.seeded import Seeded, seed

from standpipe.app.house import opened
from standpipe.config import Settings
from standpipe.core.materialized_views import MaterializedView
from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.acceptance

QUERIES = {
    "sums": "select i % 3 as k, sum(i) as total, now() as made from range(9) t(i) group by 1",
    "slow": "select count(*) as n, sum(hash(i)) > 0 as is_done from range(800_000_000) t(i)",
    "read": "select k, total from dune.admin.result_sums order by k",
    "read_at": "select max(made) as made from dune.admin.result_sums",
    "read_slow": "select n, is_done from dune.admin.result_slow",
}
SUMS = [[0, 9], [1, 12], [2, 15]]
ENVIRONMENT = {"STANDPIPE_WORKERS": "2", "STANDPIPE_LOG_LEVEL": "error"}


@dataclass(frozen=True)
class Stage:
    """A server with two workers, and who asks it."""

    server: RunningServer
    seeded: Seeded
    admin: Native
    other: Native

    def dune(self, place: str, body: Any = None, key: str = "") -> Answer:
        """Ask the Dune API, as the administrator if nobody else is named."""
        method, _, path = place.partition(" ")
        headers = {"X_Dune_API_Key": key or self.seeded.admin_key}
        return self.admin.ask(method, f"/api/v1{path}", body, headers=headers)

    def make(self, name: str, **more: Any) -> str:
        """Make the view of a query; its refresh."""
        asked = {"name": f"result_{name}", "query_id": self.seeded.queries[name], **more}
        uid: str = self.dune("POST /materialized-views", asked).json()["execution_id"]
        return uid

    def refresh(self, name: str) -> str:
        """Refresh a view; the run."""
        answer = self.dune(f"POST /materialized-views/dune.admin.result_{name}/refresh", {})
        uid: str = answer.json()["execution_id"]
        return uid

    def ended(self, uid: str) -> str:
        """Return how a run ended."""
        path = f"GET /execution/{uid}/status"
        state: str = until(
            lambda: (found := self.dune(path).json())["is_execution_finished"] and found["state"]
        )
        return state

    def select(self, sql: str, key: str = "") -> Answer:
        """Return the answer to a new statement of the Dune API."""
        started = self.dune("POST /sql/execute", {"sql": sql}, key).json()
        path = f"GET /execution/{started['execution_id']}/results"
        return until(
            lambda: (found := self.dune(path, None, key)).json()["is_execution_finished"] and found
        )

    def rows(self, name: str, caller: Native | None = None) -> list[list[Any]]:
        """Return the rows of a query in our own API."""
        path = f"/v1/queries/{self.seeded.queries[name]}/results?shape=arrays"
        found: list[list[Any]] = rows_of((caller or self.admin).get(path))["rows"]
        return found

    def view(self, name: str) -> MaterializedView:
        """Return a view as it is stored."""
        with opened(Settings(home=self.seeded.home, log_level="error")) as house:
            admin = house.services.keys.authenticate(self.seeded.admin_key)
            return house.services.views.get(admin, "admin", f"result_{name}")


def until(condition: Callable[[], Any]) -> Any:
    """Ask until something is true."""
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server that these tests share."""
    home = tmp_path_factory.mktemp("views") / "home"
    seeded = seed(home, queries=QUERIES)
    with running(["serve"], home, environment=ENVIRONMENT) as server:
        admin, other = Native(server, seeded.admin_key), Native(server, seeded.other_key)
        yield Stage(server, seeded, admin, other)


def test_a_view_is_read_in_every_api(stage: Stage) -> None:
    """By whoever may; when it is private it is not there for others."""
    assert stage.ended(stage.make("sums")) == "QUERY_STATE_COMPLETED"
    select = "select k, total from dune.admin.result_sums order by k"
    other = stage.seeded.other_key
    for key in ("", other):
        found = stage.select(select, key).json()["result"]["rows"]
        assert [[row["k"], row["total"]] for row in found] == SUMS
    assert stage.rows("read") == stage.rows("read", stage.other) == SUMS
    stage.ended(stage.make("sums", is_private=True))
    place = "/materialized-views/dune.admin.result_sums"
    assert stage.dune(f"GET {place}").status == 200
    assert stage.dune(f"GET {place}", None, other).status == 404
    assert stage.dune(f"POST {place}/refresh", {}, other).status == 404
    listed = stage.dune("GET /materialized-views", None, other).json()["materialized_views"]
    assert "dune.admin.result_sums" not in [view["id"] for view in listed]
    assert "error" in stage.select(select, other).json()
    stage.ended(stage.make("sums"))
    assert stage.dune(f"POST {place}/refresh", {}, other).status == 403
    assert stage.dune(f"DELETE {place}", None, other).status == 403


def test_a_failing_refresh_keeps_the_rows(stage: Stage) -> None:
    """The run says what was wrong; the next one that succeeds counts."""
    stage.ended(stage.make("sums"))
    path = f"PATCH /query/{stage.seeded.queries['sums']}"
    stage.dune(path, {"query_sql": "select error('broken') as k, 1 as total, now() as made"})
    failed = stage.refresh("sums")
    assert stage.ended(failed) == "QUERY_STATE_FAILED"
    assert "broken" in stage.dune(f"GET /execution/{failed}/status").json()["error"]["message"]
    assert stage.rows("read") == SUMS
    stage.dune(path, {"query_sql": "select 7 as k, 8 as total, now() as made"})
    assert stage.ended(stage.refresh("sums")) == "QUERY_STATE_COMPLETED"
    assert stage.rows("read") == [[7, 8]]
    stage.dune(path, {"query_sql": QUERIES["sums"]})


def test_a_killed_worker_loses_no_refresh(stage: Stage) -> None:
    """The run is done again, and then the view has its rows."""
    uid = stage.make("slow")
    path = f"GET /execution/{uid}/status"
    until(lambda: stage.dune(path).json()["state"] == "QUERY_STATE_EXECUTING")
    for worker in stage.server.pids("worker"):
        os.kill(worker, signal.SIGKILL)
    assert stage.ended(uid) == "QUERY_STATE_COMPLETED"
    assert stage.rows("read_slow") == [[800_000_000, True]]
    with opened(Settings(home=stage.seeded.home, log_level="error")) as house:
        execution_id = stage.view("slow").execution_id
        assert execution_id is not None
        assert house.store.get_execution(execution_id).attempt == 2


def test_a_due_view_is_refreshed_by_itself(stage: Stage) -> None:
    """Once, though it was due long ago; statements over it see the new rows."""
    stage.ended(stage.make("sums", cron_expression="*/15 * * * *"))
    (before,) = stage.rows("read_at")
    view = stage.view("sums")
    runs = len(view.runs)
    with opened(Settings(home=stage.seeded.home, log_level="error")) as house:
        assert house.store.plan_view(view, datetime.now(UTC) - timedelta(days=2))
    until(lambda: stage.rows("read_at") != [before])
    after = stage.view("sums")
    assert len(after.runs) == runs + 1
    assert after.next_run_at is not None
    assert after.next_run_at > datetime.now(UTC) - timedelta(minutes=1)
    shown = stage.dune("GET /materialized-views/result_sums").json()
    assert stage.ended(shown["last_execution_ids"][0]) == "QUERY_STATE_COMPLETED"


def test_a_home_with_views_is_in_order(stage: Stage) -> None:
    """Their rows are among what is compared with what was written; a deleted one is gone."""
    stage.ended(stage.make("sums"))
    command = [sys.executable, "-m", "standpipe", "check", "--digests"]
    home = ["--home", str(stage.seeded.home)]
    checked = subprocess.run([*command, *home], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert stage.dune("DELETE /materialized-views/result_sums").status == 200
    assert stage.dune("DELETE /materialized-views/result_sums").status == 404
    assert "error" in stage.select("select * from dune.admin.result_sums").json()
