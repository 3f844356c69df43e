"""How old a result may be: the cache duration of a report, said in each of the ways there are."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.clients.test_holistics_downloads import Site, opened
from tests.support.native import Native

pytestmark = pytest.mark.clients

Make = Callable[[Site, int, Path], int]
FILE = """-- ---
-- name: "At {seconds} seconds, from a file"
-- source: "Files"
-- cache_seconds: {seconds}
-- ---
select random() as r
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from opened(tmp_path_factory.mktemp("cache") / "home")


def terminal(site: Site, *words: str) -> str:
    """Run a command and return what it prints."""
    command = [sys.executable, "-m", "standpipe", *words, "--home", str(site.server.home)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def made_by_api(site: Site, seconds: int, _folder: Path) -> int:
    body = {
        "name": "By the API",
        "sql": "select random() as r",
        "data_source_id": site.made.source_id,
        "freshness": {"max_age": seconds},
    }
    answer = Native(site.server, site.made.admin_key).post("/v1/queries", body)
    number: int = answer.json()["id"]
    return number


def made_by_terminal(site: Site, seconds: int, _folder: Path) -> int:
    words = ("--name", f"At {seconds}", "--sql", "select random() as r", "--json")
    told = terminal(site, "query", "add", *words, "--cache-seconds", str(seconds))
    number: int = json.loads(told)["id"]
    return number


def made_by_file(site: Site, seconds: int, folder: Path) -> int:
    path = folder / "report.sql"
    path.write_text(FILE.format(seconds=seconds))
    number: int = json.loads(terminal(site, "query", "add", "--file", str(path), "--json"))["id"]
    return number


def jobs(site: Site, report: int) -> set[int]:
    """Submit twice, the second time when the first job is over."""
    key, found = site.made.admin_key, set()
    for _ in range(2):
        answer = site.get(f"/queries/{report}/submit_query.json", key)
        number = answer.json()["job_id"]
        while site.get(f"/jobs/{number}/get_results.json", key).json()["status"] == "running":
            pass
        found.add(number)
    return found


@pytest.mark.parametrize("make", [made_by_api, made_by_terminal, made_by_file])
def test_the_cache_duration_is_what_was_said(make: Make, site: Site, tmp_path: Path) -> None:
    """An hour keeps the job, none at all makes another one each time."""
    assert len(jobs(site, make(site, 3600, tmp_path))) == 1
    assert len(jobs(site, make(site, 0, tmp_path))) == 2


def test_the_cache_duration_can_be_changed(site: Site, tmp_path: Path) -> None:
    """By the API and at the terminal, from the next submit on."""
    report = made_by_api(site, 3600, tmp_path)
    terminal(site, "query", "set", str(report), "--no-cache-seconds")
    assert len(jobs(site, report)) == 2
    terminal(site, "query", "set", str(report), "--cache-seconds", "60")
    assert len(jobs(site, report)) == 1
    native = Native(site.server, site.made.admin_key)
    native.ask("PATCH", f"/v1/queries/{report}", {"freshness": {"max_age": None}})
    assert len(jobs(site, report)) == 2
