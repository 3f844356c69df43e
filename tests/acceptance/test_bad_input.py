"""Bad requests of every kind, to every endpoint: a documented 4xx each, and nothing changes."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.metadata import Metadata
from tests.support.seeded import Seeded, number, seed
from tests.support.wire import Wire

from standpipe.app.house import opened, run_one
from standpipe.config import Settings
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import QueryId
from standpipe.dialects.redash.routes import ROOM
from standpipe.services.submit import QueryAsk
from standpipe.testing import Answer, running

pytestmark = pytest.mark.acceptance

# Nothing runs here, so that only requests write.
IDLE = {"STANDPIPE_WORKERS": "0", "STANDPIPE_LOG_LEVEL": "error", "STANDPIPE_BODY_MAX_MB": "0.25"}
DOCUMENTED = frozenset({400, 401, 404, 405, 409, 413})
BODY_MAX = 256 * 1024
UNKNOWN = "999999"
BAD_IDS = (
    *("0", "-1", "+1", "1.0", "1e3", "0x1", "9223372036854775808", "1180591620717411303424"),
    *(
        "9" * 500,
        "x",
        "%F0%9F%90%98",
        "..",
        "%2e%2e",
        "%00",
        "1%00",
        "%ff",
        "null",
        "1;2",
        "%D9%A1",
    ),
)
MALFORMED = (
    *(b"", b"{", b"}", b"[", b'{"name": }', b'{"name" "x"}', b"{'name': 'x'}", b'{"name": "x"'),
    *(b'{"name": NaN}', b'{"name": Infinity}', b'{"name": 1e999}', b'{"name": tru}', b"nul"),
    *(b'{"name": "\xff\xfe"}', b"\xff\xfe{\x00}\x00", b'{"name": "\\ud800"}', b'{"name": "\\x"}'),
    *(b'{"name": "a\x00b"}', b'{"a": 1}{"a": 2}', b'{"a": 1,}', b"// x\n{}", b"name=x&query=y"),
    b'{"name": ' + b"9" * 5000 + b"}",
    b'{"name": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    b'{"name": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
    b"[" * 100_000,
)
NO_OBJECTS = (b"[]", b'"x"', b"1", b"null", b"true", b"1.5", b'[{"name": "x"}]')

NO_TEXT = (1, 1.5, True, [], {}, ["x"], 2**70)
NO_ID = ("x", "", "1e3", "-1", 0, -1, 1.5, True, [], {}, [1], 2**63, 2**70, "9223372036854775808")
NO_FLAG = ("true", "", 0, 1, [], {})
NO_OBJECT = ("x", "", 1, True, [], [{}])
NO_TEXTS = ("x", 1, True, {}, [1], [None], [["a"]])
NO_LIST = ("x", "", "{}", "[", 1, True, {}, "[" * 5000)
NO_SCHEDULE = (
    *(1, True, [], "soon", "-5", "25:99", {"interval": "soon"}, {"interval": -1}),
    *({"interval": 1.5}, {"interval": True}, {"interval": 2**70}, {"interval": 3600, "time": 5}),
    *({"interval": 86400, "time": "25:99"}, {"interval": 3600, "until": "tomorrow"}),
    *({"interval": 3600, "zone": "Mars/Olympus"}, {"cron": "nope"}, {"cron": "99 * * * *"}),
    *({"interval": 604800, "time": "10:00", "day_of_week": "Someday"}, {"interval": [1]}),
)
NO_AGE = ("soon", "", "1.5", [], {}, "NaN", [1])


def _no_options() -> tuple[Any, ...]:
    """Return ``options`` of a query whose parameters cannot be."""
    bad: list[Any] = [1, "x", {}, [1], [None], [[]], [{}], [{"name": ""}], [{"name": 1}]]
    bad += [[{"name": "a", "type": kind}] for kind in ("nope", 1, [], "__class__")]
    bad += [[{"name": "a", "type": "enum", "enumOptions": wrong}] for wrong in (1, {}, True)]
    bad += [[{"name": "a", "type": "query", "queryId": wrong}] for wrong in ("x", -1, 2**70, [])]
    bad += [[{"name": "a", "type": "query", "queryId": 999_999}]]
    bad += [[{"name": "a", "type": "text-pattern", "regex": wrong}] for wrong in (1, [], {})]
    bad += [[{"name": "a", "multiValuesOptions": wrong}] for wrong in (1, "x", [], True)]
    bad += [[{"name": "a", "multiValuesOptions": {"separator": 1}}], [{"name": "a", "title": 1}]]
    bad += [[{"name": "a"}, {"name": "a"}], [{"name": "{{a}}"}]]
    return (*NO_OBJECT, *({"parameters": wrong} for wrong in bad), {"apply_auto_limit": "yes"})


@dataclass(frozen=True)
class Body:
    """A body that an endpoint takes, its required fields, and values that its fields refuse."""

    valid: Mapping[str, Any]
    required: tuple[str, ...] = ()
    wrong: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    is_lenient: bool = False  # what is no JSON object counts as an empty one


QUERY_FIELDS = {
    "name": NO_TEXT,
    "query": NO_TEXT,
    "description": NO_TEXT,
    "data_source_id": NO_ID,
    "schedule": NO_SCHEDULE,
    "tags": NO_TEXTS,
    "options": _no_options(),
}
SOURCE = {"name": "New", "type": "duckdb", "options": {"dbpath": ":memory:"}}
SOURCE_FIELDS = {
    "name": (*NO_TEXT, "", " "),
    "type": (*NO_TEXT, "nope", "", "../duckdb", "os"),
    "options": (
        *NO_OBJECT,
        *({"nope": 1}, {"dbpath": 1}, {"dbpath": "/etc/passwd"}, {"dbpath": "a\0b"}),
        *(
            {"dbpath": "http://127.0.0.1/x.duckdb"},
            {"dbpath": "x" * 5000},
            {"dbpath": []},
            {"dbpath": {}},
            {"dbpath": False},
            {"dbpath": 0},
        ),
        *({"paths": 1}, {"paths": {}}, {"paths": ["/etc"]}, {"paths": "/etc/passwd"}),
        *({"paths": [1]}, {"paths": ["../.."]}, {"paths": ["/proc/self/mem"]}, {"paths": [""]}),
    ),
}
VISUALIZATION_FIELDS = {
    "type": NO_TEXT,
    "name": NO_TEXT,
    "description": NO_TEXT,
    "options": NO_OBJECT,
}
BODIES: Mapping[tuple[str, str], Body] = {
    ("POST", "/api/queries"): Body(
        {"name": "New", "query": "select 1", "data_source_id": 1, "options": {}, "tags": ["a"]},
        ("name", "query", "data_source_id"),
        {**QUERY_FIELDS, "data_source_id": (*NO_ID, 999_999)},
    ),
    ("POST", "/api/queries/{query_id:int}"): Body(
        {"name": "Changed", "query": "select 2", "is_draft": False},
        (),
        {
            **QUERY_FIELDS,
            "is_draft": NO_FLAG,
            "is_archived": NO_FLAG,
            "version": (*NO_ID, 999_999),
            "name": (*NO_TEXT, None),
            "query": (*NO_TEXT, None),
            "data_source_id": (*NO_ID, 999_999),
        },
    ),
    ("POST", "/api/queries/{query_id:int}/results"): Body(
        {"parameters": {"n": 1}, "max_age": -1, "apply_auto_limit": False},
        (),
        {
            "parameters": (
                *NO_OBJECT,
                *({"n": wrong} for wrong in ("x", [], {}, "1;", "\0", "1 or 1=1", "1e")),
            ),
            "max_age": NO_AGE,
            "apply_auto_limit": NO_FLAG,
        },
        is_lenient=True,
    ),
    ("POST", "/api/query_results"): Body(
        {"query": "select 3", "data_source_id": 1, "max_age": 0},
        ("query", "data_source_id"),
        {
            "query": (*NO_TEXT, "", " ", "{{#a}}x{{/a}}"),
            "data_source_id": (*NO_ID, 999_999),
            "parameters": NO_OBJECT,
            "max_age": NO_AGE,
            "apply_auto_limit": NO_FLAG,
        },
    ),
    ("POST", "/api/dashboards"): Body({"name": "New"}, ("name",), {"name": (*NO_TEXT, "", " ")}),
    ("POST", "/api/dashboards/{dashboard}"): Body(
        {"name": "Changed"},
        (),
        {
            "name": (*NO_TEXT, None),
            "layout": NO_LIST,
            "tags": NO_TEXTS,
            "is_draft": NO_FLAG,
            "is_archived": NO_FLAG,
            "dashboard_filters_enabled": NO_FLAG,
            "options": NO_OBJECT,
            "version": (*NO_ID, 999_999),
        },
    ),
    ("POST", "/api/widgets"): Body(
        {"dashboard_id": 1, "visualization_id": None, "width": 1, "text": "x", "options": {}},
        ("dashboard_id", "visualization_id"),
        {
            "dashboard_id": (*NO_ID, None, 999_999),
            "visualization_id": (*NO_ID, 999_999),
            "width": NO_ID,
            "text": NO_TEXT,
            "options": NO_OBJECT,
        },
    ),
    ("POST", "/api/widgets/{widget_id:int}"): Body(
        {"text": "y", "options": {}}, (), {"text": NO_TEXT, "options": NO_OBJECT}
    ),
    ("POST", "/api/visualizations"): Body(
        {"query_id": 1, "type": "CHART", "name": "New", "options": {}},
        ("query_id", "type", "name"),
        {**VISUALIZATION_FIELDS, "query_id": (*NO_ID, None, 999_999)},
    ),
    ("POST", "/api/visualizations/{visualization_id:int}"): Body(
        {"name": "Changed"}, (), VISUALIZATION_FIELDS
    ),
    ("POST", "/api/data_sources"): Body(SOURCE, ("name", "type", "options"), SOURCE_FIELDS),
    ("POST", "/api/data_sources/{source_id:int}"): Body(
        SOURCE, ("name", "type", "options"), SOURCE_FIELDS
    ),
    ("POST", "/api/data_sources/{source_id:int}/pause"): Body(
        {"reason": "x"}, (), {"reason": NO_TEXT}, is_lenient=True
    ),
}
BODILESS = {
    ("POST", "/api/queries/{query_id:int}/fork"),
    ("POST", "/api/queries/{query_id:int}/regenerate_api_key"),
    ("POST", "/api/queries/{query_id:int}/favorite"),
    ("POST", "/api/queries/{query_id:int}/refresh"),
    ("POST", "/api/dashboards/{dashboard}/favorite"),
    ("POST", "/api/data_sources/{source_id:int}/test"),
    ("POST", "/api/users/{user_id:int}/regenerate_api_key"),
}
WINDOWS = (
    *("limit=-1", "limit=x", "limit=1e3", "limit=9007199254740993", "limit=" + "9" * 5000),
    *("limit=%00", "offset=-1", "offset=x", "offset=1.5", "offset=%D9%A1", "columns=nope"),
    *("columns=n,nope", "columns=n%00", "columns=%22n%22", "date_format=de", "date_format=ISO"),
    *("max_age=soon", "max_age=1.5", "p_n=x", "p_n=", "p_n=1%3Bdrop", "p_n=NaN", "p_n=1%00"),
    *("limit=x&limit=1", "columns=" + "n," * 3000 + "nope", "p_n.start=1"),
)
PAGES = (
    *("page=0", "page=-1", "page=-" + "9" * 30, "page_size=0", "page_size=-1", "page_size=251"),
    *("page_size=9223372036854775808", "page=0&page=1", "page=1&page_size=0"),
)
ODD_QUERY_STRINGS = (
    *("%", "%zz", "%ff=%fe", "=", "&&&", "a" * 20_000, "a&" * 20_000, "q=%00", "q=%F0%9F%90%98"),
    *("q=%25%5F", "q='", 'q="', "q=*)(", "tags=%ff&tags=&tags=%00", "order=-", "order=--name"),
    *("order=name;drop", "page=x", "page=1e3", "page_size=x", "page=99999999999999999999"),
    *(
        "order=" + "9" * 3000,
        "p_=1",
        "p_",
        "p_x.start.end=1",
        "api_keys=1",
        "columns=,,,",
        "q=a+-b",
    ),
)


class Stage:
    """A server on which nothing runs, with one of everything."""

    def __init__(self, home: Seeded, wire: Wire, metadata: Metadata) -> None:
        """Take what the fixture made."""
        self.home, self.wire, self.metadata = home, wire, metadata
        self.complaints: list[str] = []
        self._before = metadata.contents()

    def refuse(
        self, method: str, path: str, body: Any = None, *, key: str | None = "", **more: Any
    ) -> None:
        """Expect a documented 4xx in the room's form, and that nothing changed."""
        self.expect(DOCUMENTED, method, path, body, key=key, **more)

    def expect(
        self,
        statuses: Iterable[int],
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "",
        **more: Any,
    ) -> None:
        """Note whatever is not as promised: status, form of the error, an unchanged database."""
        key = self.home.admin_key if key == "" else key
        answer = self.wire.ask(method, path, body, key=key, **more)
        said = f"{method} {path[:90]} {_shown(body)} -> {answer.status} {answer.body[:120]!r}"
        if answer.status not in set(statuses):
            self.complaints.append(f"status: {said}")
        if answer.status >= 400 and not _is_error(answer, method):
            self.complaints.append(f"form: {said}")
        self._note_changes(answer, said)

    def settle(self) -> None:
        """Fail with every complaint noted since the last time."""
        complaints, self.complaints = self.complaints, []
        assert complaints == [], "\n".join(complaints)

    def _note_changes(self, answer: Answer, said: str) -> None:
        after = self.metadata.contents()
        if answer.status >= 400 and after is not self._before and after != self._before:
            changed = [name for name in after if after[name] != self._before.get(name)]
            self.complaints.append(f"changed {changed}: {said}")
        self._before = after


def _shown(body: Any) -> str:
    text = repr(body)
    return text if len(text) <= 160 else f"{text[:80]}...{text[-60:]}"


def _is_error(answer: Answer, method: str) -> bool:
    if answer.headers.get("content-type") != "application/json":
        return False
    if method == "HEAD":
        return answer.body == b""
    body = json.loads(answer.body)
    if set(body) == {"job"}:
        job = body["job"]
        return set(job) == {"status", "error"} and job["status"] == 4 and bool(job["error"])
    return body.keys() <= {"message", "detail"} and bool(body["message"])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One of everything, for requests that are all refused."""
    with _staged(tmp_path_factory.mktemp("bad") / "home") as made:
        yield made


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The same, for requests of which some are taken."""
    with _staged(tmp_path_factory.mktemp("used") / "home") as made:
        yield made


@contextmanager
def _staged(home: Path) -> Iterator[Stage]:
    """Queries with a result, a dashboard with a widget, and a server without workers."""
    numbers = ("select {{n}} as n", (number("n"),))
    made = seed(home, queries={"plain": "select 1 as n", "number": numbers, "edited": "select 2"})
    _run(home, made.queries["plain"])
    with (
        running(["serve"], home, environment=IDLE) as server,
        closing(Wire(server)) as wire,
        closing(Metadata(home)) as metadata,
    ):
        key = made.admin_key
        assert wire.ask("POST", "/api/dashboards", {"name": "Board"}, key=key).status == 200
        widget = {"dashboard_id": 1, "visualization_id": 1, "width": 1}
        assert wire.ask("POST", "/api/widgets", widget, key=key).status == 200
        yield Stage(made, wire, metadata)


def _run(home: Path, query_id: int) -> None:
    with opened(Settings(home=home, log_level="error"), is_operator=True) as house:
        admin = house.services.accounts.find_user("admin@example.org")
        ask = QueryAsk(query_id=QueryId(query_id), values={}, freshness=MUST_RUN)
        held = house.services.submit.query(house.services.accounts.principal(admin), ask)
        assert isinstance(held, Submission)
        assert run_one(house, held.execution.id)
        ended = house.store.get_execution(held.execution.id)
        assert (ended.state, ended.error_message) == (ExecutionState.SUCCEEDED, None)


PART = re.compile(r"\{(\w+)(:int)?\}")


def filled(path: str, **parts: str) -> str:
    """Return a route's path with what exists in each place, or with the given parts."""
    there = {"extension": "json", "job_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12, **parts}
    return PART.sub(lambda found: there.get(found[1], "1"), path)


def takes_body(method: str, path: str) -> Any:
    """Return a body that the endpoint would take."""
    body = BODIES.get((method, path))
    return None if body is None else dict(body.valid)


def place(stage: Stage, path: str) -> str:
    """Return a path to a query that may be edited, or to the one that takes a number."""
    name = "edited" if path == "/api/queries/{query_id:int}" else "number"
    return filled(path, query_id=str(stage.home.queries[name]))


def test_every_writing_endpoint_has_its_bad_bodies_here() -> None:
    """A new endpoint cannot be forgotten: it is in one of the two tables."""
    writing = {(route.method, route.path) for route in ROOM.routes if route.method == "POST"}
    assert writing == BODIES.keys() | BODILESS


def test_ids_that_are_none_are_not_found(stage: Stage) -> None:
    """Whatever stands in the place of an id, with a good body: a 404 (or 405), and no change."""
    for route in ROOM.routes:
        for name, is_id in PART.findall(route.path):
            for wrong in (*BAD_IDS, UNKNOWN) if is_id else (*BAD_IDS, UNKNOWN, "🐘"):
                if (name, wrong) == ("dashboard", "x"):
                    continue
                path = filled(route.path, **{name: wrong}).encode().decode("latin-1")
                path = "".join(c if c.isascii() else f"%{ord(c):02X}" for c in path)
                body = takes_body(route.method, route.path)
                stage.expect({404, 405}, route.method, path, body)
    stage.settle()


def test_bodies_that_are_no_json_object_are_refused(stage: Stage) -> None:
    """Broken JSON, NaN, lone surrogates, 10,000 levels, other types: 400 whatever the endpoint."""
    types = ("application/json", "application/x-www-form-urlencoded", "text/xml", "\xff/\xfe", "")
    for (method, path), body in BODIES.items():
        if body.is_lenient:
            continue
        for index, text in enumerate((*MALFORMED, *NO_OBJECTS)):
            headers = {"Content-Type": types[index % len(types)]}
            stage.expect({400}, method, filled(path), text, headers=headers)
    stage.settle()


def test_missing_fields_are_refused(stage: Stage) -> None:
    """Each required field, left out and null."""
    for (method, path), body in BODIES.items():
        for name in body.required:
            rest = {key: value for key, value in body.valid.items() if key != name}
            stage.expect({400, 401}, method, filled(path), rest)
            if name != "visualization_id":
                stage.expect({400, 401}, method, filled(path), {**rest, name: None})
    stage.settle()


def test_wrong_values_of_every_field_are_refused(stage: Stage) -> None:
    """Numbers for texts, texts for lists, huge numbers, unknown ids: 400, 404 or 409."""
    for (method, path), body in BODIES.items():
        for name, values in body.wrong.items():
            for value in values:
                stage.expect(
                    {400, 404, 409}, method, place(stage, path), {**body.valid, name: value}
                )
    stage.settle()


def test_the_last_of_duplicate_keys_counts(stage: Stage) -> None:
    """A wrong value behind a right one is refused; nothing is taken from the first."""
    for (method, path), body in BODIES.items():
        for name, values in body.wrong.items():
            pairs = [*body.valid.items(), (name, values[0])]
            text = ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs)
            where = place(stage, path)
            stage.expect({400, 404, 409}, method, where, f"{{{text}}}".encode())
    stage.settle()


def test_oversized_bodies_are_refused(stage: Stage) -> None:
    """413, told by Content-Length or found out while reading, and the connection goes on."""
    for method, path in BODIES:
        where = filled(path)
        stage.expect({413}, method, where, b" " * (BODY_MAX + 1))
        stage.expect({413}, method, where, b'{"name": "' + b"x" * BODY_MAX + b'"}')
        chunks = iter([b'{"name": "', b"x" * BODY_MAX, b'"}'])
        stage.expect({413}, method, where, chunks)
    stage.settle()


def test_methods_that_no_endpoint_has_are_named(stage: Stage) -> None:
    """405 with Allow; also for methods that nobody else has."""
    for path in {route.path for route in ROOM.routes if route.path.startswith("/api")}:
        for method in ("PUT", "PATCH", "TRACE", "PROPFIND"):
            stage.expect({405}, method, filled(path), {"name": "x"})
    stage.settle()


def test_windows_that_cannot_be_are_refused(stage: Stage) -> None:
    """Rows, columns, ages and values of a result's URL; the formats that do not exist."""
    ids = stage.home.queries
    for query in ("results", "results.json", "results.csv", "results.parquet", "results/1.csv"):
        for arguments in WINDOWS:
            is_value = arguments.startswith(("p_", "max_age"))
            name = "number" if is_value else "plain"
            if is_value and query == "results/1.csv":
                continue
            stage.refuse("GET", f"/api/queries/{ids[name]}/{query}?{arguments}")
    for wrong in ("exe", "json%00", "csv.exe", "..", "%2e%2e", "", "x" * 3000):
        stage.expect({404}, "GET", f"/api/queries/{ids['plain']}/results.{wrong}")
    stage.settle()


def test_pages_that_cannot_be_are_refused(stage: Stage) -> None:
    """Every list says what is wrong with the page."""
    lists = ("queries", "queries/my", "queries/archive", "queries/favorites", "dashboards")
    for name in (*lists, "dashboards/my", "dashboards/favorites", "users"):
        for arguments in PAGES:
            stage.expect({400}, "GET", f"/api/{name}?{arguments}")
    stage.settle()


def test_odd_query_strings_break_no_endpoint(stage: Stage) -> None:
    """Broken escapes, repeated and endless arguments: an answer, or a documented refusal."""
    for route in ROOM.routes:
        if route.method != "GET":
            continue
        for arguments in ODD_QUERY_STRINGS:
            path = filled(route.path)
            stage.expect({200, 301, *DOCUMENTED}, "GET", f"{path}?{arguments}")
    stage.settle()


def test_odd_headers_break_nothing(stage: Stage) -> None:
    """Credentials, cookies and lengths that make no sense."""
    odd = ("", " ", "Key", "Key ", "Bearer x", "Basic Og==", "\xff\xfe", "Key " + "x" * 60_000)
    for value in (
        *odd,
        "Key Key x",
        "Key \t",
        "Key '; drop table users --",
        "\xd8\x00".strip("\0"),
    ):
        headers = {"Authorization": value}
        stage.expect({404}, "GET", "/api/session", key=None, headers=headers)
    for value in (
        "session",
        "session=",
        'session="',
        "session=\xff",
        "=;;=;",
        "session=" + "x" * 9999,
    ):
        stage.expect({404}, "GET", "/api/session", key=None, headers={"Cookie": value})
    for name, value in (("X-CSRF-TOKEN", "\xff"), ("Host", "[::1"), ("Range", "bytes=x-y-z")):
        stage.expect({200, 404}, "GET", "/api/session", headers={name: value})
    for name, value in (("Content-Encoding", "gzip"), ("Content-Encoding", "br")):
        stage.refuse("POST", "/api/queries", b"\x1f\x8b\x08\0\0", headers={name: value})
    for value in ("*", '"', "W/", '"x", ', "\xff"):
        stage.expect(
            {200, 304}, "GET", "/api/queries/1/results.csv", headers={"If-None-Match": value}
        )
    stage.settle()


def test_requests_that_are_no_http_are_answered_with_400(stage: Stage) -> None:
    """The server says so before any room is asked, and goes on serving."""
    key = f"Authorization: Key {stage.home.admin_key}\r\n".encode()
    head = b"POST /api/dashboards HTTP/1.1\r\nHost: x\r\n" + key
    before = stage.metadata.contents()
    for text in (
        head + b"Content-Length: x\r\n\r\n{}",
        head + b"Content-Length: -5\r\n\r\n{}",
        head + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        head + b"Content-Length: 14\r\nContent-Length: 15\r\n\r\n" + b'{"name": "x"} ',
        head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        head + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        head + b"X-Nul: a\0b\r\n\r\n",
        b"GET /api/session\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"NOPE /api/session HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/session?" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 600_000,
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n",
    ):
        answer = stage.wire.send(text)
        assert (answer.status, text[-40:]) == (400, text[-40:])
    assert stage.metadata.contents() == before
    assert stage.wire.ask("GET", "/ping").body == b"PONG."


def test_half_a_request_is_no_request(stage: Stage) -> None:
    """A body that was cut off runs nothing, although an empty body would."""
    key = f"Authorization: Key {stage.home.admin_key}\r\n".encode()
    before = stage.metadata.contents()
    path = f"/api/queries/{stage.home.queries['plain']}/results"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n".encode() + key
    for half in (b"", b"{", b'{"max_age": 0}', b'{"max_age": 0, "parameters'):
        stage.wire.send_half(head + b"\r\n" + half)
    for _ in range(20):
        assert stage.wire.ask("GET", "/api/session", key=stage.home.admin_key).status == 200
    assert stage.metadata.contents() == before


def test_conflicting_edits_change_nothing(stage: Stage) -> None:
    """A version that is not the stored one is a 409 for queries and dashboards."""
    for path in ("/api/queries/1", "/api/dashboards/1"):
        stage.expect({409}, "POST", path, {"name": "Late", "version": 77})
    stage.settle()


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        ["", "\0", "{{", "{{x}}", "}}", "'", "--", "/*", "../", "1", "2026-01-01", "\x1f"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["name", "type"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


def bodies(body: Body) -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies that are nearly right: some known fields with any value at all."""
    known = sorted({*body.valid, *body.wrong})
    odd = st.dictionaries(st.sampled_from(known) | st.text(max_size=5), values, max_size=4)
    return odd.map(lambda found: {**body.valid, **found})


@pytest.mark.parametrize("endpoint", sorted(BODIES), ids=" ".join)
def test_any_json_is_taken_or_refused_but_never_breaks(
    used: Stage, endpoint: tuple[str, str]
) -> None:
    """Made-up bodies: taken (200), or refused with a 4xx and no change; never a 5xx."""
    method, path = endpoint

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies(BODIES[endpoint]))
    def check(body: dict[str, Any]) -> None:
        where = place(used, path)
        used.expect({200, *DOCUMENTED}, method, where, body)
        used.settle()

    check()


def test_good_bodies_are_taken(used: Stage) -> None:
    """What the tests above break is fine before it is broken."""
    for (method, path), body in BODIES.items():
        used.expect({200}, "DELETE", "/api/data_sources/1/pause")
        used.expect({200}, method, place(used, path), body.valid)
    used.settle()


def test_everything_still_answers(used: Stage) -> None:
    """After all that, what was made can be read and listed."""
    key = used.home.admin_key
    for route in ROOM.routes:
        if route.method == "GET" and "job_id" not in route.path:
            status = used.wire.ask("GET", filled(route.path), key=key).status
            assert (route.path, status < 500) == (route.path, True)
