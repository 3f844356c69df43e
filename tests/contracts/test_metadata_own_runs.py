"""Contract of the queue for callers who may read the results of one query only."""

from typing import Any

import pytest
from tests.contracts.house import NOW, House, at

from standpipe.core.executions import ExecutionState, Holder, Submission
from standpipe.core.ids import DataSourceId, KeyId, QueryId

FIRST = {"query_id": QueryId(1), "query_revision": 1}
SECOND = {"query_id": QueryId(2), "query_revision": 1}
EDITED = {"query_id": QueryId(1), "query_revision": 2}


def key_asks(house: House, key: int = 1, **changes: Any) -> Submission:
    """Enqueue for a query key, which joins nothing but runs of its query."""
    request = house.request("f", joins_others=False, **changes)
    return house.store.enqueue(request, Holder(key_id=KeyId(key)), NOW)


@pytest.mark.parametrize("other", [SECOND, EDITED])
@pytest.mark.parametrize("is_running", [False, True])
def test_a_key_never_joins_the_run_of_another_query(
    house: House, other: dict[str, Any], *, is_running: bool
) -> None:
    """Nor one of another revision, queued or running: it could not read the result."""
    twin = house.enqueue(**other).execution.id
    if is_running:
        house.claim()
    own = key_asks(house, **FIRST).execution
    assert own.id != twin
    assert own.query_id == FIRST["query_id"]


@pytest.mark.parametrize("is_running", [False, True])
def test_a_key_joins_the_runs_of_its_query(house: House, *, is_running: bool) -> None:
    """Whoever asked for them, and whether they wait or run."""
    first = house.enqueue(**FIRST).execution.id
    if is_running:
        house.claim()
    assert key_asks(house, **FIRST).execution.id == first


def test_two_keys_share_their_own_run_beside_a_twin(house: House) -> None:
    """While the twin waits, while it runs, and while their own one runs."""
    house.enqueue(**SECOND)
    own = key_asks(house, 1, **FIRST)
    assert key_asks(house, 2, **FIRST).execution.id == own.execution.id
    assert key_asks(house, 1, **FIRST).uid == own.uid
    house.claim()
    assert key_asks(house, 3, **FIRST).execution.id == own.execution.id
    assert house.claim("w2").execution.id == own.execution.id
    assert key_asks(house, 4, **FIRST).execution.id == own.execution.id


def test_a_user_joins_what_a_key_asked_for_first(house: House) -> None:
    """He may read the results of both queries."""
    own = key_asks(house, **FIRST).execution.id
    assert house.enqueue(**SECOND).execution.id == own


def test_a_run_of_its_own_is_only_joined_by_its_query(house: House) -> None:
    """What stands beside a twin is not found by others; they share the twin."""
    twin = house.enqueue(**SECOND).execution.id
    own = key_asks(house, **FIRST).execution.id
    assert house.enqueue(user=3, **SECOND).execution.id == twin
    assert key_asks(house, 9, **SECOND).execution.id == twin
    assert own != twin


def test_a_lost_run_of_its_own_waits_beside_its_twin_again(house: House) -> None:
    """Recovering it breaks no rule of the queue, and both are still carried out."""
    house.enqueue(**SECOND)
    key_asks(house, **FIRST)
    ids = {house.claim(worker).execution.id for worker in ("w1", "w2")}
    assert len(house.store.recover(at(60), max_attempts=3)) == 2
    assert {house.claim(seconds=61).execution.id for _ in range(2)} == ids


def test_a_run_under_way_is_known_by_its_fingerprint(house: House) -> None:
    """From the moment it waits until it ends or shall stop; in its own data source only."""

    def is_known() -> bool:
        return house.store.is_under_way(house.source.id, "f")

    assert not is_known()
    asked = house.enqueue()
    assert is_known()
    assert not house.store.is_under_way(DataSourceId(99), "f")
    assert not house.store.is_under_way(house.source.id, "g")
    claim = house.claim()
    assert is_known()
    house.store.cancel_submission(asked.uid, NOW)
    assert not is_known()
    house.store.finish(claim, NOW, ExecutionState.CANCELLED)
    house.add_result()
    assert not is_known()


def test_places_in_the_queue_are_those_of_the_claims(house: House) -> None:
    """By priority, then age; what runs or is over has none."""
    low, old, young, high = (
        house.enqueue(name, priority=priority).execution.id
        for name, priority in (("a", -1), ("b", 0), ("c", 0), ("d", 5))
    )
    order = [high, old, young, low]
    assert [house.store.find_queue_position(id) for id in order] == [1, 2, 3, 4]
    assert house.claim().execution.id == high
    assert [house.store.find_queue_position(id) for id in order] == [None, 1, 2, 3]
