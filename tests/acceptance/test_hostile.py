"""Runs that would take the whole machine are stopped by name, and cancelled ones really stop."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.jobs import finish, rows, start
from tests.support.seeded import Seeded, number, seed

from standpipe.app.house import opened
from standpipe.config import Settings
from standpipe.core.ids import DataSourceId
from standpipe.core.queries import Visibility
from standpipe.services.queries import QueryDraft
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

LIMITS = {
    "STANDPIPE_RUN_MEMORY_MB": "512",
    "STANDPIPE_RUN_SECONDS": "5",
    "STANDPIPE_WORKERS": "2",
    "STANDPIPE_LOG_LEVEL": "error",
}
ENDLESS = """
    select count(*) from range(100000000) a, range(100000000) b where a.range % 7 = b.range % 5
"""
SLEEP = "select {{n}} as n, pg_sleep({{s}}) is null as slept"
QUERIES = {
    "hungry": "select list(range(200000000)) as eaten",
    "hungrier": "select list(r.range) as eaten from range(2000000000) r",
    "endless": ENDLESS,
    "small": ("select {{n}} * 2 as twice", (number("n"),)),
    "sleep": (SLEEP, (number("n"), number("s"))),
    "twin": ("select 5 as n, pg_sleep(1.5) is null as slept", ()),
}
CANCELLED = {"status": 4, "error": "Query cancelled by user."}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, Seeded]]:
    """A server whose runs may take 512 MiB and 5 s, two at a time in each of two workers."""
    home = seed(tmp_path_factory.mktemp("hostile") / "home", queries=QUERIES)
    with running(["serve"], home.home, environment=LIMITS) as server:
        yield server, home


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, Seeded]]:
    """A server that runs one thing at a time."""
    home = seed(tmp_path_factory.mktemp("lonely") / "home", queries=QUERIES)
    environment = {**LIMITS, "STANDPIPE_WORKERS": "1", "STANDPIPE_SLOTS": "1"}
    with running(["serve"], home.home, environment=environment) as server:
        yield server, home


def test_hungry_and_endless_runs_end_with_the_limit_named_and_spare_their_neighbours(
    limited: tuple[RunningServer, Seeded],
) -> None:
    """Two limits are broken while twenty other runs give their rows."""
    server, home = limited
    key, query = home.admin_key, home.queries
    hostile = {name: start(server, query[name], key) for name in ("hungry", "hungrier", "endless")}
    others = [start(server, query["small"], key, n=n) for n in range(20)]
    ended = {name: finish(server, job, key) for name, job in hostile.items()}
    doubled = [rows(server, finish(server, job, key), key)[0]["twice"] for job in others]
    assert doubled == [2 * n for n in range(20)]
    assert [job["status"] for job in ended.values()] == [4, 4, 4]
    assert [ended[name]["query_result_id"] for name in ended] == [None, None, None]
    assert "memory limit of 512 MiB" in ended["hungry"]["error"]
    assert "memory limit of 512 MiB" in ended["hungrier"]["error"]
    assert ended["endless"]["error"] == "Query exceeded Redash query execution time limit."
    sql = "select error_message from executions where error_code = ?"
    said = _one(home.home, sql, "source_timed_out")
    assert said == "The run exceeded its time limit of 5 s."


@pytest.mark.parametrize("name", ["endless", "sleep"])
def test_cancelled_run_is_over_at_once_and_its_engine_stops(
    limited: tuple[RunningServer, Seeded], name: str, record_property: Any
) -> None:
    """The caller sees the cancel at once; the engine is stopped, not left to its limit."""
    server, home = limited
    key = home.admin_key
    values = {"n": 1, "s": 4} if name == "sleep" else {}
    job = start(server, home.queries[name], key, **values)
    _await_state(home.home, job, "running")
    assert server.call("DELETE", f"/api/jobs/{job}", key=key).body == b"null"
    seen = server.call("GET", f"/api/jobs/{job}", key=key).json()["job"]
    assert {name: seen[name] for name in CANCELLED} == CANCELLED
    _await_state(home.home, job, "cancelled")
    taken = _cancel_seconds(home.home, job)
    record_property("cancel_seconds", round(taken, 3))
    print(f"cancel of {name}: {taken:.2f} s")
    assert _ticks_in_half_a_second(server) < 10
    assert finish(server, job, key)["query_result_id"] is None


def test_cancelled_run_is_never_joined(limited: tuple[RunningServer, Seeded]) -> None:
    """Who asks for the same thing after a cancel gets a run of his own, with its rows."""
    server, home = limited
    key, query_id = home.admin_key, home.queries["sleep"]
    body = {"max_age": -1, "parameters": {"n": 2, "s": 0.9}}
    first = _submit(server, query_id, key, body)
    _await_state(home.home, first, "running")
    server.call("DELETE", f"/api/jobs/{first}", key=key)
    second = _submit(server, query_id, key, body)
    assert second != first
    assert rows(server, finish(server, second, key), key)[0]["n"] == 2
    assert _execution(home.home, first) != _execution(home.home, second)
    assert finish(server, first, key)["error"] == "Query cancelled by user."


def test_shared_run_goes_on_for_the_other_user(limited: tuple[RunningServer, Seeded]) -> None:
    """Two people wait for one run; one of them cancels, the other one gets the rows."""
    server, home = limited
    query_id, body = home.queries["twin"], {"max_age": -1}
    mine = _submit(server, query_id, home.admin_key, body)
    theirs = _submit(server, query_id, home.other_key, body)
    assert (mine != theirs, _execution(home.home, mine)) == (True, _execution(home.home, theirs))
    _await_state(home.home, mine, "running")
    assert server.call("DELETE", f"/api/jobs/{theirs}", key=home.other_key).status == 200
    left = server.call("GET", f"/api/jobs/{theirs}", key=home.other_key).json()["job"]
    assert {name: left[name] for name in CANCELLED} == CANCELLED
    assert rows(server, finish(server, mine, home.admin_key), home.admin_key)[0]["n"] == 5
    left = finish(server, theirs, home.other_key)
    assert (left["error"], left["query_result_id"]) == ("Query cancelled by user.", None)


def test_twins_in_private_queries_share_nothing(
    limited: tuple[RunningServer, Seeded],
) -> None:
    """The same SQL, saved privately by two people, runs apart: neither learns of the other."""
    server, home = limited
    ids = _private_twins(home.home)
    keys = (home.admin_key, home.other_key)
    jobs = [_submit(server, ids[n], keys[n], {"max_age": -1}) for n in (0, 1)]
    assert _execution(home.home, jobs[0]) != _execution(home.home, jobs[1])
    for job, key in zip(jobs, keys, strict=True):
        assert rows(server, finish(server, job, key), key)[0]["twin"] == "private"


def test_cancelled_queued_run_never_starts(lonely: tuple[RunningServer, Seeded]) -> None:
    """What is cancelled while it waits is never given to the engine."""
    server, home = lonely
    key, query_id = home.admin_key, home.queries["sleep"]
    before = start(server, query_id, key, n=1, s=1.2)
    _await_state(home.home, before, "running")
    waiting = start(server, query_id, key, n=2, s=0)
    assert server.call("DELETE", f"/api/jobs/{waiting}", key=key).status == 200
    after = start(server, query_id, key, n=3, s=0)
    assert [finish(server, job, key)["status"] for job in (before, waiting, after)] == [3, 4, 3]
    sql = """
        select state || ' ' || attempt || ' ' || coalesce(started_at, 'never')
        from executions where id = ?
    """
    assert _one(home.home, sql, _execution(home.home, waiting)) == "cancelled 0 never"


def _private_twins(home: Path) -> list[int]:
    sql = "select 'private' as twin, pg_sleep(1.0) is null as slept"
    with opened(Settings(home=home, log_level="error"), is_operator=True) as house:
        services = house.services
        people = [services.accounts.find_user(f"{who}@example.org") for who in ("admin", "other")]
        draft = QueryDraft(
            name="Twin", sql=sql, data_source_id=DataSourceId(1), visibility=Visibility.PRIVATE
        )
        makers = [services.accounts.principal(person) for person in people]
        return [services.queries.create(maker, draft).id for maker in makers]


def _submit(server: RunningServer, query_id: int, key: str, body: dict[str, Any]) -> str:
    answer = server.call("POST", f"/api/queries/{query_id}/results", body, key=key)
    job_id: str = answer.json()["job"]["id"]
    return job_id


def _await_state(home: Path, job: str, state: str) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if _one(home, "select state from executions where id = ?", _execution(home, job)) == state:
            return
        time.sleep(0.02)
    raise AssertionError(f"job {job} is not {state} after 5 s")


def _execution(home: Path, job: str) -> int:
    return int(_one(home, "select execution_id from submissions where uid = ?", job))


def _cancel_seconds(home: Path, job: str) -> float:
    sql = "select finished_at - cancel_requested_at from executions where id = ?"
    return int(_one(home, sql, _execution(home, job))) / 1e6


def _ticks_in_half_a_second(server: RunningServer) -> int:
    """Return the processor time that all processes of the server take, in hundredths of a second.

    An engine that still counts takes all it can get; idle ones take next to nothing.
    """
    before = _ticks(server)
    time.sleep(0.5)
    after = _ticks(server)
    return sum(ticks - before.get(pid, ticks) for pid, ticks in after.items())


def _ticks(server: RunningServer) -> dict[int, int]:
    found: dict[int, int] = {}
    for pid in server.descendants():
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        found[pid] = int(words[11]) + int(words[12])
    return found


def _one(home: Path, sql: str, *values: Any) -> Any:
    path = f"file:{home / 'standpipe.db'}?mode=ro"
    with closing(sqlite3.connect(path, uri=True)) as connection:
        row = connection.execute(sql, values).fetchone()
    return row[0]
