"""API v2 of Holistics as its integrations use it: checks of dashboards, exports, two owners.

The poller of the checks is that of holistics_validation, restated (compat/holistics.md 3.7): any
status but 200 is fatal, and ``last_error_log`` is read of every job.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dialects.holistics.test_v2 import DAYS, add_board
from tests.support.native import Native
from tests.support.seeded import Seeded, number, seed

from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.clients

SLOW = "select count(*) as n from range(3000000) a(i), range(300) b(j) where i % 7 = j % 5"
REPORTS: dict[str, Any] = {
    "sum": ("select {{ a }} + 1 as b", (number("a", 1),)),
    "days": ("select {{ days.start }} as first, {{ days.end }} as last", (DAYS,)),
    "moment": "select epoch_us(now()) as at",
    "hidden": "select 42 as secret",
    "failing": "select * from nowhere",
    "slow": SLOW,
}
BOARDS = {
    "board": ["sum", "days"],
    "mixed": ["sum", "hidden"],
    "moments": ["moment"],
    "broken": ["sum", "failing"],
    "slow": ["sum", "slow"],
}
CACHED = ("sum", "days", "moment")
TRIES = 300


@dataclass(frozen=True)
class Site:
    """A server, its reports, and the numbers of its dashboards and their widgets by name."""

    server: RunningServer
    made: Seeded
    boards: dict[str, dict[str, str]]

    def ask(self, place: str, body: Any = None, *, key: str = "") -> Answer:
        method, _, path = place.partition(" ")
        data = None if body is None else json.dumps(body).encode()
        return self.server.send(method, path, data, {"X-Holistics-Key": key or self.made.admin_key})

    def job(self, place: str, body: Any = None, *, key: str = "") -> dict[str, Any]:
        """Submit."""
        answer = self.ask(place, body, key=key)
        assert answer.status == 200, answer.body
        job: dict[str, Any] = answer.json()["job"]
        return job

    def preload(self, board: str, base: str = "/api/v2", **body: Any) -> int:
        place = f"POST {base}/dashboards/{self.boards[board]['board']}/submit_preload"
        return int(self.job(place, body)["id"])

    def wait(self, job: int, base: str = "/api/v2") -> tuple[str, str | None]:
        """Poll as the validation does; return how the job ended and its ``last_error_log``."""
        for _ in range(TRIES):
            found = self.job(f"GET {base}/jobs/{job}")
            status, error = found["status"], found["last_error_log"]
            if status in {"success", "failure"}:
                return status, error
            time.sleep(0.1)
        raise AssertionError(f"job {job} is stuck")

    def export(self, board: str, widget: int, *, key: str = "", **body: Any) -> dict[str, Any]:
        number = self.boards[board][f"widget_{widget}"]
        place = f"POST /api/v2/dashboard_widgets/{number}/submit_export"
        return self.job(place, {"output": "csv", **body}, key=key)

    def file(self, job: int) -> str:
        """Return the file of an export once it is there."""
        assert self.wait(job) == ("success", None)
        answer = self.ask(f"GET /api/v2/exports/download?job_id={job}")
        assert answer.status == 200, answer.body
        return answer.body.decode()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("v2") / "home"
    made = seed(home, queries=REPORTS)
    environment = {"STANDPIPE_LOG_LEVEL": "error", "STANDPIPE_WORKERS": "2"}
    with running(["serve"], home, environment=environment) as server:
        native = Native(server, made.admin_key)
        boards = {
            name: add_board(server, made.admin_key, name, [made.queries[each] for each in shown])
            for name, shown in BOARDS.items()
        }
        changes = {name: {"freshness": {"max_age": 3600}} for name in CACHED}
        for name, change in {**changes, "hidden": {"visibility": "private"}}.items():
            answer = native.ask("PATCH", f"/v1/queries/{made.queries[name]}", change)
            assert answer.status == 200, answer.body
        yield Site(server, made, boards)


@pytest.mark.parametrize("base", ["/api/v2", "/api/v2/", "//api/v2//", "/default//api/v2/"])
def test_dashboards_are_validated(base: str, site: Site) -> None:
    """Preload all of it, and poll; whether or not the base address ends in a slash."""
    assert site.wait(site.preload("board", base), base) == ("success", None)


def test_a_dashboard_that_fails_says_where(site: Site) -> None:
    """In the text that the validation prints."""
    status, error = site.wait(site.preload("broken", bust_cache=True))
    assert status == "failure"
    assert error is not None
    assert "nowhere" in error


def test_what_was_preloaded_is_there_at_once(site: Site) -> None:
    """For the export of a widget with the same filters, which then is over as it begins."""
    filters = [
        {
            "dynamic_filter_id": "days",
            "condition": {"operator": "between", "values": ["2025-02-01", "2025-02-28"]},
        },
        {"dynamic_filter_id": "a", "condition": {"operator": "is", "values": [41]}},
    ]
    job = site.preload("board", dashboard_filter_conditions=filters)
    assert site.wait(job) == ("success", None)
    again = site.preload("board", dashboard_filter_conditions=filters)
    assert site.job(f"GET /api/v2/jobs/{again}")["status"] == "success"
    for widget, text in enumerate(("b\n42\n", "first,last\n2025-02-01,2025-02-28\n")):
        export = site.export("board", widget, dashboard_filter_conditions=filters)
        found = site.job(f"GET /api/v2/jobs/{export['id']}")
        assert found["status"] == "success"
        assert site.file(export["id"]) == text


def test_a_busted_cache_is_empty(site: Site) -> None:
    """What was stored before is not taken any more, and what comes after is."""

    def moment() -> str:
        return site.file(site.export("moments", 0)["id"])

    before = moment()
    assert moment() == before
    place = f"POST /api/v2/data_sources/{site.made.source_id}/bust_exploration_cache"
    job = site.job(place)
    assert job["status"] == "success"
    logs = site.ask(f"GET /jobs/{job['id']}/logs.json").json()["logs"]
    assert [line["message"] for line in logs] == [
        "The job was created.",
        "The job has ended: there was nothing to run.",
    ]
    after = moment()
    assert after != before
    assert moment() == after


def test_a_run_under_way_is_joined(site: Site) -> None:
    """The second submit says so, with a number that can be polled; another owner gets his own."""
    first = site.export("slow", 1)
    second = site.export("slow", 1)
    assert second == {
        "id": first["id"],
        "status": "already_existed",
        "existing_job_id": first["id"],
    }
    theirs = site.export("slow", 1, key=site.made.other_key)
    assert theirs["id"] != first["id"]
    assert site.job(f"GET /api/v2/jobs/{first['id']}")["status"] != "already_existed"
    assert site.ask(f"PUT /jobs/{first['id']}/cancel.json").status == 200
    place = f"PUT /jobs/{theirs['id']}/cancel.json"
    assert site.ask(place, key=site.made.other_key).status == 200


def test_the_older_api_knows_preloads_too(site: Site) -> None:
    """It shows them, their logs, and cancels them."""
    job = site.preload("slow", bust_cache=True)
    shown = site.ask(f"GET /jobs/{job}.json").json()
    assert (shown["id"], shown["source_type"], shown["title"]) == (job, "Dashboard", "slow")
    assert site.ask(f"GET /jobs/{job}/logs.json").json()["logs"][0]["level"] == "INFO"
    assert site.ask(f"PUT /jobs/{job}/cancel.json").json() == {"status": "OK"}
    assert site.job(f"GET /api/v2/jobs/{job}")["status"] in {"cancelled", "cancelling"}


@pytest.mark.parametrize("role", ["web", "worker"])
def test_a_preload_outlives_the_processes_that_serve_it(role: str, site: Site) -> None:
    """Killed after it was answered: the same number is over in the end."""
    job = site.preload("slow", bust_cache=True)
    for pid in site.server.pids(role):
        os.kill(pid, signal.SIGKILL)
    for _ in range(TRIES):
        with suppress(OSError):
            site.ask("GET /api/v2/users/me")
            break
        time.sleep(0.1)
    assert site.wait(job) == ("success", None)


def test_others_do_not_see_what_is_private(site: Site) -> None:
    """Widgets of a private query are left out; they, the query and its jobs are not there."""
    other, board = site.made.other_key, site.boards["mixed"]
    hidden = board["widget_1"]

    def shown(key: str) -> list[str]:
        answer = site.ask(f"GET /api/v2/dashboards/{board['board']}", key=key)
        return [str(each["id"]) for each in answer.json()["dashboard"]["widgets"]]

    assert hidden in shown(site.made.admin_key)
    assert hidden not in shown(other)
    assert board["widget_0"] in shown(other)
    widget = f"/api/v2/dashboard_widgets/{hidden}"
    for place, body in (
        (f"GET {widget}?include_report=true&include_dashboard=true", None),
        (f"POST {widget}/submit_export", {"output": "csv"}),
        (f"GET /api/v2/query_reports/{site.made.queries['hidden']}?include_data_set=true", None),
        (f"GET /api/v2/jobs/{site.preload('board')}", None),
        (f"GET /api/v2/jobs/{site.export('board', 0)['id']}/result", None),
        (f"GET /api/v2/jobs/{site.export('board', 0)['id']}/logs", None),
    ):
        assert site.ask(place, body, key=other).status == 404, place
    ids = f"ids[]={site.preload('board')}&ids[]={site.export('board', 0)['id']}"
    assert site.ask(f"GET /api/v2/jobs?{ids}", key=other).json() == {"jobs": []}


def test_a_preload_runs_what_its_caller_may_see(site: Site) -> None:
    """And nothing of what is hidden from him."""
    other, board = site.made.other_key, site.boards["mixed"]["board"]
    place = f"POST /api/v2/dashboards/{board}/submit_preload"
    job = site.job(place, {"bust_cache": True}, key=other)["id"]
    logs = site.ask(f"GET /api/v2/jobs/{job}/logs", key=other).body.decode()
    assert f"query {site.made.queries['hidden']}" not in logs


def test_a_draft_of_somebody_else_is_not_there(site: Site) -> None:
    """Neither in lists; its owner finds it."""
    headers = {"Authorization": f"Key {site.made.admin_key}"}
    made = site.server.send("POST", "/api/dashboards", b'{"name": "draft"}', headers).json()["id"]
    other, path = site.made.other_key, f"/api/v2/dashboards/{made}"
    assert site.ask(f"GET {path}").status == 200
    listed = site.ask("GET /api/v2/dashboards?limit=100", key=other).json()["dashboards"]
    named = site.ask("GET /api/v2/dashboards/list_metadata", key=other).json()
    assert made not in [each["id"] for each in listed + named["dashboards_metadata"]]
    missing = site.ask("GET /api/v2/dashboards/999999", key=other).status
    for place in (f"GET {path}", f"POST {path}/submit_preload", f"POST {path}/build_url"):
        assert site.ask(place, key=other).status == missing == 404, place


def test_the_key_of_a_report_reaches_nothing_else(site: Site) -> None:
    """It is nobody's: no user, no job queue, no cache to bust, no other report."""
    key, queries = site.made.query_keys["sum"], site.made.queries
    assert site.ask("GET /api/v2/users/me", key=key).status == 403
    assert site.ask("GET /api/v2/job_queues", key=key).status == 403
    place = f"POST /api/v2/data_sources/{site.made.source_id}/bust_exploration_cache"
    assert site.ask(place, key=key).status in {403, 404}
    assert site.ask(f"GET /api/v2/query_reports/{queries['days']}", key=key).status == 404
    assert site.ask(f"GET /api/v2/query_reports/{queries['sum']}", key=key).status == 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
OPERATORS = st.sampled_from(
    ["is", "is_not", "between", "last", "next", "before", "after", "matches", "none", "nix"]
)
CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {
            "dynamic_filter_id": st.sampled_from(["a", "days", "nix"]) | VALUES,
            "condition": st.fixed_dictionaries(
                {"operator": OPERATORS | VALUES},
                optional={
                    "values": st.lists(
                        st.sampled_from(["2026-01-01", "last week", "9999-12-31", "x", 2, 10**30])
                        | VALUES,
                        max_size=3,
                    ),
                    "modifier": st.sampled_from(["day", "year", "nix"]) | VALUES,
                },
            ),
        }
    ),
    max_size=3,
)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(conditions=CONDITIONS | VALUES, wild=VALUES)
def test_no_body_breaks_anything(conditions: Any, wild: Any, site: Site) -> None:
    """Whatever is sent is answered, or refused in the shape of this API."""
    board = site.boards["board"]
    exports = f"POST /api/v2/dashboard_widgets/{board['widget_1']}/submit_export"
    links = f"POST /api/v2/dashboards/{board['board']}/build_url"
    for place, body in (
        (exports, {"output": "csv", "dashboard_filter_conditions": conditions}),
        (links, {"filter_states": conditions}),
        (exports, wild),
    ):
        answer = site.ask(place, body)
        assert answer.status in {200, 400, 422}, (answer.status, answer.body)
        if answer.status != 200:
            assert {"type", "message"} <= set(answer.json())
