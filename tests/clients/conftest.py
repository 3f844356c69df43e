"""A server with a few queries, and the client as its users open it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from redash_toolbelt import Redash
from tests.support.seeded import DEMO_DATA, Seeded, number, seed, text

from standpipe.testing import RunningServer, running

SQL = {
    "Airlines": "SELECT name, carrier AS value FROM airlines ORDER BY name",
    "Sum": ("SELECT {{ a }} + {{ b }} AS total", (number("a", 1), number("b", 2))),
    "Greeting": ("SELECT 'Hello, {{ name }}' AS greeting", (text("name"),)),
}


@dataclass(frozen=True)
class Site:
    """A running server and what is in its home."""

    server: RunningServer
    seeded: Seeded

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.server.url

    @property
    def key(self) -> str:
        """The administrator's key."""
        return self.seeded.admin_key


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server over two of the demo tables, with three saved queries."""
    files = [DEMO_DATA / "airlines.parquet", DEMO_DATA / "airports.parquet"]
    seeded = seed(tmp_path_factory.mktemp("clients") / "home", files=files, queries=SQL)
    environment = {"STANDPIPE_LOG_LEVEL": "error"}
    with running(["serve"], seeded.home, environment=environment) as server:
        yield Site(server, seeded)


@pytest.fixture
def connect() -> Iterator[Callable[[str, str], Redash]]:
    """Open clients of redash-toolbelt; their connections are closed at the end."""
    with ExitStack() as stack:

        def _connect(url: str, key: str) -> Redash:
            client = Redash(url, key)
            stack.callback(client.session.close)
            return client

        yield _connect


@pytest.fixture
def redash(site: Site, connect: Callable[[str, str], Redash]) -> Redash:
    """The administrator's client."""
    return connect(site.url, site.key)
