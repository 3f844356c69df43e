"""What a query has given before."""

from dataclasses import replace
from typing import Any

import pytest
from tests.contracts.house import NOW, at
from tests.support.services import NOBODIES, VIEWERS, Stage

from standpipe.core.errors import NotAllowed, NotFound, ResultNotCached
from standpipe.core.executions import Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import QueryId
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.queries import Query, Visibility
from standpipe.core.results import Result
from standpipe.services.history import BATCH
from standpipe.services.submit import QueryAsk

NUMBER = Parameter(name="n", kind=ParameterKind.NUMBER, default=1)
TODAY = Parameter(name="day", kind=ParameterKind.DATE, default="d_now")
A_DAY = 86_400


def run(stage: Stage, query: Query, **values: Any) -> Result:
    """Run a query to its end, a second after whatever was before."""
    stage.clock.pass_seconds(1)
    ask = QueryAsk(query_id=query.id, values=values, freshness=MUST_RUN)
    asked = stage.submit.query(stage.author, ask)
    assert isinstance(asked, Submission)
    return stage.finish(asked)


def test_results_come_newest_first_in_pages(stage: Stage) -> None:
    """Of all values and texts that the query has had."""
    query = stage.save("select {{ n }}", NUMBER)
    made = [run(stage, query), run(stage, query, n=2)]
    stage.edit(query, sql="select {{ n }} + 1")
    made.append(run(stage, query))
    run(stage, stage.save("select 2"))
    of_query = stage.history.of_query
    assert of_query(stage.author, query.id, limit=9) == tuple(reversed(made))
    assert of_query(stage.author, query.id, limit=1) == (made[2],)
    assert of_query(stage.author, query.id, limit=9, before=made[2].id) == (made[1], made[0])


def test_a_twins_result_stays_in_the_history(stage: Stage) -> None:
    """It answered the query's default run then, and the query has been edited since."""
    query, twin = stage.save("select 1"), stage.save("select 1")
    shared = run(stage, twin)
    stage.edit(query, sql="select 2")
    assert stage.history.of_query(stage.author, query.id, limit=9) == (shared,)
    assert stage.history.as_of(stage.author, query.id, at(1)).result == shared
    assert stage.history.of_query(stage.key_of(query), query.id, limit=9) == ()


def test_a_query_key_sees_the_results_of_the_text_of_today(stage: Stage) -> None:
    """However many there are of earlier texts."""
    query = stage.save("select {{ n }}", NUMBER)
    first = run(stage, query)
    stage.edit(query, sql="select {{ n }} + 1")
    for number in range(BATCH + 1):
        run(stage, query, n=number)
    stage.edit(query, sql="select {{ n }}")
    newest = run(stage, query, n=2)
    key = stage.key_of(query)
    assert stage.history.of_query(key, query.id, limit=9) == (newest, first)
    assert len(stage.history.of_query(stage.author, query.id, limit=999)) == BATCH + 3


def test_results_of_an_earlier_source_stay_there(stage: Stage) -> None:
    """Whoever may use today's data source need not reach into the other one."""
    query = stage.save("select 1")
    run(stage, query)
    elsewhere = stage.add_source("elsewhere")
    stage.edit(query, data_source_id=elsewhere.id)
    newest = run(stage, query)
    assert stage.history.of_query(stage.author, query.id, limit=9) == (newest,)


def test_a_time_has_the_result_that_was_the_latest_then(stage: Stage) -> None:
    """Of the run with default values, whatever the text was."""
    query = stage.save("select {{ n }}", NUMBER)
    first = run(stage, query)
    run(stage, query, n=2)
    stage.edit(query, sql="select {{ n }} + 1")
    last = run(stage, query)
    as_of = stage.history.as_of
    assert as_of(stage.author, query.id, at(1)).result == first
    assert as_of(stage.author, query.id, at(2.9)).result == first
    assert as_of(stage.author, query.id, at(3)).result == last
    with pytest.raises(ResultNotCached):
        as_of(stage.author, query.id, NOW)


def test_a_report_over_today_has_a_past(stage: Stage) -> None:
    """Each day's result belongs to its day."""
    query = stage.save("select {{ day }}", TODAY)
    monday = run(stage, query)
    stage.clock.pass_seconds(A_DAY)
    tuesday = run(stage, query)
    assert stage.history.as_of(stage.author, query.id, at(A_DAY)).result == monday
    assert stage.history.as_of(stage.author, query.id, at(2 * A_DAY)).result == tuesday


def test_a_query_key_has_no_past_before_the_text_of_today(stage: Stage) -> None:
    """Its reach ends where the text was another one."""
    query = stage.save("select 1")
    run(stage, query)
    stage.edit(query, sql="select 2")
    newest = run(stage, query)
    key = stage.key_of(query)
    assert stage.history.as_of(key, query.id, at(2)).result == newest
    with pytest.raises(ResultNotCached):
        stage.history.as_of(key, query.id, at(1))


def test_rights_are_those_of_the_query(stage: Stage) -> None:
    """Viewers of its source see its past; others do not, nor know of a private query."""
    query = stage.save("select 1")
    result = run(stage, query)
    viewer, nobody = stage.other(VIEWERS), stage.other(NOBODIES)
    assert stage.history.of_query(viewer, query.id, limit=1) == (result,)
    with pytest.raises(NotAllowed):
        stage.history.of_query(nobody, query.id, limit=1)
    with pytest.raises(NotAllowed):
        stage.history.as_of(nobody, query.id, at(9))
    key = stage.key_of(stage.save("select 2"))
    stage.edit(query, visibility=Visibility.PRIVATE)
    for stranger in (viewer, key):
        with pytest.raises(NotFound):
            stage.history.of_query(stranger, query.id, limit=1)
        with pytest.raises(NotFound):
            stage.history.as_of(stranger, query.id, at(9))


def test_an_unknown_query_has_no_history(stage: Stage) -> None:
    """It is not found, also by administrators."""
    admin = replace(stage.author, permissions=frozenset({"admin"}))
    with pytest.raises(NotFound):
        stage.history.of_query(admin, QueryId(99), limit=1)
