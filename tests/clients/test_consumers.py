"""Programs that know nothing of us read a result by its address: data frames, engines, sheets."""

import io
from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from tests.clients.conftest import Site
from tests.support.seeded import DEMO_DATA, seed

from standpipe.testing import running

pytestmark = pytest.mark.clients

SQL = {
    "Flights": "SELECT i::INTEGER AS id, 'flight ' || i AS name, i * 0.5 AS hours,"
    " DATE '2026-01-01' + (i % 365)::INTEGER AS day FROM range(200000) t(i)",
    "Empty": "SELECT 1 AS a WHERE false",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a report of 200,000 rows that has been run."""
    files = [DEMO_DATA / "airlines.parquet"]
    seeded = seed(tmp_path_factory.mktemp("consumers") / "home", files=files, queries=SQL)
    with running(["serve"], seeded.home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        yield Site(server, seeded)


@pytest.fixture(scope="module")
def result(site: Site) -> str:
    """The address of the stored result, without a suffix."""
    path = f"{site.url}/v1/queries/{site.seeded.queries['Flights']}/executions?limit=1"
    answer = requests.post(path, json={}, headers=_bearer(site) | {"Prefer": "wait=60"}, timeout=90)
    return f"{site.url}/v1/results/{answer.json()['result']['id']}"


def _bearer(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.key}"}


def test_pandas_reads_csv_and_parquet(site: Site, result: str) -> None:
    """Pandas takes the address of a result, with the key in a header or in the address."""
    frame = pd.read_csv(f"{result}.csv", storage_options=_bearer(site))
    assert (len(frame), frame["hours"].sum()) == (200_000, 0.5 * sum(range(200_000)))
    assert pd.read_csv(f"{result}.csv?api_key={site.key}&limit=3")["id"].tolist() == [0, 1, 2]
    stored = pd.read_parquet(f"{result}.parquet", storage_options=_bearer(site))
    assert stored["name"].iloc[-1] == "flight 199999"
    lines = pd.read_json(f"{result}.ndjson?limit=5", lines=True, storage_options=_bearer(site))
    assert len(lines) == 5


def test_pandas_reads_a_compressed_answer_only_if_it_asked(site: Site, result: str) -> None:
    """Without Accept-Encoding bytes come as they are; with gzip they come compressed, once."""
    plain = requests.get(
        f"{result}.csv", headers=_bearer(site) | {"Accept-Encoding": ""}, timeout=60
    )
    packed = requests.get(
        f"{result}.csv", headers=_bearer(site) | {"Accept-Encoding": "gzip"}, timeout=60
    )
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_polars_reads_csv_and_scans_parquet(site: Site, result: str) -> None:
    """Polars downloads CSV, and reads parts of a Parquet file by HEAD and ranges."""
    frame = pl.read_csv(f"{result}.csv?api_key={site.key}")
    assert frame.height == 200_000
    scanned = pl.read_parquet(f"{result}.parquet?api_key={site.key}", columns=["id", "day"])
    assert scanned["id"].cast(pl.Int64).sum() == sum(range(200_000))


class RangedFile(io.RawIOBase):
    """A file over HTTP as DuckDB's httpfs reads it: HEAD first, then exact ranges.

    It gives up where httpfs does: when a range has another length or another ETag than promised.
    """

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url, self._position = url, 0
        self._headers = headers | {"Accept-Encoding": "identity"}  # requests would ask for gzip
        head = requests.head(url, headers=self._headers, timeout=60)
        assert head.status_code == 200
        assert head.headers["Accept-Ranges"] == "bytes"
        assert "Last-Modified" in head.headers
        self.size, self._etag = int(head.headers["Content-Length"]), head.headers["ETag"]
        assert not self._etag.startswith("W/")
        self.requests = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = offset + (0, self._position, self.size)[whence]
        return self._position

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self.size - self._position)
        if count <= 0:
            return 0
        asked = f"bytes={self._position}-{self._position + count - 1}"
        found = requests.get(self._url, headers=self._headers | {"Range": asked}, timeout=60)
        assert (found.status_code, found.headers["ETag"]) == (206, self._etag)
        assert int(found.headers["Content-Length"]) == count == len(found.content)
        assert "Content-Encoding" not in found.headers
        buffer[:count] = found.content
        self._position += count
        self.requests += 1
        return count


def test_engine_reads_parquet_by_ranges(site: Site, result: str) -> None:
    """The footer and the wanted column chunks are enough; the tag never changes."""
    file = RangedFile(f"{result}.parquet", _bearer(site))
    table = pq.ParquetFile(io.BufferedReader(file, 1 << 16)).read_row_groups([3], columns=["id"])
    assert table["id"].to_pylist() == list(range(3 * 8192, 4 * 8192))
    assert file.requests < 20


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "json", "arrow", "xlsx", "tsv"])
def test_engine_reads_any_encoding_by_ranges(site: Site, result: str, suffix: str) -> None:
    """HEAD of an encoding that was never made makes it; its ranges are its bytes."""
    file = RangedFile(f"{result}.{suffix}?limit=150000", _bearer(site))
    whole = requests.get(f"{result}.{suffix}?limit=150000", headers=_bearer(site), timeout=60)
    assert len(whole.content) == file.size
    file.seek(file.size // 2)
    assert file.read(1000) == whole.content[file.size // 2 : file.size // 2 + 1000]


def test_arrow_stream_is_read_as_it_comes(site: Site, result: str) -> None:
    """A stream reader gets its schema first and then every row."""
    answer = requests.get(
        result,
        headers=_bearer(site) | {"Accept": "application/vnd.apache.arrow.stream"},
        stream=True,
        timeout=60,
    )
    answer.raw.decode_content = True
    with pa.ipc.open_stream(answer.raw) as reader:
        assert reader.schema.names == ["id", "name", "hours", "day"]
        assert sum(len(batch) for batch in reader) == 200_000


def test_spreadsheet_formula_gets_csv_at_once(site: Site) -> None:
    """IMPORTDATA: anonymous, the key in the address, 200 with CSV, small, whatever the state."""
    query = site.seeded.queries["Empty"]
    key = site.seeded.query_keys["Empty"]
    address = f"{site.url}/v1/queries/{query}/results.csv?api_key={key}&wait=30"
    answer = requests.get(address, headers={"User-Agent": "GoogleDocs"}, timeout=60)
    assert (answer.status_code, answer.text) == (200, "a\r\n")
    assert answer.headers["Content-Type"].startswith("text/csv")


def test_power_query_signs_in_and_pages(site: Site, result: str) -> None:
    """Basic and Web API key sign in; a bare address is no 5xx; JSON pages by an absolute next."""
    basic = requests.get(f"{result}.json?limit=2", auth=(site.key, ""), timeout=60)
    named = requests.get(f"{result}.json?limit=2&api_key={site.key}", timeout=60)
    assert basic.json()["rows"] == named.json()["rows"]
    assert requests.get(f"{result}.json", timeout=60).status_code == 401
    pages, address = 0, f"{result}.json?limit=90000"
    rows = 0
    while address:
        body = requests.get(address, headers=_bearer(site), timeout=60).json()
        rows, pages, address = rows + len(body["rows"]), pages + 1, body["next"]
    assert (rows, pages) == (200_000, 3)


def test_stored_result_is_revalidated_for_nothing(site: Site, result: str) -> None:
    """A known tag gets 304 and no body; a pinned address may be kept for ever."""
    first = requests.get(f"{result}.csv", headers=_bearer(site), timeout=60)
    assert "immutable" in first.headers["Cache-Control"]
    known = _bearer(site) | {"If-None-Match": first.headers["ETag"]}
    again = requests.get(f"{result}.csv", headers=known, timeout=60)
    assert (again.status_code, again.content) == (304, b"")
