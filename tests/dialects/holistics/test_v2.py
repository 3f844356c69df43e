"""Golden pairs of the Holistics API v2, all but its data sets: golden_v2/*.json.

The shapes are those of Holistics' own document (compat/holistics.md 2c, 3.7, 3.11).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.golden import Stage, differences, pairs_of, unasked
from tests.support.seeded import number, seed

from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.dialects.holistics.v2.routes import ROOM
from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.acceptance

HERE = Path(__file__).parent
PAIRS = pairs_of(HERE / "golden_v2")
DAYS = Parameter(
    name="days",
    kind=ParameterKind.DATE_RANGE,
    default={"start": "2026-01-01", "end": "2026-01-03"},
)
REPORTS = {
    "sum": ("SELECT {{ a }} + 1 AS b", (number("a", 1),)),
    "days": ("SELECT {{ days.start }} AS first, {{ days.end }} AS last", (DAYS,)),
    "failing": "SELECT * FROM nowhere",
}


def add_board(server: RunningServer, key: str, name: str, queries: list[int]) -> dict[str, str]:
    """Make a dashboard with a text and these queries; return its numbers by name."""
    headers = {"Authorization": f"Key {key}"}

    def post(path: str, body: Any) -> int:
        answer = server.send("POST", path, json.dumps(body).encode(), headers)
        assert answer.status == 200, answer.body
        return int(answer.json()["id"])

    board = post("/api/dashboards", {"name": name})
    assert post(f"/api/dashboards/{board}", {"is_draft": False, "tags": ["sales"]}) == board
    made = {"board": str(board)}
    for place, query in enumerate(queries):
        shown = {"query_id": query, "type": "TABLE", "name": "Table", "options": {}}
        widget = {"dashboard_id": board, "text": "", "width": 1, "options": {}}
        widget["visualization_id"] = post("/api/visualizations", shown)
        made[f"widget_{place}"] = str(post("/api/widgets", widget))
    text = {"dashboard_id": board, "text": "# Hello", "width": 1, "options": {}}
    made["text"] = str(post("/api/widgets", {**text, "visualization_id": None}))
    return made


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], list[str]]]:
    """What is wrong with each answer, by file and name, after one pass over all of them."""
    home = tmp_path_factory.mktemp("golden") / "home"
    made = seed(home, queries=REPORTS)
    with running(["serve"], home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        stage = Stage(server, made.admin_key, "X-Holistics-Key")
        stage.names |= {name: str(id) for name, id in made.queries.items()}
        shown = [made.queries["sum"], made.queries["days"]]
        stage.names |= add_board(server, made.admin_key, "Sales Board", shown)
        broken = add_board(server, made.admin_key, "Broken", [made.queries["failing"]])
        stage.names["broken"] = broken["board"]
        yield differences(stage, PAIRS)


@pytest.mark.parametrize("place", PAIRS, ids=" ".join)
def test_the_answer_is_the_golden_one(
    place: tuple[str, str], found: dict[tuple[str, str], list[str]]
) -> None:
    """To the key order and the type of each value."""
    assert found[place] == []


def test_every_endpoint_has_a_pair() -> None:
    """Each route of the room is asked for by some pair, of data sets or of all else."""
    assert unasked(ROOM.routes, PAIRS | pairs_of(HERE / "golden_sets")) == []
