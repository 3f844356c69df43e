"""The latest run of a query, over a real store whose runs end when a test says so."""

from typing import Any

import pytest
from tests.support.services import Stage

from standpipe.core.errors import ResultNotCached
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.services.latest import Latest
from standpipe.services.submit import Prepared, QueryAsk


@pytest.fixture
def latest(stage: Stage) -> Latest:
    """The service."""
    return Latest(stage.store, submissions=stage.submissions, binding=stage.binding)


def start(stage: Stage, query_id: Any) -> Submission:
    """Ask for a run of a query."""
    ask = QueryAsk(query_id=query_id, values={}, freshness=MUST_RUN)
    prepared = stage.submit.prepare_query(stage.author, ask)
    assert isinstance(prepared, Prepared)
    return stage.submit.enqueue(prepared)


def test_a_query_that_never_ran_has_none(stage: Stage, latest: Latest) -> None:
    """Whatever other queries with the same text have."""
    first, second = stage.save("select 1 as n"), stage.save("select 1 as n")
    result = stage.finish(start(stage, first.id))
    assert latest.of_query(stage.author, first.id, None).result == result
    with pytest.raises(ResultNotCached):
        latest.of_query(stage.author, second.id, None)


def test_a_run_that_ends_while_it_is_looked_for_has_its_rows(
    stage: Stage, latest: Latest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is never a success without a result: that would be one whose rows are gone."""
    query = stage.save("select 1 as n")
    submission = start(stage, query.id)
    look = stage.store.find_newest_execution

    def end_and_look(*asked: Any) -> Any:
        stage.finish(submission)
        return look(*asked)

    monkeypatch.setattr(stage.store, "find_newest_execution", end_and_look)
    run = latest.of_query(stage.author, query.id, None)
    assert run.state is ExecutionState.SUCCEEDED
    assert run.result is not None
