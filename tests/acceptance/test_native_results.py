"""Rows of our own API: windows, pages and formats of results, and addresses that stay fresh."""

import csv
import io
import time
from collections.abc import Iterator
from typing import Any

import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.native import Stage, rows_of, served
from tests.support.seeded import number, text

from standpipe.formats import FORMATS

pytestmark = pytest.mark.acceptance

NUMBERS = """
select i as n, case when i % 3 = 0 then null else i % 3 end as g, 'name ' || i as "the name",
       timestamp '2026-01-01' + to_days(i::int) as t, 12345678901234567890 + i as big
from range(100) r(i)
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A result to read, and queries whose rows change with every run."""
    home = tmp_path_factory.mktemp("results") / "home"
    with served(
        home,
        numbers=NUMBERS,
        fresh="select epoch_us(now()) as at",
        clock="select epoch_us(now()) as told_at",
        drifting="select i as id, i * (epoch_us(now()) % 1000003) as v from range(3) r(i)",
        valued=("select {{a}} as a, {{b}} as b", (text("a", "x"), number("b", 1))),
        fragile="select 1 / (epoch_us(now()) % 2) as v where error('no') is null",
        slow="select count(*) from range(100000000000) a(i), range(1000) b(j) where i % 7 = j",
    ) as made:
        yield made


@pytest.fixture(scope="module")
def result(stage: Stage) -> str:
    """The path of a stored result."""
    return f"/v1/results/{stage.run('numbers')['result']['id']}"


def test_window_is_filtered_sorted_and_cut(stage: Stage, result: str) -> None:
    """Arguments of the address say which rows and columns come, and in which order."""
    body = rows_of(
        stage.admin.get(f"{result}?filter=n%20between%205%20and%209&sort=-n&limit=2&columns=n,g")
    )
    assert body["rows"] == [{"n": 9, "g": None}, {"n": 8, "g": 2}]
    assert body["total_rows"] == 5
    assert [column["name"] for column in body["result"]["columns"]] == ["n", "g"]


def test_groups_and_distinct_values(stage: Stage, result: str) -> None:
    """Rows are counted in groups; distinct is a group without any aggregate."""
    grouped = stage.admin.get(f"{result}?group_by=g&aggregate=count(*)%20as%20c,max(n)")
    assert [tuple(row.values()) for row in rows_of(grouped)["rows"]] == [
        (1, 33, 97),
        (2, 33, 98),
        (None, 34, 99),
    ]
    distinct = rows_of(stage.admin.get(f"{result}?distinct=g&shape=arrays"))
    assert (distinct["rows"], distinct["total_rows"]) == ([[1], [2], [None]], 3)
    both = stage.admin.get(f"{result}?distinct=g&group_by=n")
    assert both.json()["code"] == "field_invalid"


def test_sample_is_exact_and_repeats_itself(stage: Stage, result: str) -> None:
    """As many rows as asked for, of those that the filter leaves; the same ones for a seed."""
    path = f"{result}?filter=n%20%3C%2050&sample=7&columns=n"
    first, second = (rows_of(stage.admin.get(path))["rows"] for _ in range(2))
    assert (len(first), first) == (7, second)
    assert all(row["n"] < 50 for row in first)
    assert rows_of(stage.admin.get(f"{path}&seed=1"))["rows"] != first


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    size=st.integers(1, 60),
    filter=st.sampled_from(
        ["", "&filter=n%20%25%202%20%3D%200", "&filter=n%20%3E%2040", "&sort=-n"]
    ),
    name=st.sampled_from(["", ".csv"]),
)
def test_pages_are_the_whole(stage: Stage, result: str, size: int, filter: str, name: str) -> None:
    """Following the next link, of the body or of the header, gives every row once, in order."""
    filter = filter.replace("n%20%25%202%20%3D%200", "g%20is%20not%20null")
    whole = rows_of(stage.admin.get(f"{result}?columns=n{filter}&shape=arrays"))["rows"]
    pages: list[Any] = []
    address: str | None = f"{result}{name}?columns=n{filter}&limit={size}"
    while address is not None:
        answer = stage.admin.get(address + ("" if name else "&shape=arrays"))
        link = answer.headers.get("link")
        address = None if link is None else link.partition(">")[0][1:]
        if name:
            lines = list(csv.reader(io.StringIO(answer.body.decode())))
            pages += [[int(cell) for cell in line] for line in lines[1:]]
        else:
            assert answer.json()["next"] == address
            pages += answer.json()["rows"]
            address = address and address.replace("&shape=arrays", "").replace("shape=arrays&", "")
    assert pages == whole


def test_cursor_is_good_for_its_own_rows_only(stage: Stage, result: str) -> None:
    """With another filter, another result, or made up, it is refused."""
    following = rows_of(stage.admin.get(f"{result}?limit=10&filter=n%20%3E%201"))["next"]
    cursor = following.rpartition("cursor=")[2]
    other = f"/v1/results/{stage.run('numbers')['result']['id']}"
    for address in (
        f"{result}?limit=10&cursor={cursor}",
        f"{result}?limit=10&filter=n%20%3E%202&cursor={cursor}",
        f"{other}?limit=10&filter=n%20%3E%201&cursor={cursor}",
        f"{result}?cursor=AAAA",
        f"{result}?cursor=%21",
        f"{result}?cursor=",
        f"{result}?limit=10&filter=n%20%3E%201&offset=3&cursor={cursor}",
    ):
        answer = stage.admin.get(address)
        assert (answer.status, answer.json()["code"]) == (400, "field_invalid")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_comes_by_suffix_by_name_and_by_accept(
    stage: Stage, result: str, name: str
) -> None:
    """Three ways to ask, one body; its type says what it is."""
    entry = FORMATS[name]
    media_type = entry.media_type.partition(";")[0]
    by_suffix = stage.admin.get(f"{result}.{entry.extension}?columns=n")
    by_name = stage.admin.get(f"{result}?format={name}&columns=n")
    by_accept = stage.admin.get(f"{result}?columns=n", Accept=media_type)
    assert by_suffix.headers["content-type"].startswith(media_type)
    assert by_suffix.body == by_name.body == by_accept.body
    assert by_suffix.headers["etag"] == by_name.headers["etag"] == by_accept.headers["etag"]
    assert "accept" in by_accept.headers["vary"].lower()


def test_files_hold_what_json_says(stage: Stage, result: str) -> None:
    """Parquet and Arrow have the columns under their names, with their types."""
    parquet = stage.admin.get(f"{result}.parquet")
    table = pyarrow.parquet.read_table(io.BytesIO(parquet.body))
    assert table.column_names == ["n", "g", "the name", "t", "big"]
    stream = stage.admin.get(f"{result}.arrows?filter=n%20%3D%203&columns=n,%22the%20name%22")
    rows = pyarrow.ipc.open_stream(stream.body).read_all().to_pylist()
    assert rows == [{"n": 3, "the name": "name 3"}]
    assert 'filename="query-1-' in parquet.headers["content-disposition"]


def test_options_shape_the_text(stage: Stage, result: str) -> None:
    """Numbers as texts, null texts, delimiters, headers, dates: where the format takes them."""
    first = "&filter=n%20%3D%203"
    as_text = rows_of(stage.admin.get(f"{result}?columns=big&numbers=auto{first}"))["rows"]
    assert as_text == [{"big": "12345678901234567893"}]
    columns = rows_of(stage.admin.get(f"{result}?columns=n,g&shape=columns&limit=3"))["rows"]
    assert columns == {"n": [0, 1, 2], "g": [None, 1, 2]}
    options = "delimiter=semicolon&null_text=-&header=false&datetime_format=%25d.%25m.%25Y"
    line = stage.admin.get(f"{result}.csv?columns=n,g,t&{options}{first}").body
    assert line == b"3;-;04.01.2026\r\n"
    refused = stage.admin.get(f"{result}.parquet?header=false")
    assert refused.json()["code"] == "field_invalid"


def test_formats_that_cannot_be_are_refused(stage: Stage, result: str) -> None:
    """404 for a suffix, 400 for a name, 406 for an Accept that excludes everything."""
    assert stage.admin.get(f"{result}.exe").status == 404
    assert stage.admin.get(f"{result}?format=exe").json()["code"] == "format_unknown"
    refused = stage.admin.get(result, Accept="image/png")
    assert (refused.status, refused.json()["code"]) == (406, "not_acceptable")
    unknown = stage.admin.get(f"{result}?limti=1").json()
    assert unknown["hint"] == "Did you mean 'limit'?"
    assert stage.admin.get(f"{result}?_=1&limit=1").status == 200


def test_errors_of_a_filter_point_at_their_place(stage: Stage, result: str) -> None:
    """The argument, the position in it, and the nearest column that there is."""
    problem = stage.admin.get(f"{result}?filter=n%20%3E%201%20and%20gg%20%3D%201").json()
    assert (problem["code"], problem["part"], problem["position"]) == (
        "column_unknown",
        "filter",
        10,
    )
    assert "'g'" in problem["hint"]
    grouped = stage.admin.get(f"{result}?group_by=nope").json()
    assert grouped["part"] == "group_by"


def test_result_is_the_same_for_ever(stage: Stage, result: str) -> None:
    """Strong tag, immutable, 304, a HEAD with the length, ranges; not if it depends on today."""
    whole = stage.admin.get(f"{result}.csv")
    assert whole.headers["cache-control"] == "private, max-age=31536000, immutable"
    known = stage.admin.get(f"{result}.csv", If_None_Match=whole.headers["etag"])
    assert (known.status, known.body) == (304, b"")
    head = stage.admin.ask("HEAD", f"{result}.csv")
    assert head.headers["content-length"] == str(len(whole.body))
    part = stage.admin.get(f"{result}.csv", Range="bytes=5-14")
    assert (part.status, part.body) == (206, whole.body[5:15])
    moving = stage.admin.get(f"{result}.csv?filter=t%20%3E%20now%20-%2099999%20days")
    assert "etag" not in moving.headers
    assert moving.headers["cache-control"] == "private, no-cache"


def test_metadata_and_facets(stage: Stage, result: str) -> None:
    """What is known of a result, and which values its columns hold."""
    metadata = stage.admin.get(f"{result}/metadata").json()
    assert (metadata["row_count"], metadata["sql"]) == (100, NUMBERS.strip())
    assert len(metadata["sha256"]) == 64
    (facet,) = stage.admin.get(f"{result}/facets?columns=g&filter=n%20%3C%2010&limit=1").json()[
        "facets"
    ]
    assert facet["values"] == [{"value": None, "count": 4}]
    assert (facet["distinct_count"], facet["null_count"], facet["highest"]) == (2, 4, "2")
    assert stage.admin.get(f"{result}/facets").json()["code"] == "field_missing"
    assert stage.admin.get(f"{result}/facets?columns=x").json()["code"] == "column_unknown"


def test_differences_of_two_results(stage: Stage) -> None:
    """Added, removed and changed rows by key, counted; the usual windows and formats apply."""
    older, newer = (
        _statement(stage, sql)
        for sql in (
            "select * from (values (1, 'a'), (2, 'b'), (3, 'c')) t(id, v)",
            "select * from (values (2, 'b'), (3, 'x'), (4, 'd')) t(id, v)",
        )
    )
    path = f"/v1/results/{newer}/differences?from={older}&key=id"
    body = rows_of(stage.admin.get(path))
    shown = body["difference"]
    counts = tuple(shown[name] for name in ("added", "removed", "changed", "unchanged"))
    assert (counts, body["total_rows"]) == ((1, 1, 1, 1), 3)
    assert [(row["change"], row["id"]) for row in body["rows"]] == [
        ("removed", 1),
        ("changed", 3),
        ("added", 4),
    ]
    page = rows_of(stage.admin.get(f"{path}&limit=1&filter=change%20%3D%20'changed'"))
    assert page["rows"][0]["v before"] == "c"
    lines = stage.admin.get(path.replace("differences?", "differences.csv?")).body
    assert lines.count(b"\r\n") == 4
    following = rows_of(stage.admin.get(f"{path}&limit=2"))["next"]
    assert [row["id"] for row in rows_of(stage.admin.get(following))["rows"]] == [4]
    assert stage.admin.get(f"{path}x").json()["code"] == "column_unknown"
    assert "'from'" in stage.admin.get(path.replace("from=", "frm=")).json()["hint"]


def test_fresh_rows_are_stored_until_they_are_too_old(stage: Stage) -> None:
    """A miss runs, a hit does not; the answer says which it was, how old, and where it stays."""
    path = stage.path("fresh", "/results.csv?max_age=3600")
    miss, hit = stage.admin.get(path), stage.admin.get(path)
    assert miss.headers["cache-status"] == "Standpipe; fwd=miss; stored"
    assert hit.headers["cache-status"].startswith("Standpipe; hit; ttl=")
    assert hit.body == miss.body
    assert hit.headers["etag"] == miss.headers["etag"]
    assert 0 <= int(hit.headers["age"]) < 60
    assert hit.headers["cache-control"].startswith("private, max-age=3")
    pinned = stage.admin.get(hit.headers["content-location"])
    assert (pinned.body, pinned.headers["etag"]) == (hit.body, hit.headers["etag"])
    anew = stage.admin.get(stage.path("fresh", "/results.csv?max_age=0"))
    assert anew.body != hit.body


def test_fresh_rows_take_values_from_the_address(stage: Stage) -> None:
    """Each set of values has its own result; defaults fill in what is not said."""
    path = stage.path("valued", "/results?shape=arrays&p_a=y")
    assert rows_of(stage.admin.get(path))["rows"] == [["y", 1]]
    assert rows_of(stage.admin.get(f"{path}&p_b=2.5"))["rows"] == [["y", 2.5]]
    wrong = stage.admin.get(f"{path}&p_b=z").json()
    assert (wrong["code"], wrong["parameters"]) == ("parameter_invalid", ["b"])


def test_stale_rows_come_at_once_while_new_ones_are_made(stage: Stage) -> None:
    """stale_while_revalidate answers with what is there; soon after there is something newer."""
    first = rows_of(stage.admin.get(stage.path("drifting", "/results?max_age=0&wait=30")))
    path = stage.path("drifting", "/results?max_age=0.001&stale_while_revalidate=3600")
    time.sleep(0.01)
    stale = stage.admin.get(path)
    assert stale.headers["cache-status"] == "Standpipe; hit; detail=revalidating"
    assert rows_of(stale)["result"] == first["result"]
    latest = stage.path("drifting", "/results/latest")
    for _ in range(200):
        if rows_of(stage.admin.get(latest))["result"] != first["result"]:
            break
        time.sleep(0.05)
    assert rows_of(stage.admin.get(latest))["result"] != first["result"]


def test_fresh_rows_that_take_too_long_are_to_be_asked_for_again(stage: Stage) -> None:
    """Never 202: 503 with whole seconds; the run that fails is an error, not an empty file."""
    late = stage.admin.get(stage.path("slow", "/results.csv?wait=0.05"))
    assert (late.status, late.json()["code"]) == (503, "not_ready")
    assert int(late.headers["retry-after"]) > 0
    failed = stage.admin.get(stage.path("fragile", "/results.csv"))
    assert (failed.status, failed.json()["code"]) == (422, "source_failed")


def test_head_never_starts_a_run(stage: Stage) -> None:
    """It tells of what is stored, however old; without anything it asks for patience."""
    nothing = stage.admin.ask("HEAD", stage.path("fragile", "/results.csv?max_age=0"))
    assert nothing.status == 503
    stored = rows_of(stage.admin.get(stage.path("clock", "/results?max_age=3600")))["result"]
    head = stage.admin.ask("HEAD", stage.path("clock", "/results?max_age=0"))
    assert stored["id"] in head.headers["content-location"]
    assert head.headers["cache-status"].startswith("Standpipe; fwd=stale")
    history = stage.admin.get(stage.path("clock", "/history")).json()["results"]
    assert history[0]["id"] == stored["id"]


def test_latest_and_what_it_was(stage: Stage) -> None:
    """The latest result without any run; as_of tells what it was at a time."""
    first, second = stage.run("numbers")["result"], stage.run("numbers")["result"]
    latest = stage.path("numbers", "/results/latest")
    assert rows_of(stage.admin.get(f"{latest}?limit=0"))["result"]["id"] == second["id"]
    then = rows_of(stage.admin.get(f"{latest}?limit=0&as_of={first['retrieved_at']}"))["result"]
    assert then["id"] == first["id"]
    before = stage.admin.get(f"{latest}?as_of=2020-01-01T00:00:00Z")
    assert (before.status, before.json()["code"]) == (404, "result_not_cached")
    assert stage.admin.get(stage.path("fragile", "/results/latest")).status == 404
    assert stage.admin.get(f"{latest}?as_of=yesterday").json()["code"] == "field_invalid"


def test_history_lists_results_newest_first(stage: Stage) -> None:
    """All of them, page by page."""
    ids = [stage.run("valued", a=str(number))["result"]["id"] for number in range(3)]
    address, found = stage.path("valued", "/history?limit=2"), []
    while address:
        page = stage.admin.get(address).json()
        found += [result["id"] for result in page["results"]]
        address = page["next"]
    assert found[:3] == ids[::-1]


def _statement(stage: Stage, sql: str) -> str:
    body = {"data_source_id": stage.seeded.source_id, "sql": sql}
    answer = rows_of(stage.admin.post("/v1/executions", body, Prefer="wait=30"))
    found: str = answer["result"]["id"]
    return found


def test_number_of_rows_is_told_wherever_it_costs_nothing(stage: Stage, result: str) -> None:
    """A sort or a sample does not hide how many rows there are, whatever the format."""
    for arguments, total in (("sort=-n", "100"), ("sample=7", "7"), ("sample=700&sort=n", "100")):
        answer = stage.admin.get(f"{result}.csv?{arguments}")
        assert answer.headers["x-total-rows"] == total


def test_mistakes_are_told_under_the_name_that_the_caller_wrote(stage: Stage, result: str) -> None:
    """What became of an argument inside of the server is no matter to its caller."""
    newer = f"{result}/differences?from={result.rpartition('/')[2]}"
    for address, part, hint in (
        (f"{result}?distinct=nn", "distinct", "Did you mean 'n'?"),
        (f"{result}?distinct=n,", "distinct", "Names with commas"),
        (f"{result}?group_by=nn", "group_by", "Did you mean 'n'?"),
        (f"{newer}&key=", "key", "Names with commas"),
        (f"{newer}&key=nn", "key", "Did you mean 'n'?"),
    ):
        problem = stage.admin.get(address).json()
        assert (problem["part"], hint in problem["hint"]) == (part, True), problem
        assert "quotes are for names" not in problem["hint"]


def test_values_that_an_address_does_not_take_are_refused(stage: Stage, result: str) -> None:
    """Rows of other values than those in the address are never given."""
    assert stage.admin.get(f"{result}?p_a=x").status == 400
    path = stage.path("valued")
    assert stage.admin.post(f"{path}/executions?p_a=x", {}).status == 400
    assert stage.admin.get(f"{path}/history?p_a=x").status == 400
    assert stage.admin.get(f"{path}/results?p_a=x").status == 200
