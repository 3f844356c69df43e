"""The answers of the Dune API as compat/dune.md prints them, over HTTP."""

import time
from typing import Any
from uuid import uuid4

import pytest
import requests
from tests.clients.conftest import Site

pytestmark = pytest.mark.clients

METADATA = {
    "column_names",
    "column_types",
    "row_count",
    "result_set_bytes",
    "total_row_count",
    "total_result_set_bytes",
    "datapoint_count",
    "pending_time_millis",
    "execution_time_millis",
}
HEAD = {"execution_id", "query_id", "is_execution_finished", "state", "submitted_at"}
TIMES = {"expires_at", "execution_started_at", "execution_ended_at"}
ENDLESS = "SELECT count(*) AS n FROM range(100000000000)"


class Dune:
    """Calls below one of the prefixes."""

    def __init__(self, site: Site, prefix: str = "/api/v1") -> None:
        self.root = f"{site.url}{prefix}"
        self._headers = {"x-dune-api-key": site.key}

    def send(self, place: str, **given: Any) -> requests.Response:
        """Make a request."""
        method, _, path = place.partition(" ")
        return requests.request(
            method, self.root + path, headers=self._headers, timeout=20, **given
        )

    def json(self, place: str, **given: Any) -> Any:
        """Make a request that succeeds."""
        answer = self.send(place, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, sql: str) -> int:
        """Save a query; its number. With a slash at the end, as the clients do."""
        number: int = self.json("POST /query/", json={"name": "a", "query_sql": sql})["query_id"]
        return number

    def start(self, sql: str) -> str:
        """Run a statement; its id."""
        execution: str = self.json("POST /sql/execute", json={"sql": sql})["execution_id"]
        return execution

    def finish(self, sql: str) -> str:
        """Run a statement to its end; its id."""
        execution = self.start(sql)
        while not self.json(f"GET /execution/{execution}/status")["is_execution_finished"]:
            time.sleep(0.02)
        return execution


@pytest.fixture
def dune(site: Site) -> Dune:
    return Dune(site)


def test_a_run_that_is_done_has_every_field(dune: Dune) -> None:
    """In its status and in its results; 2023's fields stand beside today's."""
    started = dune.json("POST /sql/execute", json={"sql": "SELECT 1 AS a"})
    assert set(started) == {"execution_id", "state"}
    execution = dune.finish("SELECT i AS a, 'x' AS b FROM range(26) t(i)")
    assert len(execution) == 26
    assert execution.startswith("01")
    status = dune.json(f"GET /execution/{execution}/status")
    assert set(status) == HEAD | TIMES | {"result_metadata", "execution_cost_credits"}
    assert set(status["result_metadata"]) == METADATA
    results = dune.json(f"GET /execution/{execution}/results?limit=5&offset=5")
    assert set(results) == HEAD | TIMES | {"result", "next_uri", "next_offset"}
    result = results["result"]
    assert set(result) == (METADATA - {"column_names", "column_types", "row_count"}) - {
        "total_result_set_bytes"
    } | {"rows", "metadata"}
    metadata = result["metadata"]
    assert set(metadata) == METADATA
    assert (metadata["row_count"], metadata["total_row_count"]) == (5, 26)
    assert (metadata["datapoint_count"], metadata["column_types"]) == (10, ["bigint", "varchar"])
    assert (results["next_offset"], results["query_id"]) == (10, 0)
    assert results["next_uri"].startswith(f"{dune.root}/execution/{execution}/results?")


def test_pages_end_without_a_way_on(dune: Dune) -> None:
    """The last one, one past the end, and one of no rows; absent fields are left out."""
    execution = dune.finish("SELECT i AS a FROM range(3) t(i)")
    for options, count in (("limit=2&offset=2", 1), ("offset=9", 0), ("limit=0", 0), ("", 3)):
        results = dune.json(f"GET /execution/{execution}/results?{options}")
        assert "next_uri" not in results, options
        metadata = results["result"]["metadata"]
        assert len(results["result"]["rows"]) == metadata["row_count"] == count
        assert metadata["total_row_count"] == 3
        assert metadata["result_set_bytes"] > 0 or count == 0


def test_filtered_pages_end_with_the_rows_that_fit(dune: Dune) -> None:
    """Though the total is that of all rows; the way on repeats the options."""
    execution = dune.finish("SELECT i AS a FROM range(100) t(i)")
    place = f"GET /execution/{execution}/results"
    first = dune.json(place, params={"filters": "a >= 90", "limit": 6, "sort_by": "a desc"})
    second = requests.get(
        first["next_uri"], headers={"x-dune-api-key": dune._headers["x-dune-api-key"]}, timeout=20
    ).json()
    rows = [row["a"] for page in (first, second) for row in page["result"]["rows"]]
    assert rows == list(range(99, 89, -1))
    assert "next_uri" not in second
    assert second["result"]["metadata"]["total_row_count"] == 100


def test_csv_says_the_way_on_in_its_headers(dune: Dune) -> None:
    """Each page has its header line and ends in LF."""
    execution = dune.finish("SELECT i AS number FROM range(5, 8) t(i)")
    page = dune.send(f"GET /execution/{execution}/results/csv?limit=2")
    assert page.text == "number\n5\n6\n"
    assert page.headers["x-dune-next-offset"] == "2"
    assert page.headers["content-type"] == "text/csv; charset=utf-8"
    last = requests.get(
        page.headers["x-dune-next-uri"], headers={"X-DUNE-API-KEY": "x"} | dune._headers, timeout=20
    )
    assert last.text == "number\n7\n"
    assert "x-dune-next-uri" not in last.headers


def test_a_run_under_way_has_its_head_alone(dune: Dune) -> None:
    """As JSON; as CSV it is refused with the text that spice waits on. Then it is cancelled."""
    execution = dune.start(ENDLESS)
    results = dune.json(f"GET /execution/{execution}/results")
    assert results["state"] in ("QUERY_STATE_PENDING", "QUERY_STATE_EXECUTING")
    assert not {"result", "expires_at", "execution_ended_at", "cancelled_at"} & set(results)
    answer = dune.send(f"GET /execution/{execution}/results/csv")
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "Query state is QUERY_STATE_EXECUTING, cannot provide CSV result"},
    )
    assert dune.json(f"POST /execution/{execution}/cancel") == {"success": True}
    status = dune.json(f"GET /execution/{execution}/status")
    assert status["state"] == "QUERY_STATE_CANCELLED"
    assert {"cancelled_at", "execution_started_at"} <= set(status)
    assert not {"result_metadata", "error"} & set(status)
    assert dune.json(f"POST /execution/{execution}/cancel") == {"success": False}


def test_a_failed_run_says_why(dune: Dune) -> None:
    """With status 200: the request did not fail."""
    execution = dune.finish("SELECT nope")
    for place in ("status", "results"):
        shown = dune.json(f"GET /execution/{execution}/{place}")
        assert shown["state"] == "QUERY_STATE_FAILED"
        assert shown["error"]["type"] == "FAILED_TYPE_EXECUTION_FAILED"
        assert "nope" in shown["error"]["message"]
        metadata = shown["error"]["metadata"]
        assert (metadata["line"], metadata["column"]) == (1, 8)
        assert "result" not in shown
    assert dune.send(f"GET /execution/{execution}/results/csv").status_code == 400


def test_identical_runs_under_way_are_shared(dune: Dune) -> None:
    """A client repeats a POST whose answer got lost."""
    number = dune.create(ENDLESS)
    place = f"POST /query/{number}/execute"
    first, second = dune.json(place)["execution_id"], dune.json(place)["execution_id"]
    assert first == second
    assert dune.json(f"POST /execution/{first}/cancel") == {"success": True}


def test_idempotency_keys_are_honoured(dune: Dune) -> None:
    """Also when the run is over."""
    number = dune.json("POST /query", json={"name": "key", "query_sql": "SELECT 1 AS a"})[
        "query_id"
    ]
    dune._headers["Idempotency-Key"] = f"key-{number}"
    first = dune.json(f"POST /query/{number}/execute")["execution_id"]
    time.sleep(0.5)
    assert dune.json(f"POST /query/{number}/execute")["execution_id"] == first
    refused = dune.send(f"POST /query/{number}/execute", json={"performance": "large"})
    assert refused.status_code == 409


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[]", b" "])
def test_bodies_may_be_nothing(dune: Dune, body: bytes) -> None:
    """Under whatever type."""
    number = dune.create("SELECT 1 AS a")
    dune._headers["Content-Type"] = "text/plain; charset=utf-8"
    assert dune.send(f"POST /query/{number}/execute", data=body).status_code == 200


@pytest.mark.parametrize("body", [b"{", b"3", b'"x"', b"[1]", b"\xff", b'{"query_parameters": 3}'])
def test_bodies_that_are_wrong_are_refused(dune: Dune, body: bytes) -> None:
    """And run nothing."""
    number = dune.create(f"SELECT {uuid4().int % 10**9} AS never_run")
    answer = dune.send(f"POST /query/{number}/execute", data=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}
    assert dune.send(f"GET /query/{number}/results").status_code == 404


def test_all_addresses_lead_to_the_same(site: Site, dune: Dune) -> None:
    """With a slash too many at either end, below the older names, as seed 001 prints them."""
    number = dune.create("SELECT 1 AS a")
    dune.json(f"POST /query/{number}/execute")
    time.sleep(0.5)
    for prefix in ("/api/v1", "//api/v1", "/api/alpha/v1", "/v1"):
        other = Dune(site, prefix)
        for path in (f"/query/{number}/results", f"/query/{number}/results/"):
            assert other.json(f"GET {path}")["result"]["rows"] == [{"a": 1}], (prefix, path)
    answer = requests.get(
        f"{site.url}/v1/query/{number}/results?api_key={site.key}&limit=1", timeout=20
    )
    assert answer.json()["result"]["rows"] == [{"a": 1}]
    assert requests.get(f"{site.url}/v1/queries/{number}", timeout=20).status_code == 401
