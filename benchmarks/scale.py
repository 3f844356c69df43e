"""Many queries and executions: lists and lookups may not slow down with them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from benchmarks.bench_home import CEILING, Bench
from benchmarks.client import Client
from benchmarks.many import fill
from benchmarks.table import Row
from benchmarks.timing import paired
from tests.support.seeded import seed

from standpipe.testing import running

QUERIES, EXECUTIONS = 10_000, 100_000
FEW = 30  # more than a list shows
PATHS = {
    "list of queries": "/v1/queries?limit=25",
    "one query": "/v1/queries/1",
    "latest result": "/v1/queries/1/results/latest.json",
}


def measure(bench: Bench) -> Iterator[Row]:
    """Yield lists and lookups of a full server against those of a nearly empty one beside it."""
    with (
        _serving(bench.folder / "small", queries=FEW, executions=FEW) as small,
        _serving(bench.folder / "large", queries=QUERIES, executions=EXECUTIONS) as large,
    ):
        os.sync()  # or the disk would still be busy with what was just written
        for name, path in PATHS.items():
            ours, reference = paired(_Asked(large, path), _Asked(small, path), repeats=60)
            yield Row(
                work=f"{name}, with {QUERIES:,} queries and {EXECUTIONS:,} executions",
                ours=ours,
                reference=reference,
                reference_name=f"with {FEW} of each",
                most=2,
                extra=0.001,
            )


@contextmanager
def _serving(home: Path, *, queries: int, executions: int) -> Iterator[Client]:
    seeded = seed(home, None, queries={"one": "select 1 as a"})
    with running(["serve", "--workers", "1"], home, environment=CEILING) as server:
        Client(server, seeded.admin_key).run(1)
    fill(home, queries=queries, executions=executions)
    with running(["serve", "--workers", "1"], home, environment=CEILING) as server:
        yield Client(server, seeded.admin_key)


class _Asked:
    """Asks for a path, with another argument each time: no answer comes from memory."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = f"{path}{'&' if '?' in path else '?'}_="
        self._numbers = count()

    def __call__(self) -> None:
        self._client.download(f"{self._path}{next(self._numbers)}")
