"""Scripts that were written for MyReports, against a real server: only address and token differ."""

import io
import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import polars as pl
import pyarrow as pa
import pytest
import requests
from benchmarks.memory import Peak, pss_mib
from tests.clients.test_oauth import register
from tests.support.engine import fetch
from tests.support.native import Native
from tests.support.seeded import DEMO_DATA, Seeded, seed

from standpipe.app.house import opened
from standpipe.config import Settings
from standpipe.core.queries import Query, Visibility
from standpipe.core.reports.settings import MOST_ROWS
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.clients

ROWS = 1_000_000
PUBLISHED = json.loads(
    (Path(__file__).parents[1] / "dialects" / "myreports" / "published.json").read_text()
)
QUERIES = {
    "five": "SELECT i AS n, i % 2 AS parity FROM range(5) r(i) ORDER BY n",
    "twins": "SELECT 1 AS a, 2 AS a",
    "million": (
        "SELECT i AS n, CASE WHEN i % 3 <> 0 THEN i / 7 END AS share, 'row ' || i AS words,"
        " repeat('wide ', 30) AS rest,"
        f" TIMESTAMP '2025-01-01' + to_seconds(i) AS made FROM range({ROWS}) r(i)"
    ),
}
ALL = {"dateFilter": {"presetName": "All"}}


@dataclass(frozen=True)
class Script:
    """A script with a token, as integrators write them: POST, wait, read."""

    url: str
    key: str
    prefix: str = "/api/v1.0"

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return requests.request(
            method, f"{self.url}{self.prefix}{path}", headers=headers, timeout=60, **more
        )

    def data(self, method: str, path: str, **more: Any) -> Any:
        answer = self.call(method, path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    @cached_property
    def reports(self) -> str:
        (workspace,) = self.data("GET", "/workspaces")
        return f"/workspaces/{workspace['id']}/reports"

    def report(self, name: str) -> str:
        found = {each["name"]: each["id"] for each in self.data("GET", self.reports)}
        return f"{self.reports}/{found[name]}"

    def begun(self, name: str, body: Any = ALL) -> str:
        """Return the path of a new request."""
        report = self.report(name)
        return (
            f"{report}/requests/{self.data('POST', f'{report}/requests', json=body)['requestId']}"
        )

    def complete(self, name: str, body: Any = ALL) -> str:
        """Return the path of a request that is complete."""
        path = self.begun(name, body)
        found = self.data("GET", f"{path}?wait=60")
        assert found["status"] == "Complete", found
        return path


@dataclass(frozen=True)
class Site:
    """A server with two reports, and its administrator's script."""

    server: RunningServer
    made: Seeded

    @property
    def script(self) -> Script:
        return Script(self.server.url, self.made.admin_key)

    @property
    def other(self) -> Script:
        return Script(self.server.url, self.made.other_key)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = seed(tmp_path_factory.mktemp("myreports") / "home", queries=dict(QUERIES))
    with running(["serve"], made.home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        yield Site(server, made)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Script]:
    with running(["demo", "--json"], tmp_path_factory.mktemp("demo") / "home") as server:
        yield Script(server.url, json.loads(server.lines[0])["user_key"])


def test_the_published_report_comes_out_of_the_demo(demo: Script) -> None:
    """Its 922 rows, with the published keys, in the published order."""
    period = {"dateFilter": {"start": "2025-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}}
    path = demo.complete("Call list", period)
    found = demo.call("GET", f"{path}/data").json()
    assert (len(found["data"]), found["totalCount"], found["rowLimitExceeded"]) == (922, 922, False)
    assert list(found) == list(PUBLISHED)
    for name in ("displayFields", "sortFields", "reportTemplateName", "timeZoneId"):
        assert found["request"][name] == PUBLISHED["request"][name]
    order = [each["fieldName"] for each in PUBLISHED["request"]["displayFields"]] + ["docId"]
    for row in found["data"]:
        assert list(row) == [name for name in order if name in row]
        assert None not in row.values()
    starts = [row["start"] for row in found["data"]]
    assert starts == sorted(starts, reverse=True)
    assert [found["data"][0], found["data"][1], found["data"][-1]] == PUBLISHED["data"]
    assert [list(row) for row in PUBLISHED["data"]] == [
        list(found["data"][number]) for number in (0, 1, -1)
    ]


def test_its_sums_are_those_of_sql(demo: Script) -> None:
    """The published ones, of the published types."""
    found = demo.call("GET", f"{demo.complete('Call list')}/data?page_size=1").json()
    assert len(found["data"]) == 1
    (sums,) = found["summary"]
    assert json.dumps(sums) == json.dumps(PUBLISHED["summary"][0])
    names = ", ".join(f"sum({name})" for name in sums)
    sql = f"SELECT {names} FROM '{DEMO_DATA / 'calls.parquet'}'"
    assert fetch(sql) == [tuple(sums.values())]


def test_its_saved_filters_narrow_it_down(demo: Script) -> None:
    """By the id that the list of filters shows; a condition narrows it further."""
    report = demo.report("Call list")
    filters = {each["name"]: each["id"] for each in demo.data("GET", f"{report}/filters")}
    path = demo.complete("Call list", {**ALL, "filterId": filters["Answered calls"]})
    found = demo.call("GET", f"{path}/data?page_size=1").json()
    assert (found["totalCount"], found["summary"][0]["ans"]) == (621, 621)
    assert found["request"]["metadata"]["filterId"] == filters["Answered calls"]


def test_every_form_of_the_path_has_the_same_bytes(site: Site) -> None:
    """With and without /api, as a request and as a result, in any spelling of the ids."""
    path = site.script.complete("five")
    result = path.replace("/requests/", "/results/")
    braces = re.sub(r"([0-9a-f-]{36})", r"%7B\1%7D", path).upper().replace("/REPORTS", "/reports")
    braces = braces.replace("/WORKSPACES", "/workspaces").replace("/REQUESTS", "/requests")
    short = Script(site.server.url, site.made.admin_key, prefix="/v1.0")
    answers = [
        script.call("GET", f"{each}/data")
        for script in (site.script, short)
        for each in (path, result, braces)
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1


def test_requests_share_a_run_whatever_their_conditions(site: Site) -> None:
    """Each is a request of its own; the numbers of both are right."""
    bodies = [
        {**ALL, "additionalConditions": [{"fieldName": "parity", "operator": "=", "values": [n]}]}
        for n in (0, 1)
    ]
    with opened(Settings(home=site.made.home, log_level="error")) as house:
        author = house.services.accounts.principal(
            house.services.accounts.find_user("admin@example.org")
        )
        query = house.services.queries.get(author, site.made.queries["five"])  # type: ignore[arg-type]
        house.services.queries.edit(author, query.id, {"cache_seconds": 3600})
    paths = [site.script.complete("five", body) for body in bodies]
    answers = [site.script.call("GET", f"{path}/data") for path in paths]
    assert len({answer.headers["X-Execution-Id"] for answer in answers}) == 1
    assert paths[0] != paths[1]
    found = [answer.json() for answer in answers]
    assert [[row["n"] for row in each["data"]] for each in found] == [[0, 2, 4], [1, 3]]
    assert [(each["queryCount"], each["totalCount"]) for each in found] == [(5, 3), (5, 2)]
    assert [each["summary"] for each in found] == [
        [{"n": 6, "parity": 0}],
        [{"n": 4, "parity": 2}],
    ]


def test_numbers_of_a_run_are_true(site: Site) -> None:
    """Effort, durations and counts are measured."""
    found = site.script.call("GET", f"{site.script.complete('million')}/data?page_size=1").json()
    assert (found["queryCount"], found["totalCount"], found["rowLimit"]) == (ROWS, ROWS, ROWS)
    assert found["effort"] > 0
    assert 0 < found["queryDuration"] <= found["totalDuration"] < 60_000
    assert found["rowLimitExceeded"] is False


def test_columns_of_one_name_are_all_there(site: Site) -> None:
    """Under keys of their own, which the display fields name."""
    found = site.script.call("GET", f"{site.script.complete('twins')}/data").json()
    assert found["data"] == [{"a": 1, "a_1": 2}]
    assert [each["fieldName"] for each in found["request"]["displayFields"]] == ["a", "a_1"]


def test_many_may_wait_for_the_rows(site: Site) -> None:
    """One call after the POST is enough."""

    def ask(_: int) -> int:
        path = site.script.begun("five")
        return len(site.script.call("GET", f"{path}/data?wait=60").json()["data"])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [5] * 8


def test_rows_are_files_too(site: Site) -> None:
    """The same rows as CSV, workbook, Parquet and Arrow, under names of their own."""
    path = site.script.complete("five")
    answers = {
        name: site.script.call("GET", f"{path}/data?format={name}&page=2&page_size=2")
        for name in ("csv", "xlsx", "parquet", "arrow")
    }
    request = path.rpartition("/")[2]
    for name, answer in answers.items():
        named = f'attachment; filename="{request}.{name}"'
        assert (answer.status_code, answer.headers["Content-Disposition"]) == (200, named)
    body = {name: io.BytesIO(answer.content) for name, answer in answers.items()}
    assert answers["csv"].text == "n,parity\r\n2,0\r\n3,1\r\n"
    sheet = openpyxl.load_workbook(body["xlsx"]).worksheets[0]
    assert list(sheet.values) == [("n", "parity"), (2, 0), (3, 1)]
    assert pl.read_parquet(body["parquet"]).rows() == [(2, 0), (3, 1)]
    assert pa.ipc.open_file(body["arrow"]).read_all().column("n").to_pylist() == [2, 3]


def test_an_answer_that_is_known_is_not_sent_again(site: Site) -> None:
    """And HEAD has its headers alone; it is compressed for those who ask for it."""
    path = f"{site.script.complete('five')}/data"
    first = site.script.call("GET", path)
    known = site.script.call("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    head = site.script.call("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert "Authorisation" in first.headers["Vary"]


def test_requests_are_for_those_who_made_them(site: Site) -> None:
    """For all others they are not there, whatever they know of them."""
    path = site.script.complete("five")
    for place in (path, f"{path}/data", path.replace("/requests/", "/results/")):
        assert site.other.call("GET", place).status_code == 404
    assert site.other.call("DELETE", path).status_code == 404
    own = site.other.complete("five")
    assert site.script.call("GET", own).status_code == 200  # administrators see all
    listed = {each["requestId"] for each in site.other.data("GET", own.rpartition("/")[0])}
    assert own.rpartition("/")[2] in listed
    assert path.rpartition("/")[2] not in listed


def test_private_reports_are_not_there_for_others(site: Site) -> None:
    """Nor is what was requested of them before."""
    native = Native(site.server, site.made.admin_key)
    report, own = site.other.report("five"), site.other.complete("five")
    path = f"/v1/queries/{site.made.queries['five']}"
    assert native.ask("PATCH", path, {"visibility": Visibility.PRIVATE}).status == 200
    try:
        for place in (report, f"{report}/fields", f"{report}/filters", own, f"{own}/data"):
            assert site.other.call("GET", place).status_code == 404
        assert site.other.call("POST", f"{report}/requests", json=ALL).status_code == 404
        assert [each["name"] for each in site.other.data("GET", site.other.reports)] == [
            "million",
            "twins",
        ]
    finally:
        native.ask("PATCH", path, {"visibility": Visibility.WORKSPACE})


def test_a_query_key_reads_its_report_alone(site: Site) -> None:
    """It is the token for what many people open."""
    script = Script(site.server.url, site.made.query_keys["five"])
    assert [each["name"] for each in script.data("GET", script.reports)] == ["five"]
    found = script.call("GET", f"{script.complete('five')}/data").json()
    assert [row["n"] for row in found["data"]] == [0, 1, 2, 3, 4]
    assert script.call("GET", site.script.report("million")).status_code == 404


def test_cancelling_a_request_leaves_others_alone(site: Site) -> None:
    """Although they share a run, or what it has left."""
    first, second = site.script.begun("million"), site.script.begun("million")
    assert site.script.data("DELETE", first)["status"] in {"Cancelled", "Complete"}
    assert site.script.data("GET", f"{second}?wait=60")["status"] == "Complete"


class Whole(msgspec.Struct):
    """A result whose rows are not taken apart."""

    data: list[msgspec.Raw]
    summary: list[dict[str, Any]]
    totalCount: int  # noqa: N815 - as it is published


def test_a_million_rows_come_in_flat_memory(site: Site) -> None:
    """Without their nulls, while the web process grows by less than a third of the body."""
    path, web, size = site.script.complete("million"), site.server.pids("web"), 0
    before = pss_mib(web)
    with Peak(lambda: pss_mib(web)) as peak:
        answer = requests.get(
            f"{site.server.url}/api/v1.0{path}/data",
            headers={"Authorisation": f"Bearer {site.made.admin_key}"},
            stream=True,
            timeout=60,
        )
        pieces = []
        for piece in answer.iter_content(1 << 20):
            size += len(piece)
            pieces.append(piece)
    found = msgspec.json.decode(b"".join(pieces), type=Whole)
    assert (len(found.data), found.totalCount) == (ROWS, ROWS)
    first = {"n": 0, "words": "row 0", "rest": "wide " * 30, "made": "2025-01-01T00:00:00"}
    assert json.loads(bytes(found.data[0])) == first
    assert found.summary[0]["n"] == ROWS * (ROWS - 1) // 2
    assert size > 200 * 2**20
    assert peak.value - before < 200 / 3


def test_rows_after_the_row_limit_are_cut_and_said_to_be(site: Site) -> None:
    """It is exceeded exactly when a row was cut; the sums are those of all rows."""
    try:
        for limit, rows, is_exceeded in ((4, 4, True), (5, 5, False), (6, 5, False)):
            _limit(site.made, limit)
            found = site.script.call("GET", f"{site.script.complete('five')}/data").json()
            status = site.script.data("GET", site.script.complete("five"))
            assert (len(found["data"]), found["totalCount"]) == (rows, rows)
            assert found["rowLimitExceeded"] is status["rowLimitExceeded"] is is_exceeded
            assert (found["rowLimit"], found["summary"][0]["n"]) == (limit, 10)
    finally:
        _limit(site.made, MOST_ROWS)


def _limit(made: Seeded, rows: int) -> Query:
    with opened(Settings(home=made.home, log_level="error")) as house:
        services = house.services
        author = services.accounts.principal(services.accounts.find_user("admin@example.org"))
        query = services.queries.get(author, made.queries["five"])  # type: ignore[arg-type]
        return services.queries.edit(author, query.id, {"report": {"row_limit": rows}})


def test_an_access_token_is_taken_until_it_ends(tmp_path: Path) -> None:
    """In either spelling of the header; then, as for no token, 401 says what to bring."""
    made = seed(tmp_path / "home", queries={"five": QUERIES["five"]})
    registered = register(made)
    environment = {"STANDPIPE_LOG_LEVEL": "error", "STANDPIPE_ACCESS_TOKEN_SECONDS": "3"}
    with running(["serve"], made.home, environment=environment) as server:
        form = {
            "grant_type": "client_credentials",
            "client_id": registered["client_id"],
            "client_secret": registered["client_secret"],
        }
        token = requests.post(f"{server.url}/connect/token", data=form, timeout=60).json()
        script = Script(server.url, token["access_token"])
        path = f"{server.url}/v1.0{script.complete('five')}/data"
        british = {"Authorisation": f"Bearer {script.key}"}
        assert len(requests.get(path, headers=british, timeout=60).json()["data"]) == 5
        waiting = threading.Event()
        while (answer := script.call("GET", "/workspaces")).status_code == 200:
            waiting.wait(0.1)
        assert (answer.status_code, answer.json()["error"]) == (401, 401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert requests.get(path, headers=british, timeout=60).status_code == 401
