"""Runs: from a submission to a result that can be read."""

import os
import time
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
        lambda: bench.client.run(bench.query("million")),
        lambda: duckdb.execute(sql),
        9,
        before=bench.ballast.renew,
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
    yield _bare_round_trip(bench, pace=median(times))
    yield Row(
        work="waiting in the queue, p50",
        ours=median([_queue_seconds(bench) for _ in range(50)]),
        reference=0.002,
        reference_name="limit",
        most=1,
    )


def _bare_round_trip(bench: Bench, pace: float) -> Row:
    """Return what DuckDB alone takes for the same work, as often as it came in the run before.

    It stores the row in a Parquet file, flushes it to the disk and reads it back as JSON.
    """
    target = bench.folder / "bare.parquet"
    store = f"COPY (SELECT 1 AS a) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    read = f"""SELECT concat('[', concat('{{"a":', a, '}}'), ']') FROM read_parquet('{target}')"""
    writer, reader = duckdb.connect(), duckdb.connect()

    def run() -> None:
        writer.execute(store).fetchall()
        with target.open("rb") as file:
            os.fsync(file.fileno())
        reader.execute(read).fetchall()

    def run_after(seconds: float) -> float:
        time.sleep(seconds)
        return timed(run)

    paced = median([run_after(pace) for _ in range(ROUND_TRIPS)])
    at_once = median([timed(run) for _ in range(ROUND_TRIPS)])
    bench.notes.append(
        f"`select 1` by bare DuckDB in one process, stored, flushed and read back, takes"
        f" {paced * 1000:.1f} ms when it comes every {pace * 1000:.1f} ms as in the run through the"
        f" server, and {at_once * 1000:.1f} ms back to back. The difference is what this machine's"
        " neighbours leave in its caches; the server's own code in three processes is slowed down"
        " by it as much."
    )
    return Row(
        work="the same beside bare DuckDB at that pace, without a server",
        ours=pace,
        reference=paced,
        reference_name="COPY, fsync, read as JSON",
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
