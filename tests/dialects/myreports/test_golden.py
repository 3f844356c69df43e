"""Golden pairs of the MyReports API: each request in golden/*.json is answered as it is written.

The answers have the shapes of compat/myreports.md (its published samples), with our own values.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.golden import Stage, differences, pairs_of, unasked
from tests.support.seeded import seed

from standpipe.app.house import House, opened
from standpipe.config import Settings
from standpipe.dialects.myreports.routes import ROOM
from standpipe.services.queries import QueryDraft
from standpipe.testing import running

pytestmark = pytest.mark.acceptance

PAIRS = pairs_of(Path(__file__).parent / "golden")
CALLS = """
SELECT * FROM (VALUES
  ('a', 'Ann', TIMESTAMP '2025-09-26 09:00', TIMESTAMP '2025-09-26 09:05', 1, 4.0::DOUBLE, NULL),
  ('b', NULL, TIMESTAMP '2025-09-26 11:00', TIMESTAMP '2025-09-26 11:05', 1, 2.5, 'x'),
  ('c', 'Cleo', TIMESTAMP '2025-09-26 12:00', TIMESTAMP '2025-09-26 12:05', 1, 0.0, NULL),
  ('d', 'Dee', TIMESTAMP '2025-09-26 16:00', TIMESTAMP '2025-09-26 16:05', NULL, 1.0, ''),
  ('e', 'Eve', TIMESTAMP '2025-09-25 23:30', TIMESTAMP '2025-09-25 23:35', 1, 8.0, NULL),
  ('f', 'Flo', TIMESTAMP '2025-09-27 00:00', TIMESTAMP '2025-09-27 00:05', 1, 8.0, NULL)
) AS calls("docId", name, start, "end", ans, ring, note)
"""
SHOWN_AS: dict[str, Any] = {
    "template": "CallList",
    "display": [
        {"field": "name"},
        {"field": "start", "is_mandatory": True},
        {"field": "ans"},
        {"field": "ring"},
        {"field": "note"},
    ],
    "identity": "docId",
    "dates": {"from_column": "start", "to_column": "end", "are_local": True},
    "sort": [{"field": "start", "is_descending": True}],
    "filters": [
        {
            "id": "01941f29-7c00-7000-8000-0000000000aa",
            "name": "Answered",
            "conditions": [{"field": "ans", "operator": "=", "values": [1]}],
        }
    ],
    "time_zone": "Europe/London",
    "row_limit": 3,
}
PLAIN = """
SELECT * FROM (VALUES (1, 1.50, TIMESTAMP '2025-09-26 10:00:00.25'), (2, 2.25, NULL))
AS plain(id, amount, made) ORDER BY id
"""
SLOW = "SELECT sum(a.range * b.range) AS n FROM range(10000000) a, range(10000000) b"
REPORTS: dict[str, tuple[str, dict[str, Any]]] = {
    "Calls": (CALLS, SHOWN_AS),
    "Failing": ("SELECT * FROM nowhere", {}),
    "Plain": (PLAIN, {}),
    "Slow": (SLOW, {}),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], list[str]]]:
    """What is wrong with each answer, by file and name, after one pass over all of them."""
    home = tmp_path_factory.mktemp("golden") / "home"
    made = seed(home)
    with opened(Settings(home=home, log_level="error"), is_operator=True) as house:
        for title, (sql, settings) in REPORTS.items():
            save(house, title, sql, settings)
    with running(["serve"], home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        yield differences(Stage(server, f"Bearer {made.admin_key}", "Authorization"), PAIRS)


def save(house: House, title: str, sql: str, settings: dict[str, Any]) -> None:
    """Save a report of the administrator."""
    services = house.services
    author = services.accounts.principal(services.accounts.find_user("admin@example.org"))
    (source,) = services.data_sources.visible(author)
    draft = QueryDraft(
        name=title, sql=sql, data_source_id=source.id, report=settings, is_draft=False
    )
    services.queries.create(author, draft)


@pytest.mark.parametrize("place", PAIRS, ids=" ".join)
def test_the_answer_is_the_golden_one(
    place: tuple[str, str], found: dict[tuple[str, str], list[str]]
) -> None:
    """To the key order and the type of each value."""
    assert found[place] == []


def test_every_endpoint_has_a_pair() -> None:
    """Each route of the room is asked for by some pair."""
    described = [route for route in ROOM.routes if route.operation is not None]
    assert unasked(described, PAIRS) == []
