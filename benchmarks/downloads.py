"""Whole results as files: made for the first time, and served again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import duckdb
from benchmarks.bench_home import Bench
from benchmarks.memory import Peak, pss_mib
from benchmarks.table import Row
from benchmarks.timing import median, paired, timed

from standpipe.core.columns import Column, LogicalType
from standpipe.core.windows import whole
from standpipe.formats.json import JsonRows
from standpipe.readers.duckdb import DuckDBReader

MILLION = 1_000_000


def measure(bench: Bench) -> Iterator[Row]:
    """Yield JSON, CSV and XLSX of a million rows, and the speed of files."""
    result = bench.client.run(bench.query("million"))
    yield from as_json(bench, f"/v1/results/{result}.json?limit=", "compact JSON", 1.5)
    redash = f"/api/queries/{bench.query('million')}/results.json?limit="
    yield from as_json(bench, redash, "Redash JSON", 1.5 * 1.3)
    yield from as_csv(bench, f"/v1/results/{result}.csv?limit=", "CSV")
    yield from _again(bench, f"/v1/results/{result}")
    yield from _xlsx(bench, f"/v1/results/{result}.xlsx")
    bench.notes.append(bench.ballast.note())


class _First:
    """Downloads a whole result as nobody did before: each limit is another encoding."""

    _limits = count(MILLION)

    def __init__(self, bench: Bench, path: str) -> None:
        self._bench = bench
        self._path = path
        self.first_bytes: list[float] = []

    def __call__(self) -> None:
        first, _, _ = self._bench.client.download(f"{self._path}{next(self._limits)}")
        self.first_bytes.append(first)

    def row(self, name: str) -> Row:
        return Row(
            work=f"1M rows as {name}, first byte",
            ours=median(self.first_bytes),
            reference=0.1,
            reference_name="limit",
            most=1,
        )


def as_json(bench: Bench, path: str, name: str, most: float) -> Iterator[Row]:
    """Yield first byte and whole download of the million rows; ``path`` lacks its limit."""
    ours = _First(bench, path)
    with arrow_loop(bench) as loop:
        total, reference = paired(ours, loop, before=bench.ballast.renew)
    yield ours.row(name)
    yield Row(
        work=f"1M rows as {name}, whole, first time",
        ours=total,
        reference=reference,
        reference_name="the Arrow loop to nowhere",
        most=most,
    )


def as_csv(bench: Bench, path: str, name: str) -> Iterator[Row]:
    """Yield the same for CSV."""
    ours = _First(bench, path)
    total, reference = paired(ours, partial(copy_csv, bench), before=bench.ballast.renew)
    yield ours.row(name)
    yield Row(
        work=f"1M rows as {name}, whole, first time",
        ours=total,
        reference=reference,
        reference_name="DuckDB COPY",
        most=1.5,
    )


@contextmanager
def arrow_loop(bench: Bench) -> Iterator[Callable[[], None]]:
    """Yield the reference for JSON: the same rows made by the reader and thrown away."""
    reader = DuckDBReader(bench.folder)
    columns = whole(_columns(bench.source))

    def loop() -> None:
        for _ in reader.encode(bench.source, columns, JsonRows()):
            pass

    yield loop
    reader.close()


def copy_csv(bench: Bench) -> None:
    """Do the work that CSV is measured against."""
    target = bench.folder / "reference.csv"
    duckdb.execute(f"COPY (SELECT * FROM '{bench.source}') TO '{target}' (FORMAT csv, HEADER)")


def _again(bench: Bench, path: str) -> Iterator[Row]:
    for suffix in ("json", "csv", "parquet"):
        size = bench.client.download(f"{path}.{suffix}")[2]
        again = _timed_downloads(bench, f"{path}.{suffix}")
        if suffix == "parquet":
            bench.notes.append(
                f"The stored Parquet file of 1M rows: {size / again / 1e9:.2f} GB/s."
            )
            continue
        yield Row(
            work=f"1M rows as {suffix.upper()}, second time",
            ours=size / again / 1e9,
            reference=1.0,
            reference_name="limit",
            unit="GB/s",
            least=1,
        )


def _timed_downloads(bench: Bench, path: str) -> float:
    download: Callable[[], object] = lambda: bench.client.download(path)  # noqa: E731
    return median([timed(download) for _ in range(9)])


def _xlsx(bench: Bench, path: str) -> Iterator[Row]:
    web = bench.server.pids("web")
    before = pss_mib(web)
    with Peak(lambda: pss_mib(web)) as peak:
        first = timed(lambda: bench.client.download(path))
        again = timed(lambda: bench.client.download(f"{path}?header=false"))
    yield Row(
        work="1M rows as XLSX, whole, first time",
        ours=(first + again) / 2,
        reference=5.0,
        reference_name="limit",
        most=1,
    )
    yield Row(
        work="1M rows as XLSX: the web process grows by",
        ours=peak.value - before,
        reference=250,
        reference_name="limit",
        unit="MiB",
        most=1,
    )


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
