"""Usage, custom endpoints and searches for datasets, through dune-client 1.12.2 and by hand."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from dune_client.client import DuneClient
from dune_client.query import QueryBase
from tests.clients.conftest import Site

from standpipe.cli import root

pytestmark = [
    pytest.mark.clients,
    pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning"),
]

FAST = 0.1


@pytest.fixture
def dune(site: Site) -> Iterator[DuneClient]:
    """The administrator's client, whose namespace is ``admin``."""
    client = DuneClient(site.key, base_url=site.url)
    yield client
    client.http.close()


def ask(site: Site, place: str, body: Any = None, key: str = "") -> tuple[int, Any]:
    """Ask by hand; status and body."""
    method, _, path = place.partition(" ")
    answer = requests.request(
        method,
        site.url + path,
        json=body,
        headers={"X-Dune-API-Key": key or site.key, "X-API-Key": key or site.key},
        timeout=20,
    )
    is_json = "json" in answer.headers.get("content-type", "")
    return answer.status_code, answer.json() if is_json else answer.text


def run(dune: DuneClient, sql: str, **given: Any) -> int:
    """Save a query and run it; its number."""
    number = dune.create_query("usage", sql, **given).base.query_id
    dune.run_query(QueryBase(number), ping_frequency=FAST)
    return int(number)


def test_usage_is_told(dune: DuneClient) -> None:
    """Private queries and bytes of tables are counted; without rates nothing costs."""
    before = dune.get_usage()
    run(dune, "SELECT 1 AS a", is_private=True)
    dune.upload_csv("held", "a\n1\n")
    after = dune.get_usage()
    assert after.private_queries == before.private_queries + 1
    assert after.bytes_used > before.bytes_used
    assert (after.private_dashboards, after.bytes_allowed) == (0, 1_000_000_000)
    (period,) = after.billing_periods
    assert (period.credits_used, period.credits_included) == (0, 0)
    dune.delete_table("admin", "dataset_held")


def test_usage_of_old_days_is_empty(dune: DuneClient) -> None:
    """Bad ranges are refused."""
    found = dune.get_usage("2020-01-15", "2020-02-15").billing_periods
    assert [(each.start_date, each.end_date, each.credits_used) for each in found] == [
        ("2020-01-01", "2020-02-01", 0),
        ("2020-02-01", "2020-03-01", 0),
    ]
    for days in (("nonsense", None), ("2026-02-01", "2026-01-01")):
        with pytest.raises(requests.HTTPError) as caught:
            dune.get_usage(*days)
        assert caught.value.response.status_code == 400


def test_an_endpoint_gives_the_latest_rows_of_its_query(site: Site, dune: DuneClient) -> None:
    """With the options of results; the pages after the first are those of the execution."""
    number = run(dune, "SELECT i AS id, 'row ' || i AS name FROM range(10) t(i)")
    made = {"slug": "my-rows", "query_id": number}
    status, shown = ask(site, "POST /v1/endpoints", made)
    assert (status, shown["handle"]) == (201, "admin")
    found = dune.get_custom_endpoint_result(
        "admin", "my-rows", columns=["name"], filters="id > 6", sort_by=["id desc"]
    )
    assert found.get_rows() == [{"name": "row 9"}, {"name": "row 8"}, {"name": "row 7"}]
    page = dune.get_custom_endpoint_result("admin", "my-rows", limit=4, offset=2)
    assert [row["id"] for row in page.get_rows()] == [2, 3, 4, 5]
    assert page.next_uri is not None
    assert page.next_uri.startswith(f"{site.url}/api/v1/execution/")
    path = shown["results"].removeprefix(site.url)
    assert ask(site, f"GET {path}/csv?limit=1") == (200, "id,name\n0,row 0\n")
    assert ask(site, f"DELETE /v1/endpoints/{shown['handle']}/my-rows")[0] == 204
    assert ask(site, f"GET {path}") == (404, {"error": "Custom endpoint not found"})


def test_an_endpoint_of_a_private_query_is_there_for_its_readers_alone(
    site: Site, dune: DuneClient
) -> None:
    """For everybody else there is no such endpoint; nobody else moves or removes it."""
    number, other = run(dune, "SELECT 1 AS a", is_private=True), site.seeded.other_key
    ask(site, "POST /v1/endpoints", {"slug": "secret", "query_id": number})
    results = "GET /api/v1/endpoints/admin/secret/results"
    assert ask(site, results)[0] == 200
    for path in (results, f"{results}/csv", "GET /api/v1/endpoints/admin/nothing/results"):
        assert ask(site, path, key=other) == (404, {"error": "Custom endpoint not found"})
    assert ask(site, results, key="wrong") == (401, {"error": "invalid API Key"})
    for method, body in (("GET", None), ("PATCH", {"query_id": 1}), ("DELETE", None)):
        assert ask(site, f"{method} /v1/endpoints/admin/secret", body, key=other)[0] == 404
    names = [each["slug"] for each in ask(site, "GET /v1/endpoints", key=other)[1]["endpoints"]]
    assert "secret" not in names


def test_an_endpoint_is_made_in_the_terminal(site: Site, dune: DuneClient) -> None:
    """And moved to another query, listed and removed there."""
    first, second = run(dune, "SELECT 1 AS a"), run(dune, "SELECT 2 AS a")

    def terminal(*words: str) -> str:
        done = CliRunner().invoke(root, ["endpoint", *words, "--home", str(site.seeded.home)])
        assert done.exit_code == 0, done.output
        return str(done.output)

    assert "admin/by-hand/results" in terminal("add", "by-hand", str(first))
    read = dune.get_custom_endpoint_result
    assert read("admin", "by-hand").get_rows() == [{"a": 1}]
    terminal("set", "by-hand", str(second))
    assert read("admin", "by-hand").get_rows() == [{"a": 2}]
    assert "by-hand" in terminal("list")
    terminal("remove", "by-hand")
    assert "by-hand" not in terminal("list", "--json")


def test_datasets_are_searched(site: Site, dune: DuneClient) -> None:
    """By words, kind, owner; private ones when asked for, and never those of others."""
    schema = [{"name": "rate", "type": "double"}]
    for namespace, name, is_private in (
        ("admin", "found_open", False),
        ("admin", "found_hidden", True),
        ("default", "found_shared", False),
    ):
        dune.create_table(
            namespace, name, schema=schema, description="Rates", is_private=is_private
        )

    def names(key: str = "", **asked: Any) -> list[str]:
        body = {"query": "found rates", **asked}
        status, found = ask(site, "POST /api/v1/datasets/search", body, key=key)
        assert (status, found["total"]) == (200, len(found["results"]))
        return [each["full_name"].removeprefix("dune.") for each in found["results"]]

    open_, hidden, shared = "admin.found_open", "admin.found_hidden", "default.found_shared"
    assert names() == [open_, shared]
    assert names(include_private=True) == [hidden, open_, shared]
    assert names(include_private=True, key=site.seeded.other_key) == [open_, shared]
    assert names(owner_scope="me") == [open_]
    assert names(owner_scope="team", dataset_types=["uploaded_table"]) == [shared]
    assert names(dataset_types=["spell"]) == names(blockchains=["ethereum"]) == []
    body = {"query": "found", "limit": 1, "include_schema": True, "include_metadata": True}
    _, page = ask(site, "POST /api/v1/datasets/search", body)
    assert page["pagination"] == {"limit": 1, "offset": 0, "has_more": True, "next_offset": 1}
    assert page["results"] == [
        {
            "full_name": "dune.admin.found_open",
            "category": "community",
            "dataset_type": "uploaded_table",
            "visibility": "public",
            "owner_scope": "user",
            "description": "Rates",
            "schema": [{"name": "rate", "type": "double", "nullable": True}],
            "metadata": {"description": "Rates"},
        }
    ]
    owners = {each.full_name: each.owner.type for each in dune.list_datasets(limit=250).datasets}
    assert (owners[f"dune.{open_}"], owners[f"dune.{shared}"]) == ("user", "team")
    for namespace, name in (each.split(".") for each in (open_, hidden, shared)):
        dune.delete_table(namespace, name)


def test_nothing_is_known_of_contracts(site: Site) -> None:
    """In the shapes that clients read; bad input is refused."""
    search = "POST /api/v1/datasets/search-by-contract"
    assert ask(site, search, {"contract_address": "0x00", "limit": 5}) == (
        200,
        {
            "total": 0,
            "results": [],
            "pagination": {"limit": 5, "offset": 0, "has_more": False},
        },
    )
    status, decoded = ask(site, "POST /api/v1/contracts/decode", {"submissions": [{}, {}]})
    assert (status, [each["index"] for each in decoded["results"]]) == (200, [0, 1])
    for place, body in (
        ("/datasets/search", {"limit": -1}),
        ("/datasets/search", {"query": 7}),
        ("/datasets/search", {"owner_scope": "x"}),
        ("/datasets/search", {"dataset_types": "x"}),
        ("/datasets/search-by-contract", {"offset": "x"}),
        ("/contracts/decode", {}),
        ("/contracts/decode", {"submissions": [{}] * 101}),
    ):
        assert ask(site, f"POST /api/v1{place}", body)[0] == 400
