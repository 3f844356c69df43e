"""Whatever rows a caller of the Dune API asks for, over HTTP, are those that plain SQL says.

What may be asked, and the same as SQL, is made by tests/property/test_window_answers.py; here it
goes the whole way: a query string, a server, JSON or CSV in pages.
"""

import csv
import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.property.test_window_answers import (
    CONDITIONS,
    TYPES,
    Table,
    Term,
    name,
    random_rows,
    sorts,
    stored,
)
from tests.property.test_windows_language import SNIPPETS
from tests.support.seeded import seed

from standpipe.core.columns import Column
from standpipe.core.errors import InvalidRequest
from standpipe.core.windows import check_window
from standpipe.dialects.dune.requests.options import parse_options
from standpipe.http.messages import Inbound
from standpipe.readers.relations import Source, WindowSql
from standpipe.readers.spelling import Values
from standpipe.testing import running

pytestmark = pytest.mark.acceptance

PLACE = "row_position"
SIZES = (30, 30, 30, 1, 0)
# The server's clock does not stand still.
LASTING = CONDITIONS.filter(lambda term: not re.search(r"\b(now|today)\b", term.text))
ORDERS = st.one_of(st.just([]), sorts()).filter(
    lambda terms: not any(re.search(r"\b(now|today)\b", term.text) for term in terms)
)


def thorough(examples: int) -> settings:
    return settings(deadline=None, max_examples=examples, suppress_health_check=list(HealthCheck))


@dataclass
class Stored:
    """The same rows in a bare DuckDB and as a result on the server."""

    table: Table
    execution: str


@dataclass
class Dune:
    """A server with some results, as a client with a key sees it."""

    root: str
    session: requests.Session
    results: list[Stored]

    def get(self, url: str, **options: Any) -> requests.Response:
        """Ask; what is None is not asked."""
        return self.session.get(url, params=options, timeout=20)

    def rows(self, stored: Stored, *, suffix: str = "", **options: Any) -> requests.Response:
        """Ask for rows of a result."""
        return self.get(f"{self.root}/execution/{stored.execution}/results{suffix}", **options)

    def pages(self, stored: Stored, **options: Any) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of one page after the other, as far as the server says the way."""
        answer = self.rows(stored, **options).json()
        while True:
            result = answer["result"]
            assert result["metadata"]["row_count"] == len(result["rows"])
            yield result["rows"]
            if "next_uri" not in answer:
                return
            answer = self.get(answer["next_uri"]).json()


@pytest.fixture(scope="module")
def dune(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dune]:
    root = tmp_path_factory.mktemp("dune")
    tables = [Table(root, random_rows(number, size)) for number, size in enumerate(SIZES)]
    files = [root / f"rows_{number}.parquet" for number in range(len(tables))]
    for table, file in zip(tables, files, strict=True):
        table.database.execute(f"COPY (SELECT * FROM data) TO '{file}' (FORMAT parquet)")
    seeded = seed(root / "home", files=files)
    with (
        running(["serve"], seeded.home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server,
        requests.Session() as session,
    ):
        session.headers["X-Dune-API-Key"] = seeded.admin_key
        found = Dune(f"{server.url}/api/v1", session, [])
        for table, file in zip(tables, files, strict=True):
            found.results.append(Stored(table, run(found, file.stem)))
        yield found
    for table in tables:
        table.close()


def run(dune: Dune, table: str) -> str:
    """Have a result made whose columns have exactly the types of the bare table."""
    casts = ", ".join(f"CAST({name(each)} AS {kind}) AS {name(each)}" for each, (kind, _) in ALL)
    sql = f"SELECT {PLACE}, {casts} FROM {table} ORDER BY {PLACE}"
    answer = dune.session.post(f"{dune.root}/sql/execute", json={"sql": sql}, timeout=20).json()
    status = f"{dune.root}/execution/{answer['execution_id']}/status"
    while not (found := dune.get(status).json())["is_execution_finished"]:
        time.sleep(0.02)
    assert found["state"] == "QUERY_STATE_COMPLETED", found
    return str(answer["execution_id"])


ALL = list(TYPES.items())
CHOSEN = st.lists(st.sampled_from(list(TYPES)), max_size=4, unique=True).map(
    lambda names: [PLACE, *names]
)
TABLES = st.integers(0, len(SIZES) - 1)


@st.composite
def joined(draw: st.DrawFn, names: list[str]) -> str:
    """Join names as the clients do: as they are, or in quotes with one escape or the other."""
    ways = [lambda text: text, name]
    ways.append(lambda text: '"' + text.replace('"', '\\"') + '"')
    if any(draw(st.booleans()) for _ in names):
        return ",".join(ways[0](text) for text in names)
    return ",".join(draw(st.sampled_from(ways[1:]))(text) for text in names)


@thorough(150)
@given(
    number=TABLES,
    condition=st.one_of(st.none(), LASTING),
    order=ORDERS,
    chosen=CHOSEN,
    offset=st.integers(0, 4),
    limit=st.one_of(st.none(), st.integers(1, 12)),
    data=st.data(),
)
def test_rows_are_those_of_sql(
    dune: Dune,
    *,
    number: int,
    condition: Term | None,
    order: list[Term],
    chosen: list[str],
    offset: int,
    limit: int | None,
    data: st.DataObject,
) -> None:
    """All pages together, in their order, with their columns; as CSV too."""
    stored = dune.results[number]
    where = "" if condition is None else f" WHERE {condition.sql}"
    by = ", ".join([*(term.sql for term in order), PLACE])
    expected = [
        int(place)
        for (place,) in stored.table.ask(f"SELECT {PLACE} FROM data{where} ORDER BY {by}")
        if place is not None
    ]
    options = {
        "filters": None if condition is None else condition.text,
        "sort_by": ", ".join(term.text for term in order) or None,
        "columns": data.draw(joined(chosen)),
        "limit": limit,
    }
    first = dune.rows(stored, offset=offset, **options)
    assert first.status_code == 200, (first.text, options)
    assert int(first.headers["X-Total-Count"]) == len(expected), (condition, options)
    assert first.json()["result"]["metadata"]["column_names"] == chosen
    assert first.json()["result"]["metadata"]["total_row_count"] == SIZES[number]
    pages = list(dune.pages(stored, offset=offset, **options))
    assert [row[PLACE] for page in pages for row in page] == expected[offset:], options
    assert all(list(row) == chosen for page in pages for row in page)
    text = dune.rows(stored, suffix="/csv", offset=offset, **options).text
    head, *lines = csv.reader(io.StringIO(text, newline=""))
    assert head == [each.replace("\n", " ") for each in chosen]
    until = None if limit is None else offset + limit
    assert [int(line[0]) for line in lines] == expected[offset:until]


@thorough(60)
@given(number=TABLES, size=st.integers(0, 40), order=ORDERS, chosen=CHOSEN)
def test_samples_have_exactly_the_size_that_was_asked_for(
    dune: Dune, number: int, size: int, order: list[Term], chosen: list[str]
) -> None:
    """Each row at most once, in the order that was asked for, else in that of the result."""
    stored = dune.results[number]
    answer = dune.rows(
        stored,
        sample_count=size,
        sort_by=", ".join(term.text for term in order) or None,
        columns=",".join(name(each) for each in chosen),
    )
    assert answer.status_code == 200, answer.text
    by = ", ".join([*(term.sql for term in order), PLACE])
    places = [
        int(place or 0) for (place,) in stored.table.ask(f"SELECT {PLACE} FROM data ORDER BY {by}")
    ]
    found = [row[PLACE] for row in answer.json()["result"]["rows"]]
    assert len(found) == len(set(found)) == min(size, SIZES[number])
    assert found == [place for place in places if place in set(found)]
    assert "next_uri" not in answer.json()


HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    st.lists(st.sampled_from([each for each in SNIPPETS if each.isprintable()]), max_size=60).map(
        " ".join
    ),
    st.sampled_from(["(", "not (", "a = 1 and ", "- ", "'", '"', "lower("]).map(
        lambda text: text * 5000
    ),
    LASTING.map(lambda term: term.text),
    LASTING.map(lambda term: f"{term.text}; DROP TABLE data; --"),
    LASTING.map(lambda term: f"1 = 1) OR ({term.text}"),
)


@thorough(300)
@given(number=TABLES, option=st.sampled_from(["filters", "sort_by", "columns"]), text=HOSTILE)
def test_any_text_gives_rows_or_is_refused(dune: Dune, number: int, option: str, text: str) -> None:
    """In both formats alike; a refusal is one line of words and nothing of ours is broken."""
    stored = dune.results[number]
    statuses = set()
    for suffix in ("", "/csv"):
        answer = dune.rows(stored, suffix=suffix, limit=3, **{option: text})
        assert answer.status_code in (200, 400), (answer.status_code, answer.text[:300])
        statuses.add(answer.status_code)
        if answer.status_code == 400:
            assert set(answer.json()) == {"error"}
            assert len(answer.json()["error"]) < 1000
            assert "duckdb" not in answer.text.lower()
    assert len(statuses) == 1


# Nothing of these may be in SQL: what a value says, what a name is like, what a number is.
MARKS = ("zqx7", "918273", "deadbeef", "1987")
FAMILIES = [
    ["s", "'zqx7'", "'zqx7 '' OR 1=1 --'", "lower(s)", "coalesce(s, 'zqx7')", "substr(s, 918273)"],
    ["n", '"N"', '"zqx7 ""odd"", --"', "918273", "-918273.5", "918273e-2", "round(n, 2)"],
    ["n", "cast(s as integer)", "cast('918273' as decimal)", "length(s)", "length('zqx7')"],
    ["at", "date '1987-01-01'", "'1987-01-01 10:00'", "today", "date_trunc('month', at)"],
    ["b", "0xdeadbeef", "'0xdeadbeef'"],
]
TERMS = [
    *(term for family in FAMILIES for term in family),
    *("nothing_zqx7", "true", "null", "round(n, 918273)", "date_trunc('zqx7', at)", "zqx7(s)"),
]
SIGNS = [
    *("=", "!=", "<", ">=", "like", "ilike", "not like", "in (", ", ", ")", "(", "and", "or"),
    *("not", "between", "is null", "is not true", "escape 'z'", "escape 'zqx7'", "desc", "--"),
    *("nulls first", "; DROP TABLE zqx7", "::zqx7", "/* zqx7 */", "$918273", "?", "|| 'zqx7'"),
]
COLUMNS: list[Column] = [
    stored("s", "VARCHAR"),
    stored("n", "INTEGER"),
    stored('zqx7 "odd", --', "DOUBLE"),
    stored("at", "TIMESTAMP"),
    stored("b", "BLOB"),
]


@st.composite
def phrases(draw: st.DrawFn) -> str:
    """Draw pieces of the language: most often in an order in which it takes them."""
    if draw(st.integers(0, 3)) == 0:
        return " ".join(draw(st.lists(st.sampled_from([*TERMS, *SIGNS]), max_size=8)))
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        family = st.sampled_from(draw(st.sampled_from(FAMILIES)))
        one, two, three = draw(family), draw(family), draw(family)
        sign = draw(st.sampled_from(SIGNS[:5]))
        shapes = [f"{one} {sign} {two}", f"{one} in ({two}, {three})"]
        shapes.append(f"({one} is null or {one} between {two} and {three})")
        shapes.append("s like 'zqx7%' escape 'z'")
        parts.append(draw(st.sampled_from(shapes)))
    return draw(st.sampled_from([" and ", " or not "])).join(parts)


@thorough(600)
@given(
    filters=phrases(),
    sort=st.one_of(
        st.just(""), st.sampled_from(["lower(s) desc", '"zqx7 ""odd"", --", n']), phrases()
    ),
    data=st.data(),
)
def test_no_text_of_a_caller_is_in_the_sql(filters: str, sort: str, data: st.DataObject) -> None:
    """The names of columns are, in quotes; everything else is a numbered parameter."""
    columns = data.draw(st.sampled_from(["", "s,n", 'zqx7 "odd", --,s', '"zqx7 \\"odd\\", --"']))
    args = {"filters": (filters,), "sort_by": (sort,), "columns": (columns,), "limit": ("3",)}
    known = [column.name for column in COLUMNS]
    try:
        inbound = Inbound(method="GET", path="/", args=args)
        ask = parse_options(inbound, known)
        window = check_window(ask, COLUMNS, now=datetime(2026, 1, 1, tzinfo=UTC))
        values = Values()
        sql = WindowSql(Source("data", ()), window, values).page("*")
    except InvalidRequest:
        return
    for column in known:
        sql = sql.replace(name(column), "")
    assert not [mark for mark in MARKS if mark in sql.lower()], sql
    assert ";" not in sql
    assert "--" not in sql
    assert {int(each) for each in re.findall(r"\$(\d+)", sql)} == set(
        range(1, len(values.bound or []) + 1)
    )
