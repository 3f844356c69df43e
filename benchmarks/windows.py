"""Questions to a stored result of a million rows: filter, sort, group, sample."""

from collections.abc import Iterator
from itertools import count
from urllib.parse import urlencode

import duckdb
from benchmarks.bench_home import Bench
from benchmarks.table import Row
from benchmarks.timing import paired

_nudge = count()

# What is asked, and the same as SQL; {n} makes every question a new one.
QUESTIONS = {
    "filter and count": (
        {"filter": "amount > 9000 and customer like '%7{n}'", "limit": "100"},
        "SELECT count(*) FROM '{source}' WHERE amount > 9000 AND customer LIKE '%7{n}'",
    ),
    "sort, first 100": (
        {"sort": "price desc, customer", "offset": "{n}", "limit": "100"},
        "SELECT * FROM '{source}' ORDER BY price DESC, customer LIMIT 100 OFFSET {n}",
    ),
    "group by with sum": (
        {"filter": "id > {n}", "group_by": "customer", "aggregate": "count(*), sum(price)"},
        "SELECT customer, count(*), sum(price) FROM '{source}' WHERE id > {n} GROUP BY 1",
    ),
    "sample of 1,000": (
        {"sample": "1000", "seed": "{n}"},
        "SELECT * FROM '{source}' USING SAMPLE reservoir(1000 ROWS) REPEATABLE ({n})",
    ),
}


def measure(bench: Bench) -> Iterator[Row]:
    """Yield each question against DuckDB's own time for the same SQL over the same file."""
    result = bench.client.run(bench.query("million"))
    for name, (arguments, sql) in QUESTIONS.items():

        def ours(arguments: dict[str, str] = arguments) -> None:
            n = str(next(_nudge))
            asked = urlencode({key: text.replace("{n}", n) for key, text in arguments.items()})
            bench.client.download(f"/v1/results/{result}.json?{asked}")

        def plain(sql: str = sql) -> None:
            n = str(next(_nudge))
            text = sql.replace("{n}", n).replace("{source}", str(bench.source))
            duckdb.execute(text).fetchall()

        total, reference = paired(ours, plain)
        yield Row(
            work=f"1M rows: {name}",
            ours=total,
            reference=reference,
            reference_name="the same SQL in DuckDB",
        )
