"""Sends the recorded requests in order to a real server and compares its answers."""

import gzip
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.dialects.redash.golden import stage
from tests.dialects.redash.golden.comparison import (
    Terms,
    compare,
    compare_headers,
    compare_text,
    with_types,
)
from tests.dialects.redash.golden.differences import DIFFERENCES
from tests.dialects.redash.golden.identities import Identities, endpoint_of
from tests.dialects.redash.golden.recordings import Recording, read_json
from tests.dialects.redash.golden.waiting import SILENT, WAITING

from standpipe.testing import RunningServer

FINAL = (3, 4)
PATIENCE_SECONDS = 30.0
TICK_SECONDS = 0.01

# Who "other" was, by line, and headers that were not simply "Key <key>".
WRONG_KEY_LINES = (4,)
QUERY_KEY_LINES = range(175, 193)
QUERY_KEY = "KEY0000000000000000000000000000000000002"
BOB = "bob"
ADMIN = "admin"
HEADERS: Mapping[int, str] = {
    30: "{key}",
    31: "Bearer {key}",
    32: "key {key}",
    33: "Key {key}",
}
NO_HEADER_LINES = (29, 175)  # the key stands in the query string

# The results that recorded runs left, where no recorded job tells.
RESULTS: Mapping[int, int] = {
    133: 2,
    137: 3,
    139: 4,
    162: 5,
    167: 7,
    170: 9,
    196: 13,
    242: 21,
    243: 22,
    247: 23,
    250: 24,
    308: 27,
}
# A result must not be too old when it is asked for, however busy the machine is.
BODIES: Mapping[int, Any] = {
    132: {"max_age": 600.5},
    134: {"max_age": 600},
}
TOKEN_RUN_LINE = 308  # a run by a key that we do not have yet; later lines show its result
UNFINISHED = (153, 156)  # slow runs: later lines look at them while they run


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it is sent."""

    method: str
    target: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What our server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded body; None if it is no JSON."""
        try:
            return read_json(self.body)
        except ValueError:
            return None

    @property
    def job(self) -> Mapping[str, Any] | None:
        """The job of the body, if it holds one with an id."""
        body = self.json()
        job = body.get("job") if isinstance(body, dict) else None
        return job if isinstance(job, dict) and "id" in job else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one line: our answer, and how it differs from what was wanted.

    ``gap`` is how it differs from the recording where a difference is known.
    """

    reply: Reply
    problems: tuple[str, ...]
    gap: tuple[str, ...] = ()


class Replay:
    """One pass over the recordings."""

    def __init__(self, server: RunningServer, admin_key: str) -> None:
        self._server = server
        address = urlsplit(server.url)
        self._connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
        self._keys = {ADMIN: admin_key, BOB: ""}
        self._identities = Identities()
        self._pending: list[tuple[Recording, str, str]] = []
        self._held: str | None = None
        self._blocker_source: int | None = None

    def run(self, recordings: tuple[Recording, ...]) -> dict[int, Outcome]:
        """Send every line that does not wait; return the outcomes by line."""
        outcomes = {}
        for recording in recordings:
            self._before(recording)
            if recording.line in SILENT:
                self._stand_in(recording)
            else:
                outcomes[recording.line] = self._play(recording)
            self._after(recording)
        return outcomes

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _play(self, recording: Recording) -> Outcome:
        reply = self._reach(recording)
        if recording.line in WAITING:
            return Outcome(reply=reply, problems=())
        terms = self._terms(recording)
        difference = DIFFERENCES.get(recording.line)
        recorded = replace(recording, response=with_types(recording.response))
        gap: tuple[str, ...] = ()
        if difference is not None:
            twin = replace(terms, identities=self._identities.copy())
            gap = tuple(compare_reply(recorded, reply, twin))
            recorded = difference.apply(recorded)
            recorded = replace(recorded, response=with_types(recorded.response))
        problems = tuple(compare_reply(recorded, reply, terms))
        self._note_job(recorded, reply)
        return Outcome(reply=reply, problems=problems, gap=gap)

    def _reach(self, recording: Recording) -> Reply:
        """Send a line; a job is asked for again until it is as far as it was then."""
        reply = self._send_recorded(recording)
        wanted = _recorded_job(recording)
        if recording.method != "GET" or wanted is None:
            return reply
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            job = reply.job
            if job is None or job["status"] in (*FINAL, wanted["status"]):
                break
            time.sleep(TICK_SECONDS)
            reply = self._send_recorded(recording)
        return reply

    def _send_recorded(self, recording: Recording) -> Reply:
        path, _, query = recording.path.partition("?")
        params = {name: str(self._param(name, v)) for name, v in recording.params.items()}
        query = "&".join(part for part in (query, urlencode(params)) if part)
        target = quote(self._identities.in_path(path), safe="/") + (f"?{query}" if query else "")
        ask = Ask(recording.method, target, self._body(recording), recording.headers_in)
        return self._send(ask, self._auth(recording))

    def _param(self, name: str, value: Any) -> Any:
        if name != "api_key":
            return value
        if value == QUERY_KEY:
            return self._identities.ours("key", QUERY_KEY)
        return self._keys[ADMIN] if str(value).startswith("KEY") else value

    def _body(self, recording: Recording) -> bytes | None:
        body = BODIES.get(recording.line, recording.body)
        if body is None:
            return None
        if isinstance(body, str):
            return body.encode()
        if isinstance(body, dict) and "query" in body:
            text = body["query"]
            body = {**body, "query": stage.STATEMENTS.get(text.strip(), text)}
        return json.dumps(self._here(self._identities.in_body(body))).encode()

    def _here(self, body: Any) -> Any:
        """Turn a source of SQLite or Postgres into one over the same content."""
        if not _is_stood_in(body):
            return body
        if not body.get("options"):
            return {**body, "type": "duckdb"}
        options = {"dbpath": stage.database_of(self._server.home)}
        return {**body, "type": "duckdb", "options": options}

    def _auth(self, recording: Recording) -> str | None:
        if recording.line in HEADERS:
            return HEADERS[recording.line].format(key=self._keys[ADMIN])
        if recording.auth == "none" or recording.line in NO_HEADER_LINES:
            return None
        if recording.auth == ADMIN:
            return f"Key {self._keys[ADMIN]}"
        if recording.line in WRONG_KEY_LINES:
            return "Key wrong"
        if recording.line in QUERY_KEY_LINES:
            return f"Key {self._identities.ours('key', QUERY_KEY)}"
        return f"Key {self._keys[BOB]}"

    def _send(self, ask: Ask, auth: str | None) -> Reply:
        headers = {**ask.headers, **({"Authorization": auth} if auth else {})}
        self._connection.request(ask.method, ask.target, body=ask.body, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        found = {name.title(): value for name, value in response.getheaders()}
        if found.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return Reply(status=response.status, headers=found, body=body)

    def _terms(self, recording: Recording) -> Terms:
        return Terms(
            identities=self._identities,
            endpoint=endpoint_of(recording.path),
            texts={**stage.TEXTS, "/data/sample.db": stage.database_of(self._server.home)},
            url=self._server.url,
            free_hashes=stage.FREE_HASHES,
        )

    def _note_job(self, recording: Recording, reply: Reply) -> None:
        wanted, job = _recorded_job(recording), reply.job
        if recording.method != "POST" or wanted is None or job is None:
            return
        self._identities.learn("job", wanted["id"], job["id"])
        prefix = recording.path.rpartition("/")[0] if "/queries/" in recording.path else "/api"
        path = f"{self._identities.in_path(prefix)}/jobs/{job['id']}"
        self._pending.append((recording, path, self._auth(recording) or ""))

    def _await_pending(self) -> None:
        """Wait until the runs that were started are over, and learn their results."""
        for recording, path, auth in self._pending:
            job = self._await_job(path, auth)
            if recording.line in RESULTS and job.get("result"):
                self._identities.learn("result", RESULTS[recording.line], job["result"])
        self._pending.clear()

    def _await_job(self, path: str, auth: str, *, status: int = 3) -> Mapping[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            job = self._send(Ask("GET", path), auth).job
            if job is None or job["status"] in (*FINAL, status):
                return job or {}
            time.sleep(TICK_SECONDS)
        raise TimeoutError(f"{path} is not over after {PATIENCE_SECONDS} s")

    def _before(self, recording: Recording) -> None:
        if any(recording.line == first for first, _ in stage.HELD):
            self._hold()

    def _after(self, recording: Recording) -> None:
        for step in stage.STEPS.get(recording.line, ()):
            self._step(step)
        if any(recording.line == last for _, last in stage.HELD):
            self._release()
        is_held = any(first <= recording.line < last for first, last in stage.HELD)
        if recording.line in UNFINISHED:
            self._pending.clear()
        elif not is_held:
            self._await_pending()

    def _step(self, step: stage.Step) -> None:
        path = self._identities.in_path(step.path)
        body = None
        if step.body is not None:
            body = json.dumps(self._identities.in_body(step.body)).encode()
        reply = self._send(Ask(step.method, path, body), f"Key {self._keys[ADMIN]}")
        if step.learns is not None:
            self._identities.learn(*step.learns, reply.json()["id"])

    def _hold(self) -> None:
        """Keep the one place of the one worker busy."""
        source = self._identities.ours("source", 3)
        ask = {"query": stage.SLOW, "data_source_id": source, "max_age": 0}
        body, auth = json.dumps(ask).encode(), f"Key {self._keys[ADMIN]}"
        job = self._send(Ask("POST", "/api/query_results", body), auth).job or {}
        self._held = f"/api/jobs/{job['id']}"
        self._await_job(self._held, auth, status=2)

    def _release(self) -> None:
        self._send(Ask("DELETE", self._held or ""), f"Key {self._keys[ADMIN]}")
        self._held = None

    def _stand_in(self, recording: Recording) -> None:
        """Do what a line did that cannot be sent yet."""
        home = self._server.home
        if recording.path == "/api/users":
            self._keys[BOB] = stage.add_bob(home)
        elif recording.line == TOKEN_RUN_LINE:
            self._run_as_admin(recording)
        elif recording.body == {"name": "Bobby"}:
            stage.rename_bob(home)
        elif recording.path.endswith("/disable"):
            stage.set_bob_disabled(home, is_disabled=recording.method == "POST")
        elif _is_stood_in(recording.body) and recording.status == 200:
            reply = self._send_recorded(recording)
            self._identities.learn("source", recording.response["id"], reply.json()["id"])

    def _run_as_admin(self, recording: Recording) -> None:
        played = replace(recording, auth=ADMIN)
        self._note_job(played, self._send_recorded(played))


def compare_reply(recorded: Recording, reply: Reply, terms: Terms) -> Iterator[str]:
    """Yield how an answer differs from a recorded one."""
    if reply.status != recorded.status:
        yield f"status: recorded {recorded.status}, got {reply.status}: {reply.body[:300]!r}"
        return
    yield from compare_headers(recorded.headers, reply.headers, terms)
    if isinstance(recorded.response, bytes):
        if not reply.body.startswith(recorded.response):
            yield f"body: wanted {recorded.response!r} first, got {reply.body[:20]!r}"
        return
    if isinstance(recorded.response, str):
        body = reply.body.decode(errors="replace")
        if body != recorded.response:
            yield f"body: recorded {recorded.response!r}, got {body!r}"
        return
    if recorded.headers.get("Content-Type") == "application/json":
        yield from compare_text(reply.body)
    yield from compare(recorded.response, reply.json(), terms)


def _is_stood_in(body: Any) -> bool:
    return isinstance(body, dict) and body.get("type") in ("sqlite", "pg")


def _recorded_job(recording: Recording) -> Mapping[str, Any] | None:
    response = recording.response
    job = response.get("job") if isinstance(response, dict) else None
    return job if isinstance(job, dict) and "id" in job else None
