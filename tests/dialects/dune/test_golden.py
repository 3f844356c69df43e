"""Golden pairs of the Dune API: each request in golden/*.json is answered as it is written there.

The answers are those of compat/dune.md (its samples and tables), with our own values where Dune's
were its own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.golden import Stage, differences, pairs_of, unasked
from tests.support.seeded import seed

from standpipe.dialects.dune.routes import ROOM
from standpipe.testing import running

pytestmark = pytest.mark.acceptance

PAIRS = pairs_of(Path(__file__).parent / "golden")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], list[str]]]:
    """What is wrong with each answer, by file and name, after one pass over all of them."""
    home = tmp_path_factory.mktemp("golden") / "home"
    made = seed(home)
    with running(["serve"], home, environment={"STANDPIPE_LOG_LEVEL": "error"}) as server:
        yield differences(Stage(server, made.admin_key, "X-Dune-API-Key"), PAIRS)


@pytest.mark.parametrize("place", PAIRS, ids=" ".join)
def test_the_answer_is_the_golden_one(
    place: tuple[str, str], found: dict[tuple[str, str], list[str]]
) -> None:
    """To the key order and the type of each value."""
    assert found[place] == []


def test_every_endpoint_has_a_pair() -> None:
    """Each route of the room is asked for by some pair."""
    routes = [route for route in ROOM.routes if route.path.startswith("/api/v1/")]
    assert unasked(routes, PAIRS) == []
