"""Our own API as a program calls it."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.seeded import Seeded, seed

from standpipe.testing import Answer, RunningServer, running

SECONDS = 60


@dataclass(frozen=True)
class Native:
    """A caller with a key; addresses may be absolute, or paths."""

    server: RunningServer
    key: str | None = None

    @property
    def url(self) -> str:
        """Where the server is."""
        return self.server.url

    def get(self, address: str, **headers: str) -> Answer:
        """Read."""
        return self.ask("GET", address, headers=headers)

    def post(self, address: str, body: Any, **headers: str) -> Answer:
        """Write."""
        return self.ask("POST", address, body, headers=headers)

    def ask(
        self,
        method: str,
        address: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make a request; underscores in the names of headers stand for dashes."""
        request = self._request(method, address, body, headers or {})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as found:
                return Answer(found.status, _lower(found.headers), found.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read())

    def events(self, address: str) -> Iterator[tuple[str, Any]]:
        """Yield server-sent events as they come: the name and its data."""
        name = ""
        request = self._request("GET", address, None, {})
        with urllib.request.urlopen(request, timeout=SECONDS) as stream:
            for line in stream:
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    name = text.removeprefix("event: ")
                elif text.startswith("data: "):
                    yield name, json.loads(text.removeprefix("data: "))

    def _request(
        self, method: str, address: str, body: Any, headers: Mapping[str, str]
    ) -> urllib.request.Request:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key is not None:
            given.setdefault("Authorization", f"Bearer {self.key}")
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        where = address if address.startswith("http") else self.url + address
        return urllib.request.Request(where, data=data, headers=given, method=method)


def rows_of(answer: Answer) -> dict[str, Any]:
    """Return the body of an answer that has rows."""
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.json()
    return body


def _lower(headers: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.items():
        known = found.get(name.lower())
        found[name.lower()] = value if known is None else f"{known}, {value}"
    return found


def served(home: Path, **queries: Any) -> AbstractContextManager["Stage"]:
    """Start a server with these queries (see ``seed``) and one worker."""
    return _served(home, queries)


@dataclass(frozen=True)
class Stage:
    """A server and who asks it."""

    server: RunningServer
    seeded: Seeded
    admin: Native
    other: Native

    def path(self, name: str, rest: str = "") -> str:
        """Return the path of a query, or of what lies below it."""
        return f"/v1/queries/{self.seeded.queries[name]}{rest}"

    def run(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Run a query to its end and return the body with all rows."""
        body = {"parameters": parameters}
        return rows_of(self.admin.post(self.path(name, "/executions"), body, Prefer="wait=30"))


@contextmanager
def _served(home: Path, queries: dict[str, Any]) -> Iterator[Stage]:
    made = seed(home, queries=queries)
    environment = {"STANDPIPE_WORKERS": "1", "STANDPIPE_LOG_LEVEL": "error"}
    with running(["serve"], home, environment=environment) as server:
        admin, other = Native(server, made.admin_key), Native(server, made.other_key)
        yield Stage(server, made, admin, other)
