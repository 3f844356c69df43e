"""Who sees what in the Holistics API: reports that are public and private, of two owners."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.native import Native
from tests.support.seeded import Seeded, seed

from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.clients

SUBMITS = (
    "GET /queries/{}/submit_query.json",
    "POST /queries/{}/submit_query.json",
    "GET /queries/{}/submit_export.csv",
    "POST /queries/{}/submit_export.xlsx",
    "GET /queries/{}/submit_export.json",
    "GET /queries/{}.csv",
    "GET /queries/{}.json",
)


@dataclass(frozen=True)
class Site:
    """A server with a public and a private report of its administrator."""

    server: RunningServer
    made: Seeded

    def ask(self, key: str, place: str) -> Answer:
        method, _, path = place.partition(" ")
        return self.server.send(method, path, None, {"X-Holistics-Key": key})

    def job(self, key: str, report: str, submit: str = SUBMITS[0]) -> int:
        answer = self.ask(key, submit.format(self.made.queries[report]))
        number: int = answer.json()["job_id"]
        return number

    def rows(self, key: str, job: int) -> Any:
        while True:
            answer = self.ask(key, f"GET /queries/get_query_results.json?job_id={job}")
            if answer.status != 200 or answer.json()["status"] != "running":
                return answer.status, answer.json().get("values")


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("rights") / "home"
    queries = {"public": "select 41 as a", "private": "select 42 as a"}
    made = seed(home, queries=queries)
    with running(["serve"], home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        hide(server, made, "private")
        yield Site(server, made)


def hide(server: RunningServer, made: Seeded, report: str) -> None:
    """Make a report private."""
    native = Native(server, made.admin_key)
    answer = native.ask("PATCH", f"/v1/queries/{made.queries[report]}", {"visibility": "private"})
    assert answer.status == 200, answer.body


def test_a_private_report_is_as_one_that_is_not_there(site: Site) -> None:
    """To the other owner, byte for byte; its owner runs it."""
    admin, other = site.made.admin_key, site.made.other_key
    for submit in SUBMITS:
        hidden = site.ask(other, submit.format(site.made.queries["private"]))
        missing = site.ask(other, submit.format(999_999))
        assert (hidden.status, hidden.body) == (404, missing.body), submit
    assert site.rows(admin, site.job(admin, "private")) == (200, [["42"]])


def test_owners_share_a_run_and_no_job(site: Site) -> None:
    """Each has a number of his own, which the other one does not find; administrators find all."""
    admin, other = site.made.admin_key, site.made.other_key
    theirs, mine = site.job(other, "public"), site.job(admin, "public")
    assert theirs != mine
    assert site.rows(other, mine) == (404, None)
    assert site.rows(other, theirs) == site.rows(admin, theirs) == (200, [["41"]])
    listed = [job["id"] for job in site.ask(other, "GET /jobs.json").json()]
    assert listed == [theirs]


def test_a_report_that_became_private_takes_its_jobs_with_it(site: Site) -> None:
    """Rows, files and titles; the job itself stays in the list of its holder."""
    other = site.made.other_key
    rows, csv = site.job(other, "public"), site.job(other, "public", SUBMITS[2])
    assert site.rows(other, rows) == (200, [["41"]])
    hide(site.server, site.made, "public")
    assert site.rows(other, rows) == (404, None)
    assert site.ask(other, f"GET /jobs/{csv}/get_results.json").status == 404
    assert site.ask(other, f"GET /exports/download?job_id={csv}").status == 422
    assert {job["title"] for job in site.ask(other, "GET /jobs.json").json()} == {""}


def test_the_key_of_a_report_reaches_that_report_alone(site: Site) -> None:
    """It is nobody's: it has no user, and finds no other report or job."""
    key = site.made.query_keys["public"]
    job = site.job(key, "public")
    assert site.rows(key, job) == (200, [["41"]])
    assert site.ask(key, SUBMITS[0].format(site.made.queries["private"])).status == 404
    mine = site.job(site.made.admin_key, "public")
    assert site.rows(key, mine) == (404, None)
    assert site.ask(key, "GET /users/info.json").status == 403
    assert [each["id"] for each in site.ask(key, "GET /jobs.json").json()] == [job]


def test_materialised_queries_are_refreshed_by_their_owners(site: Site) -> None:
    """A private one is not there for others, a public one not theirs to refresh."""
    other, views = site.made.other_key, {}
    for report in ("public", "private"):
        body = {
            "name": f"result_{report}",
            "query_id": site.made.queries[report],
            "is_private": report == "private",
        }
        headers = {"X-Dune-API-Key": site.made.admin_key}
        path, data = "/api/v1/materialized-views", json.dumps(body).encode()
        assert site.server.send("POST", path, data, headers).status == 200
    for view in site.ask(site.made.admin_key, "GET /data_imports.json").json():
        views[view["query_id"]] = view["id"]
    public, private = (views[site.made.queries[name]] for name in ("public", "private"))
    seen = [view["id"] for view in site.ask(other, "GET /data_transforms.json").json()]
    assert seen == [public]
    assert site.ask(other, f"POST /data_imports/{private}/execute.json").status == 404
    assert site.ask(other, f"POST /data_imports/{public}/execute.json").status == 403
    last = f"GET /jobs/last_run_jobs.json?source_type=DataImport&ids[]={public}&ids[]={private}"
    assert site.ask(other, last).json() == {}
    shown = site.ask(site.made.admin_key, last).json()
    assert set(shown) == {str(public), str(private)}
