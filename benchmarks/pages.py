"""Pages deep inside large results: their cost may not grow with the offset."""

from collections.abc import Iterator
from itertools import count

from benchmarks.bench_home import Bench
from benchmarks.table import Row
from benchmarks.timing import median

PAGES = 50
_nudge = count()


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a page in the middle of one million and of ten million rows."""
    for name, rows in (("million", 1_000_000), ("ten_million", 10_000_000)):
        path = f"/v1/results/{bench.client.run(bench.query(name))}.json?limit=100&offset="
        _page(bench, path, rows // 4)
        deep = _page(bench, path, rows // 2)
        first = _page(bench, path, 0)
        work = f"100 rows at row {rows // 2:,} of {rows:,}, p50"
        yield Row(work=work, ours=deep, reference=0.010, reference_name="limit", most=1)
        yield Row(
            work=f"the same against row 0 of {rows:,}",
            ours=deep,
            reference=first,
            reference_name="at row 0",
            most=1.5,
        )


def _page(bench: Bench, path: str, offset: int) -> float:
    """Return the median seconds; another page each time, so that none comes from memory."""
    paths = [f"{path}{offset + 7 * next(_nudge)}" for _ in range(PAGES)]
    return median([bench.client.download(item)[1] for item in paths])
