"""redash-python 0.3.27 and redash-api-client 0.3.0, unmodified, and scripts that use neither."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from redash_python import Redash
from redashAPI import RedashAPIClient
from tests.clients.conftest import SQL, Site

pytestmark = pytest.mark.clients


@pytest.fixture
def redash(site: Site) -> Iterator[Redash]:
    """The client of redash-python, with a session that can be closed."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Key {site.key}"
        yield Redash(site.url, site.key, session=session)


@pytest.fixture
def api(site: Site) -> Iterator[RedashAPIClient]:
    """The client of redash-api-client."""
    client = RedashAPIClient(site.key, site.url)
    yield client
    client.s.close()


def add(redash: Redash, site: Site, name: str, sql: str = "SELECT 1 AS one") -> Any:
    """Create a query."""
    body = {"name": name, "query": sql, "data_source_id": site.seeded.source_id}
    return redash.queries.create(body)


def wait_for_result(redash: Redash, query_id: int) -> list[dict[str, Any]]:
    """Return the rows of a query's latest result as soon as there is one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        result_id = redash.queries.get(query_id)["latest_query_data_id"]
        if result_id:
            found = redash.get(f"/api/query_results/{result_id}")
            rows: list[dict[str, Any]] = found["query_result"]["data"]["rows"]
            return rows
        time.sleep(0.05)
    raise AssertionError(f"query {query_id} has no result")


def test_redash_python_pages_through_everything(redash: Redash, site: Site) -> None:
    """It asks for one page more where the last one was full; that page is empty."""
    assert redash.test_credentials()
    for size in (1, 2, len(redash.queries.get_all()), 250):
        names = [query["name"] for query in redash.queries.paginate(page_size=size)]
        assert set(SQL) <= set(names)
        assert len(names) == len(set(names))


def test_redash_python_edits_queries(redash: Redash, site: Site) -> None:
    """Created, published, tagged, starred, found by name and tag, forked, archived."""
    made = add(redash, site, "Edited")
    assert not redash.queries.publish(made["id"])["is_draft"]
    assert redash.queries.unpublish(made["id"])["is_draft"]
    redash.queries.update(made["id"], {"tags": ["one", "two"]})
    assert [q["id"] for q in redash.queries.get_by_tags(["one", "two"])] == [made["id"]]
    redash.queries.favorite(made["id"])
    assert [query["id"] for query in redash.queries.favorited()] == [made["id"]]
    redash.queries.unfavorite(made["id"])
    assert redash.queries.fork(made["id"], "Forked")["name"] == "Forked"
    redash.queries.delete(made["id"])
    assert not redash.queries.exists("Edited")


def test_redash_python_moves_a_query_to_another_table(redash: Redash, site: Site) -> None:
    """Fork, edit the whole object, run, publish."""
    made = add(redash, site, "Old table", "SELECT count(*) AS n FROM airports")
    tables = {"airports": "airlines"}
    moved = redash.queries.duplicate_query_table(
        query=made, new_name="New table", table_map=tables, tags=["moved"]
    )
    assert (moved["query"], moved["tags"]) == ("SELECT count(*) AS n FROM airlines", ["moved"])
    assert wait_for_result(redash, moved["id"]) == [{"n": 16}]


def test_redash_python_refreshes_and_copies_a_dashboard(redash: Redash, site: Site) -> None:
    """Every query on it runs."""
    query = add(redash, site, "On a board", "SELECT 11 AS n")
    board = redash.dashboards.create({"name": "Board"})
    shown = query["visualizations"][0]["id"]
    redash.dashboards.create_widget(
        dashboard_id=board["id"], visualization_id=shown, options={"position": {}}
    )
    redash.widgets.create(dashboard_id=board["id"], visualization_id=None, options={}, text="Hi")
    redash.dashboards.refresh(board["id"])
    assert wait_for_result(redash, query["id"]) == [{"n": 11}]
    copy = redash.dashboards.duplicate(board["id"], "Board two")
    assert [widget["text"] for widget in copy["widgets"]] == ["", "Hi"]
    assert redash.dashboards.get_by_name("board-two")["id"] == copy["id"]
    redash.dashboards.delete(copy["id"])
    assert not redash.dashboards.exists("Board two")


def test_redash_python_keeps_data_sources_and_lists_people(redash: Redash, site: Site) -> None:
    """A deleted source is gone; its 204 is no error."""
    made = redash.data_sources.create({"name": "Memory", "type": "duckdb", "options": {}})
    changed = {"name": "Renamed", "type": "duckdb", "options": {}}
    assert redash.data_sources.update(made["id"], changed)["name"] == "Renamed"
    redash.data_sources.delete(made["id"])
    assert [source["id"] for source in redash.data_sources.get_all()] == [site.seeded.source_id]
    assert redash.users.get_by_name("other@example.org")["name"] == "Other"
    assert [group["name"] for group in redash.groups.get_all()] == ["admin", "default"]


@pytest.mark.parametrize("service", ["alerts", "destinations", "query_snippets"])
@pytest.mark.xfail(raises=requests.HTTPError, strict=True, reason="rooms that do not exist yet")
def test_redash_python_lists_what_later_rooms_hold(redash: Redash, service: str) -> None:
    """An array."""
    assert isinstance(getattr(redash, service).get_all(), list)


@pytest.mark.xfail(raises=requests.HTTPError, strict=True, reason="dashboards have no links yet")
def test_redash_python_shares_a_dashboard(redash: Redash) -> None:
    """A link that needs no key."""
    assert redash.dashboards.share(redash.dashboards.create({"name": "Shared"})["id"])


@pytest.mark.xfail(raises=requests.HTTPError, strict=True, reason="users are made on the terminal")
def test_redash_python_adds_users(redash: Redash) -> None:
    """With an invitation."""
    assert redash.users.create({"name": "New", "email": "new@example.org"})["id"]


@pytest.mark.xfail(raises=requests.HTTPError, strict=True, reason="groups are the built-in ones")
def test_redash_python_changes_groups(redash: Redash) -> None:
    """Who is in the group sees what it sees."""
    redash.users.add_group(redash.users.get_id("other@example.org"), 1)


def test_api_client_waits_for_the_rows_of_a_statement(api: RedashAPIClient, site: Site) -> None:
    """SQL that is not saved, polled five times a second."""
    found = api.query_and_wait_result(site.seeded.source_id, "SELECT 6 * 7 AS answer")
    assert found.json()["query_result"]["data"]["rows"] == [{"answer": 42}]


def test_api_client_creates_queries_with_results(api: RedashAPIClient, site: Site) -> None:
    """Saved, run, run again, archived."""
    made = api.create_query(site.seeded.source_id, "By api", "SELECT 1 AS n", desc="d").json()
    assert api.refresh_query(made["id"]).json()["job"]["id"]
    answer = api.generate_query_results(
        site.seeded.source_id, "SELECT {{ a }} AS a", made["id"], parameters={"a": 3}
    )
    assert answer.json()["job"]["status"] in (1, 2)
    api.delete(f"queries/{made['id']}")
    assert api.get(f"queries/{made['id']}").json()["is_archived"]


def test_api_client_draws_and_places_charts(api: RedashAPIClient, site: Site) -> None:
    """It asks for the dashboard by slug to find a free place."""
    made = api.create_query(site.seeded.source_id, "Charts", "SELECT 1 AS n, 2 AS m").json()
    columns = [{"name": "n", "type": "integer"}]
    table = api.create_visualization(made["id"], "table", "T", columns=columns).json()
    line = api.create_visualization(
        made["id"], "line", "L", x_axis="n", y_axis=[{"name": "m"}]
    ).json()
    board = api.create_dashboard("Charts of the api").json()
    for drawn in (table, line):
        api.add_widget(board["id"], vs_id=drawn["id"])
    api.add_widget(board["id"], text="Below", full_width=True)
    widgets = api.get(f"dashboards/{board['id']}").json()["widgets"]
    places = [widget["options"]["position"] for widget in widgets]
    assert [(place["col"], place["row"], place["sizeX"]) for place in places] == [
        (0, 0, 3),
        (3, 0, 3),
        (0, 8, 6),
    ]
    assert line["options"]["columnMapping"] == {"n": "x", "m": "y"}


@pytest.mark.xfail(raises=Exception, strict=True, reason="dashboards have no links yet")
def test_api_client_publishes_a_dashboard(api: RedashAPIClient) -> None:
    """A link that needs no key."""
    assert api.publish_dashboard(api.create_dashboard("Published").json()["id"])


def test_rendered_statement_is_read_below_its_query(site: Site) -> None:
    """Scripts fill in the SQL of a query themselves, with the key in the address, as `rdq` does."""
    query_id, key = site.seeded.queries["Greeting"], {"api_key": site.key}
    with requests.Session() as session:
        session.params = key
        query = session.get(f"{site.url}/api/queries/{query_id}").json()
        body = {
            "query": query["query"].replace("{{ name }}", "you"),
            "query_id": query_id,
            "data_source_id": query["data_source_id"],
            "max_age": 0,
        }
        job = session.post(f"{site.url}/api/query_results", json=body).json()["job"]
        while job["status"] not in (3, 4):
            time.sleep(0.05)
            job = session.get(f"{site.url}/api/jobs/{job['id']}").json()["job"]
        path = f"{site.url}/api/queries/{query_id}/results/{job['query_result_id']}"
        rows = session.get(f"{path}.json").json()["query_result"]["data"]["rows"]
        assert rows == [{"greeting": "Hello, you"}]
        assert session.get(f"{path}.csv").text == 'greeting\r\n"Hello, you"\r\n'


def test_rendered_statement_is_hidden_from_the_key_of_the_query(site: Site) -> None:
    """Whoever holds only that key reads only what the saved text says."""
    query_id = site.seeded.queries["Airlines"]
    with requests.Session() as session:
        session.headers["Authorization"] = f"Key {site.key}"
        body = {
            "query": "SELECT 'secret' AS s",
            "query_id": query_id,
            "data_source_id": site.seeded.source_id,
            "max_age": 0,
        }
        job = session.post(f"{site.url}/api/query_results", json=body).json()["job"]
        while job["status"] not in (3, 4):
            time.sleep(0.05)
            job = session.get(f"{site.url}/api/jobs/{job['id']}").json()["job"]
        path = f"{site.url}/api/queries/{query_id}/results/{job['query_result_id']}.json"
        assert session.get(path).status_code == 200
        session.headers["Authorization"] = f"Key {site.seeded.query_keys['Airlines']}"
        assert session.get(path).status_code == 404
