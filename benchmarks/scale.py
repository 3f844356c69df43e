"""Many queries and executions: lists and lookups may not slow down with them."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench_home import CEILING, Bench
from benchmarks.client import Client
from benchmarks.many import fill
from benchmarks.table import Row
from benchmarks.timing import median, timed
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
    """Yield lists and lookups of a full server against those of a nearly empty one."""
    small = _times(bench.folder / "small", queries=FEW, executions=FEW)
    large = _times(bench.folder / "large", queries=QUERIES, executions=EXECUTIONS)
    for name in PATHS:
        yield Row(
            work=f"{name}, with {QUERIES:,} queries and {EXECUTIONS:,} executions",
            ours=large[name],
            reference=small[name],
            reference_name=f"with {FEW} of each",
            most=2,
            extra=0.001,
        )


def _times(home: Path, *, queries: int, executions: int) -> dict[str, float]:
    seeded = seed(home, None, queries={"one": "select 1 as a"})
    with running(["serve", "--workers", "1"], home, environment=CEILING) as server:
        Client(server, seeded.admin_key).run(1)
    fill(home, queries=queries, executions=executions)
    with running(["serve", "--workers", "1"], home, environment=CEILING) as server:
        client = Client(server, seeded.admin_key)
        return {name: _median(client, path) for name, path in PATHS.items()}


def _median(client: Client, path: str) -> float:
    # Another argument each time: no answer comes from memory.
    return median([timed(lambda n=n: client.download(_asked(path, n))) for n in range(60)])


def _asked(path: str, n: int) -> str:
    return f"{path}{'&' if '?' in path else '?'}_={n}"
