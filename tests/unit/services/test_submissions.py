"""Where a submission stands in the queue, and why it has no result."""

import pytest
from tests.support.services import Stage

from standpipe.core.errors import (
    ExecutionCancelled,
    ExecutionExpired,
    ExecutionFailed,
    ExecutionLost,
    FieldInvalid,
    MemoryExceeded,
    ResultTooLarge,
    SourceFailed,
    SourceTimedOut,
    StandpipeError,
    StatementRefused,
    Unavailable,
)
from standpipe.core.executions import ExecutionState, Submission
from standpipe.services.submit import QueryAsk


@pytest.fixture
def asked(stage: Stage) -> Submission:
    """A run that waits."""
    ask = QueryAsk(query_id=stage.save("select 1").id, values={})
    found = stage.submit.query(stage.author, ask)
    assert isinstance(found, Submission)
    return found


def again(stage: Stage, submission: Submission) -> Submission:
    """How the submission stands now."""
    return stage.submissions.get(stage.author, submission.uid)


def test_a_place_in_the_queue_counts_from_one(stage: Stage, asked: Submission) -> None:
    """Runs before it move it back; when it runs it has none."""
    assert stage.submissions.queue_position(asked) == 1
    first = stage.enqueue("urgent", priority=1)
    assert stage.submissions.queue_position(asked) == 2
    stage.store.claim("w", stage.clock.now(), 60.0, first.execution.id)
    assert stage.submissions.queue_position(asked) == 1
    stage.store.claim("w", stage.clock.now(), 60.0)
    assert stage.submissions.queue_position(asked) is None


def test_what_its_holder_cancelled_has_no_place(stage: Stage, asked: Submission) -> None:
    """Although the run waits for somebody else."""
    other = stage.store.enqueue(
        stage.request(asked.execution.fingerprint), stage.other().holder, stage.clock.now()
    )
    cancelled = stage.submissions.cancel(stage.author, asked.uid)
    assert cancelled.execution.state is ExecutionState.QUEUED
    assert stage.submissions.queue_position(cancelled) is None
    assert isinstance(stage.submissions.error_of(cancelled), ExecutionCancelled)
    assert stage.submissions.error_of(other) is None


@pytest.mark.parametrize(
    "error",
    [
        SourceFailed("The table is gone.", detail="It was here.", hint="Look."),
        StatementRefused("No."),
        SourceTimedOut("The run exceeded its time limit of 5 s."),
        MemoryExceeded("The run exceeded its memory limit of 5 MiB."),
        ResultTooLarge("Too large."),
        ExecutionLost("The worker died."),
        Unavailable("No engine process can be started."),
        ExecutionFailed("Something else."),
    ],
)
def test_a_failure_comes_back_as_it_was(
    stage: Stage, asked: Submission, error: StandpipeError
) -> None:
    """Its class, and all its words."""
    stage.fail(asked, error)
    found = stage.submissions.error_of(again(stage, asked))
    assert found is not None
    assert (type(found), found.code, str(found)) == (type(error), error.code, str(error))


def test_other_failures_are_failed_runs(stage: Stage, asked: Submission) -> None:
    """An error whose class says something about a request says nothing about this one."""
    stage.fail(asked, FieldInvalid("The source has an odd setting."))
    found = stage.submissions.error_of(again(stage, asked))
    assert type(found) is ExecutionFailed
    assert str(found) == "The source has an odd setting."


def test_a_run_that_waited_too_long_says_so(stage: Stage, asked: Submission) -> None:
    """It may be tried again."""
    stage.clock.pass_seconds(60)
    stage.store.expire_queued(stage.clock.now(), stage.clock.now())
    found = stage.submissions.error_of(again(stage, asked))
    assert type(found) is ExecutionExpired
    assert found.retryable


def test_what_is_under_way_or_succeeded_has_no_error(stage: Stage, asked: Submission) -> None:
    """Neither before, nor while, nor after it ran."""
    assert stage.submissions.error_of(asked) is None
    stage.finish(asked)
    assert stage.submissions.error_of(again(stage, asked)) is None
