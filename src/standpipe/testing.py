"""For tests, ours and yours: a stopped clock, and a real server as processes on loopback."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, Queue
from typing import Any

START_SECONDS = 60.0
_URL = re.compile(r"https?://[^\s\"]+")


class StoppedClock:
    """A clock that only moves when told to."""

    def __init__(self, start: datetime | None = None) -> None:
        """Start at a round time unless told otherwise."""
        self._now = start or datetime(2026, 1, 1, tzinfo=UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        """Return the time it was stopped at."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds it was moved."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whatever its status."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.body)


@dataclass(slots=True)
class RunningServer:
    """A server that was started as a user would start it."""

    url: str
    home: Path
    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)

    def pids(self, role: str) -> list[int]:
        """Return the processes of a role: web, worker or scheduler (Linux)."""
        return [pid for pid in _children(self.process.pid) if _comm(pid) == f"sp-{role}"]

    def descendants(self) -> list[int]:
        """Return every process below the supervisor, however deep."""
        found, todo = [], [self.process.pid]
        while todo:
            children = _children(todo.pop())
            found += children
            todo += children
        return found

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Answer:
        """Make one request; a body that is not bytes is sent as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(method, path, data, {"Authorization": f"Key {key}"} if key else {})

    def send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        """Make one request with these headers."""
        request = urllib.request.Request(  # noqa: S310 - loopback, made by ourselves
            self.url + path, data=body, headers=dict(headers), method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as found:  # noqa: S310
                return Answer(found.status, dict(found.headers), found.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def stop(self) -> int:
        """End it as an operator would; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


@contextmanager
def running(
    arguments: Sequence[str], home: Path, *, environment: dict[str, str] | None = None
) -> Iterator[RunningServer]:
    """Run ``standpipe <arguments>`` until the block ends; yields when it has said its URL."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "standpipe", *arguments, "--home", str(home), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
        env={**os.environ, **(environment or {})},  # noqa: TID251 - the child's, not ours
    )
    server = RunningServer(url="", home=home, process=process)
    seen: Queue[str] = Queue()
    reader = threading.Thread(target=_read_lines, args=(server, seen), daemon=True)
    reader.start()
    try:
        server.url = _await_url(server, seen)
        yield server
    finally:
        _end(process)
        reader.join(timeout=5)
        if process.stdout is not None:
            process.stdout.close()


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await_url(server: RunningServer, seen: "Queue[str]") -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            line = seen.get(timeout=0.1)
        except Empty:
            if server.process.poll() is not None:
                break
            continue
        found = _URL.search(line)
        if found:
            return found[0].rstrip("/")
    raise RuntimeError(f"the server did not start: {''.join(server.lines)}")


def _read_lines(server: RunningServer, seen: "Queue[str]") -> None:
    for line in server.process.stdout or ():
        server.lines.append(line)
        seen.put(line)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
