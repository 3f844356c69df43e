"""A million rows through the Dune API: whole, and in the pages of its clients."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

from benchmarks.bench_home import Bench
from benchmarks.downloads import MILLION, arrow_loop, as_csv, as_json, copy_csv
from benchmarks.table import Row
from benchmarks.timing import paired

PAGE_ROWS = 32_000  # what Dune's clients ask for, compat/dune.md 5
_sizes = count(PAGE_ROWS)  # another size each time: no page was made before


def measure(bench: Bench) -> Iterator[Row]:
    """Yield JSON and CSV, whole and in pages, against what the other doors are measured by."""
    number = bench.query("million")
    bench.client.run(number)
    path = f"/api/v1/query/{number}/results"
    key = f"api_key={bench.client.key}"
    yield from as_json(bench, f"{path}?{key}&limit=", "Dune JSON", 1.5 * 1.3)
    yield from as_csv(bench, f"{path}/csv?{key}&limit=", "Dune CSV")
    with arrow_loop(bench) as loop:
        yield _paged(bench, path, "JSON", loop, "the Arrow loop to nowhere")
    yield _paged(bench, f"{path}/csv", "CSV", partial(copy_csv, bench), "DuckDB COPY")


def _paged(
    bench: Bench, path: str, name: str, reference: Callable[[], None], reference_name: str
) -> Row:
    work = partial(_read_pages, bench, path)
    total, other = paired(work, reference, before=bench.ballast.renew)
    return Row(
        work=f"1M rows as Dune {name} in pages of {PAGE_ROWS:,}, first time",
        ours=total,
        reference=other,
        reference_name=reference_name,
    )


def _read_pages(bench: Bench, path: str) -> None:
    """Read page after page, as far as the server says the way; RuntimeError if rows are missing."""
    size, offset = next(_sizes), 0
    key = {"X-Dune-API-Key": bench.client.key}
    while True:
        answer = bench.client.call("GET", f"{path}?limit={size}&offset={offset}", headers=key)
        body = answer.read()
        following = answer.getheader("X-Dune-Next-Offset") or _after(body)
        if following is None:
            break
        offset = int(following)
    if answer.status != 200 or offset + size < MILLION:
        raise RuntimeError(f"{answer.status} at row {offset}: {body[:200]!r}")


def _after(body: bytes) -> int | None:
    """Return the next offset of a page of JSON, which stands behind its rows."""
    tail = body[-1000:]
    place = tail.find(b'"next_offset":')
    if place < 0:
        return None
    number, _ = json.JSONDecoder().raw_decode(tail[place + 14 :].decode())
    return int(number)
