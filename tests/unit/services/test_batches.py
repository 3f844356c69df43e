"""Batches: begun whole, watched by their holder, cancelled."""

import pytest
from tests.support.services import AUTHORS, Stage

from standpipe.core.batches import Batch
from standpipe.core.errors import NotFound, Unavailable
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.ids import DashboardId
from standpipe.core.queries import Query
from standpipe.services.batches import Batches
from standpipe.services.jobs import PreparedJob
from standpipe.services.submit import QueryAsk

BOARD = DashboardId(4)


@pytest.fixture
def batches(stage: Stage) -> Batches:
    """The service over the stage's store."""
    return Batches(stage.store, jobs=stage.jobs, clock=stage.clock)


def prepared(stage: Stage, *queries: Query) -> tuple[PreparedJob, ...]:
    """Prepare jobs of the author."""
    return tuple(
        stage.jobs.prepare(stage.author, QueryAsk(query_id=query.id, values={}))
        for query in queries
    )


def test_what_is_stored_is_not_run_again(stage: Stage, batches: Batches) -> None:
    """Only the rest is begun, and each run once."""
    stored, other = stage.save("select 1", cache_seconds=3600), stage.save("select 2")
    stage.finish(stage.jobs.begin(stage.author, prepared(stage, stored)[0]))
    jobs = prepared(stage, stored, other, other)
    batch = batches.begin(stage.author, jobs, dashboard_id=BOARD)
    assert [job.query_id for job in batch.submissions] == [other.id]
    stage.finish(batch.submissions[0])
    assert batches.get(stage.author, batch.id).state is ExecutionState.SUCCEEDED
    assert batches.begin(stage.author, prepared(stage, stored)).state is ExecutionState.SUCCEEDED


def test_a_batch_begins_whole_or_not_at_all(
    stage: Stage, batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run is left of one that could not be stored."""

    def refuse(_: Batch) -> Batch:
        raise Unavailable

    jobs = prepared(stage, stage.save("select 1"), stage.save("select 2"))
    monkeypatch.setattr(stage.store, "add_batch", refuse)
    with pytest.raises(Unavailable):
        batches.begin(stage.author, jobs)
    assert sum(stage.store.count_states().values()) == 0


def test_batches_are_for_their_holder(stage: Stage, batches: Batches) -> None:
    """To everybody else they are not there."""
    batch = batches.begin(stage.author, prepared(stage, stage.save("select 1")))
    other = stage.other(AUTHORS)
    for look in (batches.find_job, batches.cancel_job):
        with pytest.raises(NotFound) as hidden:
            look(other, batch.number)
        with pytest.raises(NotFound) as missing:
            look(other, batch.number + 1)
        assert hidden.value.message == f"There is no job {batch.number}."
        assert missing.value.message == f"There is no job {batch.number + 1}."
    found = batches.find_job(stage.author, batch.number)
    assert isinstance(found, Batch)
    assert found.id == batch.id


def test_jobs_of_both_kinds_are_found_by_number(stage: Stage, batches: Batches) -> None:
    """And cancelled, more than once."""
    batch = batches.begin(stage.author, prepared(stage, stage.save("select 1")))
    (job,) = batch.submissions
    assert isinstance(batches.find_job(stage.author, job.id), Submission)
    for _ in range(2):
        assert batches.cancel_job(stage.author, batch.number).state is ExecutionState.CANCELLED
    assert batches.cancel_job(stage.author, job.id).state is ExecutionState.CANCELLED
