"""PyPI's holistics 0.0a11, unmodified, and the page walk of a TypeScript integration, restated."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from holistics import HolisticsAPI
from tests.support.native import Native
from tests.support.seeded import Seeded, number, seed, text

from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.clients

IDS = Parameter(
    name="ids",
    kind=ParameterKind.ENUM,
    options=("1", "2", "3"),
    multiple=Multiple(),
    default=["1"],
)
DAYS = Parameter(
    name="days", kind=ParameterKind.DATE_RANGE, default={"start": "2026-01-01", "end": "2026-01-02"}
)
REPORTS: dict[str, Any] = {
    "people": "select i as id, case when i % 2 = 0 then 'even' end as kind from range(60) r(i)",
    "sum": ("select {{ a }} + 1 as b, {{ word }} as word", (number("a", 1), text("word", "x"))),
    "listed": ("select i::varchar as id from range(1, 4) r(i) where id in ({{ ids }})", (IDS,)),
    "days": ("select {{ days.start }} as first, {{ days.end }} as last", (DAYS,)),
    "failing": "select * from nowhere",
    "slow": "select count(*) as n from range(3000000) a(i), range(100000) b(j) where i % 7 = j % 5",
    "million": "select i as id, 'row ' || i as name from range(1000000) r(i)",
}


@dataclass(frozen=True)
class Site:
    """A server and what is saved there."""

    server: RunningServer
    made: Seeded

    def client(self, key: str | None = None) -> Any:
        return HolisticsAPI(key or self.made.admin_key, url=self.server.url)

    def get(self, path: str, **options: Any) -> requests.Response:
        headers = {"X-Holistics-Key": self.made.admin_key}
        return requests.get(self.server.url + path, headers=headers, timeout=60, **options)

    def job(self, path: str, **options: Any) -> int:
        number: int = self.get(path, **options).json()["job_id"]
        return number


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Reports that anybody may keep for an hour."""
    home = tmp_path_factory.mktemp("holistics") / "home"
    made = seed(home, queries=REPORTS)
    with running(["serve"], home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        native = Native(server, made.admin_key)
        for query in made.queries.values():
            body = {"freshness": {"max_age": 3600}}
            answer = native.ask("PATCH", f"/v1/queries/{query}", body)
            assert answer.status == 200, answer.body
        yield Site(server, made)


def rows_of(site: Site, job: int) -> Any:
    """Wait for the rows of a job."""
    while True:
        found = site.get(f"/queries/get_query_results.json?job_id={job}").json()
        if found["status"] != "running":
            return found["values"]


def test_the_python_client_brings_a_report_home(site: Site, tmp_path: Path) -> None:
    """Submit, poll, download, and write a file; with unknown filters, and by a slug."""
    file = tmp_path / "people.csv"
    frame = site.client().export_data(
        site.made.queries["people"], path=file, filters={"twqdest": "teqwdst"}
    )
    assert list(frame["id"]) == list(range(60))
    assert list(frame["kind"].fillna("")[:3]) == ["even", "", "even"]
    assert file.read_text().startswith("id,kind\n0,even\n")
    again = site.client().export_data(f"{site.made.queries['people']}-people", path=file)
    assert len(again) == 60


def test_filters_reach_the_report(site: Site, tmp_path: Path) -> None:
    """By their names; without one its default is taken."""
    report, file = site.made.queries["sum"], tmp_path / "sum.csv"
    frame = site.client().export_data(report, path=file, filters={"a": 41, "word": "é, ü"})
    assert frame.to_dict("records") == [{"b": 42, "word": "é, ü"}]
    assert site.client().export_data(report, path=file)["b"][0] == 2


def test_errors_are_those_that_the_client_knows(site: Site) -> None:
    """A wrong key, an unknown report and an unknown job by status; failing SQL by its poll."""
    for client, report, status in (
        (site.client("wrong"), site.made.queries["people"], 422),
        (site.client(), 999_999, 404),
    ):
        with pytest.raises(requests.HTTPError) as refused:
            client.submit_export(report)
        assert refused.value.response.status_code == status
    with pytest.raises(requests.HTTPError):
        site.client().get_export_results("999999", 120, 120)
    with pytest.raises(RuntimeError, match="Status of request is Failure"):
        site.client().export_data(site.made.queries["failing"])


def test_a_base_with_a_slash_at_its_end_works(site: Site, tmp_path: Path) -> None:
    """The client then asks for ``//queries/...``."""
    client = HolisticsAPI(site.made.admin_key, url=f"{site.server.url}/")
    assert len(client.export_data(site.made.queries["people"], path=tmp_path / "a.csv")) == 60


def test_a_pending_poll_is_the_one_text_that_clients_wait_on(site: Site) -> None:
    """Byte for byte; a job that is cancelled fails."""
    job = site.job(f"/queries/{site.made.queries['slow']}/submit_export.csv")
    poll = f"/queries/get_export_results.json?job_id={job}"
    assert site.get(poll).content == b'{"status":"not yet"}'
    running_rows = site.get(f"/queries/get_query_results.json?job_id={job}").json()
    assert running_rows == {"status": "running", "job_id": job}
    assert site.get(f"/exports/download?job_id={job}").status_code == 422
    headers = {"X-Holistics-Key": site.made.admin_key}
    url = f"{site.server.url}/jobs/{job}/cancel.json"
    assert requests.put(url, headers=headers, timeout=60).json() == {"status": "OK"}
    assert site.get(poll).json()["status"] == "failure"
    assert site.get(f"/jobs/{job}.json").json()["status"] == "cancelled"


def test_a_walk_over_pages_sees_every_row_once(site: Site) -> None:
    """As the integration does: poll page 1 until it succeeds, then ask for the others."""
    job = site.job(f"/queries/{site.made.queries['people']}/submit_query.json")
    rows: list[list[str | None]] = []
    page, pages = 1, 1
    while page <= pages:
        found = site.get(f"/queries/get_query_results.json?job_id={job}&_page={page}").json()
        if found["status"] == "success":
            rows += found["values"]
            pages = found["paginated"]["num_pages"]
            page += 1
        else:
            time.sleep(0.1)
    assert pages == 3
    assert [row[0] for row in rows] == [str(number) for number in range(60)]
    assert all(cell is None or isinstance(cell, str) for row in rows for cell in row)


def test_lists_are_the_same_run_however_they_are_sent(site: Site) -> None:
    """In brackets, repeated, as JSON numbers or texts: one job, of one run."""
    path = f"/queries/{site.made.queries['listed']}/submit_export.json"
    jobs = {
        site.job(f"{path}?ids[]=2&ids[]=3"),
        site.job(f"{path}?ids%5B%5D=2&ids%5B%5D=3"),
        site.job(path, params={"ids": ["2", "3"]}),
    }
    headers = {"X-Holistics-Key": site.made.admin_key}
    for ids in ([2, 3], ["2", "3"]):
        url, body = site.server.url + path, {"ids": ids}
        answer = requests.post(url, json=body, headers=headers, timeout=60)
        jobs.add(answer.json()["job_id"])
    assert len(jobs) == 1
    assert rows_of(site, jobs.pop()) == [["2"], ["3"]]


def test_ranges_are_two_filters(site: Site) -> None:
    """An end that is left out is that of the default."""
    path = f"/queries/{site.made.queries['days']}/submit_query.json"
    both = site.job(f"{path}?days_start=2026-02-01&days_end=2026-02-28")
    assert [cell[:10] for cell in rows_of(site, both)[0]] == ["2026-02-01", "2026-02-28"]
    one = site.job(f"{path}?days_start=2025-12-31")
    assert [cell[:10] for cell in rows_of(site, one)[0]] == ["2025-12-31", "2026-01-02"]


def test_a_wrong_filter_is_said_at_once(site: Site) -> None:
    """No job is begun for it."""
    answer = site.get(f"/queries/{site.made.queries['sum']}/submit_query.json?a=abc")
    assert answer.status_code == 422
    assert "a" in answer.json()["error"]


def test_a_cached_job_can_be_forced_to_run(site: Site) -> None:
    """``_bust_cache=1`` begins another run."""
    path = f"/queries/{site.made.queries['people']}/submit_query.json"
    first = site.job(path)
    rows_of(site, first)
    assert site.job(path) == first
    assert site.job(f"{path}?_bust_cache=1") != first


def test_a_million_rows_come_as_a_file_in_parts(site: Site) -> None:
    """The second download names the first one's tag, and takes the last bytes."""
    job = site.job(f"/queries/{site.made.queries['million']}/submit_export.csv")
    assert site.client().get_export_results(job) == 1
    path = f"{site.server.url}/exports/download?job_id={job}"
    headers = {"X-Holistics-Key": site.made.admin_key, "Accept-Encoding": "identity"}
    whole = requests.get(path, headers=headers, timeout=60)
    assert whole.content.count(b"\n") == 1_000_001
    wanted = {**headers, "Range": "bytes=-11", "If-Range": whole.headers["ETag"]}
    part = requests.get(path, headers=wanted, timeout=60)
    assert (part.status_code, part.content) == (206, b"row 999999\n")
    seen = {**headers, "If-None-Match": whole.headers["ETag"]}
    assert requests.get(path, headers=seen, timeout=60).status_code == 304


def test_looking_at_a_submit_begins_no_job(site: Site) -> None:
    """HEAD is for what only shows; the answer says what there is."""
    headers = {"X-Holistics-Key": site.made.admin_key}
    before = site.get("/jobs.json?limit=1").json()
    for name in ("query.json", "export.csv", "export.json", "export.xlsx"):
        path = f"/queries/{site.made.queries['sum']}/submit_{name}?a=7"
        answer = requests.head(site.server.url + path, headers=headers, timeout=60)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert site.get("/jobs.json?limit=1").json() == before


def test_jobs_are_listed_in_parts(site: Site) -> None:
    """Each before the last number of the list that came before it."""
    for word in ("one", "two", "three"):
        site.job(f"/queries/{site.made.queries['sum']}/submit_query.json?word={word}")
    numbers = [job["id"] for job in site.get("/jobs.json").json()]
    walked: list[int] = []
    while True:
        before = f"&before={walked[-1]}" if walked else ""
        found = [job["id"] for job in site.get(f"/jobs.json?limit=2{before}").json()]
        if not found:
            break
        walked += found
    assert walked == sorted(walked, reverse=True)
    assert walked[: len(numbers)] == numbers


def test_every_poll_is_for_the_holder_alone(site: Site) -> None:
    """Another owner sees, downloads and cancels nothing of it, and has his own list."""
    job = site.job(f"/queries/{site.made.queries['people']}/submit_export.csv")
    assert site.client().get_export_results(job) == 1
    other = {"X-Holistics-Key": site.made.other_key}
    refused = {
        "GET /queries/get_query_results.json?job_id={}": 404,
        "GET /queries/get_export_results.json?job_id={}": 404,
        "GET /exports/download?job_id={}": 422,
        "GET /jobs/{}.json": 404,
        "GET /jobs/{}/logs.json": 404,
        "GET /jobs/{}/get_results.json": 404,
        "PUT /jobs/{}/cancel.json": 404,
    }
    for ask, status in refused.items():
        method, path = ask.format(job).split(" ")
        answer = site.server.send(method, path, None, other)
        assert answer.status == status, ask
        nobody = site.server.send(method, path.replace(str(job), "999999"), None, other)
        assert nobody.body == answer.body
    assert json.loads(site.server.send("GET", "/jobs.json", None, other).body) == []
