"""Who sees what in the Dune API: queries that are public and private, of two owners."""

import time
from typing import Any

import pytest
import requests
from tests.clients.conftest import Site

pytestmark = pytest.mark.clients

HIDDEN = "not found: Query not found or private"
NO_QUERY = "Query not found"


class Caller:
    """Somebody with a key."""

    def __init__(self, url: str, key: str) -> None:
        self._url = f"{url}/api/v1"
        self._headers = {"x-dune-api-key": key}

    def __call__(self, place: str, body: Any = None) -> tuple[int, Any]:
        """Return status and body, decoded where it is JSON."""
        method, _, path = place.partition(" ")
        answer = requests.request(
            method, self._url + path, json=body, headers=self._headers, timeout=20
        )
        is_json = "json" in answer.headers["content-type"]
        return answer.status_code, answer.json() if is_json else answer.text

    def create(self, sql: str, *, is_private: bool) -> int:
        """Save a query."""
        body = {"name": "rights", "query_sql": sql, "is_private": is_private}
        number: int = self("POST /query", body)[1]["query_id"]
        return number

    def run(self, query_id: int) -> str:
        """Run a query to its end and return the execution's id."""
        execution: str = self(f"POST /query/{query_id}/execute")[1]["execution_id"]
        while not self(f"GET /execution/{execution}/status")[1]["is_execution_finished"]:
            time.sleep(0.02)
        return execution


@pytest.fixture
def owner(site: Site) -> Caller:
    """Somebody who is no administrator."""
    return Caller(site.url, site.seeded.other_key)


@pytest.fixture
def admin(site: Site) -> Caller:
    """The administrator, who sees everything."""
    return Caller(site.url, site.key)


@pytest.fixture
def nobody(site: Site) -> Caller:
    """Somebody without a key that is known."""
    return Caller(site.url, "wrong")


def test_private_queries_are_their_owners(site: Site, owner: Caller, admin: Caller) -> None:
    """To another user they are not there; his own key reaches them."""
    number = admin.create("SELECT 41 AS secret", is_private=True)
    execution = admin.run(number)
    assert owner(f"GET /query/{number}") == (404, {"error": HIDDEN})
    assert owner(f"POST /query/{number}/execute") == (404, {"error": NO_QUERY})
    for path in (
        f"GET /query/{number}/results",
        f"GET /query/{number}/results/csv",
        f"GET /execution/{execution}/status",
        f"GET /execution/{execution}/results",
        f"GET /execution/{execution}/results/csv",
        f"POST /execution/{execution}/cancel",
        f"PATCH /query/{number}",
        f"POST /query/{number}/archive",
        f"POST /query/{number}/unprivate",
    ):
        status, body = owner(path)
        assert status == 404, path
        assert "41" not in str(body)
    pinned = admin(f"GET /query/{number}/results")[1]["execution_id"]
    assert owner(f"GET /execution/{pinned}/results")[0] == 404
    assert admin(f"GET /execution/{pinned}/results")[1]["result"]["rows"] == [{"secret": 41}]
    assert number not in [query["id"] for query in owner("GET /queries?limit=1000")[1]["queries"]]


def test_public_queries_are_read_and_run_by_everybody_and_changed_by_their_owner(
    owner: Caller, admin: Caller
) -> None:
    """An execution of one's own is nobody else's; the rows that it left are."""
    number = admin.create("SELECT 42 AS answer", is_private=False)
    execution = admin.run(number)
    assert owner(f"GET /query/{number}")[1]["query_sql"] == "SELECT 42 AS answer"
    latest = owner(f"GET /query/{number}/results")[1]
    assert latest["result"]["rows"] == [{"answer": 42}]
    pinned = latest["execution_id"]
    assert owner(f"GET /execution/{pinned}/results")[1]["result"]["rows"] == [{"answer": 42}]
    assert owner(f"GET /execution/{execution}/status")[0] == 404
    assert owner(f"POST /execution/{pinned}/cancel") == (200, {"success": False})  # it is over
    assert owner.run(number) != execution
    for path in (f"PATCH /query/{number}", f"POST /query/{number}/archive"):
        assert owner(path, {"name": "stolen"})[0] == 403
    assert admin(f"GET /query/{number}")[1]["name"] == "rights"


def test_hiding_a_query_hides_what_it_left(owner: Caller, admin: Caller) -> None:
    """At once, also for those who had seen it."""
    number = admin.create("SELECT 43 AS x", is_private=False)
    admin.run(number)
    pinned = owner(f"GET /query/{number}/results")[1]["execution_id"]
    assert owner(f"GET /execution/{pinned}/results")[0] == 200
    admin(f"POST /query/{number}/private")
    assert owner(f"GET /execution/{pinned}/results")[0] == 404
    assert owner(f"GET /query/{number}/results") == (404, {"error": NO_QUERY})


def test_statements_are_their_callers(owner: Caller, admin: Caller) -> None:
    """Nobody else but an administrator looks at them, reads their rows or stops them."""
    execution = admin("POST /sql/execute", {"sql": "SELECT 44 AS x"})[1]["execution_id"]
    for path in ("status", "results", "results/csv"):
        assert owner(f"GET /execution/{execution}/{path}")[0] == 404
    assert owner(f"POST /execution/{execution}/cancel")[0] == 404


@pytest.mark.parametrize(
    "place",
    [
        "GET /query/1/results",
        "GET /query/x/results",
        "GET /execution/wonky/status",
        "POST /query/1/execute",
        "POST /sql/execute",
        "POST /query",
        "GET /queries",
        "GET /nothing/here",
    ],
)
def test_the_key_counts_before_everything(nobody: Caller, place: str) -> None:
    """With the text that clients compare."""
    assert nobody(place) == (401, {"error": "invalid API Key"})
