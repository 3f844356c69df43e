"""SQL sent as a value, through every kind of parameter: refused, or plain data; nothing else."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.jobs import finish, rows
from tests.support.seeded import Seeded, seed

from standpipe.app.house import opened
from standpipe.config import Settings
from standpipe.core.ids import QueryId
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.services.queries import QueryDraft
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

ENVIRONMENT = {"STANDPIPE_WORKERS": "2", "STANDPIPE_LOG_LEVEL": "error"}
INJECTIONS = (
    "'; drop table facts; --",
    "1; drop table facts",
    "1 or 1=1",
    "' or '1'='1",
    '" or ""="',
    "1) union select content from read_text('/etc/passwd') --",
    "' || (select content from read_text('/etc/passwd')) || '",
    "\\'; attach '/etc/passwd' as p; --",
    "$$; copy facts to '/tmp/x.csv' $$",
    "*/ drop table facts /*",
    "-- '",
    "{{x}}",
    "{{{x}}}",
    "{{#x}}1{{/x}}",
    "$x",
    "$1",
    "?",
    ":x",
    "a'::date; drop table facts; select '",
    "2026-01-01'; drop table facts; --",
    "2026-01-01--2026-01-02'; drop table facts; --",
    "d_now'; drop table facts; --",
    "ʼ or 1=1 --",
    "％27 or 1=1",
    "%27%20or%201=1",
    "x\r\nSet-Cookie: session=1",
    "E'\\x27 or 1=1'",
    "query_1",
    "__class__",
)
LISTS = ("'a', 'b'", "a','b", "a) or (1=1", "a,b", *INJECTIONS)


def _parameter(kind: ParameterKind, **more: Any) -> tuple[Parameter, ...]:
    return (Parameter(name="x", kind=kind, **more),)


ECHO = "select {{x}} as x"
MEMBERS = "select v as x from (values ('a'), ('b')) t(v) where v in ({{x}})"
ENDS = "select {{x.start}} as x, {{x.end}} as y"
TAKING = {
    "text": (ECHO, _parameter(ParameterKind.TEXT)),
    "undeclared": (ECHO, ()),
    "anything": (ECHO, _parameter(ParameterKind.PATTERN, pattern="(?s).*")),
    "compared": ("select 'x' as x where {{x}} = 'never'", _parameter(ParameterKind.TEXT)),
}
REFUSING = {
    "pattern": (ECHO, _parameter(ParameterKind.PATTERN, pattern="[a-z]+|[A-Z]+")),
    "number": (ECHO, _parameter(ParameterKind.NUMBER)),
    "date": (ECHO, _parameter(ParameterKind.DATE)),
    "datetime": (ECHO, _parameter(ParameterKind.DATETIME)),
    "seconds": (ECHO, _parameter(ParameterKind.DATETIME_SECONDS)),
    "enum": (ECHO, _parameter(ParameterKind.ENUM, options=("a", "b"))),
    "enums": (MEMBERS, _parameter(ParameterKind.ENUM, options=("a", "b"), multiple=Multiple())),
    "dates": (ENDS, _parameter(ParameterKind.DATE_RANGE)),
    "datetimes": (ENDS, _parameter(ParameterKind.DATETIME_RANGE)),
    "instants": (ENDS, _parameter(ParameterKind.DATETIME_SECONDS_RANGE)),
}
LITERALS = {
    "inside": ("select 'a{{x}}b' as x", _parameter(ParameterKind.TEXT)),
    "like": (
        "select 'x' as x where 'never' like '%{{x}}%' or true",
        _parameter(ParameterKind.TEXT),
    ),
}


class Stage:
    """A server over one file, with a query for every kind of parameter."""

    def __init__(self, server: RunningServer, home: Seeded, queries: dict[str, int]) -> None:
        """Take what the fixture made."""
        self.server, self.home, self.queries = server, home, queries

    def post(self, name: str, value: Any) -> tuple[int, Any]:
        """Ask for a new run with a value in the body."""
        path = f"/api/queries/{self.queries[name]}/results"
        body = {"max_age": 0, "parameters": {"x": value}}
        answer = self.server.call("POST", path, body, key=self.home.admin_key)
        return answer.status, answer.json()

    def refresh(self, name: str, arguments: str) -> tuple[int, Any]:
        """Ask for a new run with values in the URL."""
        path = f"/api/queries/{self.queries[name]}/refresh?{arguments}"
        answer = self.server.call("POST", path, key=self.home.admin_key)
        return answer.status, answer.json()

    def rows(self, started: tuple[int, Any]) -> list[dict[str, Any]]:
        """Return the rows of a run that was taken."""
        status, body = started
        assert status == 200, body
        key = self.home.admin_key
        return rows(self.server, finish(self.server, body["job"]["id"], key), key)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One file of three rows, and a list that a query gives."""
    folder = tmp_path_factory.mktemp("injection")
    (folder / "data").mkdir()
    (folder / "data" / "facts.csv").write_text("n,word\n1,one\n2,two\n3,three\n")
    (folder / "secret.csv").write_text("password\nswordfish\n")
    queries = {
        **TAKING,
        **REFUSING,
        **LITERALS,
        "list": "select * from (values ('a'), ('b')) t(value)",
    }
    home = seed(folder / "home", [folder / "data"], queries)
    made = {**home.queries, **_list_queries(home)}
    with running(["serve"], home.home, environment=ENVIRONMENT) as server:
        found = Stage(server, home, made)
        body = {"max_age": 0}
        path = f"/api/queries/{made['list']}/results"
        job = server.call("POST", path, body, key=home.admin_key).json()["job"]["id"]
        assert finish(server, job, home.admin_key)["status"] == 3
        before = _digests(folder)
        yield found
        assert _digests(folder) == before
        counted = found.server.call(
            "POST",
            "/api/query_results",
            {
                "data_source_id": home.source_id,
                "query": "select count(*) c from facts",
                "max_age": 0,
            },
            key=home.admin_key,
        )
        assert found.rows((counted.status, counted.json())) == [{"c": 3}]


def _list_queries(home: Seeded) -> dict[str, int]:
    kinds = {"query": (ECHO, None), "query several": (MEMBERS, Multiple())}
    with opened(Settings(home=home.home, log_level="error"), is_operator=True) as house:
        services = house.services
        admin = services.accounts.principal(services.accounts.find_user("admin@example.org"))
        return {
            name: services.queries.create(
                admin,
                QueryDraft(
                    name=name,
                    sql=sql,
                    data_source_id=home.source_id,  # type: ignore[arg-type]
                    parameters=_parameter(
                        ParameterKind.QUERY,
                        query_id=QueryId(home.queries["list"]),
                        multiple=multiple,
                    ),
                ),
            ).id
            for name, (sql, multiple) in kinds.items()
        }


def _digests(folder: Path) -> dict[str, str]:
    """Return every file outside the home by digest: no value may write, change or remove one."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_relative_to(folder / "home")
    }


@pytest.mark.parametrize("name", ["text", "undeclared", "anything"])
def test_sql_in_a_text_comes_back_as_text(stage: Stage, name: str) -> None:
    """Whether the value came in the body or in the URL: the rows hold exactly what was sent."""
    bodies = [stage.post(name, text) for text in INJECTIONS]
    urls = [stage.refresh(name, f"p_x={quote(text, safe='')}") for text in INJECTIONS]
    assert [stage.rows(run) for run in bodies] == [[{"x": text}] for text in INJECTIONS]
    assert [stage.rows(run) for run in urls] == [[{"x": text}] for text in INJECTIONS]


def test_sql_in_a_compared_text_finds_nothing(stage: Stage) -> None:
    """``' or '1'='1`` is a text that equals nothing."""
    runs = [stage.post("compared", text) for text in INJECTIONS]
    assert [stage.rows(run) for run in runs] == [[]] * len(INJECTIONS)


def test_sql_inside_a_longer_literal_stays_in_it(stage: Stage) -> None:
    """A placeholder between quotes is still no place to leave them."""
    runs = [stage.post("inside", text) for text in INJECTIONS]
    assert [stage.rows(run) for run in runs] == [[{"x": f"a{text}b"}] for text in INJECTIONS]
    runs = [stage.post("like", text) for text in INJECTIONS]
    assert [stage.rows(run) for run in runs] == [[{"x": "x"}]] * len(INJECTIONS)


@pytest.mark.parametrize("name", [*REFUSING, "query", "query several"])
def test_sql_in_a_typed_value_is_refused(stage: Stage, name: str) -> None:
    """400 that names the parameter: as a text, in a list, as an end of a range, in the URL."""
    for text in LISTS:
        for value in (text, [text], ["a", text], {"start": text, "end": text}, {"x": text}):
            status, body = stage.post(name, value)
            assert (name, value, status) == (name, value, 400)
            assert set(body) <= {"message", "job"}
            assert "x" in str(body)
        given = quote(text, safe="")
        for arguments in (
            f"p_x={given}",
            f"p_x.start={given}&p_x.end={given}",
            f"p_x=a&p_x={given}",
        ):
            if arguments.startswith("p_x=a&") and not name.endswith(("s", "several")):
                continue  # one value is taken where one is wanted: the first
            assert (arguments, stage.refresh(name, arguments)[0]) == (arguments, 400)


def test_half_of_a_range_cannot_carry_sql(stage: Stage) -> None:
    """A good start does not help a bad end."""
    for text in INJECTIONS:
        assert stage.post("dates", {"start": "2026-01-01", "end": text})[0] == 400
        assert stage.refresh("dates", f"p_x=2026-01-01--{quote(text, safe='')}")[0] == 400


def test_sql_in_the_name_of_a_value_is_refused(stage: Stage) -> None:
    """Names that the query does not take are named, and nothing runs."""
    for text in INJECTIONS:
        body = {"max_age": 0, "parameters": {"x": "a", text: "1"}}
        path = f"/api/queries/{stage.queries['text']}/results"
        answer = stage.server.call("POST", path, body, key=stage.home.admin_key)
        assert (answer.status, text in answer.json()["message"]) == (400, True)


def test_stored_result_is_found_by_its_value_not_by_sql(stage: Stage) -> None:
    """A GET with a value in the URL answers with that value's rows, or says there are none."""
    text = INJECTIONS[0]
    stage.rows(stage.post("text", text))
    path = f"/api/queries/{stage.queries['text']}/results.json?p_x="
    key = stage.home.admin_key
    found = stage.server.call("GET", path + quote(text, safe=""), key=key)
    assert found.json()["query_result"]["data"]["rows"] == [{"x": text}]
    missing = stage.server.call("GET", path + quote(text + " ", safe=""), key=key)
    assert (missing.status, missing.json()["message"]) == (
        404,
        "No cached result found for this query.",
    )


def test_values_that_are_good_are_taken(stage: Stage) -> None:
    """The same queries answer as they should when nobody plays tricks."""
    good: dict[str, Any] = {
        "pattern": "abc",
        "number": 7,
        "date": "2026-01-02",
        "enum": "b",
        "enums": ["a", "b"],
        "query": "a",
        "query several": ["a", "b"],
        "dates": {"start": "2026-01-01", "end": "2026-01-02"},
    }
    runs = {name: stage.post(name, value) for name, value in good.items()}
    assert {name: len(stage.rows(run)) for name, run in runs.items()} == {
        **dict.fromkeys(good, 1),
        "enums": 2,
        "query several": 2,
    }
