"""Measures the server against physical references in the same run and writes results.md.

    make bench

Absolute figures drift by a factor of two between machines and hours: the ratios are what counts.
"""

import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
from benchmarks import data, load
from tests.support.seeded import Seeded, seed

from standpipe.core.columns import Column, LogicalType
from standpipe.core.windows import whole
from standpipe.formats.json import JsonRows
from standpipe.readers.duckdb import DuckDBReader
from standpipe.testing import RunningServer, running

REPEATS = 5
POLL_SECONDS = 0.001  # a poll without pause takes the processor from what it waits for
RESULTS = Path(__file__).parent / "results.md"


@dataclass(frozen=True)
class Row:
    """One line of the table: seconds unless the unit says otherwise."""

    work: str
    ours: float
    reference: float
    unit: str
    reference_name: str
    target: str

    @property
    def line(self) -> str:
        """The line in Markdown."""
        ratio = self.ours / self.reference if self.reference else float("nan")
        return (
            f"| {self.work} | {_show(self.ours, self.unit)} | {_show(self.reference, self.unit)}"
            f" ({self.reference_name}) | {ratio:.2f} | {self.target} |"
        )


class Client:
    """A keep-alive client of one server, with the key of its administrator."""

    def __init__(self, server: RunningServer, key: str) -> None:
        parts = urlsplit(server.url)
        self.port = parts.port or 0
        self._key = key
        self._wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def call(self, method: str, path: str, body: object = None) -> http.client.HTTPResponse:
        """Make a request; the caller reads the answer."""
        data_ = None if body is None else json.dumps(body)
        self._wire.request(method, path, data_, {"Authorization": f"Key {self._key}"})
        return self._wire.getresponse()

    def json(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """Make a request and decode the answer."""
        found: dict[str, object] = json.loads(self.call(method, path, body).read())
        return found

    def run(self, query_id: int) -> int:
        """Run a query to its end, polling as fast as it is answered; returns the result's id."""
        job = self.json("POST", f"/api/queries/{query_id}/results", {"max_age": 0})["job"]
        while job["status"] in (1, 2):  # type: ignore[index]
            time.sleep(POLL_SECONDS)
            job = self.json("GET", f"/api/jobs/{job['id']}")["job"]  # type: ignore[index]
        if job["status"] != 3:  # type: ignore[index]
            raise RuntimeError(str(job))
        return int(job["query_result_id"])  # type: ignore[index]

    def download(self, path: str) -> tuple[float, float, int]:
        """Return seconds to the first byte, seconds in all, and bytes."""
        started = time.perf_counter()
        answer = self.call("GET", path)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {answer.read()[:200]!r}")
        size = len(answer.read(1))
        first = time.perf_counter() - started
        while piece := answer.read(1 << 20):
            size += len(piece)
        return first, time.perf_counter() - started, size


def main() -> None:
    """Run everything and write the table."""
    with tempfile.TemporaryDirectory(prefix="standpipe-bench-") as name:
        folder = Path(name)
        source = data.make(folder / "million.parquet")
        home = seed(folder / "home", [source], queries=_queries())
        environment = {"STANDPIPE_LOG_LEVEL": "error"}
        with running(["serve"], home.home, environment=environment) as server:
            rows = list(_measure(server, home, source, folder))
            memory = _memory_line(server)
    _write(rows, memory)


def _queries() -> dict[str, object]:
    return {
        "million": "select * from million",
        "thousand": "select * from million limit 1000",
        "one": "select 1 as a",
    }


def _measure(server: RunningServer, home: Seeded, source: Path, folder: Path) -> "list[Row]":
    client = Client(server, home.admin_key)
    ids = home.queries
    client.run(ids["one"])  # the first run starts children; measured apart by nobody
    rows = [_bench_run(client, ids["million"], source, folder)]
    million = client.run(ids["million"])
    thousand = client.run(ids["thousand"])
    rows += _bench_json(client, million, source, folder)
    rows += _bench_csv(client, million, source, folder)
    rows.append(_bench_cached(client, thousand, home.admin_key))
    rows.append(_bench_status(client, ids["one"], home.admin_key))
    rows.append(_bench_page(client, million))
    rows.append(_bench_round_trip(client, ids["one"]))
    rows.append(_bench_help())
    return rows


def _bench_run(client: Client, query_id: int, source: Path, folder: Path) -> Row:
    target = folder / "reference.parquet"
    sql = f"COPY (SELECT * FROM '{source}') TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    ours, reference = _paired(lambda: client.run(query_id), lambda: duckdb.execute(sql))
    return Row("run 1M rows, file to stored", ours, reference, "s", "DuckDB COPY", "1.5 x + 50 ms")


def _bench_json(client: Client, result_id: int, source: Path, folder: Path) -> list[Row]:
    reader = DuckDBReader(folder)
    columns = _columns(source)

    def loop() -> None:
        for _ in reader.encode(source, whole(columns), JsonRows()):
            pass

    path = f"/api/query_results/{result_id}"
    firsts: list[float] = []

    def ours() -> None:
        first, _, _ = client.download(path)
        firsts.append(first)

    total, reference = _paired(ours, loop)
    reader.close()
    name = "compact JSON to nowhere"
    return [
        Row("1M rows as Redash JSON, first byte", _middle(firsts), 0.1, "s", "0.1 s", "1"),
        Row("1M rows as Redash JSON, whole", total, reference, "s", name, "1.5 x 1.3"),
    ]


def _bench_csv(client: Client, result_id: int, source: Path, folder: Path) -> list[Row]:
    target = folder / "reference.csv"
    sql = f"COPY (SELECT * FROM '{source}') TO '{target}' (FORMAT csv, HEADER)"
    path = f"/api/query_results/{result_id}.csv?date_format=iso"
    firsts: list[float] = []

    def ours() -> None:
        first, _, _ = client.download(path)
        firsts.append(first)

    total, reference = _paired(ours, lambda: duckdb.execute(sql))
    return [
        Row("1M rows as CSV, first byte", _middle(firsts), 0.1, "s", "0.1 s", "1"),
        Row("1M rows as CSV, whole", total, reference, "s", "DuckDB COPY", "1.5"),
    ]


def _bench_cached(client: Client, result_id: int, key: str) -> Row:
    path = f"/api/query_results/{result_id}"
    body = client.call("GET", path).read()
    return _rates("stored result of 1,000 rows", client, path, key, body, "0.7")


def _bench_status(client: Client, query_id: int, key: str) -> Row:
    job = client.json("POST", f"/api/queries/{query_id}/results", {"max_age": 0})["job"]
    path = f"/api/jobs/{job['id']}"  # type: ignore[index]
    return _rates("job status", client, path, key, b"{}", "0.25")


def _rates(work: str, client: Client, path: str, key: str, body: bytes, target: str) -> Row:
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Key {key}\r\n\r\n".encode()
    ours: list[float] = []
    reference: list[float] = []
    with _bare(body) as bare:
        for _ in range(REPEATS):
            ours.append(load.requests_per_second(client.port, head))
            reference.append(
                load.requests_per_second(bare.port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            )
    return Row(work, _middle(ours), _middle(reference), "req/s", "bare Starlette", target)


class _bare:  # noqa: N801 - used as a with-statement
    """A Starlette application that answers with the same bytes and does nothing else."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __enter__(self) -> "_bare":
        self._file = tempfile.NamedTemporaryFile()
        self._file.write(self._body)
        self._file.flush()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.bare", self._file.name],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._file.close()


def _bench_page(client: Client, result_id: int) -> Row:
    def page(offset: int) -> float:  # another page each time: none comes from memory
        path = f"/api/query_results/{result_id}?limit=100&offset="
        return _middle([client.download(f"{path}{offset + 7 * n}")[1] for n in range(50)])

    page(250_000)
    deep, first = page(500_000), page(3)
    return Row("100 rows at row 500,000, p50", deep, first, "s", "at row 0", "<= 10 ms")


def _bench_round_trip(client: Client, query_id: int) -> Row:
    times = [_timed(lambda: client.run(query_id)) for _ in range(200)]
    return Row("select 1, submitted to finished, p50", _middle(times), 0.010, "s", "10 ms", "1")


def _bench_help() -> Row:
    command = [sys.executable, "-m", "standpipe", "--help"]
    empty = [sys.executable, "-c", "pass"]
    quiet = subprocess.DEVNULL
    ours, reference = _paired(
        lambda: subprocess.run(command, stdout=quiet, check=True),
        lambda: subprocess.run(empty, stdout=quiet, check=True),
    )
    return Row("standpipe --help", ours, reference, "s", "python -c pass", "<= 0.3 s")


def _columns(source: Path) -> tuple[Column, ...]:
    kinds = {
        "INTEGER": LogicalType.INTEGER,
        "DOUBLE": LogicalType.FLOAT,
        "VARCHAR": LogicalType.TEXT,
        "TIMESTAMP": LogicalType.TIMESTAMP,
        "BOOLEAN": LogicalType.BOOLEAN,
        "DATE": LogicalType.DATE,
    }
    described = duckdb.execute(f"DESCRIBE SELECT * FROM '{source}'").fetchall()
    return tuple(
        Column(
            name=name,
            stored_name=name,
            logical_type=kinds.get(kind, LogicalType.DECIMAL),
            stored_type=kind,
            source_type=kind,
        )
        for name, kind, *_ in described
    )


def _paired(ours: Callable[[], object], reference: Callable[[], object]) -> tuple[float, float]:
    """Return the medians of interleaved runs, after one of each to warm up."""
    ours()
    reference()
    pairs = [(_timed(ours), _timed(reference)) for _ in range(REPEATS)]
    return _middle([pair[0] for pair in pairs]), _middle([pair[1] for pair in pairs])


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _middle(times: list[float]) -> float:
    return statistics.median(times)


def _show(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if unit != "s" else f"{value * 1000:,.1f} ms"


def _memory_line(server: RunningServer) -> str:
    pids = [server.process.pid, *server.descendants()]
    total = sum(_pss_kib(pid) for pid in pids) / 1024
    web = sum(_pss_kib(pid) for pid in server.pids("web")) / 1024
    return (
        f"Memory after all of this: {total:.0f} MiB PSS in {len(pids)} processes,"
        f" of which the web process {web:.0f} MiB."
    )


def _pss_kib(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0


def _write(rows: list[Row], memory: str) -> None:
    table = "\n".join(row.line for row in rows)
    when = datetime.now(UTC).date().isoformat()
    cores = os.cpu_count()
    text = (
        f"# Figures\n\nWritten by `make bench` on {when}: {cores} cores, Python"
        f" {platform.python_version()}, DuckDB {duckdb.__version__}. Medians of {REPEATS} or more"
        " runs, interleaved with their references. The last column is the ratio or time to reach"
        ".\n\n| work | ours | reference | ratio | target |\n|---|---|---|---|---|\n"
        f"{table}\n\n{memory}\n"
    )
    RESULTS.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
