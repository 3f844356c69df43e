"""Contract of the store of batches."""

import pytest
from tests.contracts.house import NOW, House, at, holder, new_result

from standpipe.core.batches import FIRST_BATCH, Batch
from standpipe.core.errors import NotFound
from standpipe.core.executions import ExecutionState
from standpipe.core.ids import BatchId, DashboardId, DataSourceId, new_uid


def new_batch(house: House, *fingerprints: str) -> Batch:
    """A batch of runs of these statements."""
    return Batch(
        id=BatchId(0),
        workspace_id=house.workspace.id,
        holder=holder(1),
        dashboard_id=DashboardId(7),
        submission_uids=tuple(house.enqueue(each).uid for each in fingerprints),
        created_at=NOW,
    )


def test_a_batch_is_found_with_its_runs_as_they_stand(house: House) -> None:
    """In their order."""
    added = house.store.add_batch(new_batch(house, "a", "b"))
    found = house.store.get_batch(added.id)
    assert [each.execution.fingerprint for each in found.submissions] == ["a", "b"]
    assert (found.holder, found.dashboard_id, found.created_at) == (holder(1), 7, NOW)
    assert (found.state, found.started_at, found.ended_at) == (ExecutionState.QUEUED, None, None)
    assert found.number == FIRST_BATCH + added.id
    for _ in range(2):
        claim = house.claim(seconds=1)
        house.store.finish(claim, at(2), ExecutionState.SUCCEEDED, result=new_result())
    found = house.store.get_batch(added.id)
    assert (found.state, found.started_at) == (ExecutionState.SUCCEEDED, at(1))
    assert found.ended_at == at(2)


def test_a_batch_of_nothing_is_over(house: House) -> None:
    """All that it was made for was there, or took no run."""
    draft = Batch(
        id=BatchId(0),
        workspace_id=house.workspace.id,
        holder=holder(1),
        data_source_id=DataSourceId(3),
        created_at=NOW,
    )
    found = house.store.get_batch(house.store.add_batch(draft).id)
    assert found.state is ExecutionState.SUCCEEDED
    assert (found.data_source_id, found.dashboard_id) == (3, None)
    assert (found.started_at, found.ended_at) == (NOW, NOW)


def test_runs_that_were_forgotten_are_over(house: House) -> None:
    """A batch outlives them."""
    draft = new_batch(house, "a")
    uids = (*draft.submission_uids, new_uid(NOW))
    house.store.finish(house.claim(), at(1), ExecutionState.SUCCEEDED, result=new_result())
    added = house.store.add_batch(
        Batch(
            id=BatchId(0),
            workspace_id=house.workspace.id,
            holder=holder(1),
            submission_uids=uids,
            created_at=NOW,
        )
    )
    found = house.store.get_batch(added.id)
    assert found.submission_uids == uids
    assert len(found.submissions) == 1
    assert found.state is ExecutionState.SUCCEEDED


def test_old_batches_are_forgotten(house: House) -> None:
    """The oldest first, as many as are asked for."""
    first, second, third = (house.store.add_batch(new_batch(house)) for _ in range(3))
    assert house.store.delete_batches(NOW, 10) == 0
    assert house.store.delete_batches(at(1), 2) == 2
    for gone in (first, second):
        with pytest.raises(NotFound):
            house.store.get_batch(gone.id)
    assert house.store.get_batch(third.id).id == third.id
    assert house.store.delete_batches(at(1), 2) == 1
