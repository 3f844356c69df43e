"""Processes that are killed: nothing is lost, nothing is stuck, nothing counts twice."""

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.support.jobs import finish, rows, start
from tests.support.seeded import Seeded, number, seed

from standpipe.testing import RunningServer, running

KILLS = int(os.environ.get("CHAOS_KILLS", "60"))
SLEEP = "select {{n}} as n, pg_sleep({{s}}) is null as slept"
QUICK = {"STANDPIPE_LEASE_SECONDS": "2", "STANDPIPE_WORKERS": "2", "STANDPIPE_LOG_LEVEL": "error"}


@pytest.fixture
def home(tmp_path: Path) -> Seeded:
    """A home whose one query takes as long as it is told."""
    parameters = (number("n"), number("s"))
    return seed(tmp_path / "home", queries={"sleep": (SLEEP, parameters)})


@pytest.mark.acceptance
@pytest.mark.timeout(1800)
def test_random_kills_lose_nothing_and_run_nothing_twice(home: Seeded) -> None:
    """Every run ends with its rows, or failed with a text; none has two results."""
    query, key = home.queries["sleep"], home.admin_key
    dice = random.Random(20130101)
    with running(["serve"], home.home, environment=QUICK) as server:
        jobs: dict[int, str] = {}
        killed: Counter[str] = Counter()
        while sum(killed.values()) < KILLS:
            number_ = len(jobs)
            jobs[number_] = start(server, query, key, n=number_, s=dice.choice([0, 0, 0.1, 0.6]))
            role = _kill_one(server, dice)
            if role:
                killed[role] += 1
            time.sleep(dice.uniform(0, 0.15))
        ended = {n: finish(server, job, key, seconds=120) for n, job in jobs.items()}
        for n, job in ended.items():
            if job["status"] == 3:
                assert rows(server, job, key)[0]["n"] == n
            else:
                assert job["error"], job
    assert set(killed) == {"worker", "engine", "web", "scheduler"}, killed
    succeeded = sum(job["status"] == 3 for job in ended.values())
    assert succeeded >= len(jobs) // 2, Counter(job["error"] for job in ended.values())
    _assert_each_run_counts_once(home.home)


@pytest.mark.acceptance
@pytest.mark.timeout(300)
def test_a_worker_that_slept_past_its_lease_may_not_finish(home: Seeded) -> None:
    """A stopped worker loses its run to another one; its own finish is refused later."""
    query, key = home.queries["sleep"], home.admin_key
    environment = {**QUICK, "STANDPIPE_LOG_LEVEL": "info"}
    with running(["serve"], home.home, environment=environment) as server:
        job = start(server, query, key, n=1, s=1.0)
        sleeper = _running_worker(server, home.home)
        os.kill(sleeper, signal.SIGSTOP)
        ended = finish(server, job, key)
        result_id = ended["query_result_id"]
        assert rows(server, ended, key)[0]["n"] == 1
        os.kill(sleeper, signal.SIGCONT)
        time.sleep(2.0)
        again = finish(server, job, key)
        assert again["query_result_id"] == result_id
    assert _attempts(home.home) == [2]
    _assert_each_run_counts_once(home.home)


@pytest.mark.acceptance
@pytest.mark.timeout(300)
def test_a_restart_of_the_server_keeps_a_run(home: Seeded) -> None:
    """A run that is cut off by kill -9 of everything is run again after the start."""
    query, key = home.queries["sleep"], home.admin_key
    with running(["serve"], home.home, environment=QUICK) as server:
        job = start(server, query, key, n=7, s=1.5)
        _running_worker(server, home.home)
        for pid in [server.process.pid, *server.descendants()]:
            _kill(pid)
        server.process.wait()
    with running(["serve"], home.home, environment=QUICK) as server:
        assert rows(server, finish(server, job, key), key)[0]["n"] == 7
    _assert_each_run_counts_once(home.home)


@pytest.mark.acceptance
def test_nothing_outlives_a_stopped_server(home: Seeded) -> None:
    """After SIGTERM no process of the server is left, and it says that it ended well."""
    with running(["serve"], home.home, environment=QUICK) as server:
        finish(
            server, start(server, home.queries["sleep"], home.admin_key, n=1, s=0), home.admin_key
        )
        everybody = server.descendants()
        assert server.stop() == 0
    deadline = time.monotonic() + 10
    while any(_is_alive(pid) for pid in everybody) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in everybody if _is_alive(pid)] == []


def _kill_one(server: RunningServer, dice: random.Random) -> str | None:
    """Kill a random process and say what it was."""
    workers = server.pids("worker")
    pools = {
        "worker": workers,
        "engine": [pid for pid in server.descendants() if pid not in _named(server)],
        "web": server.pids("web"),
        "scheduler": server.pids("scheduler"),
    }
    role = dice.choices(list(pools), weights=[4, 4, 1, 1])[0]
    if not pools[role]:
        return None
    _kill(dice.choice(pools[role]))
    return role


def _named(server: RunningServer) -> set[int]:
    roles = ("worker", "web", "scheduler", "ready", "recovery")
    return {pid for role in roles for pid in server.pids(role)}


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _running_worker(server: RunningServer, home: Path) -> int:
    """Wait until a worker runs something and return its pid."""
    for _ in range(200):
        found = _query(home, "select worker from executions where state = 'running'")
        if found:
            return int(str(found[0][0]).rsplit("-", 1)[1])
        time.sleep(0.02)
    raise AssertionError("nothing runs")


def _attempts(home: Path) -> list[int]:
    return [int(row[0]) for row in _query(home, "select attempt from executions")]


def _assert_each_run_counts_once(home: Path) -> None:
    states = Counter(row[0] for row in _query(home, "select state from executions"))
    assert set(states) <= {"succeeded", "failed"}, states
    results = Counter(row[0] for row in _query(home, "select execution_id from results"))
    assert max(results.values(), default=1) == 1
    assert sum(results.values()) == states["succeeded"]
    assert max(_attempts(home), default=0) <= 2


def _query(home: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{home / 'standpipe.db'}?mode=ro", uri=True) as connection:
        return connection.execute(sql).fetchall()
