"""Our own API keeps queries: made, read, changed, listed, archived; and knows who asks."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.native import Native, Stage, served
from tests.support.seeded import number, text

from standpipe.core.parameters import Multiple, Parameter, ParameterKind

pytestmark = pytest.mark.acceptance

RANGE = Parameter(name="days", kind=ParameterKind.DATE_RANGE, title="Days")
SEVERAL = Parameter(
    name="kinds", kind=ParameterKind.ENUM, options=("a", "b"), multiple=Multiple(), default=["a"]
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One query with parameters of several kinds, and one without."""
    home = tmp_path_factory.mktemp("queries") / "home"
    sql = """
        select * from range(3) r(i) where 'a' in ({{kinds}}) and i < {{n}} and {{t}} = {{t}}
        and date '2026-01-05' between date '{{days.start}}' and date '{{days.end}}'
    """
    parameters = (RANGE, SEVERAL, number("n", 5), text("t"))
    with served(home, plain="select 1 as one", valued=(sql, parameters)) as made:
        yield made


def test_query_is_made_read_and_archived(stage: Stage) -> None:
    """It has an address of its own; archived it stays readable, and out of the lists."""
    body = {
        "name": "New",
        "sql": "select {{n}} as n",
        "data_source_id": stage.seeded.source_id,
        "description": "What it is.",
        "parameters": [{"name": "n", "kind": "number", "default": 1, "title": "How many"}],
        "tags": ["made"],
        "freshness": {"max_age": 60, "stale_while_revalidate": 600, "stale_if_error": 6000},
        "schedule": {"cron": "0 6 * * 1", "zone": "Europe/London"},
    }
    made = stage.admin.post("/v1/queries", body)
    assert made.status == 201
    shown = stage.admin.get(made.headers["location"]).json()
    assert made.json() == shown
    for name in ("name", "sql", "description", "tags", "freshness"):
        assert shown[name] == body[name]
    assert (shown["parameters"][0]["title"], shown["schedule"]["cron"]) == ("How many", "0 6 * * 1")
    assert stage.admin.ask("DELETE", made.headers["location"]).status == 204
    assert stage.admin.get(made.headers["location"]).json()["is_archived"]
    listed = stage.admin.get("/v1/queries?tags=made").json()["queries"]
    archived = stage.admin.get("/v1/queries?tags=made&archived=true").json()["queries"]
    assert ([], [shown["id"]]) == (listed, [query["id"] for query in archived])


def test_change_is_refused_if_the_query_moved_on(stage: Stage) -> None:
    """If-Match answers 412, a version in the body 409; what is left out stays."""
    made = _made(stage, "Moving", freshness={"max_age": 5})
    here = made["links"]["self"]
    tag = stage.admin.get(here).headers["etag"]
    changed = stage.admin.ask("PATCH", here, {"name": "Moved"}, headers={"If_Match": tag})
    assert (changed.status, changed.json()["version"]) == (200, made["version"] + 1)
    assert changed.json()["freshness"]["max_age"] == 5
    late = stage.admin.ask("PATCH", here, {"name": "Late"}, headers={"If_Match": tag})
    assert (late.status, late.json()["code"]) == (412, "version_conflict")
    stale = stage.admin.ask("PATCH", here, {"name": "Late", "version": made["version"]})
    assert (stale.status, stale.json()["code"]) == (409, "version_conflict")
    assert stage.admin.get(here, If_None_Match=tag).status == 200
    assert stage.admin.get(here, If_None_Match=changed.headers["etag"]).status == 304
    assert stage.admin.get(here).json()["name"] == "Moved"


def test_fields_that_cannot_be_are_named(stage: Stage) -> None:
    """The field, its value and what is allowed; a slip of the pen gets the right name."""
    here = stage.path("plain")
    for body, said in (
        ({"nmae": "x"}, "Did you mean 'name'?"),
        ({"name": 1}, "The field 'name' is 1. It must be a text."),
        ({"tags": ["a", 1]}, "The field 'tags[1]' is 1. It must be a text."),
        ({"schedule": {}}, "The schedule never runs."),
        ({"schedule": {"cron": "nope"}}, "'nope' is not a cron line that ever fires."),
        ({"parameters": [{"name": "a", "kind": "query"}]}, "takes its list from no query."),
    ):
        answer = stage.admin.ask("PATCH", here, body)
        problem = answer.json()
        assert (answer.status, said in f"{problem['detail']} {problem.get('hint')}") == (400, True)
    missing = stage.admin.post("/v1/queries", {"name": "x"}).json()
    assert (missing["code"], "'sql'" in missing["detail"]) == ("field_missing", True)
    assert stage.admin.post("/v1/queries", b"{").json()["code"] == "malformed_body"


def test_lists_are_searched_and_paged(stage: Stage) -> None:
    """Words and tags narrow them; the next page is a link in the body and in a header."""
    for name in ("zebra one", "zebra two", "zebra three"):
        _made(stage, name, tags=["animal"])
    first = stage.admin.get("/v1/queries?search=zebra&tags=animal&limit=2")
    page = first.json()
    assert (len(page["queries"]), page["total"]) == (2, 3)
    assert first.headers["link"] == f'<{page["next"]}>; rel="next"'
    rest = stage.admin.get(page["next"]).json()
    assert (len(rest["queries"]), rest["next"]) == (1, None)
    assert stage.admin.get("/v1/queries?cursor=nonsense").json()["code"] == "field_invalid"


def test_values_of_a_query_are_a_schema(stage: Stage) -> None:
    """What it takes, as JSON Schema; what has a default is not required."""
    schema = stage.admin.get(stage.path("valued", "/parameters")).json()
    assert schema["required"] == ["days", "t"]
    assert schema["properties"]["n"] == {"type": "number", "default": 5}
    assert schema["properties"]["kinds"]["items"] == {"type": "string", "enum": ["a", "b"]}
    assert schema["properties"]["days"]["required"] == ["start", "end"]


def test_document_of_a_query_has_its_values_as_arguments(stage: Stage) -> None:
    """Whoever follows it gets rows: each value is an argument with a type."""
    document = stage.admin.get(stage.path("valued", "/openapi.json")).json()
    path = stage.path("valued", "/results")
    arguments = {
        each["name"]: each
        for each in document["paths"][path]["get"]["parameters"]
        if each.get("name", "").startswith("p_")
    }
    required = {name for name, each in arguments.items() if each["required"]}
    assert required == {"p_days.start", "p_days.end", "p_t"}
    assert arguments["p_n"]["schema"]["type"] == "number"
    values = "p_days.start=2026-01-01&p_days.end=2026-01-31&p_t=x&p_kinds=a&p_kinds=b&p_n=2"
    assert stage.admin.get(f"{path}?{values}").json()["total_rows"] == 2
    short = "p_days=2026-01-01--2026-01-31&p_t=x&p_kinds=[%22b%22]"
    assert stage.admin.get(f"{path}?{short}").json()["total_rows"] == 0
    body = document["paths"][stage.path("valued", "/executions")]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert set(schema["properties"]["parameters"]["properties"]) == {"days", "kinds", "n", "t"}


def test_key_is_taken_wherever_it_can_stand(stage: Stage) -> None:
    """Bearer, Key, Basic either way, X-API-Key, api_key; the first that is there counts."""
    key, nobody = stage.seeded.admin_key, Native(stage.server)
    for given in (
        f"Bearer {key}",
        f"Key {key}",
        f"bearer  {key}",
        _basic(key, ""),
        _basic("x", key),
    ):
        assert nobody.get("/v1/me", Authorization=given).status == 200
    assert nobody.get("/v1/me", X_API_Key=key).status == 200
    in_address = nobody.get(f"/v1/me?api_key={key}")
    assert (in_address.status, in_address.headers["referrer-policy"]) == (200, "no-referrer")
    for given in ("Bearer x", key, "Basic x", "Digest x", ""):
        refused = nobody.get(f"/v1/me?api_key={key}", Authorization=given, X_API_Key=key)
        assert (refused.status, refused.json()["code"]) == (401, "not_authenticated")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    of_page = nobody.get("/v1/me", Sec_Fetch_Dest="empty")
    assert "Basic" not in of_page.headers["www-authenticate"]


def test_key_of_a_query_reaches_that_query(stage: Stage) -> None:
    """Its rows, its runs and their results; nothing else, and it is told so."""
    key = Native(stage.server, stage.seeded.query_keys["plain"])
    assert key.get("/v1/me").json()["query_id"] == stage.seeded.queries["plain"]
    rows = key.get(stage.path("plain", "/results"))
    assert rows.json()["rows"] == [{"one": 1}]
    assert key.get(rows.headers["content-location"]).status == 200
    made = key.post(stage.path("plain", "/executions"), {}).json()
    assert key.get(made["links"]["self"] + "?wait=30").status == 200
    assert key.get(stage.path("valued", "/results")).status == 404
    for path in ("/v1/queries", "/v1/data-sources"):
        assert key.get(path).json()["code"] == "user_needed"
    body = {"data_source_id": stage.seeded.source_id, "sql": "select 1"}
    assert key.post("/v1/executions", body).json()["code"] == "user_needed"
    assert key.ask("PATCH", stage.path("plain"), {"name": "x"}).status == 403


def test_index_leads_to_everything(stage: Stage) -> None:
    """Open to all, with the document; what it links to is there."""
    nobody = Native(stage.server)
    index = nobody.get("/v1").json()
    document = nobody.get(index["openapi"])
    assert document.json()["openapi"] == "3.1.0"
    for name in ("me", "data_sources", "queries"):
        assert stage.admin.get(index[name]).status == 200
        assert nobody.get(index[name]).status == 401
    assert nobody.get("/v1/nothing").status == 401
    assert stage.admin.get("/v1/nothing").status == 404
    wrong = stage.admin.ask("PUT", "/v1/queries", {})
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    assert "server-timing" in wrong.headers


def _made(stage: Stage, name: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "sql": "select 1", "data_source_id": stage.seeded.source_id, **more}
    made: dict[str, Any] = stage.admin.post("/v1/queries", body).json()
    return made


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
