"""Fifty dune-clients at once, some of them of asyncio: no error, and every answer is one's own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from dune_client.client import DuneClient
from dune_client.client_async import AsyncDuneClient
from dune_client.query import QueryBase
from dune_client.types import QueryParameter
from tests.clients.conftest import Site

pytestmark = [pytest.mark.clients, pytest.mark.slow]

THREADS, TASKS = 34, 16
ROWS = 300
SQL = "SELECT {{n}} * 1000 + i AS id, '{{who}}' AS who FROM range(300) t(i)"
FAST = 0.2


@pytest.fixture(scope="module")
def number(site: Site) -> int:
    """The id of the query that all of them run."""
    dune = DuneClient(site.key, base_url=site.url)
    parameters = [QueryParameter.number_type("n", 0), QueryParameter.text_type("who", "nobody")]
    found: int = dune.create_query("crowd", SQL, parameters).base.query_id
    dune.http.close()
    return found


def asked(number: int, who: int) -> QueryBase:
    """The query with somebody's values; every third one shares them with another."""
    shared = who - who % 3 // 2
    values = [QueryParameter.number_type("n", shared)]
    return QueryBase(number, params=[*values, QueryParameter.text_type("who", f"it's {shared}")])


def expected(query: QueryBase) -> list[dict[str, object]]:
    """What this caller must get."""
    n, who = (parameter.value for parameter in query.parameters())
    return [{"id": int(n) * 1000 + i, "who": who} for i in range(ROWS)]


def as_csv(rows: list[dict[str, object]]) -> str:
    """The same as text."""
    return "id,who\n" + "".join(f"{row['id']},{row['who']}\n" for row in rows)


def use(site: Site, number: int, who: int) -> None:
    """Do what one user does, in pages smaller than the result."""
    query = asked(number, who)
    rows = expected(query)
    dune = DuneClient(site.key if who % 2 else site.seeded.other_key, base_url=site.url)
    try:
        found = dune.run_query(query, ping_frequency=FAST, batch_size=120)
        assert found.get_rows() == rows
        assert found.query_id == number
        assert dune.get_latest_result(query, batch_size=70).get_rows() == rows
        csv = dune.download_csv(query, batch_size=130).data.getvalue().decode()
        assert csv == as_csv(rows)
        few = dune.run_query(
            query, ping_frequency=FAST, filters=f"id < {rows[3]['id']}", sort_by=["id desc"]
        )
        assert few.get_rows() == rows[2::-1]
    finally:
        dune.http.close()


async def use_asynchronously(site: Site, number: int, who: int) -> None:
    """The same with the other client."""
    query = asked(number, who)
    rows = expected(query)
    async with AsyncDuneClient(site.key, base_url=site.url) as dune:
        found = await dune.run_query(query, ping_frequency=FAST, batch_size=120)
        assert found.get_rows() == rows
        latest = await dune.get_latest_result(query, batch_size=70)
        assert latest.get_rows() == rows
        csv = await dune.run_query_csv(query, ping_frequency=FAST, batch_size=130)
        assert csv.data.getvalue().decode() == as_csv(rows)


def test_fifty_clients_at_once_get_what_they_asked_for(site: Site, number: int) -> None:
    """Of two users, with values of their own and shared ones."""

    async def crowd() -> None:
        tasks = range(THREADS, THREADS + TASKS)
        await asyncio.gather(*(use_asynchronously(site, number, who) for who in tasks))

    with ThreadPoolExecutor(THREADS + 1) as pool:
        works = [pool.submit(use, site, number, who) for who in range(THREADS)]
        works.append(pool.submit(asyncio.run, crowd()))
        for work in works:
            work.result()
