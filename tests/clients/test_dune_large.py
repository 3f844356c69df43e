"""A result of 300,000 rows through dune-client 1.12.2: every way to read it gives the same."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from dune_client.client import DuneClient
from dune_client.query import QueryBase
from tests.clients.conftest import Site

pytestmark = [pytest.mark.clients, pytest.mark.slow]

ROWS = 300_000
SQL = f"""
    SELECT i AS id, 'name, "' || (i * 7919 % 1000) || '"' AS name, i % 3 = 0 AS fizz,
           CASE WHEN i % 5 > 0 THEN (i / 4)::DECIMAL(12, 2) END AS price,
           TIMESTAMP '2024-01-01' + to_seconds(i) AS at
    FROM range({ROWS}) t(i)
"""
WINDOW = {"filters": "fizz and price is not null", "sort_by": "name desc, id"}
FITTING = sorted(
    (n for n in range(0, ROWS, 3) if n % 5),
    key=lambda n: (f'name, "{n * 7919 % 1000}"', -n),
    reverse=True,
)


@pytest.fixture(scope="module")
def dune(site: Site) -> Iterator[DuneClient]:
    client = DuneClient(site.key, base_url=site.url)
    yield client
    client.http.close()


@pytest.fixture(scope="module")
def query(dune: DuneClient) -> QueryBase:
    """The query, which has run."""
    base = QueryBase(dune.create_query("large", SQL).base.query_id)
    dune.run_query(base, ping_frequency=0.1, batch_size=ROWS)
    return base


def whole(site: Site, query: QueryBase, suffix: str, **options: str) -> requests.Response:
    """Read everything in one answer."""
    answer = requests.get(
        f"{site.url}/api/v1/query/{query.query_id}/results{suffix}",
        {"api_key": site.key, **options},
        timeout=60,
    )
    answer.raise_for_status()
    return answer


def as_row(cells: list[str]) -> dict[str, Any]:
    """Return a line of CSV as the row that JSON has."""
    number, text, fizz, price, at = cells
    shown = {"id": int(number), "name": text, "fizz": fizz == "true"}
    return {**shown, "price": price or None, "at": at}


@pytest.mark.parametrize("size", [32_000, 70_001])
def test_pages_of_csv_have_the_bytes_of_the_whole(
    site: Site, dune: DuneClient, query: QueryBase, size: int
) -> None:
    """As the client joins them; a page without a limit is everything."""
    one = whole(site, query, "/csv")
    assert "x-dune-next-uri" not in one.headers
    assert dune.download_csv(query, batch_size=size).data.getvalue() == one.content


def test_pages_of_json_have_the_rows_of_the_whole_and_of_csv(
    site: Site, dune: DuneClient, query: QueryBase
) -> None:
    """In the same order, with the same values."""
    paged = dune.get_latest_result(query, batch_size=32_000).get_rows()
    one = whole(site, query, "").json()
    assert paged == one["result"]["rows"]
    assert [row["id"] for row in paged] == list(range(ROWS))
    assert one["result"]["metadata"]["row_count"] == ROWS
    _, *lines = csv.reader(io.StringIO(whole(site, query, "/csv").text, newline=""))
    assert list(map(as_row, lines)) == paged


def test_filtered_and_sorted_pages_are_those_of_the_whole(
    site: Site, dune: DuneClient, query: QueryBase
) -> None:
    """Bytes and rows; the columns are those that were asked for."""
    one = whole(site, query, "/csv", columns="name,id", **WINDOW)
    given: dict[str, Any] = {"columns": ["name", "id"], "batch_size": 32_000}
    given |= {"filters": WINDOW["filters"], "sort_by": [WINDOW["sort_by"]]}
    assert dune.download_csv(query, **given).data.getvalue() == one.content
    paged = dune.run_query(query, ping_frequency=0.1, **given).get_rows()
    assert [row["id"] for row in paged] == FITTING
    assert paged == whole(site, query, "", columns="name,id", **WINDOW).json()["result"]["rows"]
    assert all(list(row) == ["name", "id"] for row in paged)
