"""Queries as they are written on Dune, in Trino's SQL, on a source whose owner set the switch."""

import time
from collections.abc import Iterator

import pytest
import requests
from dune_client.client import DuneClient
from dune_client.models import QueryFailedError
from dune_client.query import QueryBase
from dune_client.types import QueryParameter
from tests.support.seeded import seed

from standpipe.testing import running

pytestmark = pytest.mark.clients

FAST = 0.1


@pytest.fixture(scope="module")
def dune(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuneClient]:
    """The administrator's client of a server whose source takes Trino's SQL."""
    seeded = seed(tmp_path_factory.mktemp("trino") / "home", sql="trino")
    environment = {"STANDPIPE_LOG_LEVEL": "error"}
    with running(["serve"], seeded.home, environment=environment) as server:
        client = DuneClient(seeded.admin_key, base_url=server.url)
        yield client
        client.http.close()


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("select 1", {"_col0": 1}),
        ("select 7 / 2, 7 / 2.0", {"_col0": 3, "_col1": "3.5"}),
        (
            "select date_trunc('month', timestamp '2024-03-05 15:03:04') as m",
            {"m": "2024-03-01 00:00:00.000"},
        ),
        ("select 0xDEADbeef as b", {"b": "0xdeadbeef"}),
        ("select cardinality(array[1, 2]) as n, array[1, 2] as a", {"n": 2, "a": [1, 2]}),
        ("select try_cast('x' as integer) as nothing", {"nothing": None}),
        (
            "select sum(x) as s, max(n) as n from unnest(array[5, 6]) with ordinality as t(x, n)",
            {"s": 11, "n": 2},
        ),
    ],
)
def test_statements_of_trino_run(dune: DuneClient, sql: str, row: dict[str, object]) -> None:
    """With Trino's meaning, names and spelling of values."""
    found = dune.run_sql(sql, ping_frequency=FAST).get_rows()
    shown = {name: str(value) if name == "_col1" else value for name, value in found[0].items()}
    assert shown == row


def test_values_stay_bound(dune: DuneClient) -> None:
    """Whatever stands in them; a placeholder within quotes is replaced with them."""
    query = dune.create_query(
        "bound",
        "select '{{name}}' as name, {{n}} / 2 as half, timestamp '{{at}}' as at",
        [
            QueryParameter.text_type("name", "x"),
            QueryParameter.number_type("n", 5),
            QueryParameter.date_type("at", "2024-01-02 03:04:05"),
        ],
    )
    values = [QueryParameter.text_type("name", "'; drop --")]
    given = QueryBase(query.base.query_id, params=values)
    (row,) = dune.run_query(given, ping_frequency=FAST).get_rows()
    assert (row["name"], row["at"]) == ("'; drop --", "2024-01-02 03:04:05.000")
    assert float(row["half"]) == 2


def test_what_no_grammar_takes_is_said_with_its_place(dune: DuneClient) -> None:
    """Before anything runs."""
    with pytest.raises(requests.HTTPError, match="400"):
        dune.run_sql("select from where", ping_frequency=FAST)


def test_an_address_without_quotes_is_bytes(dune: DuneClient) -> None:
    """As Trino reads it; in quotes it is a text."""
    sql = (
        "select {{address}} as a, t.sender as s, '{{address}}' as text"
        " from (values (0xdeadBEEF, 1), (0x00, 2)) as t(sender, n)"
        " where sender = {{address}} or sender in ({{address}})"
    )
    query = dune.create_query("addresses", sql, [QueryParameter.text_type("address", "0x00")])
    for address in ("0xDeadBeef", "0x00"):
        given = [QueryParameter.text_type("address", address)]
        found = dune.run_query(QueryBase(query.base.query_id, params=given), ping_frequency=FAST)
        shown = address.lower()
        assert found.get_rows() == [{"a": shown, "s": shown, "text": address}]
        latest = dune.get_latest_result(QueryBase(query.base.query_id, params=given))
        assert latest.get_rows() == found.get_rows()


def test_a_failure_has_its_place_in_the_text_that_was_sent(dune: DuneClient) -> None:
    """Though DuckDB saw a translation."""
    with pytest.raises(QueryFailedError, match="nope"):
        dune.run_sql("select nope", ping_frequency=FAST)
    execution = dune.execute_sql("select date_format(now(), '%Y'),\n  abs(nope)").execution_id
    while not (status := dune.get_execution_status(execution)).is_execution_finished:
        time.sleep(FAST)
    assert status.error is not None
    assert status.error.type == "FAILED_TYPE_EXECUTION_FAILED"
    assert (status.error.metadata["line"], status.error.metadata["column"]) == (2, 7)
