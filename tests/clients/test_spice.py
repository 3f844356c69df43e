"""dune-spice 0.2.7, unmodified but for its address: it has no setting for that."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
import spice
from spice import _urls
from tests.clients.conftest import Site

pytestmark = pytest.mark.clients


@pytest.fixture(autouse=True)
def here(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it call this server."""
    for name, template in _urls.url_templates.items():
        here = template.replace("https://api.dune.com", site.url)
        monkeypatch.setitem(_urls.url_templates, name, here)
    monkeypatch.setenv("DUNE_API_KEY", site.key)


def create(site: Site, sql: str, **more: Any) -> int:
    """Save a query over HTTP: spice saves none."""
    body = {"name": "spice", "query_sql": sql, **more}
    answer = requests.post(
        f"{site.url}/api/v1/query", json=body, headers={"x-dune-api-key": site.key}, timeout=10
    )
    answer.raise_for_status()
    number: int = answer.json()["query_id"]
    return number


def query(what: int | str, **given: Any) -> pl.DataFrame:
    """Run without the client's own cache and without its talk."""
    frame: pl.DataFrame = spice.query(
        what, **{"cache": False, "verbose": False, "poll_interval": 0.2, **given}
    )
    return frame


def test_a_query_runs_and_is_read_again(site: Site) -> None:
    """What never ran is run; after that the latest rows are read, whatever their values."""
    number = create(
        site,
        "SELECT i FROM range({{n}}) t(i)",
        parameters=[{"key": "n", "type": "number", "value": "5"}],
    )
    assert query(number)["i"].to_list() == [0, 1, 2, 3, 4]
    assert query(number, parameters={"n": 3})["i"].to_list() == [0, 1, 2]
    assert query(number)["i"].to_list() == [0, 1, 2]
    assert query(number, parameters={"n": 5})["i"].to_list() == [0, 1, 2, 3, 4]


def test_rows_are_sorted_cut_and_chosen(site: Site) -> None:
    """By the server."""
    number = create(site, "SELECT i AS id, -i AS other FROM range(10) t(i)")
    frame = query(number, sort_by="other", limit=3, columns=["id"])
    assert frame.columns == ["id"]
    assert frame["id"].to_list() == [9, 8, 7]


def test_types_can_be_set(site: Site) -> None:
    """Times have the form that its casts read."""
    number = create(
        site,
        "SELECT TIMESTAMP '2024-03-01 00:00:11' AS plain,"
        " TIMESTAMPTZ '2024-03-01 00:00:11.5+00' AS zoned, 1 AS n, true AS yes, NULL AS nothing",
    )
    frame = query(number, types={"n": pl.Int8, "plain": pl.String, "nothing": pl.String})
    assert frame.schema["n"] == pl.Int8
    assert frame["plain"].to_list() == ["2024-03-01 00:00:11.000"]
    assert frame["zoned"].to_list() == ["2024-03-01 00:00:11.500 UTC"]
    assert frame["nothing"].to_list() in ([None], [""])


def test_a_run_can_be_left_alone_and_read_later(site: Site) -> None:
    """By its execution."""
    number = create(site, "SELECT 42 AS answer")
    execution = spice.query(number, poll=False, refresh=True, cache=False, verbose=False)
    assert len(execution["execution_id"]) == 26
    frame, ran = query(number, include_execution=True)
    assert frame["answer"].to_list() == [42]
    assert len(ran["execution_id"]) == 26


def test_rows_are_kept_on_the_disk_of_the_caller(site: Site, tmp_path: Path) -> None:
    """The second time from there."""
    number = create(site, "SELECT 1 AS a")
    for _ in range(2):
        frame = query(number, cache=True, cache_dir=str(tmp_path))
        assert frame["a"].to_list() == [1]
    assert list(tmp_path.rglob("*.parquet"))


SPICE_SQL = 4060379  # the query whose SQL is its parameter, a literal in the client


@pytest.fixture(scope="module")
def raw(site: Site) -> None:
    """The query that the client sends statements to, made as docs/howto/use-spice.md says."""
    command = f"query add --id {SPICE_SQL} --name Statements --sql {{{{query}}}} --raw-sql"
    added = subprocess.run(
        [sys.executable, "-m", "standpipe", *command.split(), "--owner", "admin@example.org"],
        env={**os.environ, "STANDPIPE_HOME": str(site.seeded.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert added.returncode == 0, added.stderr


@pytest.mark.usefixtures("raw")
def test_sql_runs_as_it_is() -> None:
    """Typed as a user types it; again from the stored rows; each statement is another."""
    sql = "SELECT carrier, count(*) AS n FROM airlines GROUP BY ALL ORDER BY carrier LIMIT 2"
    frame = query(sql)
    assert frame.columns == ["carrier", "n"]
    assert frame.height == 2
    assert query(sql).equals(frame)
    assert query("SELECT 'it''s {{ not }} a place; --' AS text").rows() == [
        ("it's {{ not }} a place; --",)
    ]
    (rows, ran) = query("SELECT i FROM range(70000) t(i)", include_execution=True)
    assert rows["i"].to_list() == list(range(70_000))
    assert len(ran["execution_id"]) == 26


@pytest.mark.usefixtures("raw")
def test_sql_that_fails_fails_in_the_client() -> None:
    """Instead of giving rows."""
    with pytest.raises(Exception, match=r"(?i)fail"):
        query("SELECT nope FROM airlines")


@pytest.mark.usefixtures("raw")
def test_nobody_else_sends_statements_through_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor reads what its owner asked: to others it is not there, and it cannot be made public."""
    secret = "SELECT 4711 AS secret"
    query(secret)
    monkeypatch.setenv("DUNE_API_KEY", site.seeded.other_key)
    with pytest.raises(Exception, match="Query not found"):
        query(secret)
    for path in (f"query/{SPICE_SQL}/results", f"query/{SPICE_SQL}/results?params.query={secret}"):
        answer = requests.get(
            f"{site.url}/api/v1/{path}",
            headers={"x-dune-api-key": site.seeded.other_key},
            timeout=10,
        )
        assert answer.status_code == 404
    public = requests.post(
        f"{site.url}/api/v1/query/{SPICE_SQL}/unprivate",
        headers={"x-dune-api-key": site.key},
        timeout=10,
    )
    assert public.status_code == 400
    assert "must be private" in public.json()["error"]


def test_whole_statements_run_for_the_owner_of_such_a_query(site: Site) -> None:
    """Its SQL is its parameter."""
    number = create(site, "{{query}}", raw_sql=True)
    frame = query(number, parameters={"query": "SELECT 7 AS x, 'a' AS y"})
    assert frame.rows() == [(7, "a")]
    assert query(number, parameters={"query": "SELECT 8 AS x"}).rows() == [(8,)]
