"""HTTP by hand over one kept connection: sends what no decent client would."""

import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from standpipe.testing import Answer, RunningServer

SECONDS = 20
IDLE_SECONDS = 2.0


class Wire:
    """A connection to a server, opened again when the server closes it."""

    def __init__(self, server: RunningServer) -> None:
        """Connect with the first request."""
        parts = urlsplit(server.url)
        self._address = (parts.hostname or "", parts.port or 0)
        self._connection = http.client.HTTPConnection(*self._address, timeout=SECONDS)
        self._used_at = time.monotonic()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request: bytes as they are, an iterator of bytes in chunks, the rest as JSON."""
        is_ready = body is None or isinstance(body, bytes | Iterator)
        data = body if is_ready else json.dumps(body).encode()
        sent = {**({"Authorization": f"Key {key}"} if key else {}), **(headers or {})}
        self._renew()
        try:
            self._connection.request(method, path, data, sent)
            with self._connection.getresponse() as found:
                return Answer(found.status, dict(found.getheaders()), found.read())
        except OSError as error:
            self._connection.close()
            raise AssertionError(f"no answer to {method} {path[:200]} {data!r:.200}") from error

    def _renew(self) -> None:
        """Hang up a connection that the server may be about to close for being idle."""
        now = time.monotonic()
        if now - self._used_at > IDLE_SECONDS:
            self._connection.close()
        self._used_at = now

    def send(self, text: bytes) -> Answer:
        """Send bytes on a connection of their own, and read the one answer to them."""
        with closing(socket.create_connection(self._address, timeout=SECONDS)) as line:
            line.sendall(text)
            answer = http.client.HTTPResponse(line)
            answer.begin()
            with answer:
                return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def send_half(self, text: bytes) -> None:
        """Send bytes and hang up without waiting for an answer."""
        with closing(socket.create_connection(self._address, timeout=SECONDS)) as line:
            line.sendall(text)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
