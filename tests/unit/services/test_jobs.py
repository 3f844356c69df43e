"""Jobs: held results, runs, numbers, and who may see what."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.services import AUTHORS, Stage

from standpipe.core.errors import NotFound, ResultExpired
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.principals import Principal
from standpipe.core.queries import Query, Visibility
from standpipe.services.submit import QueryAsk

HOUR = 3600


def begun(
    stage: Stage, query: Query, format: str | None = None, who: Principal | None = None, **how: Any
) -> Submission:
    """Begin a job as the author, or as somebody else."""
    principal = who or stage.author
    ask = QueryAsk(query_id=query.id, values={}, **how)
    return stage.jobs.begin(principal, stage.jobs.prepare(principal, ask, format=format))


def test_within_the_cache_duration_a_job_is_over_from_the_start(stage: Stage) -> None:
    """The first one runs; then rows and each format have one job each, of the same run."""
    query = stage.save("select 1 as a", cache_seconds=HOUR)
    first = begun(stage, query)
    assert first.state is ExecutionState.QUEUED
    result = stage.finish(first)
    csv, again = begun(stage, query, "csv"), begun(stage, query, "csv")
    assert csv.state is ExecutionState.SUCCEEDED
    assert csv.id == again.id
    assert csv.id != first.id
    assert csv.format == "csv"
    assert stage.jobs.result(stage.author, csv) == result
    assert begun(stage, query).id == first.id


def test_after_the_cache_duration_it_runs_again(stage: Stage) -> None:
    """And at once if the caller wants no stored result."""
    query = stage.save("select 1 as a", cache_seconds=HOUR)
    first = begun(stage, query)
    stage.finish(first)
    forced = begun(stage, query, freshness=MUST_RUN)
    assert forced.execution.id != first.execution.id
    stage.finish(forced)
    stage.clock.at += timedelta(seconds=HOUR + 1)
    assert begun(stage, query).state is ExecutionState.QUEUED


def test_without_a_cache_duration_every_job_runs_or_joins(stage: Stage) -> None:
    """Jobs of different formats share a run that is under way, under numbers of their own."""
    query = stage.save("select 1 as a")
    rows, csv, again = begun(stage, query), begun(stage, query, "csv"), begun(stage, query)
    assert rows.execution.id == csv.execution.id
    assert rows.id != csv.id
    assert rows.id == again.id
    stage.finish(rows)
    assert begun(stage, query).execution.id != rows.execution.id


def test_a_run_that_ends_while_a_job_is_prepared_is_enough(stage: Stage) -> None:
    """So that a submit that is repeated at once is the same job, however fast the run was."""
    query = stage.save("select 1 as a", cache_seconds=HOUR)
    first = begun(stage, query)
    late = stage.jobs.prepare(stage.author, QueryAsk(query_id=query.id, values={}))
    stage.finish(first)
    assert stage.jobs.begin(stage.author, late).id == first.id


def test_jobs_are_for_their_holder(stage: Stage) -> None:
    """Others find nothing, neither by number nor in their list, and cancel nothing."""
    other = stage.other(AUTHORS)
    query = stage.save("select 1 as a", cache_seconds=HOUR)
    mine, theirs = begun(stage, query), begun(stage, query, who=other)
    assert mine.id != theirs.id
    assert [job.id for job in stage.jobs.find(other, 10)] == [theirs.id]
    for forbidden in (stage.jobs.get, stage.jobs.cancel):
        with pytest.raises(NotFound):
            forbidden(other, mine.id)
    stage.jobs.cancel(stage.author, mine.id)
    assert stage.jobs.get(other, theirs.id).state is ExecutionState.QUEUED


def test_the_rows_of_a_job_follow_the_rights_of_today(stage: Stage) -> None:
    """A query that became private takes its results with it."""
    other = stage.other(AUTHORS)
    query = stage.save("select 1 as a")
    job = begun(stage, query, who=other)
    stage.finish(job)
    stage.edit(query, visibility=Visibility.PRIVATE)
    with pytest.raises(NotFound):
        stage.jobs.result(other, stage.jobs.get(other, job.id))


def test_a_job_that_is_not_over_has_no_result(stage: Stage) -> None:
    """And an archived query takes no new ones."""
    query = stage.save("select 1 as a")
    with pytest.raises(ResultExpired):
        stage.jobs.result(stage.author, begun(stage, query))
    stage.queries.archive(stage.author, query.id)
    with pytest.raises(NotFound):
        begun(stage, query)
