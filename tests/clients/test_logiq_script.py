"""The Python sample of the LOGIQ documentation: only host, query and key are filled in."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.support.seeded import Seeded, seed

from standpipe.core.ids import QueryId
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.clients

SAMPLE = (Path(__file__).parent / "seed_000_sample.py.txt").read_text()
HOSTS = """
SELECT * FROM (VALUES
    (epoch_ms(1616729294000), 39590::DOUBLE, 'host1'),
    (epoch_ms(1616729294000), 28555.25::DOUBLE, 'host2'),
    (epoch_ms(1616729294123), NULL::DOUBLE, 'host3')
) AS t("timestamp", "value", groupby_host)
"""
ROWS = [
    {"timestamp": 1616729294000, "value": "39590", "groupby_host": "host1"},
    {"timestamp": 1616729294000, "value": "28555.25", "groupby_host": "host2"},
    {"timestamp": 1616729294123, "value": None, "groupby_host": "host3"},
]
LIST_ID = 1
Call = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """A home whose workspace follows LOGIQ, with a report and one that never runs."""
    day = Parameter(name="day", kind=ParameterKind.DATE, default="d_yesterday")
    host = Parameter(
        name="host", kind=ParameterKind.QUERY, default="host1", query_id=QueryId(LIST_ID)
    )
    queries = {
        "Names": "SELECT 'host1' AS value",
        "Hosts": HOSTS,
        "Never": "SELECT 1 AS one",
        "Yesterday": ("SELECT '{{ day }}'::DATE = today() - 1 AS is_yesterday", (day,)),
        "One host": ("SELECT '{{ host }}' AS host", (host,)),
    }
    seeded = seed(tmp_path_factory.mktemp("logiq") / "home", queries=queries)
    words = ("workspace", "set", "--variant", "logiq", "--json")
    assert json.loads(terminal(seeded, *words))["variant"] == "logiq"
    return seeded


@pytest.fixture(scope="module")
def server(seeded: Seeded) -> Iterator[RunningServer]:
    """An HTTPS server with a certificate of its own."""
    environment = {"STANDPIPE_LOG_LEVEL": "error"}
    with running(["serve", "--tls", "self-signed"], seeded.home, environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def call(server: RunningServer, seeded: Seeded) -> Call:
    """Call the server with the user's key, trusting nothing but its certificate."""
    (certificate,) = seeded.home.rglob("cert.pem")

    def _call(method: str, path: str, body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Key {seeded.admin_key}"}
        with requests.Session() as session:
            return session.request(
                method, server.url + path, json=body, headers=headers, verify=str(certificate)
            )

    return _call


def terminal(seeded: Seeded, *words: str) -> str:
    """Run a command of the operator."""
    command = [sys.executable, "-m", "standpipe", *words, "--home", str(seeded.home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_sample(
    server: RunningServer, query_id: int, key: str
) -> "subprocess.CompletedProcess[str]":
    """Run the sample as its reader does; it does not check the certificate and says so."""
    text = SAMPLE
    for placeholder, meaning in {
        "https://logs.logiq.ai": server.url,
        "<query_id>": str(query_id),
        "see_below_to_get_api_key": key,
    }.items():
        assert placeholder in text
        text = text.replace(placeholder, meaning)
    command = [sys.executable, "-c", text]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def refresh(call: Call, query_id: int) -> int:
    """Run a report and return the id of its result."""
    job = call("POST", f"/api/queries/{query_id}/results", {"max_age": 0}).json()["job"]
    while job["status"] not in (3, 4):
        time.sleep(0.05)
        job = call("GET", f"/api/jobs/{job['id']}").json()["job"]
    assert job["status"] == 3, job
    result_id: int = job["query_result_id"]
    return result_id


def test_sample_prints_the_rows_of_the_latest_result(
    server: RunningServer, seeded: Seeded, call: Call
) -> None:
    """Epoch milliseconds and floats as text, exactly as printed there."""
    refresh(call, seeded.queries["Hosts"])
    done = run_sample(server, seeded.queries["Hosts"], seeded.admin_key)
    assert done.returncode == 0, done.stderr
    assert done.stdout == json.dumps(ROWS, indent=3) + "\n"


@pytest.mark.parametrize(
    ("name", "row"), [("Yesterday", {"is_yesterday": True}), ("One host", {"host": "host1"})]
)
def test_sample_prints_reports_whose_defaults_move(
    server: RunningServer, seeded: Seeded, call: Call, name: str, row: dict[str, Any]
) -> None:
    """A run with a dynamic date, or with a value of another query's list, is the latest one."""
    assert seeded.queries["Names"] == LIST_ID
    refresh(call, LIST_ID)
    refresh(call, seeded.queries[name])
    done = run_sample(server, seeded.queries[name], seeded.admin_key)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [row]


def test_sample_fails_cleanly_on_a_report_that_never_ran(
    server: RunningServer, seeded: Seeded, call: Call
) -> None:
    """No latest result; asking for `None` is a 404 with a message, as the sample then reports."""
    never = seeded.queries["Never"]
    assert call("GET", f"/api/queries/{never}").json()["latest_query_data_id"] is None
    answer = call("GET", "/api/query_results/None")
    assert (answer.status_code, list(answer.json())) == (404, ["message"])
    done = run_sample(server, never, seeded.admin_key)
    assert done.returncode == 1
    assert "404 Client Error: Not Found for url" in done.stderr
    assert done.stdout == ""


def test_sample_fails_cleanly_with_a_wrong_key(server: RunningServer, seeded: Seeded) -> None:
    """The same 404 that hides what exists."""
    done = run_sample(server, seeded.queries["Hosts"], "wrong")
    assert (done.returncode, done.stdout) == (1, "")
    assert "404 Client Error: Not Found for url" in done.stderr


def test_result_has_the_printed_shape(seeded: Seeded, call: Call) -> None:
    """Rows before columns, a column's names in the printed order, an integer id."""
    result_id = refresh(call, seeded.queries["Hosts"])
    result = call("GET", f"/api/query_results/{result_id}").json()["query_result"]
    assert list(result) == [
        "id",
        "query_hash",
        "query",
        "data",
        "data_source_id",
        "runtime",
        "retrieved_at",
    ]
    assert list(result["data"]) == ["rows", "columns"]
    assert [list(column.items()) for column in result["data"]["columns"]] == [
        [("friendly_name", name), ("type", kind), ("name", name)]
        for name, kind in (
            ("timestamp", "datetime"),
            ("value", "float"),
            ("groupby_host", "string"),
        )
    ]
    assert len(result["query_hash"]) == 32
    assert result["retrieved_at"].endswith("Z")


def test_variant_goes_back_while_the_server_runs(seeded: Seeded, call: Call) -> None:
    """The stored result is then shown as Redash shows it."""
    result_id = refresh(call, seeded.queries["Hosts"])
    terminal(seeded, "workspace", "set", "--variant", "redash")
    try:
        found = call("GET", f"/api/query_results/{result_id}").json()["query_result"]["data"]
    finally:
        terminal(seeded, "workspace", "set", "--variant", "logiq")
    assert json.loads(terminal(seeded, "workspace", "show", "--json"))["variant"] == "logiq"
    assert list(found) == ["columns", "rows"]
    assert found["rows"][0]["timestamp"] == "2021-03-26T03:28:14"
    assert found["rows"][0]["value"] == 39590.0
