"""Runs: from a submission to a result that can be read."""

from collections.abc import Iterator
from datetime import datetime

import duckdb
from benchmarks.bench_home import Bench
from benchmarks.memory import Peak, pss_mib
from benchmarks.table import Row
from benchmarks.timing import median, paired, timed

ROUND_TRIPS = 200


def measure(bench: Bench) -> Iterator[Row]:
    """Yield the million rows, the smallest run, and the memory of ten million rows."""
    bench.client.run(bench.query("one"))  # the first run starts children
    yield _million(bench)
    yield from _round_trip(bench)
    yield from _ten_million(bench)


def _million(bench: Bench) -> Row:
    target = bench.folder / "reference.parquet"
    sql = f"COPY (SELECT * FROM '{bench.source}') TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    ours, reference = paired(
        lambda: bench.client.run(bench.query("million")), lambda: duckdb.execute(sql), 9
    )
    return Row(
        work="run 1M rows, Parquet file to stored",
        ours=ours,
        reference=reference,
        reference_name="DuckDB COPY",
        most=1.5,
        extra=0.05,
    )


def _round_trip(bench: Bench) -> Iterator[Row]:
    one = bench.query("one")
    times = [timed(lambda: bench.client.run(one)) for _ in range(ROUND_TRIPS)]
    yield Row(
        work="select 1, submitted to read in one call, p50",
        ours=median(times),
        reference=0.010,
        reference_name="limit",
        most=1,
    )
    yield Row(
        work="waiting in the queue, p50",
        ours=median([_queue_seconds(bench) for _ in range(50)]),
        reference=0.002,
        reference_name="limit",
        most=1,
    )


def _queue_seconds(bench: Bench) -> float:
    path = f"/v1/queries/{bench.query('one')}/executions"
    body = bench.client.json("POST", path, {"max_age": 0})
    final = bench.client.json("GET", f"/v1/executions/{body['id']}?wait=30")
    return _seconds(final["started_at"]) - _seconds(final["created_at"])


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _ten_million(bench: Bench) -> Iterator[Row]:
    """Run and download ten million rows; memory may not follow the size."""
    web = bench.server.pids("web")
    others = [pid for pid in bench.server.descendants() if pid not in web]
    worker_before, web_before = pss_mib(others), pss_mib(web)
    with Peak(lambda: pss_mib(others)) as workers:
        result = bench.client.run(bench.query("ten_million"))
    with Peak(lambda: pss_mib(web)) as webs:
        size = bench.client.download(f"/v1/results/{result}.json")[2]
        bench.client.download(f"/v1/results/{result}.csv")
    bench.notes.append(f"10M rows are {size / 1e6:,.0f} MB as JSON.")
    yield Row(
        work="10M rows run: the workers and their children grow by",
        ours=workers.value - worker_before,
        reference=400,
        reference_name="limit",
        unit="MiB",
        most=1,
    )
    yield Row(
        work="10M rows downloaded as JSON and CSV: the web process grows by",
        ours=webs.value - web_before,
        reference=150,
        reference_name="limit",
        unit="MiB",
        most=1,
    )
