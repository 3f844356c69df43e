"""Settings of reports: by our own API, by the terminal, and in query files."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.native import Native
from tests.support.seeded import seed

from standpipe.testing import running

pytestmark = pytest.mark.acceptance

GIVEN = {"display": ["b", "a"], "sort": ["-a"], "time_zone": "Europe/London"}
WHOLE = {
    "display": [{"field": "b", "is_mandatory": False}, {"field": "a", "is_mandatory": False}],
    "sort": [{"field": "a", "is_descending": True}],
    "time_zone": "Europe/London",
}


@dataclass(frozen=True)
class Desk:
    """A server, its home, and a query."""

    native: Native
    home: Path
    query: int

    def terminal(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "standpipe", *words, "--home", str(self.home)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One query without settings."""
    home = tmp_path_factory.mktemp("reports") / "home"
    made = seed(home, queries={"two": "select 1 as a, 2 as b"})
    with running(["serve"], home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        yield Desk(Native(server, made.admin_key), home, made.queries["two"])


def test_our_own_api_sets_and_shows_them(desk: Desk) -> None:
    """Short forms are written out; null and unknown fields are refused."""
    path = f"/v1/queries/{desk.query}"
    answer = desk.native.ask("PATCH", path, {"report": GIVEN})
    assert answer.status == 200, answer.body
    assert answer.json()["report"] == WHOLE
    assert answer.json()["revision"] == 1
    for wrong in ({"colour": 1}, {"display": "a"}, {"time_zone": "Nowhere"}, {"row_limit": 0}):
        refused = desk.native.ask("PATCH", path, {"report": wrong})
        assert refused.status in (400, 422), refused.body
        assert "report" in refused.json()["title"] + str(refused.json().get("detail"))
    assert desk.native.get(path).json()["report"] == WHOLE


def test_a_query_is_made_with_them(desk: Desk) -> None:
    """In one call."""
    body = {"name": "Made", "sql": "select 1 as a", "data_source_id": 1, "report": {"sort": ["a"]}}
    made = desk.native.post("/v1/queries", body)
    assert made.status == 201, made.body
    assert made.json()["report"] == {"sort": [{"field": "a", "is_descending": False}]}


def test_the_terminal_sets_them(desk: Desk, tmp_path: Path) -> None:
    """From a file; what is wrong is told and changes nothing."""
    file = tmp_path / "report.json"
    file.write_text(json.dumps({"row_limit": 5}))
    done = desk.terminal("query", "set", str(desk.query), "--report", str(file), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["report"] == {"row_limit": 5}
    for wrong in ("[]", "{", '{"row_limit": 0}'):
        file.write_text(wrong)
        refused = desk.terminal("query", "set", str(desk.query), "--report", str(file))
        assert refused.returncode != 0
    shown = desk.native.get(f"/v1/queries/{desk.query}").json()
    assert shown["report"] == {"row_limit": 5}


def test_they_travel_with_query_files(desk: Desk, tmp_path: Path) -> None:
    """Out and in again."""
    path = f"/v1/queries/{desk.query}"
    assert desk.native.ask("PATCH", path, {"report": GIVEN}).status == 200
    folder = tmp_path / "queries"
    done = desk.terminal("query", "export", str(folder))
    assert done.returncode == 0, done.stderr
    (file,) = [each for each in folder.rglob("*.sql") if "two" in each.read_text().lower()[:400]]
    text = file.read_text()
    assert '"time_zone": "Europe/London"' in text
    file.write_text(text.replace("Europe/London", "Europe/Berlin"))
    done = desk.terminal("query", "import", str(folder))
    assert done.returncode == 0, done.stderr
    assert desk.native.get(path).json()["report"] == WHOLE | {"time_zone": "Europe/Berlin"}
