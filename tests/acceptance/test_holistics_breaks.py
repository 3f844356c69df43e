"""Jobs of the Holistics API when processes die, results are gone and many ask at once."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
from tests.support.native import Native
from tests.support.seeded import Seeded, number, seed

from standpipe.app.house import make_retention, opened
from standpipe.config import Settings
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

SLOW = "select count(*) as n from range(3000000) a(i), range(300) b(j) where i % 7 = j % 5"
REPORTS: dict[str, Any] = {
    "slow": SLOW,
    "sum": ("select {{ a }} + 1 as b from range(1000)", (number("a", 1),)),
}
TRIES = 600


@dataclass(frozen=True)
class Site:
    """A server and its reports."""

    server: RunningServer
    made: Seeded

    def get(self, path: str, key: str | None = None) -> requests.Response:
        """Ask until somebody answers."""
        headers = {"X-Holistics-Key": key or self.made.admin_key}
        for _ in range(TRIES):
            try:
                return requests.get(self.server.url + path, headers=headers, timeout=60)
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError(f"no answer to {path}")

    def submit(self, report: str, arguments: str = "", key: str | None = None) -> int:
        path = f"/queries/{self.made.queries[report]}/submit_export.csv{arguments}"
        job: int = self.get(path, key).json()["job_id"]
        return job

    def poll(self, job: int, key: str | None = None) -> dict[str, Any]:
        """Ask until the job is over."""
        for _ in range(TRIES):
            found: dict[str, Any] = self.get(
                f"/queries/get_export_results.json?job_id={job}", key
            ).json()
            if found["status"] != "not yet":
                return found
        raise AssertionError(f"job {job} is stuck")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("breaks") / "home"
    made = seed(home, queries=REPORTS)
    environment = {"STANDPIPE_LOG_LEVEL": "error", "STANDPIPE_WORKERS": "2"}
    with running(["serve"], home, environment=environment) as server:
        native = Native(server, made.admin_key)
        native.ask("PATCH", f"/v1/queries/{made.queries['sum']}", {"freshness": {"max_age": 3600}})
        yield Site(server, made)


@pytest.mark.parametrize("role", ["web", "worker"])
def test_a_job_outlives_the_processes_that_serve_it(role: str, site: Site) -> None:
    """Killed between submit and download: the same number has its file in the end."""
    job = site.submit("slow")
    for pid in site.server.pids(role):
        os.kill(pid, signal.SIGKILL)
    assert site.poll(job)["status"] == "success"
    file = site.get(f"/exports/download?job_id={job}")
    assert (file.status_code, file.text) == (200, "n\n128571480\n")


def test_a_job_whose_result_is_gone_says_so(site: Site) -> None:
    """In every poll; the download has no file, and the next submit is another job."""
    job = site.submit("sum", "?a=7")
    assert site.poll(job)["status"] == "success"
    with opened(Settings(home=site.made.home, log_level="error")) as house:
        make_retention(house).remove_results(timedelta(seconds=-1))
    gone = "The result of this job is not stored any more."
    assert site.poll(job) == {"status": "failure", "error": gone}
    rows = site.get(f"/queries/get_query_results.json?job_id={job}").json()
    assert (rows["status"], rows["error"]) == ("failure", gone)
    assert site.get(f"/exports/download?job_id={job}").status_code == 422
    again = site.submit("sum", "?a=7")
    assert again != job
    assert site.poll(again)["status"] == "success"


def test_many_clients_get_what_they_asked_for(site: Site) -> None:
    """Fifty at once, of two owners: one job for each owner and value, and the right file."""

    def client(place: int) -> tuple[bool, int, int, str]:
        value, is_admin = place % 5, place % 2 == 0
        key = site.made.admin_key if is_admin else site.made.other_key
        job = site.submit("sum", f"?a={value}", key)
        assert site.poll(job, key)["status"] == "success"
        return is_admin, value, job, site.get(f"/exports/download?job_id={job}", key).text

    with ThreadPoolExecutor(50) as crowd:
        found = list(crowd.map(client, range(50)))
    assert all(text == "b\n" + f"{value + 1}\n" * 1000 for _, value, _, text in found)
    assert len({each[:3] for each in found}) == 10
    assert len({job for _, _, job, _ in found}) == 10
