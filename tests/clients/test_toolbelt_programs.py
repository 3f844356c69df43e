"""The programs of redash-toolbelt 0.1.9, as shipped: only address, key and ids are given."""

import ast
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from redash_toolbelt import Redash
from tests.clients.conftest import Site

pytestmark = pytest.mark.clients

PROGRAMS = Path(sys.executable).parent


def run(*words: str, folder: Path) -> str:
    """Run a program to its good end and return what it printed."""
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "TZ": "UTC"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def new_query(redash: Redash, name: str, sql: str, *parameters: dict[str, Any]) -> Any:
    """Create a query with the parameters that a dashboard would send."""
    body = {
        "name": name,
        "query": sql,
        "data_source_id": redash.get_data_sources()[0]["id"],
        "options": {"parameters": list(parameters)},
    }
    return redash.create_query(body).json()


def new_dashboard(redash: Redash, name: str, *queries: Any) -> Any:
    """Create a dashboard that shows queries and a text."""
    board = redash.create_dashboard(name)
    for query in queries:
        redash.create_widget(board["id"], query["visualizations"][0]["id"], "", {})
    redash.create_widget(board["id"], None, "Read this first", {})
    return board


def latest_rows(redash: Redash, query_id: int, after: int = 0) -> tuple[int, list[Any]]:
    """Wait for a latest result newer than another one; return its id and rows."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        result_id = redash.get_query(query_id)["latest_query_data_id"] or 0
        if result_id > after:
            found = redash._get(f"api/query_results/{result_id}").json()["query_result"]
            return result_id, found["data"]["rows"]
        time.sleep(0.05)
    raise AssertionError(f"query {query_id} has no result after {after}")


def refresh_query(site: Site, folder: Path, url: str, name: str, params: Any) -> Any:
    """Run refresh_query.py with its four placeholders filled in, as its reader would."""
    spec = find_spec("redash_toolbelt.examples.refresh_query")
    assert spec
    assert spec.origin
    text = Path(spec.origin).read_text()
    for placeholder, meaning in {
        "{'some_parameter': 1}": repr(params),
        "1234": str(site.seeded.queries[name]),
        "'...'": repr(site.key),
        "https://app.redash.io/acme": url,
    }.items():
        assert text.count(placeholder) == 1
        text = text.replace(placeholder, meaning)
    script = folder / "refresh_query.py"
    script.write_text(text)
    return ast.literal_eval(run(sys.executable, str(script), folder=folder))


@pytest.mark.parametrize("slug", ["", "/default"])
def test_refresh_query_polls_for_fresh_rows(site: Site, tmp_path: Path, slug: str) -> None:
    """With parameters, with and without the workspace in the address."""
    found = refresh_query(site, tmp_path, site.url + slug, "Sum", {"a": 40, "b": 2})
    assert found == [{"total": 42}]


def test_refresh_query_runs_a_query_without_parameters(site: Site, tmp_path: Path) -> None:
    """All of its rows."""
    found = refresh_query(site, tmp_path, site.url, "Airlines", {})
    assert len(found) == 16
    assert found[0] == {"name": "AirTran Airways Corporation", "value": "FL"}


def test_refresh_dashboard_runs_every_query_on_it(
    site: Site, redash: Redash, tmp_path: Path
) -> None:
    """With default values, dynamic dates worked out; a second time gives newer results."""
    queries = [
        new_query(redash, "Plain", "SELECT 1 AS one"),
        new_query(
            redash,
            "Number",
            "SELECT {{ n }} AS n",
            {"name": "n", "title": "N", "type": "number", "value": 5},
        ),
        new_query(
            redash,
            "This year",
            "SELECT year('{{ days.start }}'::DATE) = year(today()) AS is_this_year",
            {"name": "days", "title": "Days", "type": "date-range", "value": "d_this_year"},
        ),
    ]
    board = new_dashboard(redash, "All of it", *queries)
    rows = [[{"one": 1}], [{"n": 5}], [{"is_this_year": True}]]
    newest = [0, 0, 0]
    for _ in range(2):
        program = ("-m", "redash_toolbelt.examples.refresh_dashboard")
        said = run(
            sys.executable, *program, site.url, site.key, board["slug"], folder=tmp_path
        ).splitlines()
        assert sorted(said) == sorted(f"Query: {query['id']} -- Code 200" for query in queries)
        found = [
            latest_rows(redash, query["id"], after)
            for query, after in zip(queries, newest, strict=True)
        ]
        assert [each for _, each in found] == rows
        newest = [result_id for result_id, _ in found]


@pytest.mark.parametrize(
    "program",
    [
        [str(PROGRAMS / "export-queries")],
        [sys.executable, "-m", "redash_toolbelt.examples.query_export"],
    ],
    ids=["command", "example"],
)
def test_query_export_writes_a_file_for_every_query(
    site: Site, redash: Redash, tmp_path: Path, program: list[str]
) -> None:
    """Named by its id, with what it is called, where it runs, whose it is, and its text."""
    run(*program, site.url, "--api-key", site.key, folder=tmp_path)
    queries = redash.paginate(redash.queries)
    assert {path.name for path in tmp_path.iterdir()} == {f"query_{q['id']}.sql" for q in queries}
    for query in queries:
        assert (tmp_path / f"query_{query['id']}.sql").read_text() == (
            f"/*\nName: {query['name']}\nData source: {site.seeded.source_id}\n"
            f"Created By: Admin\nLast Updated At: {query['updated_at']}\n*/\n{query['query']}"
        )


def test_find_tables_counts_the_queries_of_each_table(site: Site, tmp_path: Path) -> None:
    """From the schema of the data source and the text of the queries."""
    source = str(site.seeded.source_id)
    said = run(str(PROGRAMS / "find-tables"), site.url, site.key, source, folder=tmp_path)
    assert [line.split() for line in said.splitlines() if "airlines" in line] == [
        ["airlines", "|", "1"]
    ]


def test_gdpr_scrub_searches_queries_results_and_dashboards(
    site: Site, redash: Redash, tmp_path: Path
) -> None:
    """An address is found in the rows of a result, in SQL, and in the text of a dashboard."""
    stored = new_query(redash, "Stored", "SELECT concat('ada', '@', 'example.org') AS mail")
    named = new_query(redash, "Named", "SELECT 'ada@example.org' AS mail")
    redash._post(f"api/queries/{stored['id']}/results", json={"max_age": 0})
    latest_rows(redash, stored["id"])
    board = new_dashboard(redash, "Contacts of ada@example.org")
    program = str(PROGRAMS / "gdpr-scrub")
    said = run(program, site.url, "ada@example.org", "--api-key", site.key, folder=tmp_path)
    assert {line for line in said.splitlines() if line.startswith("http")} == {
        f"{site.url}/queries/{stored['id']}",
        f"{site.url}/queries/{named['id']}",
        f"{site.url}/dashboards/{board['slug']}",
    }


def test_clone_dashboard_copies_the_queries_too(site: Site, redash: Redash, tmp_path: Path) -> None:
    """The copy shows copies."""
    query = new_query(redash, "Source", "SELECT 3 AS n")
    board = new_dashboard(redash, "Cloned", query)
    program = str(PROGRAMS / "clone-dashboard-and-queries")
    run(program, site.url, board["slug"], "New ", "--api-key", site.key, folder=tmp_path)
    (copy,) = [b for b in redash.dashboards()["results"] if b["name"] == "Copy of: Cloned"]
    shown = redash.get_dashboard(copy["id"])["widgets"][0]["visualization"]["query"]
    assert (shown["name"], shown["query"]) == ("New Source", "SELECT 3 AS n")
    assert shown["id"] != query["id"]
