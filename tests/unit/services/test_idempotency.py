"""A repeated request is carried out once."""

import threading
from typing import NoReturn

import pytest
from tests.contracts.house import holder
from tests.support.services import Stage

from standpipe.core.errors import FieldInvalid, IdempotencyMismatch, SourceFailed
from standpipe.core.executions import ExecutionState
from standpipe.core.ids import Uid
from standpipe.services.idempotency import KEPT


def enqueue(stage: Stage) -> Uid:
    """Queue a run that nobody joins."""
    number = stage.store.count_states()[ExecutionState.QUEUED]
    request = stage.request(f"run {number}")
    return stage.store.enqueue(request, holder(1), stage.clock.now()).uid


def once(stage: Stage, key: str = "k", digest: str = "d") -> Uid:
    """Queue a run once for this key."""
    return stage.idempotency.once(stage.author, key, digest, lambda: enqueue(stage))


def queued(stage: Stage) -> int:
    """How many runs wait."""
    return stage.store.count_states()[ExecutionState.QUEUED]


def test_a_key_leads_to_the_same_thing_again(stage: Stage) -> None:
    """And another key to another one."""
    first = once(stage)
    assert once(stage) == first
    assert once(stage, "other") != first
    assert queued(stage) == 2


def test_a_key_is_for_one_request(stage: Stage) -> None:
    """With another one it is an error, and nothing is done."""
    once(stage)
    with pytest.raises(IdempotencyMismatch, match="'k'"):
        once(stage, digest="another")
    assert queued(stage) == 1


def test_a_key_is_its_holders(stage: Stage) -> None:
    """Users and query keys do not meet on a key."""
    first = once(stage)
    query_key = stage.key_of(stage.save("select 1"))
    for somebody in (stage.other(), query_key):
        made = stage.idempotency.once(somebody, "k", "other", lambda: enqueue(stage))
        assert made != first


def test_a_key_is_forgotten_after_a_day(stage: Stage) -> None:
    """It may then be used for something else."""
    first = once(stage)
    stage.clock.pass_seconds(KEPT.total_seconds())
    assert once(stage) == first
    stage.clock.pass_seconds(0.000001)
    second = once(stage, digest="another")
    assert second != first
    assert once(stage, digest="another") == second


def test_what_fails_may_be_tried_again(stage: Stage) -> None:
    """An error is not remembered, and what was half done is undone."""

    def fail_late() -> NoReturn:
        enqueue(stage)
        raise SourceFailed

    with pytest.raises(SourceFailed):
        stage.idempotency.once(stage.author, "k", "d", fail_late)
    assert queued(stage) == 0
    once(stage, digest="another")
    assert queued(stage) == 1


def test_requests_at_the_same_time_get_the_same_thing(stage: Stage) -> None:
    """The second one waits for the first."""
    made: list[Uid] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        made.append(once(stage))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    assert queued(stage) == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\nb", "schlüssel", "\x00"])
def test_odd_keys_are_refused(stage: Stage, key: str) -> None:
    """Only printable ASCII of a sensible length is a key."""
    with pytest.raises(FieldInvalid, match="idempotency key"):
        once(stage, key)
    assert queued(stage) == 0
