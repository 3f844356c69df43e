"""Scheduled queries run by themselves, like any client's, and go on after failures."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.seeded import Seeded, number, seed

from standpipe.testing import RunningServer, running

QUIET = {"STANDPIPE_WORKERS": "1", "STANDPIPE_LOG_LEVEL": "error"}
EVERY_SECOND = {"interval": 1, "time": None, "day_of_week": None, "until": None}


@pytest.fixture
def home(tmp_path: Path) -> Seeded:
    """A home with one query that needs nothing and one that needs a value."""
    queries = {"ok": "select now() as at", "stuck": ("select {{n}} as n", (number("n"),))}
    return seed(tmp_path / "home", queries=queries)


@pytest.mark.acceptance
def test_a_scheduled_query_runs_again_and_again(home: Seeded) -> None:
    """Each run leaves a newer latest result; taking the schedule away ends it."""
    path, key = f"/api/queries/{home.queries['ok']}", home.admin_key
    with running(["serve"], home.home, environment=QUIET) as server:
        assert _latest(server, path, key) is None
        server.call("POST", path, {"schedule": EVERY_SECOND}, key=key)
        first = _await(lambda: _latest(server, path, key))
        _await(lambda: _latest(server, path, key) != first)
        server.call("POST", path, {"schedule": None}, key=key)
        time.sleep(1.5)  # what was submitted before may still finish
        last = _latest(server, path, key)
        time.sleep(2.5)
        assert _latest(server, path, key) == last


@pytest.mark.acceptance
def test_a_schedule_that_cannot_run_keeps_nobody_else_waiting(home: Seeded) -> None:
    """A query without a value fails each time; the other schedule goes on."""
    key = home.admin_key
    with running(["serve"], home.home, environment=QUIET) as server:
        for name in ("stuck", "ok"):
            path = f"/api/queries/{home.queries[name]}"
            server.call("POST", path, {"schedule": EVERY_SECOND}, key=key)
        path = f"/api/queries/{home.queries['ok']}"
        first = _await(lambda: _latest(server, path, key))
        _await(lambda: _latest(server, path, key) != first)
        assert _latest(server, f"/api/queries/{home.queries['stuck']}", key) is None


@pytest.mark.acceptance
def test_an_archived_query_is_no_longer_scheduled(home: Seeded) -> None:
    """Archiving takes the schedule away for good."""
    path, key = f"/api/queries/{home.queries['ok']}", home.admin_key
    with running(["serve"], home.home, environment=QUIET) as server:
        server.call("POST", path, {"schedule": EVERY_SECOND}, key=key)
        _await(lambda: _latest(server, path, key))
        assert server.call("DELETE", path, key=key).status == 200
        time.sleep(1.5)
        last = _latest(server, path, key)
        time.sleep(2.5)
        found = server.call("GET", path, key=key).json()
        assert (found["latest_query_data_id"], found["schedule"]) == (last, None)


def _latest(server: RunningServer, path: str, key: str) -> int | None:
    found: int | None = server.call("GET", path, key=key).json()["latest_query_data_id"]
    return found


def _await(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")
