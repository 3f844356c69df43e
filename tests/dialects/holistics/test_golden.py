"""Golden pairs of the Holistics API: each request in golden/*.json is answered as it is written.

The answers are those of compat/holistics.md (its recordings and samples), with our own values.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.golden import Stage, differences, pairs_of, unasked
from tests.support.native import Native
from tests.support.seeded import seed

from standpipe.dialects.holistics.routes import ROOM
from standpipe.testing import running

pytestmark = pytest.mark.acceptance

PAIRS = pairs_of(Path(__file__).parent / "golden")
SALES = """
SELECT * FROM (VALUES
  (1, 'lemlist', 37649178.98, DATE '2026-02-01', TIMESTAMP '2017-09-13 07:28:19.664131', true),
  (2, NULL, 2148558.35, DATE '2026-02-01', TIMESTAMP '2017-09-13 07:28:19', false),
  (3, '', 0.10, DATE '2026-02-02', NULL, NULL)
) AS sales(n, product, price, day, made, ok) ORDER BY n
"""
REPORTS = {
    "sales": ("Sales: Report", SALES),
    "large": ("Large", "SELECT range AS n FROM range(10001)"),
    "failing": ("Failing", "SELECT * FROM nowhere"),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], list[str]]]:
    """What is wrong with each answer, by file and name, after one pass over all of them."""
    home = tmp_path_factory.mktemp("golden") / "home"
    made = seed(home)
    with running(["serve"], home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        native = Native(server, made.admin_key)
        stage = Stage(server, made.admin_key, "X-Holistics-Key")
        for name, (title, sql) in REPORTS.items():
            report = {"name": title, "sql": sql, "data_source_id": made.source_id}
            saved = native.post("/v1/queries", {**report, "freshness": {"max_age": 3600}})
            stage.names[name] = str(saved.json()["id"])
        view = {"name": "result_sales", "query_id": int(stage.names["sales"])}
        made_view = server.send(
            "POST",
            "/api/v1/materialized-views",
            json.dumps(view).encode(),
            {"X-Dune-API-Key": made.admin_key},
        )
        assert made_view.status == 200, made_view.body
        yield differences(stage, PAIRS)


@pytest.mark.parametrize("place", PAIRS, ids=" ".join)
def test_the_answer_is_the_golden_one(
    place: tuple[str, str], found: dict[tuple[str, str], list[str]]
) -> None:
    """To the key order and the type of each value."""
    assert found[place] == []


def test_every_endpoint_has_a_pair() -> None:
    """Each route of the room is asked for by some pair."""
    assert unasked(ROOM.routes, PAIRS) == []
