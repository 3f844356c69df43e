"""A keep-alive client of one server, as a program of a user would be."""

import http.client
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from standpipe.testing import RunningServer

POLL_SECONDS = 0.001  # a poll without pause takes the processor from what it waits for


class Client:
    """One connection, with the key of the server's administrator."""

    def __init__(self, server: RunningServer, key: str) -> None:
        self.port = urlsplit(server.url).port or 0
        self.key = key
        self._wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        """Make a request; the caller reads the answer."""
        text = None if body is None else json.dumps(body)
        sent = {"Authorization": f"Key {self.key}", **(headers or {})}
        self._wire.request(method, path, text, sent)
        return self._wire.getresponse()

    def json(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Make a request and decode the answer; RuntimeError for a failure."""
        answer = self.call(method, path, body, headers)
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
        return json.loads(text)

    def run(self, query_id: int) -> str:
        """Run a query to its end in one call that waits; returns the result's id."""
        path = f"/v1/queries/{query_id}/executions?limit=1"
        found = self.json("POST", path, {"max_age": 0}, Prefer="wait=120")
        return str(found["result"]["id"])

    def run_polling(self, query_id: int) -> int:
        """The same through the Redash API, polling as fast as it is answered."""
        job = self.json("POST", f"/api/queries/{query_id}/results", {"max_age": 0})["job"]
        while job["status"] in (1, 2):
            time.sleep(POLL_SECONDS)
            job = self.json("GET", f"/api/jobs/{job['id']}")["job"]
        if job["status"] != 3:
            raise RuntimeError(str(job))
        return int(job["query_result_id"])

    def download(self, path: str, **headers: str) -> tuple[float, float, int]:
        """Return seconds to the first byte, seconds in all, and bytes."""
        started = time.perf_counter()
        answer = self.call("GET", path, headers=headers)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {answer.read()[:200]!r}")
        size = len(answer.read(1))
        first = time.perf_counter() - started
        while piece := answer.read(1 << 20):
            size += len(piece)
        return first, time.perf_counter() - started, size
