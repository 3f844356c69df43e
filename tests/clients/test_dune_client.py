"""dune-client 1.12.2, unmodified: what its users do, against a real server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest
import requests
from dune_client.client import DuneClient
from dune_client.client_async import AsyncDuneClient
from dune_client.models import ExecutionState, QueryFailedError, ResultsResponse
from dune_client.query import QueryBase
from dune_client.types import QueryParameter
from tests.clients.conftest import Site

pytestmark = pytest.mark.clients

T = TypeVar("T")
FOUR_KINDS = (
    "SELECT '{{TextField}}' AS text, {{NumberField}} AS number, timestamp '{{DateField}}' AS at,"
    " '{{ListField}}' AS choice"
)
DEFAULTS = [
    QueryParameter.text_type("TextField", "Plain Text"),
    QueryParameter.number_type("NumberField", 3.1415926535),
    QueryParameter.date_type("DateField", "2022-05-04 00:00:00"),
    QueryParameter.enum_type("ListField", "Option 1"),
]
MANY = "SELECT i AS id, 'row ' || i AS name, i % 3 = 0 AS fizz FROM range(70000) t(i)"
FAST = 0.1  # seconds between polls


@pytest.fixture
def dune(site: Site) -> Iterator[DuneClient]:
    """The administrator's client."""
    client = DuneClient(site.key, base_url=site.url)
    yield client
    client.http.close()


@pytest.fixture(scope="module")
def many(site: Site) -> int:
    """The id of a query of 70,000 rows, which has run."""
    dune = DuneClient(site.key, base_url=site.url)
    number = dune.create_query("many", MANY).base.query_id
    dune.run_query(QueryBase(number), ping_frequency=FAST)
    dune.http.close()
    return number


def run(dune: DuneClient, query_id: int, **given: Any) -> list[dict[str, Any]]:
    """Run a query to its end and return its rows."""
    rows: list[dict[str, Any]] = dune.run_query(
        QueryBase(query_id), ping_frequency=FAST, **given
    ).get_rows()
    return rows


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    """Return status and text of a call that is refused."""
    with pytest.raises(requests.HTTPError) as caught:
        call()
    return caught.value.response.status_code, caught.value.response.json()["error"]


def test_a_query_with_parameters_of_all_kinds_runs(dune: DuneClient) -> None:
    """With its defaults, and with values; numbers and times come as Dune writes them."""
    query = dune.create_query("four kinds", FOUR_KINDS, DEFAULTS)
    assert query.base.params == DEFAULTS
    number = query.base.query_id
    defaults = {
        "text": "Plain Text",
        "number": "3.1415926535",
        "at": "2022-05-04 00:00:00.000",
        "choice": "Option 1",
    }
    assert run(dune, number) == [defaults]
    values = [
        QueryParameter.text_type("TextField", "it's; --"),
        QueryParameter.number_type("NumberField", 22),
        QueryParameter.date_type("DateField", "2023-01-02 03:04:05"),
    ]
    found = dune.run_query(QueryBase(number, params=values), ping_frequency=FAST).get_rows()
    assert found == [
        {**defaults, "text": "it's; --", "number": 22, "at": "2023-01-02 03:04:05.000"}
    ]


def test_sql_that_is_not_saved_runs(dune: DuneClient) -> None:
    """Its query has the number 0."""
    found = dune.run_sql("SELECT 1 AS a, 'x' AS b", ping_frequency=FAST)
    assert (found.query_id, found.get_rows()) == (0, [{"a": 1, "b": "x"}])


def test_large_results_come_in_pages(dune: DuneClient, many: int) -> None:
    """All rows, in order, whatever the size of a page."""
    ids = [row["id"] for row in run(dune, many)]
    assert ids == list(range(70_000))
    ids = [row["id"] for row in run(dune, many, batch_size=30_000)]
    assert ids == list(range(70_000))


def test_pages_of_csv_have_the_bytes_of_the_whole(dune: DuneClient, site: Site, many: int) -> None:
    """The client drops the header of all but the first."""
    paged = dune.run_query_csv(QueryBase(many), ping_frequency=FAST, batch_size=30_000)
    whole = requests.get(
        f"{site.url}/api/v1/query/{many}/results/csv", {"api_key": site.key}, timeout=30
    )
    assert paged.data.getvalue() == whole.content


def test_rows_are_filtered_sorted_and_chosen(dune: DuneClient, many: int) -> None:
    """Over the stored result."""
    found = run(
        dune,
        many,
        filters="id < 10 and fizz = true or name in ('row 20')",
        sort_by=["id desc"],
        columns=["name", "id"],
    )
    assert [list(row.items()) for row in found] == [
        [("name", f"row {number}"), ("id", number)] for number in (20, 9, 6, 3, 0)
    ]
    assert len(run(dune, many, filters="fizz", columns=["id"], batch_size=10_000)) == 23_334


def test_samples_have_the_size_that_was_asked_for(dune: DuneClient, many: int) -> None:
    """Not about as many."""
    assert len(run(dune, many, sample_count=100)) == 100


def test_frames_have_the_rows(dune: DuneClient, many: int) -> None:
    """Through CSV."""
    frame = dune.run_query_dataframe(QueryBase(many), ping_frequency=FAST)
    assert frame.shape == (70_000, 3)
    assert frame["id"].sum() == sum(range(70_000))


def test_latest_results_run_nothing(dune: DuneClient) -> None:
    """Whatever the values were; a query that never ran has none."""
    query = dune.create_query(
        "latest", "SELECT {{n}} AS n", [QueryParameter.number_type("n", 1)]
    ).base
    status, text = refusal(lambda: dune.get_latest_result(query.query_id))
    assert (status, text) == (
        404,
        "not found: No execution found for the latest version of the given query",
    )
    with_two = QueryBase(query.query_id, params=[QueryParameter.number_type("n", 2)])
    ran = dune.run_query(with_two, ping_frequency=FAST)
    assert dune.get_latest_result(query.query_id).get_rows() == ran.get_rows() == [{"n": 2}]
    assert dune.get_latest_result(with_two).get_rows() == [{"n": 2}]
    with_three = QueryBase(query.query_id, params=[QueryParameter.number_type("n", 3)])
    assert refusal(lambda: dune.get_latest_result(with_three))[0] == 404


def test_changes_of_the_name_hide_no_results(dune: DuneClient) -> None:
    """Changes of the SQL do."""
    number = dune.create_query("named", "SELECT 1 AS a").base.query_id
    run(dune, number)
    dune.update_query(number, name="renamed", description="now", tags=["x"])
    assert dune.get_latest_result(number).get_rows() == [{"a": 1}]
    dune.update_query(number, query_sql="SELECT 2 AS a")
    assert refusal(lambda: dune.get_latest_result(number))[0] == 404


def test_queries_are_changed_hidden_and_archived(dune: DuneClient) -> None:
    """The client reads each flag back and compares."""
    number = dune.create_query("kept", "SELECT 1 AS a", is_private=True).base.query_id
    assert dune.get_query(number).meta.is_private
    dune.make_public(number)
    dune.make_private(number)
    dune.update_query(number, name="new", query_sql="SELECT 2 AS a", tags=["a", "b"])
    query = dune.get_query(number)
    assert (query.base.name, query.sql, query.meta.tags) == ("new", "SELECT 2 AS a", ["a", "b"])
    assert dune.archive_query(number)
    assert refusal(lambda: dune.execute_query(QueryBase(number)))[0] == 403
    assert not dune.unarchive_query(number)
    assert run(dune, number) == [{"a": 2}]


def test_a_run_that_is_cancelled_at_once_is_cancelled(dune: DuneClient) -> None:
    """Also when it would have been quick."""
    number = dune.create_query("long", "SELECT count(*) AS n FROM range(10000000000)").base.query_id
    execution = dune.execute_query(QueryBase(number)).execution_id
    assert dune.cancel_execution(execution)
    results = dune.get_execution_results(execution)
    assert results.state is ExecutionState.CANCELLED
    assert results.times.cancelled_at is not None


def test_failures_say_why(dune: DuneClient) -> None:
    """In the words of the source."""
    with pytest.raises(QueryFailedError, match="nope"):
        dune.run_sql("SELECT nope", ping_frequency=FAST)


def test_errors_have_the_texts_that_clients_compare(site: Site, dune: DuneClient) -> None:
    """A wrong key counts before everything else."""
    wrong = DuneClient("wrong", base_url=site.url)
    assert refusal(lambda: wrong.get_execution_status("Wonky Job ID")) == (401, "invalid API Key")
    assert refusal(lambda: dune.get_execution_status("Wonky Job ID")) == (
        400,
        "The requested execution ID (ID: Wonky Job ID) is invalid.",
    )
    assert refusal(lambda: dune.execute_query(QueryBase(999_999))) == (404, "Query not found")
    assert refusal(lambda: dune.get_query(9_999_999_999_999))[0] == 400
    number = dune.create_query("plain", "SELECT 1 AS a").base.query_id
    unknown = QueryBase(number, params=[QueryParameter.text_type("Nope", "x")])
    assert refusal(lambda: dune.execute_query(unknown)) == (400, "unknown parameters (Nope)")
    wrong.http.close()


def test_the_client_of_asyncio_does_the_same(site: Site, many: int) -> None:
    """Runs, pages, filters, CSV."""

    async def use(client: AsyncDuneClient) -> tuple[ResultsResponse, int]:
        found = await client.run_query(
            QueryBase(many), ping_frequency=1, filters="id < 5", sort_by=["id desc"]
        )
        frame = await client.run_query_dataframe(QueryBase(many))
        return found, len(frame)

    found, count = _with_client(site, use)
    assert [row["id"] for row in found.get_rows()] == [4, 3, 2, 1, 0]
    assert count == 70_000


def _with_client(site: Site, use: Callable[[AsyncDuneClient], Awaitable[T]]) -> T:
    async def main() -> T:
        async with AsyncDuneClient(site.key, base_url=site.url) as client:
            return await use(client)

    return asyncio.run(main())
