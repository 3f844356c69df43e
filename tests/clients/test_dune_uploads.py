"""Uploaded tables through dune-client 1.12.2, unmodified."""

from collections.abc import Iterator
from io import BytesIO

import pytest
import requests
from dune_client.client import DuneClient
from dune_client.models import DuneError
from tests.clients.conftest import Site

pytestmark = pytest.mark.clients

SCHEMA = [
    {"name": "date", "type": "timestamp"},
    {"name": "rate", "type": "double", "nullable": True},
]
FAST = 0.1


@pytest.fixture
def dune(site: Site) -> Iterator[DuneClient]:
    """The administrator's client, whose namespace is ``admin``."""
    client = DuneClient(site.key, base_url=site.url)
    yield client
    client.http.close()


def rows(dune: DuneClient, sql: str) -> list[dict[str, object]]:
    """Run a statement; its rows."""
    found: list[dict[str, object]] = dune.run_sql(sql, ping_frequency=FAST).get_rows()
    return found


def test_a_csv_becomes_a_table_and_is_replaced(dune: DuneClient) -> None:
    """Under a name with ``dataset_`` before it; types are found in the rows."""
    assert dune.upload_csv("rates", "day,rate\n2024-01-01,1.5\n2024-01-02,2\n")
    table = "dune.admin.dataset_rates"
    assert rows(dune, f"SELECT sum(rate) AS s FROM {table}") == [{"s": 3.5}]
    assert dune.upload_csv("rates", "a\n7\n")
    assert rows(dune, f"SELECT * FROM {table}") == [{"a": 7}]
    dune.delete_table("admin", "dataset_rates")


def test_a_table_is_made_filled_cleared_and_deleted(dune: DuneClient) -> None:
    """And can be queried in between; the answers are those of Dune."""
    made = dune.create_table("admin", "interest", schema=SCHEMA, description="of banks")
    assert made.full_name == "dune.admin.interest"
    csv = b"date,rate\n2024-01-01 00:00:00,1.25\n"
    written = dune.insert_data("admin", "interest", BytesIO(csv), "text/csv")
    assert (written.rows_written, written.bytes_written) == (1, len(csv))
    ndjson = b'{"date": "2024-01-02 00:00:00", "rate": 2.5}\n{"date": "2024-01-03 00:00:00"}'
    dune.insert_data("admin", "interest", BytesIO(ndjson), "application/x-ndjson")
    sql = "SELECT count(*) AS n, sum(rate) AS s FROM dune.admin.interest"
    assert rows(dune, sql) == [{"n": 3, "s": 3.75}]
    assert dune.clear_table("admin", "interest").message == (
        "Table dune.admin.interest successfully cleared"
    )
    assert rows(dune, sql) == [{"n": 0, "s": None}]
    assert dune.delete_table("admin", "interest").message == (
        "Table admin.interest successfully deleted"
    )


def test_tables_and_datasets_are_listed(dune: DuneClient) -> None:
    """With their columns and their size."""
    dune.create_table("admin", "listed", schema=SCHEMA)
    (table,) = [each for each in dune.list_uploads().tables if "listed" in each.full_name]
    assert (table.owner.handle, table.is_private) == ("admin", False)
    found = dune.list_datasets(owner_handle="admin", type="uploaded_table").datasets
    assert "dune.admin.listed" in [each.full_name for each in found]
    dataset = dune.get_dataset("dune.admin.listed")
    assert [column.name for column in dataset.columns] == ["date", "rate"]
    with pytest.raises((DuneError, requests.HTTPError)):
        dune.get_dataset("dune.admin.nothing")
    dune.delete_table("admin", "listed")


def test_a_wrong_row_refuses_them_all(dune: DuneClient) -> None:
    """With the place; a table that exists is not made again."""
    dune.create_table("admin", "strict", schema=SCHEMA)
    bad = BytesIO(b"date,rate\n2024-01-01 00:00:00,1\n2024-01-02 00:00:00,x\n")
    with pytest.raises((DuneError, requests.HTTPError)):
        dune.insert_data("admin", "strict", bad, "text/csv")
    assert rows(dune, "SELECT count(*) AS n FROM dune.admin.strict") == [{"n": 0}]
    with pytest.raises((DuneError, requests.HTTPError)):
        dune.create_table("admin", "strict", schema=SCHEMA)
    dune.delete_table("admin", "strict")


def test_thirty_megabytes_arrive_within_the_clients_patience(dune: DuneClient) -> None:
    """The client gives up after 10 s, and it has the whole body in memory."""
    dune.create_table("admin", "large", schema=SCHEMA)
    lines = "".join(f"2024-01-01 00:00:{n % 60:02},{n}.25\n" for n in range(1_100_000))
    csv = f"date,rate\n{lines}".encode()
    assert len(csv) > 28 * 1024**2
    written = dune.insert_data("admin", "large", BytesIO(csv), "text/csv")
    assert (written.rows_written, written.bytes_written) == (1_100_000, len(csv))
    assert dune.upload_csv("large", csv.decode())
    for table in ("large", "dataset_large"):
        assert rows(dune, f"SELECT count(*) AS n FROM dune.admin.{table}") == [{"n": 1_100_000}]
        dune.delete_table("admin", table)
