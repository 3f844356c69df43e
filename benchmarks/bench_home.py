"""The server under measurement: started as a user would, with the data set and three queries."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.ballast import Ballast
from benchmarks.client import Client
from tests.support.seeded import Seeded, seed

from standpipe.testing import RunningServer, running

QUERIES = {
    "million": "select * from million",
    "thousand": "select * from million limit 1000",
    "one": "select 1 as a",
    "ten_million": "select m.* from million m, range(10) t(n)",
}
CEILING = {"STANDPIPE_LOG_LEVEL": "error", "STANDPIPE_ENCODINGS_MAX_MB": "16384"}


@dataclass
class Bench:
    """What a measurement works with; ``notes`` are sentences below the table."""

    server: RunningServer
    home: Seeded
    client: Client
    folder: Path
    source: Path
    start_seconds: float
    ballast: Ballast
    notes: list[str] = field(default_factory=list)

    def query(self, name: str) -> int:
        """Return the id of one of the queries."""
        return self.home.queries[name]


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """Start the server; it stops with the block."""
    source = folder / "million.parquet"
    home = seed(folder / "home", [source], queries=dict(QUERIES))
    started = time.perf_counter()
    with running(["serve"], home.home, environment=CEILING) as server:
        client = Client(server, home.admin_key)
        client.json("GET", "/v1/me")
        seconds = time.perf_counter() - started
        yield Bench(server, home, client, folder, source, seconds, Ballast(folder))
