"""One question that is always answered with data that are fresh enough."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.services import NOBODIES, VIEWERS, Stage

from standpipe.core.errors import (
    ExecutionCancelled,
    NotAllowed,
    NotFound,
    ParameterInvalid,
    ParameterMissing,
    ResultExpired,
    SourceFailed,
    SourceMissing,
    SourcePaused,
)
from standpipe.core.executions import ExecutionState
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.principals import Principal
from standpipe.core.queries import Query, Visibility
from standpipe.core.results import Result
from standpipe.services.live import Answered, Awaited, LiveAsk, Served

NUMBER = Parameter(name="n", kind=ParameterKind.NUMBER, default=1)
TODAY = Parameter(name="day", kind=ParameterKind.DATE, default="d_now")
FAILURE = SourceFailed("The table is gone.")


@pytest.fixture
def query(stage: Stage) -> Query:
    """A query with a parameter and no policy of its own."""
    return stage.save("select {{ n }}", NUMBER)


def asked(query: Query, **how: Any) -> LiveAsk:
    """Ask for the query's default run."""
    return LiveAsk(query_id=query.id, **how)


def awaited(stage: Stage, ask: LiveAsk, who: Principal | None = None) -> Awaited:
    """Ask, where a run has to be waited for."""
    found = stage.live.ask(who or stage.author, ask)
    assert isinstance(found, Awaited)
    return found


def answered(stage: Stage, ask: LiveAsk, who: Principal | None = None) -> Answered:
    """Ask, where there is an answer at once."""
    found = stage.live.ask(who or stage.author, ask)
    assert isinstance(found, Answered)
    return found


def stored(stage: Stage, ask: LiveAsk, *, seconds_ago: float = 0.0) -> Result:
    """Let a result of this question be made some time ago."""
    result = stage.finish(awaited(stage, ask).submission)
    stage.clock.pass_seconds(seconds_ago)
    return result


def test_without_a_result_a_run_is_made(stage: Stage, query: Query) -> None:
    """Looking finds nothing and changes nothing; asking queues a run and then waits for it."""
    ask = asked(query)
    assert stage.live.look(stage.author, ask) is None
    assert stage.store.count_states()[ExecutionState.QUEUED] == 0
    waiting = awaited(stage, ask)
    assert stage.live.settle(stage.author, ask, waiting) is None
    result = stage.finish(waiting.submission)
    expected = Answered(
        query=stage.store.get_query(query.id),
        result=result,
        how=Served.MISS,
        age_seconds=0.0,
        ttl_seconds=None,
    )
    assert stage.live.settle(stage.author, ask, waiting) == expected
    assert stage.live.look(stage.author, ask) == replace(expected, how=Served.HIT)


def test_values_have_results_of_their_own(stage: Stage, query: Query) -> None:
    """Numbers and their texts are the same; another number is another question."""
    result = stored(stage, asked(query, values={"n": 5}))
    for value in (5, "5"):
        found = stage.live.look(stage.author, asked(query, values={"n": value}))
        assert found is not None
        assert found.result == result
    assert stage.live.look(stage.author, asked(query, values={"n": 6})) is None


def test_age_decides(stage: Stage, query: Query) -> None:
    """A result of the age that is allowed will do, with what is left of it; an older one not."""
    stored(stage, asked(query), seconds_ago=40)
    found = stage.live.look(stage.author, asked(query, max_age_seconds=60))
    assert found is not None
    assert (found.how, found.age_seconds, found.ttl_seconds) == (Served.HIT, 40, 20)
    assert stage.live.look(stage.author, asked(query, max_age_seconds=39)) is None


def test_the_query_says_how_old_unless_the_question_does(stage: Stage) -> None:
    """What neither of them says is any age."""
    query = stage.save("select 1", cache_seconds=60)
    stored(stage, asked(query), seconds_ago=100)
    assert stage.live.look(stage.author, asked(query)) is None
    assert stage.live.look(stage.author, asked(query, max_age_seconds=100)) is not None
    assert stage.live.look(stage.author, asked(query, max_age_seconds=float("inf"))) is not None
    stage.edit(query, cache_seconds=None)
    found = stage.live.look(stage.author, asked(query))
    assert found is not None
    assert found.ttl_seconds is None


def test_age_zero_is_a_run_that_starts_from_now_on(stage: Stage, query: Query) -> None:
    """It joins a queued run and never a running one, whatever is stored."""
    stored(stage, asked(query))
    ask = asked(query, max_age_seconds=0)
    assert stage.live.look(stage.author, ask) is None
    first = awaited(stage, ask).submission
    assert awaited(stage, ask).submission == first
    stage.store.claim("w", stage.clock.now(), 60.0)
    second = awaited(stage, ask).submission
    assert second.execution.id != first.execution.id


def test_stale_data_are_served_while_new_ones_are_made(stage: Stage) -> None:
    """The run is queued once; while it is under way looking is enough."""
    query = stage.save("select 1", cache_seconds=60, stale_while_revalidate_seconds=30)
    old = stored(stage, asked(query), seconds_ago=90)
    ask = asked(query)
    assert stage.live.look(stage.author, ask) is None
    found = answered(stage, ask)
    assert (found.result, found.how) == (old, Served.STALE)
    assert (found.age_seconds, found.ttl_seconds) == (90, 0)
    assert stage.live.look(stage.author, ask) == found
    assert stage.store.count_states()[ExecutionState.QUEUED] == 1


def test_what_is_too_stale_is_waited_for(stage: Stage) -> None:
    """The question may say so too, and then counts for itself."""
    query = stage.save("select 1", cache_seconds=60, stale_while_revalidate_seconds=30)
    stored(stage, asked(query), seconds_ago=90.5)
    awaited(stage, asked(query))
    wider = asked(query, stale_while_revalidate_seconds=31)
    assert answered(stage, wider).how is Served.STALE
    awaited(stage, asked(query, max_age_seconds=70, stale_while_revalidate_seconds=0))


def test_who_wants_a_new_run_is_given_nothing_stale(stage: Stage) -> None:
    """By the query's own rule; his own word counts."""
    query = stage.save("select 1", cache_seconds=60, stale_while_revalidate_seconds=300)
    stored(stage, asked(query), seconds_ago=1)
    awaited(stage, asked(query, max_age_seconds=0))
    both = asked(query, max_age_seconds=0, stale_while_revalidate_seconds=5)
    assert answered(stage, both).how is Served.STALE


def test_a_failed_run_is_told(stage: Stage, query: Query) -> None:
    """As the error that its source reported."""
    ask = asked(query)
    waiting = awaited(stage, ask)
    stage.fail(waiting.submission, FAILURE)
    with pytest.raises(SourceFailed, match="The table is gone"):
        stage.live.settle(stage.author, ask, waiting)


def test_an_old_result_stands_in_for_a_failed_run(stage: Stage, query: Query) -> None:
    """Up to the age that is allowed for that, and with the reason."""
    old = stored(stage, asked(query), seconds_ago=100)
    ask = asked(query, max_age_seconds=60, stale_if_error_seconds=40)
    waiting = awaited(stage, ask)
    assert waiting.fallback == old
    stage.fail(waiting.submission, FAILURE)
    found = stage.live.settle(stage.author, ask, waiting)
    assert found is not None
    assert (found.result, found.how) == (old, Served.STALE_IF_ERROR)
    assert isinstance(found.failure, SourceFailed)
    stage.clock.pass_seconds(0.5)
    assert awaited(stage, ask).fallback is None


def test_a_cancelled_run_is_one_without_a_result(stage: Stage, query: Query) -> None:
    """Also if it is over for its holder alone."""
    ask = asked(query)
    waiting, other = awaited(stage, ask), stage.other(VIEWERS)
    stage.live.ask(other, ask)
    stage.submissions.cancel(stage.author, waiting.submission.uid)
    with pytest.raises(ExecutionCancelled):
        stage.live.settle(stage.author, ask, waiting)


def test_a_paused_source_leaves_what_is_stale(stage: Stage, query: Query) -> None:
    """With the reason; what is fresh is not touched by it, and without a result it is an error."""
    ask = asked(query, max_age_seconds=60, stale_if_error_seconds=100)
    old = stored(stage, ask)
    stage.store.update_data_source(replace(stage.source, is_paused=True))
    assert answered(stage, ask).how is Served.HIT
    stage.clock.pass_seconds(70)
    found = answered(stage, ask)
    assert (found.result, found.how) == (old, Served.STALE_IF_ERROR)
    assert isinstance(found.failure, SourcePaused)
    with pytest.raises(SourcePaused):
        stage.live.ask(stage.author, asked(query, values={"n": 2}))


def test_an_answer_that_is_gone_is_told(stage: Stage, query: Query) -> None:
    """Where the result was removed between its run and its reading."""
    ask = asked(query)
    waiting = awaited(stage, ask)
    stage.store.delete_result(stage.finish(waiting.submission).id)
    with pytest.raises(ResultExpired):
        stage.live.settle(stage.author, ask, waiting)


def test_rights_are_those_of_the_query(stage: Stage, query: Query) -> None:
    """Viewers of its source may have it run; others may not, nor know of a private one."""
    ask = asked(query)
    viewer, nobody = stage.other(VIEWERS), stage.other(NOBODIES)
    assert isinstance(stage.live.ask(viewer, ask), Awaited)
    for answer in (stage.live.look, stage.live.ask):
        with pytest.raises(NotAllowed):
            answer(nobody, ask)
    stage.edit(query, visibility=Visibility.PRIVATE)
    for answer in (stage.live.look, stage.live.ask):
        with pytest.raises(NotFound):
            answer(viewer, ask)


def test_a_run_belongs_to_whoever_asked(stage: Stage, query: Query) -> None:
    """Nobody else may wait for it, and nobody who has lost his rights meanwhile."""
    ask = asked(query)
    viewer = stage.other(VIEWERS)
    waiting = awaited(stage, ask, viewer)
    stage.finish(waiting.submission)
    with pytest.raises(NotFound):
        stage.live.settle(stage.author, ask, waiting)
    stage.edit(query, visibility=Visibility.PRIVATE)
    with pytest.raises(NotFound):
        stage.live.settle(viewer, ask, waiting)


def test_a_query_key_reaches_its_query(stage: Stage, query: Query) -> None:
    """And no other one."""
    key = stage.key_of(query)
    waiting = awaited(stage, asked(query), key)
    stage.finish(waiting.submission)
    assert stage.live.settle(key, asked(query), waiting) is not None
    other = stage.save("select 2")
    for answer in (stage.live.look, stage.live.ask):
        with pytest.raises(NotFound):
            answer(key, asked(other))


def test_a_query_key_gets_results_that_it_may_read(stage: Stage, query: Query) -> None:
    """A twin's result of other values is another query's; a run of its own is made."""
    twin = stage.save("select {{ n }}", NUMBER)
    stored(stage, asked(twin, values={"n": 7}))
    ask = asked(query, values={"n": 7})
    assert stage.live.look(stage.author, ask) is not None
    key = stage.key_of(query)
    assert stage.live.look(key, ask) is None
    result = stage.finish(awaited(stage, ask, key).submission)
    found = stage.live.look(key, ask)
    assert found is not None
    assert found.result == result
    assert stage.read.by_uid(key, result.uid) == result


def test_wrong_values_are_refused_before_anything_is_read(stage: Stage) -> None:
    """By looking and by asking."""
    number = Parameter(name="n", kind=ParameterKind.NUMBER)
    query = stage.save("select {{ n }}", number)
    for answer in (stage.live.look, stage.live.ask):
        with pytest.raises(ParameterMissing):
            answer(stage.author, asked(query))
        with pytest.raises(ParameterInvalid):
            answer(stage.author, asked(query, values={"n": "many"}))


def test_a_query_without_a_source_has_no_answer(stage: Stage, query: Query) -> None:
    """The message says so, to whoever could reach it."""
    stage.store.delete_data_source(stage.source.id)
    admin = replace(stage.author, permissions=frozenset({"admin"}))
    with pytest.raises(SourceMissing):
        stage.live.look(admin, asked(query))


def test_a_moving_default_run_is_followed(stage: Stage) -> None:
    """What was made with tomorrow's date is, tomorrow, the report's latest result."""
    query = stage.save("select {{ day }}", TODAY)
    result = stored(stage, asked(query, values={"day": "2026-01-02"}), seconds_ago=86_400)
    assert stage.store.get_query(query.id).latest_result_id is None
    assert stage.live.look(stage.author, asked(query)) is None
    assert answered(stage, asked(query)).how is Served.HIT
    assert stage.store.get_query(query.id).latest_result_id == result.id
    assert stage.live.look(stage.author, asked(query)) is not None
    stage.clock.pass_seconds(86_400)
    assert stage.live.look(stage.author, asked(query)) is None


def test_an_edited_query_is_another_question(stage: Stage, query: Query) -> None:
    """Nothing of the earlier text is remembered."""
    stored(stage, asked(query))
    stage.edit(query, sql="select {{ n }} + 1")
    assert stage.live.look(stage.author, asked(query)) is None
    stage.edit(query, sql="select {{ n }}")
    assert stage.live.look(stage.author, asked(query)) is not None


def test_looking_again_asks_the_database_nothing(stage: Stage, query: Query) -> None:
    """As long as nothing has changed there, the same objects come back."""
    ask = asked(query, values={"n": 3}, max_age_seconds=60)
    stored(stage, ask)
    first, second = (stage.live.look(stage.author, ask) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.query, first.result) == (second.query, second.result)
    assert first.query is second.query
    assert first.result is second.result
