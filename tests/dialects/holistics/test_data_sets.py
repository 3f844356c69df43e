"""Data sets of the Holistics API v2 over a server: golden pairs, rights, tables, steady pages."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dialects.holistics.test_golden import REPORTS
from tests.support.golden import Stage, answered, pairs_of, problems
from tests.support.native import Native
from tests.support.seeded import Seeded, seed

from standpipe.testing import Answer, RunningServer, running

pytestmark = pytest.mark.acceptance

PAIRS = pairs_of(Path(__file__).parent / "golden_sets")
SETS = "/api/v2/data_sets"


class Site:
    """A server with three reports of its administrator."""

    def __init__(self, server: RunningServer, made: Seeded) -> None:
        self.server = server
        self.made = made
        native = Native(server, made.admin_key)
        self.native = native
        self.reports = {
            name: native.post(
                "/v1/queries",
                {
                    "name": title,
                    "sql": sql,
                    "data_source_id": made.source_id,
                    "freshness": {"max_age": 3600},
                },
            ).json()["id"]
            for name, (title, sql) in REPORTS.items()
        }

    def ask(self, place: str, body: Any = None, *, key: str = "") -> Answer:
        method, _, path = place.partition(" ")
        data = None if body is None else json.dumps(body).encode()
        return self.server.send(method, path, data, {"X-Holistics-Key": key or self.made.admin_key})

    def collect(self, answer: Answer, *, key: str = "") -> Any:
        """Return the data of an answer, or of the job that it is."""
        assert answer.status == 200, answer.body
        if "job" not in answer.json():
            return answer.json()
        path = f"GET /api/v2/jobs/{answer.json()['job']['id']}/result"
        while True:
            found = self.ask(path, key=key).json()
            if found["status"] not in {"queued", "running"}:
                assert found["status"] == "success", found
                return found["result"]["data"]


@contextmanager
def serving(home: Path) -> Iterator[Site]:
    made = seed(home)
    with running(["serve"], home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        yield Site(server, made)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a running server, common to all tests."""
    with serving(tmp_path_factory.mktemp("sets") / "home") as site:
        yield site


@pytest.fixture
def fresh_site(tmp_path: Path) -> Iterator[Site]:
    """Return a running server that nobody has asked anything yet."""
    with serving(tmp_path / "home") as site:
        yield site


def by(*fields: str, **more: Any) -> dict[str, Any]:
    return {"query": {"dimensions": [{"field": field} for field in fields], **more}}


def test_answers_are_the_golden_ones(fresh_site: Site) -> None:
    """To the key order and the type of each value, one after the other."""
    site = fresh_site
    stage = Stage(site.server, site.made.admin_key, "X-Holistics-Key")
    stage.names |= {name: str(number) for name, number in site.reports.items()}
    found = {
        place: list(problems(stage, pair, answered(stage, pair))) for place, pair in PAIRS.items()
    }
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


def test_a_private_query_is_as_one_that_is_not_there(site: Site) -> None:
    """For everybody else, whatever is asked of it, and in lists."""
    sql = "SELECT 1 AS a"
    source = site.made.source_id
    draft = {"name": "hidden", "sql": sql, "data_source_id": source, "visibility": "private"}
    number = site.native.post("/v1/queries", draft).json()["id"]
    other = site.made.other_key
    for place in (
        "GET /api/v2/data_sets/{}?include_models=true",
        "POST /api/v2/data_sets/{}/submit_query",
        "POST /api/v2/data_sets/{}/generate_sql",
    ):
        body = by("a") if place.startswith("POST") else None
        hidden = site.ask(place.format(number), body, key=other)
        missing = site.ask(place.format(999_999), body, key=other)
        said = hidden.body.replace(str(number).encode(), b"999999")
        assert (hidden.status, said) == (404, missing.body)
    listed = site.ask(f"GET {SETS}?limit=100", key=other).json()["data_sets"]
    assert number not in [each["id"] for each in listed]
    job = site.ask(f"POST {SETS}/{number}/submit_query", by("a"))
    path = f"GET /api/v2/jobs/{job.json()['job']['id']}/result"
    assert site.ask(path, key=other).status == 404
    assert site.collect(job)["values"] == [["1"]]


def test_a_table_is_asked_as_it_is_now(site: Site) -> None:
    """Its rows follow what is written to it; others do not find a private one."""
    headers = {"X-Dune-API-Key": site.made.admin_key}

    def upload(rows: str) -> None:
        body = {"table_name": "people", "data": f"name,age\n{rows}", "is_private": True}
        path = "/api/v1/table/upload/csv"
        answer = site.server.send("POST", path, json.dumps(body).encode(), headers)
        assert answer.status == 200, answer.body

    upload("ann,40\nbob,50\n")
    listed = site.ask(f"GET {SETS}?limit=100").json()["data_sets"]
    (number,) = [each["id"] for each in listed if each["id"] > 1_000_000_000]
    assert site.ask(f"GET {SETS}/{number}", key=site.made.other_key).status == 404
    shown = site.ask(f"GET {SETS}/{number}?include_models=true").json()["data_set"]
    fields = shown["data_models"][0]["fields"]
    assert {field["name"]: field["type"] for field in fields} == {"name": "text", "age": "number"}
    oldest = {"query": {"metrics": [{"field": f"{shown['uname']}.age", "aggregation": "max"}]}}
    place = f"POST {SETS}/{number}/submit_query"
    assert site.collect(site.ask(place, oldest))["values"] == [["50"]]
    assert "job" not in site.ask(place, oldest).json()
    upload("cyd,60\n")
    assert site.collect(site.ask(place, oldest))["values"] == [["60"]]


def test_an_equal_ask_is_the_same_job(site: Site) -> None:
    """While its run is under way; another page is another job of the same run."""
    sql = (
        "SELECT 1 AS a FROM range(30000000) t(i) WHERE hash(i) % 1000000000 = 1 UNION ALL SELECT 2"
    )
    draft = {"name": "slow", "sql": sql, "data_source_id": site.made.source_id}
    number = site.native.post("/v1/queries", draft).json()["id"]
    place = f"POST {SETS}/{number}/submit_query"
    first = site.ask(place, by("a")).json()["job"]
    again = site.ask(place, by("a")).json()["job"]
    if again["status"] == "already_existed":
        assert (again["id"], again["existing_job_id"]) == (first["id"], first["id"])
    page = site.ask(place, by("a", page=2)).json()["job"]
    assert page["id"] not in {first["id"], again["id"]}


def test_pages_of_a_job_are_steady(site: Site) -> None:
    """Its relative dates are those of the time when it was made."""
    sql = "SELECT TIMESTAMP '2000-01-01' + to_seconds(i) AS made FROM range(3) t(i)"
    draft = {"name": "made", "sql": sql, "data_source_id": site.made.source_id}
    number = site.native.post("/v1/queries", draft).json()["id"]
    filters = [{"field": "made", "operator": "matches", "values": ["beginning till now"]}]
    metrics = [{"field": "made", "aggregation": "count"}]
    asked = {"query": {"metrics": metrics, "filters": filters}}
    job = site.ask(f"POST {SETS}/{number}/submit_query", asked)
    assert site.collect(job)["values"] == [["3"]]
    path = f"GET /api/v2/jobs/{job.json()['job']['id']}/result"
    before = site.ask(path)
    time.sleep(1.1)  # so that now is another second
    after = site.ask(path)
    assert (before.headers["etag"], before.body) == (after.headers["etag"], after.body)


def test_the_caller_is_known_by_his_attributes(site: Site) -> None:
    """Each caller gets his own rows; names that mean nothing are refused."""
    sql = "SELECT unnest(['admin@example.org', 'other@example.org']) AS mail"
    source = site.made.source_id
    draft = {"name": "mails", "sql": sql, "data_source_id": source, "freshness": {"max_age": 60}}
    number = site.native.post("/v1/queries", draft).json()["id"]
    wanted = {"field": "mail", "operator": "matches_user_attribute", "values": ["h_email"]}
    place = f"POST {SETS}/{number}/submit_query"
    for key, mail in (
        (site.made.admin_key, "admin@example.org"),
        (site.made.other_key, "other@example.org"),
    ):
        answer = site.ask(place, by("mail", filters=[wanted]), key=key)
        assert site.collect(answer, key=key)["values"] == [[mail]]


JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["n", "product", "price", "day", "made", "ok", "sum", "is", "last", "day"]),
        st.text(max_size=10),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)
NAMES = ("field", "operator", "values", "modifier", "aggregation", "transformation")
PARTS = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON_VALUES))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    query=st.fixed_dictionaries(
        {"dimensions": st.one_of(st.lists(PARTS, max_size=2), st.just([{"field": "product"}]))},
        optional={
            "metrics": st.lists(PARTS, max_size=2),
            "filters": st.lists(PARTS, max_size=2),
            "order": st.lists(PARTS, max_size=1),
            "limit": JSON_VALUES,
            "page": JSON_VALUES,
            "page_size": JSON_VALUES,
            "timezone": JSON_VALUES,
            "bust_cache": st.just(False),
        },
    ),
    action=st.sampled_from(["submit_query", "generate_sql"]),
)
def test_no_body_is_a_fault_of_the_server(site: Site, query: Any, action: str) -> None:
    """Each is answered, or refused in the shape of this API."""
    answer = site.ask(f"POST {SETS}/{site.reports['sales']}/{action}", {"query": query})
    assert answer.status in {200, 400, 422}, (query, answer.body)
    if answer.status != 200:
        assert answer.json()["type"] in {"InvalidParameterError", "InvalidOperationError"}
