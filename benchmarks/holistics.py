"""Reports through the Holistics API: a file for the first time, and from the submit to the file."""

import os
from collections.abc import Iterator
from functools import partial

import duckdb
from benchmarks.bench_home import Bench
from benchmarks.downloads import copy_csv
from benchmarks.table import Row
from benchmarks.timing import median, paired

ROUND_TRIPS = 100


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a million rows as CSV, and the flow of the stock client for many rows and for one."""
    yield from _exports(bench)
    yield _flow(bench)
    yield _round_trip(bench)


class _Report:
    """One report as the stock client has it: submit, poll until it is there, download."""

    def __init__(self, bench: Bench, name: str) -> None:
        self._client = bench.client
        self._key = {"X-Holistics-Key": bench.client.key}
        self._submit = f"/queries/{bench.query(name)}/submit_export.csv?_bust_cache=1"
        self._job = 0
        self.first_bytes: list[float] = []

    def prepare(self) -> None:
        """Make a file that nobody has taken: that of a new run."""
        self._job = self._client.json("GET", self._submit, **self._key)["job_id"]
        poll = f"/queries/get_export_results.json?job_id={self._job}&_page=10000000"
        status = "not yet"
        while status == "not yet":
            status = self._client.json("GET", poll, **self._key)["status"]
        if status != "success":
            raise RuntimeError(f"job {self._job}: {status}")

    def download(self) -> None:
        """Take the file."""
        path = f"/exports/download?job_id={self._job}"
        self.first_bytes.append(self._client.download(path, **self._key)[0])

    def flow(self) -> None:
        """Do all of it."""
        self.prepare()
        self.download()


def _exports(bench: Bench) -> Iterator[Row]:
    report = _Report(bench, "million")

    def before() -> None:
        report.prepare()
        bench.ballast.renew()

    report.prepare()
    total, reference = paired(report.download, partial(copy_csv, bench), before=before)
    yield Row(
        work="1M rows as Holistics CSV, first byte",
        ours=median(report.first_bytes),
        reference=0.1,
        reference_name="limit",
        most=1,
    )
    yield Row(
        work="1M rows as Holistics CSV, whole, first time",
        ours=total,
        reference=reference,
        reference_name="DuckDB COPY",
        most=1.5,
    )


def _flow(bench: Bench) -> Row:
    target = bench.folder / "reference.parquet"
    run = f"COPY (SELECT * FROM '{bench.source}') TO '{target}' (FORMAT parquet, COMPRESSION zstd)"

    def reference() -> None:
        duckdb.execute(run)
        copy_csv(bench)

    ours, other = paired(_Report(bench, "million").flow, reference, before=bench.ballast.renew)
    return Row(
        work="1M rows by the Holistics client's calls: submit, poll, download",
        ours=ours,
        reference=other,
        reference_name="DuckDB COPY to Parquet, and to CSV",
        most=1.5,
        extra=0.05,
    )


def _round_trip(bench: Bench) -> Row:
    stored, written = bench.folder / "bare.parquet", bench.folder / "bare.csv"
    writer, reader = duckdb.connect(), duckdb.connect()

    def bare() -> None:
        writer.execute(f"COPY (SELECT 1 AS a) TO '{stored}' (FORMAT parquet)").fetchall()
        with stored.open("rb") as file:
            os.fsync(file.fileno())
        reader.execute(f"COPY (FROM '{stored}') TO '{written}' (FORMAT csv, HEADER)").fetchall()

    ours, other = paired(_Report(bench, "one").flow, bare, ROUND_TRIPS)
    return Row(
        work="select 1 by the Holistics client's calls: submit, poll, download, p50",
        ours=ours,
        reference=other,
        reference_name="COPY, fsync, COPY to CSV without a server",
    )
