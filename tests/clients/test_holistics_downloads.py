"""Downloads of the Holistics API as links, what is logged of them, and memory while they last."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from benchmarks.memory import Peak, pss_mib
from holistics import HolisticsAPI
from tests.support.native import Native
from tests.support.seeded import Seeded, seed

from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.clients

ROWS = 1_000_000
REPORTS: dict[str, Any] = {
    "people": "select i as id, 'name ' || i as name from range(60) r(i)",
    "million": f"select i as id, repeat(md5(i::varchar), 5) as word from range({ROWS}) r(i)",
}


@dataclass(frozen=True)
class Site:
    """A server, and the job of a file that is there."""

    server: RunningServer
    made: Seeded

    def get(self, path: str, key: str | None, **options: Any) -> requests.Response:
        headers = {**({"X-Holistics-Key": key} if key else {}), **options.pop("headers", {})}
        url = path if path.startswith("http") else self.server.url + path
        return requests.get(url, headers=headers, timeout=60, allow_redirects=False, **options)

    def export(self, key: str, report: str = "people") -> int:
        path = f"/queries/{self.made.queries[report]}/submit_export.csv"
        number: int = self.get(path, key).json()["job_id"]
        while self.get(f"/jobs/{number}/get_results.json", key).json()["status"] == "not yet":
            pass
        return number


def opened(home: Path, **settings: str) -> Iterator[Site]:
    made = seed(home, queries=REPORTS)
    environment = {"STANDPIPE_LOG_LEVEL": "error", **settings}
    with running(["serve"], home, environment=environment) as server:
        yield Site(server, made)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose downloads are links."""
    home = tmp_path_factory.mktemp("links") / "home"
    yield from opened(home, STANDPIPE_HOLISTICS_DOWNLOAD="redirect")


def link_of(site: Site, job: int, key: str) -> str:
    answer = site.get(f"/exports/download?job_id={job}", key)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
    assert (answer.headers["Status"], answer.content) == ("302 Found", b"")
    return answer.headers["Location"]


def test_a_link_is_the_file_without_a_key(site: Site) -> None:
    """At the same host, in parts, and no other file."""
    key = site.made.admin_key
    link = link_of(site, site.export(key), key)
    assert link.startswith(f"{site.server.url}/exports/file?link=")
    whole = site.get(link, None)
    assert (whole.status_code, whole.text.count("\n")) == (200, 61)
    assert whole.headers["Content-Disposition"] == 'attachment; filename="1-people.csv"'
    part = site.get(link, None, headers={"Range": "bytes=0-6"})
    assert (part.status_code, part.content) == (206, b"id,name")
    seen = site.get(link, None, headers={"If-None-Match": whole.headers["ETag"]})
    assert seen.status_code == 304
    assert site.get(f"{link}&job_id=999", None).content == whole.content


def test_a_link_is_no_key_for_anything_else(site: Site) -> None:
    """And what is no link is refused, with a key too."""
    key = site.made.admin_key
    job = site.export(key)
    link = link_of(site, job, key)
    other = link.replace("/exports/file", f"/jobs/{job}.json")
    assert site.get(other, None).status_code == 401
    for text in (link[:-3], f"{site.server.url}/exports/file"):
        assert site.get(text, key).status_code == 403
    assert site.get("/exports/download?job_id=999999", key).status_code == 422
    assert site.get(f"/exports/download?job_id={job}", site.made.other_key).status_code == 422


def test_a_link_sees_the_rights_of_its_maker(site: Site) -> None:
    """A report that becomes private takes the links of others with it."""
    other, native = site.made.other_key, Native(site.server, site.made.admin_key)
    link = link_of(site, site.export(other), other)
    assert site.get(link, None).status_code == 200
    report = f"/v1/queries/{site.made.queries['people']}"
    try:
        assert native.ask("PATCH", report, {"visibility": "private"}).status == 200
        assert site.get(link, None).status_code == 422
    finally:
        native.ask("PATCH", report, {"visibility": "workspace"})


def test_the_python_client_follows_a_link(site: Site, tmp_path: Path) -> None:
    """As it did at Holistics."""
    client = HolisticsAPI(site.made.admin_key, url=site.server.url)
    frame = client.export_data(site.made.queries["people"], path=tmp_path / "people.csv")
    assert list(frame["id"]) == list(range(60))


def test_no_key_and_no_link_is_logged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Not even with a line per request."""
    settings = {"LOG_LEVEL": "debug", "ACCESS_LOG": "true", "HOLISTICS_DOWNLOAD": "redirect"}
    for site in opened(
        tmp_path / "home", **{f"STANDPIPE_{name}": value for name, value in settings.items()}
    ):
        key = site.made.admin_key
        link = link_of(site, site.export(key), key)
        assert site.get(link, None).status_code == 200
        assert site.get(f"/jobs.json?_utoken={key}", None).status_code == 200
    logged = capfd.readouterr().err
    assert "/exports/file" in logged
    assert "/jobs.json" in logged
    for secret in (key, link.partition("=")[2], "_utoken"):
        assert secret not in logged


def test_the_server_stays_small_while_a_client_takes_a_million_rows(
    tmp_path: Path,
) -> None:
    """Whole by the Python client, while the web process grows by less than half of the file."""
    for site in opened(tmp_path / "home"):
        key, file = site.made.admin_key, tmp_path / "million.csv"
        site.get(f"/exports/download?job_id={site.export(key)}", key)
        web = site.server.pids("web")
        before = pss_mib(web)
        with Peak(lambda pids=web: pss_mib(pids)) as peak:
            client = HolisticsAPI(key, url=site.server.url)
            frame = client.export_data(site.made.queries["million"], path=file)
        assert (len(frame), frame["id"].sum()) == (ROWS, ROWS * (ROWS - 1) // 2)
        assert peak.value - before < file.stat().st_size / 2**20 / 2
        assert json.loads(site.get("/jobs.json?limit=1", key).text)[0]["title"] == "million"
