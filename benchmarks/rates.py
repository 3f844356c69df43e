"""How many small answers a second: results, 304 and states of runs, against bare Starlette."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import load
from benchmarks.bench_home import Bench
from benchmarks.table import Row
from benchmarks.timing import REPEATS, median

BARE_REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a stored result, what has not changed, the state of a run, and a query."""
    bench.client.run(bench.query("thousand"))
    path = f"/api/queries/{bench.query('thousand')}/results.json"
    answer = bench.client.call("GET", path)
    body, etag = answer.read(), answer.headers["ETag"]
    execution = bench.client.json(
        "POST", f"/v1/queries/{bench.query('one')}/executions", {"max_age": 0}
    )["id"]
    bench.client.json("GET", f"/v1/executions/{execution}?wait=30")
    with _bare(body) as bare:
        yield _rate(bench, "stored result of 1,000 rows", path, bare, 0.7)
        yield _rate(bench, "the same, not modified (304)", path, bare, 0.9, etag=etag)
    with _bare(b"{}") as bare:
        yield _rate(bench, "state of a run", f"/v1/executions/{execution}", bare, 0.25)
        yield _rate(bench, "one query", f"/v1/queries/{bench.query('one')}", bare, 0.25)


def _rate(
    bench: Bench, work: str, path: str, bare_port: int, least: float, etag: str | None = None
) -> Row:
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Key {bench.client.key}\r\n"
    request = f"{head}{condition}\r\n".encode()
    pairs = [
        (
            load.requests_per_second(bench.client.port, request),
            load.requests_per_second(bare_port, BARE_REQUEST),
        )
        for _ in range(REPEATS)
    ]
    return Row(
        work=work,
        ours=median([pair[0] for pair in pairs]),
        reference=median([pair[1] for pair in pairs]),
        reference_name="bare Starlette, the same bytes" if least > 0.5 else "an empty handler",
        unit="req/s",
        least=least,
    )


@contextmanager
def _bare(body: bytes) -> Iterator[int]:
    """Run a Starlette application that answers with these bytes; yields its port."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        command = [sys.executable, "-m", "benchmarks.bare", file.name]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait()
