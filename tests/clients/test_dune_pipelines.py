"""Pipelines by dune-client 1.12.2, unmodified, and what others may see of them."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from dune_client.client import DuneClient
from dune_client.client_async import AsyncDuneClient
from dune_client.models import PipelineStatusResponse
from tests.clients.conftest import Site

from standpipe.testing import Answer

pytestmark = pytest.mark.clients

SECONDS = 30


@pytest.fixture
def dune(site: Site) -> Iterator[DuneClient]:
    """The administrator's client."""
    client = DuneClient(site.key, base_url=site.url)
    yield client
    client.http.close()


@pytest.fixture(scope="module")
def reader(site: Site) -> int:
    """The id of a query that reads a materialised view."""
    dune = DuneClient(site.key, base_url=site.url)
    low = dune.create_query("low", "SELECT count(*) AS n FROM airlines").base.query_id
    body = {"name": "result_counted", "query_id": low}
    name = ask(site, "POST", "/materialized-views", body).json()["name"]
    number = dune.create_query("high", f"SELECT n + 1 AS more FROM {name}").base.query_id
    dune.http.close()
    return number


def ask(site: Site, method: str, path: str, body: object = None, *, key: str = "") -> Answer:
    """Ask as a client that is none of the known ones."""
    address = f"/api/v1{path}?api_key={key or site.key}"
    return site.server.call(method, address, body, key="")


def test_a_pipeline_of_a_query_runs_to_its_end(dune: DuneClient, reader: int) -> None:
    """Its nodes are there at once, that of the view too, and its rows are the query's latest."""
    made = dune.execute_query_pipeline(reader, performance="medium")
    status = dune.get_pipeline_status(made.pipeline_execution_id)
    assert [node.id for node in status.node_executions] == [1, 2]
    deadline = time.monotonic() + SECONDS
    while status.status not in ("completed", "failed"):
        assert time.monotonic() < deadline
        status = dune.get_pipeline_status(made.pipeline_execution_id)
    last = status.node_executions[1].query_execution_status
    assert (status.status, last.status, last.query_id) == ("completed", "completed", reader)
    assert last.execution_id is not None
    assert dune.get_execution_results(last.execution_id).get_rows() == [{"more": 17}]
    assert dune.get_latest_result(reader).get_rows() == [{"more": 17}]


def test_the_asynchronous_client_says_the_same(site: Site, reader: int) -> None:
    """Without a performance, which it leaves out then."""

    async def main() -> PipelineStatusResponse:
        async with AsyncDuneClient(site.key, base_url=site.url) as dune:
            made = await dune.execute_query_pipeline(reader)
            for _ in range(SECONDS * 20):
                status = await dune.get_pipeline_status(made.pipeline_execution_id)
                if status.status in ("completed", "failed"):
                    break
                await asyncio.sleep(0.05)
            return status

    status = asyncio.run(main())
    assert status.status == "completed"
    assert {node.query_execution_status.status for node in status.node_executions} == {"completed"}


def test_pipelines_of_others_are_not_there(site: Site, dune: DuneClient, reader: int) -> None:
    """Nor are queries that one may not see, or views that one may not refresh, to be run in one."""
    path = f"/pipelines/executions/{dune.execute_query_pipeline(reader).pipeline_execution_id}"
    other = site.seeded.other_key
    answer = ask(site, "GET", f"{path}/status", key=other)
    assert (answer.status, answer.json()) == (404, {"error": "Pipeline execution not found"})
    refresh = {"id": 1, "materialized_view_refresh": {"name": "dune.admin.result_counted"}}
    answer = ask(site, "POST", "/pipelines/execute", {"pipeline": {"nodes": [refresh]}}, key=other)
    assert answer.status in (403, 404), answer.body
    hidden = dune.create_query("hidden", "SELECT 1", is_private=True).base.query_id
    run = {"id": 1, "query_execution": {"query_id": hidden}}
    answer = ask(site, "POST", "/pipelines/execute", {"pipeline": {"nodes": [run]}}, key=other)
    alone = ask(site, "POST", f"/query/{hidden}/execute", {}, key=other)
    of_query = ask(site, "POST", f"/query/{hidden}/pipeline/execute", {}, key=other)
    assert answer.status in (403, 404)
    assert (answer.status, answer.body) == (alone.status, alone.body)
    assert (of_query.status, of_query.body) == (alone.status, alone.body)
