"""Measures the server against physical references in the same run and writes results.md.

    make bench                        everything
    make bench ARGS='pages rates'     some of it, printed and not written

Absolute figures drift by a factor of two between machines and hours: the ratios are what counts.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks import (
    data,
    downloads,
    dune,
    holistics,
    idle,
    myreports,
    pages,
    rates,
    runs,
    scale,
    table,
    windows,
)
from benchmarks.bench_home import Bench, opened
from benchmarks.table import Row

# In this order: the idle server is looked at before it has done anything.
WORKS: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "idle": idle.measure,
    "runs": runs.measure,
    "downloads": downloads.measure,
    "dune": dune.measure,
    "myreports": myreports.measure,
    "holistics": holistics.measure,
    "rates": rates.measure,
    "pages": pages.measure,
    "windows": windows.measure,
    "scale": scale.measure,
}


def main(names: list[str]) -> int:
    """Run the named works (all without names); returns how many targets were missed."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="standpipe-bench-") as name:
        folder = Path(name)
        data.make(folder / "million.parquet")
        with opened(folder) as bench:
            for work in names or WORKS:
                rows += _measured(bench, work)
    if not names:
        print(table.write(rows, bench.notes))
    return sum(not row.is_met for row in rows)


def _measured(bench: Bench, work: str) -> list[Row]:
    os.sync()  # or the disk would still be busy with what the work before it wrote
    found = []
    for row in WORKS[work](bench):
        print(row.line, flush=True)
        found.append(row)
    return found


if __name__ == "__main__":
    missed = main(sys.argv[1:])
    print(f"{missed} targets missed" if missed else "every target met")
