"""Contract of the queue: joining, claiming, fencing, cancelling, recovering."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event
from tests.contracts.house import ANY_UID, LEASE, NOW, House, at, holder, new_result

from standpipe.core.errors import Conflict, NotFound
from standpipe.core.executions import (
    Change,
    ExecutionState,
    HeartbeatAnswer,
    Holder,
    Mark,
    Progress,
    RunLimits,
    Statement,
)
from standpipe.core.ids import DataSourceId, ExecutionId, KeyId, QueryId, UserId, new_uid

NOTHING = Progress()


def test_an_execution_comes_back_as_it_was_asked_for(house: House) -> None:
    """Bound values keep their types, limits and texts are exact."""
    values = {
        "z": Decimal("1.50"),
        "a": date(2026, 1, 2),
        "t": NOW.replace(tzinfo=None),
        "u": NOW,
        "f": 0.1,
        "w": 1.0,
        "i": float("-inf"),
        "n": 2**70,
        "b": True,
        "h": b"\x00\xff",
        "x": None,
        "s": '["decimal","1"]',
    }
    statement = Statement(text="select $a", values=values, display="select '😀'")
    limits = RunLimits(seconds=None, memory_bytes=2**40, artifact_bytes=None)
    request = house.request("f", query_id=QueryId(5), query_revision=2, priority=-1)
    asked = house.store.enqueue(
        replace(request, statement=statement, limits=limits), holder(1), NOW
    )
    execution = house.store.get_execution(asked.execution.id)
    assert execution == asked.execution
    assert (execution.statement, execution.limits) == (statement, limits)
    assert [type(value) for value in execution.statement.values.values()] == [
        type(value) for value in values.values()
    ]
    assert (execution.state, execution.attempt) == (ExecutionState.QUEUED, 0)


def test_a_value_that_cannot_be_bound_is_refused(house: House) -> None:
    """Nothing is queued for it."""
    with pytest.raises(TypeError, match="object"):
        house.enqueue(statement=Statement(text="", values={"a": object()}, display=""))
    assert house.store.count_states()[ExecutionState.QUEUED] == 0


def test_a_submission_comes_back_with_its_execution(house: House) -> None:
    """By its uid; an unknown one is not found."""
    asked = house.store.enqueue(house.request(), Holder(key_id=KeyId(3)), NOW)
    assert house.store.get_submission(asked.uid) == asked
    assert (asked.holder, asked.created_at) == (Holder(key_id=KeyId(3)), NOW)
    with pytest.raises(NotFound, match=str(ANY_UID)):
        house.store.get_submission(ANY_UID)


def test_the_same_question_joins_what_is_queued(house: House) -> None:
    """Everybody holds a submission of his own; other questions and sources are apart."""
    first, second = house.enqueue(user=1), house.enqueue(user=2)
    other = house.enqueue("g")
    elsewhere = house.enqueue(data_source_id=DataSourceId(99))
    assert first.execution.id == second.execution.id
    assert first.uid != second.uid
    assert len({first.execution.id, other.execution.id, elsewhere.execution.id}) == 3


def test_the_same_holder_gets_his_submission_back(house: House) -> None:
    """While the execution is queued and while it runs, for the same query."""
    first = house.enqueue()
    assert house.enqueue() == first
    assert house.enqueue(query_id=QueryId(8)).uid != first.uid
    house.claim()
    assert house.enqueue().uid == first.uid
    house.store.cancel_submission(first.uid, NOW)
    assert house.enqueue().uid != first.uid


def test_holders_without_a_user_are_told_apart(house: House) -> None:
    """A key, another key and the scheduler hold different submissions."""
    holders = [Holder(), Holder(key_id=KeyId(1)), Holder(user_id=UserId(1)), Holder()]
    uids = [house.store.enqueue(house.request(), holder, NOW).uid for holder in holders]
    assert uids[3] == uids[0]
    assert len(set(uids)) == 3


def test_a_running_execution_is_joined_unless_refused(house: House) -> None:
    """Who wants a run that starts after his request gets a queued one, which others then join."""
    running = house.enqueue(user=1).execution.id
    house.claim()
    assert house.enqueue(user=2).execution.id == running
    fresh = house.enqueue(user=3, joins_running=False).execution.id
    assert fresh != running
    assert house.enqueue(user=4, joins_running=False).execution.id == fresh
    assert house.enqueue(user=5).execution.id == fresh


def test_what_is_over_or_shall_stop_is_not_joined(house: House) -> None:
    """Neither a run with a requested cancel nor a finished one."""
    stopping = house.enqueue()
    claim = house.claim()
    house.store.cancel_submission(stopping.uid, NOW)
    second = house.enqueue()
    assert second.execution.id != stopping.execution.id
    house.store.finish(claim, NOW, ExecutionState.CANCELLED)
    house.store.finish(house.claim(), NOW, ExecutionState.SUCCEEDED, result=new_result())
    assert house.enqueue().execution.id not in {stopping.execution.id, second.execution.id}


def test_what_ended_late_enough_is_joined(house: House) -> None:
    """Else a second run would be made of a result that is there by now."""
    first = house.enqueue(user=1)
    house.store.finish(house.claim(), at(5), ExecutionState.SUCCEEDED, result=new_result())
    assert house.enqueue(user=1, ended_since=at(5)).uid == first.uid
    joined = house.enqueue(user=2, ended_since=at(4))
    assert (joined.execution.id, joined.state) == (first.execution.id, ExecutionState.SUCCEEDED)
    assert house.enqueue(user=2, ended_since=at(4)).uid == joined.uid
    own = house.enqueue(user=3, ended_since=at(4), joins_running=False).execution.id
    assert own != first.execution.id
    other = house.enqueue("other", user=2, ended_since=at(4)).execution.id
    assert other not in {first.execution.id, own}


def test_what_ended_before_or_failed_is_not_joined(house: House) -> None:
    """It is too old for the request; a failure has left nothing."""
    first = house.enqueue()
    house.store.finish(house.claim(), at(5), ExecutionState.SUCCEEDED, result=new_result())
    second = house.enqueue(ended_since=at(6))
    assert second.execution.id != first.execution.id
    house.store.finish(house.claim(), at(7), ExecutionState.FAILED, error=("source_failed", "no"))
    assert house.enqueue(ended_since=at(6)).execution.id != second.execution.id


def test_joining_takes_the_higher_priority(house: House) -> None:
    """A person who joins what a schedule queued does not wait as long as it."""
    house.enqueue("slow", priority=-1)
    house.enqueue("next")
    house.enqueue("slow", user=2, priority=5)
    assert [house.claim().execution.fingerprint for _ in range(2)] == ["slow", "next"]


def test_a_new_execution_wakes_a_worker(house: House) -> None:
    """After the commit, and only once; joining wakes nobody."""
    house.enqueue(user=1)
    house.enqueue(user=2)
    assert house.wakeups.count == 1
    with house.store.transaction():
        house.enqueue("g")
        assert house.wakeups.count == 1
    assert house.wakeups.count == 2


def test_a_claim_wakes_the_next_worker_while_more_is_waiting(house: House) -> None:
    """So that one poke per sleeper is enough for a burst."""
    for fingerprint in "abc":
        house.enqueue(fingerprint)
    counts = []
    for _ in range(3):
        house.claim()
        counts.append(house.wakeups.count)
    assert counts == [4, 5, 5]


def test_claims_go_by_priority_and_then_by_age(house: House) -> None:
    """None when there is nothing left."""
    for fingerprint, priority in [("a", 0), ("b", 5), ("c", -5), ("d", 5)]:
        house.enqueue(fingerprint, priority=priority)
    assert [house.claim().execution.fingerprint for _ in range(4)] == ["b", "d", "a", "c"]
    assert house.store.claim("w", NOW, LEASE) is None


def test_a_claim_says_who_runs_what_since_when(house: House) -> None:
    """And what the stored execution is."""
    asked = house.enqueue()
    claim = house.claim("w7", 3)
    assert claim.lease_until == at(3 + LEASE)
    assert claim.execution == house.store.get_execution(asked.execution.id)
    assert claim.execution == replace(
        asked.execution,
        state=ExecutionState.RUNNING,
        attempt=1,
        worker="w7",
        started_at=at(3),
    )


def test_one_execution_can_be_claimed_by_name(house: House) -> None:
    """Only while it is queued."""
    house.enqueue("a")
    wanted = house.enqueue("b").execution.id
    claim = house.store.claim("w", NOW, LEASE, wanted)
    assert claim is not None
    assert claim.execution.id == wanted
    assert house.store.claim("w", NOW, LEASE, wanted) is None
    assert house.store.claim("w", NOW, LEASE, ExecutionId(99)) is None


def test_a_heartbeat_extends_the_lease_and_shows_progress(house: House) -> None:
    """What has a beating heart is not recovered."""
    asked = house.enqueue()
    claim = house.claim()
    progress = Progress(rows=2**40, bytes=7, percent=12.5)
    assert house.store.heartbeat(claim, at(20), LEASE, progress) is HeartbeatAnswer.GO_ON
    assert house.store.recover(at(20 + LEASE - 1), max_attempts=2) == ()
    assert house.store.get_submission(asked.uid).execution.progress == progress


def test_a_heartbeat_tells_of_a_requested_cancel(house: House) -> None:
    """When the last holder has cancelled, not before."""
    first, second = house.enqueue(user=1), house.enqueue(user=2)
    claim = house.claim()
    answers = []
    for submission in (first, second):
        house.store.cancel_submission(submission.uid, NOW)
        answers.append(house.store.heartbeat(claim, NOW, LEASE, NOTHING))
    assert answers == [HeartbeatAnswer.GO_ON, HeartbeatAnswer.CANCEL]


def test_a_worker_past_its_lease_is_fenced(house: House) -> None:
    """Its heartbeat is LOST and its finish refused, whether the run waits, runs or is over."""
    house.enqueue()
    stale = house.claim("w1")
    house.store.recover(at(LEASE), max_attempts=3)
    assert_fenced(house, stale)
    fresh = house.claim("w2", LEASE)
    assert fresh.execution.attempt == 2
    assert_fenced(house, stale)
    house.store.finish(fresh, at(40), ExecutionState.SUCCEEDED, result=new_result())
    assert_fenced(house, stale)
    assert_fenced(house, fresh)


def assert_fenced(house: House, claim: object) -> None:
    """Check that a claim can change nothing any more."""
    before = house.store.get_execution(claim.execution.id)  # type: ignore[attr-defined]
    beat = house.store.heartbeat(claim, at(50), LEASE, Progress(rows=9))  # type: ignore[arg-type]
    assert beat is HeartbeatAnswer.LOST
    finish = house.store.finish
    assert finish(claim, NOW, ExecutionState.FAILED, error=("a", "b")) is None  # type: ignore[arg-type]
    assert house.store.get_execution(before.id) == before


def test_a_finished_run_is_the_latest_of_every_fitting_query(house: House) -> None:
    """Of this source, with these defaults, unarchived; in one transaction."""
    other = house.add_source("other")
    fits = [house.add_query(default_fingerprint="f") for _ in range(2)]
    misses = [
        house.add_query(default_fingerprint="g"),
        house.add_query(default_fingerprint="f", is_archived=True),
        house.add_query(default_fingerprint="f", data_source_id=other.id),
    ]
    result = house.add_result("f")
    linked = [house.store.get_query(query.id).latest_result_id for query in fits + misses]
    assert linked == [result.id, result.id, None, None, None]


def test_a_finished_execution_says_how_it_ended(house: House) -> None:
    """With its result or its error, and when."""
    asked = [house.enqueue("a"), house.enqueue("b")]
    good = house.store.finish(house.claim(), at(2), ExecutionState.SUCCEEDED, result=new_result())
    bad = house.store.finish(house.claim(), at(3), ExecutionState.FAILED, error=("code", "text"))
    assert good is not None
    assert bad is not None
    assert house.store.get_result(good.result_id or 0).execution_id == good.id  # type: ignore[arg-type]
    assert (good.finished_at, good.progress.rows) == (at(2), 3)
    assert (bad.error_code, bad.error_message, bad.finished_at) == ("code", "text", at(3))
    assert [house.store.get_submission(s.uid).execution for s in asked] == [good, bad]


@pytest.mark.parametrize(
    "state", [ExecutionState.QUEUED, ExecutionState.RUNNING, ExecutionState.EXPIRED]
)
def test_a_run_ends_only_in_a_state_that_runs_can_have(house: House, state: ExecutionState) -> None:
    """And it has a result if and only if it succeeded."""
    house.enqueue()
    claim = house.claim()
    with pytest.raises(Conflict):
        house.store.finish(claim, NOW, state)
    with pytest.raises(Conflict):
        house.store.finish(claim, NOW, ExecutionState.SUCCEEDED)
    with pytest.raises(Conflict):
        house.store.finish(claim, NOW, ExecutionState.FAILED, result=new_result())
    assert house.store.get_execution(claim.execution.id) == claim.execution


def test_a_lost_run_is_queued_again(house: House) -> None:
    """Without traces of the lost attempt, joinable, and somebody is woken."""
    asked = house.enqueue()
    claim = house.claim()
    house.store.heartbeat(claim, NOW, LEASE, Progress(rows=5, bytes=5, percent=5.0))
    assert house.store.recover(at(LEASE - 1), max_attempts=2) == ()
    (back,) = house.store.recover(at(LEASE), max_attempts=2)
    assert back == replace(asked.execution, attempt=1)
    assert house.enqueue(user=2).execution.id == back.id
    assert house.wakeups.count == 2


def test_a_run_that_is_lost_too_often_fails(house: House) -> None:
    """With a text that says why."""
    house.enqueue()
    for attempt in (1, 2):
        house.claim(seconds=100 * attempt)
        (changed,) = house.store.recover(at(100 * attempt + LEASE), max_attempts=2)
    assert (changed.state, changed.error_code) == (ExecutionState.FAILED, "execution_lost")
    assert "worker died" in (changed.error_message or "")
    assert changed.finished_at == at(200 + LEASE)
    assert house.store.recover(at(1000), max_attempts=2) == ()


def test_a_lost_run_that_shall_stop_ends_cancelled(house: House) -> None:
    """It is not tried again."""
    asked = house.enqueue()
    house.claim()
    house.store.cancel_submission(asked.uid, NOW)
    (changed,) = house.store.recover(at(LEASE), max_attempts=9)
    assert (changed.state, changed.finished_at) == (ExecutionState.CANCELLED, at(LEASE))


def test_the_runs_of_a_dead_worker_are_recovered_at_once(house: House) -> None:
    """Whatever their lease; those of others go on."""
    for fingerprint, worker in [("a", "w1"), ("b", "w2"), ("c", "w1")]:
        house.enqueue(fingerprint)
        house.claim(worker)
    changed = house.store.recover(NOW, max_attempts=2, worker="w1")
    assert [execution.fingerprint for execution in changed] == ["a", "c"]
    assert house.store.count_states() == {ExecutionState.QUEUED: 2, ExecutionState.RUNNING: 1}


def test_a_recovered_run_waits_beside_a_younger_one(house: House) -> None:
    """Both are run, and only the younger one is joined."""
    old = house.enqueue(user=1)
    house.claim()
    young = house.enqueue(user=2, joins_running=False)
    house.store.recover(at(LEASE), max_attempts=2)
    assert house.enqueue(user=3).execution.id == young.execution.id
    claimed = [house.claim().execution.id for _ in range(2)]
    assert claimed == [old.execution.id, young.execution.id]


def test_cancelling_the_last_submission_cancels_what_is_queued(house: House) -> None:
    """One of two leaves the execution alone, but is cancelled for its holder."""
    first, second = house.enqueue(user=1), house.enqueue(user=2)
    cancelled = house.store.cancel_submission(first.uid, at(1))
    assert (cancelled.state, cancelled.cancelled_at) == (ExecutionState.CANCELLED, at(1))
    assert cancelled.execution.state is ExecutionState.QUEUED
    last = house.store.cancel_submission(second.uid, at(2)).execution
    assert (last.state, last.finished_at) == (ExecutionState.CANCELLED, at(2))
    assert house.store.claim("w", NOW, LEASE) is None
    assert house.enqueue().execution.id != last.id


def test_cancelling_again_or_too_late_changes_nothing(house: House) -> None:
    """The first time stays; a finished execution stays finished."""
    first = house.store.cancel_submission(house.enqueue("a").uid, at(1))
    assert house.store.cancel_submission(first.uid, at(2)) == first
    done = house.enqueue("b")
    house.store.finish(house.claim(), NOW, ExecutionState.SUCCEEDED, result=new_result())
    after = house.store.cancel_submission(done.uid, at(3))
    assert (after.state, after.cancelled_at) == (ExecutionState.SUCCEEDED, None)


def test_a_cancelled_run_may_still_succeed(house: House) -> None:
    """Its result is kept, while for its holder it stays cancelled."""
    asked = house.enqueue()
    claim = house.claim()
    house.store.cancel_submission(asked.uid, NOW)
    done = house.store.finish(claim, NOW, ExecutionState.SUCCEEDED, result=new_result())
    assert done is not None
    assert house.store.get_submission(asked.uid).state is ExecutionState.CANCELLED
    assert house.store.find_latest(house.source.id, "f", None) is not None


def test_what_waits_too_long_expires(house: House) -> None:
    """Counted from when it began to wait, which for a lost run is its return."""
    house.enqueue("lost")
    house.claim()
    house.store.recover(at(LEASE), max_attempts=2)
    old = house.enqueue("old")
    assert house.store.expire_queued(at(1), at(60)) == 1
    execution = house.store.get_execution(old.execution.id)
    assert (execution.state, execution.finished_at) == (ExecutionState.EXPIRED, at(60))
    assert execution.error_code == "execution_expired"
    assert house.enqueue("old").execution.id != old.execution.id
    assert house.store.expire_queued(at(60), at(60)) == 2


def test_the_queue_never_looks_through_what_is_over(house: House) -> None:
    """No statement on the way of a run scans a table, so 100,000 old runs slow nothing down."""
    seen: list[tuple[str, tuple[object, ...]]] = []
    event.listen(
        house.store._engine,
        "before_cursor_execute",
        lambda _c, _cursor, sql, values, _context, _many: seen.append((sql, values)),
    )
    asked = house.enqueue()
    house.store.heartbeat(house.claim(), NOW, LEASE, NOTHING)
    house.enqueue(user=2)
    house.store.cancel_submission(house.store.get_submission(asked.uid).uid, NOW)
    house.store.recover(at(LEASE), max_attempts=2)
    house.store.recover(NOW, max_attempts=2, worker="w1")
    house.add_result()
    house.store.find_latest(house.source.id, "f", None)
    house.store.expire_queued(at(9), at(9))
    house.store.count_states()
    house.store.find_marks([asked.execution.id])
    connection = house.store._thread().connection
    scans = [
        (step.detail, sql)
        for sql, values in list(seen)
        if sql.startswith(("SELECT", "UPDATE"))
        for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        if step.detail.startswith("SCAN") and step.detail != "SCAN CONSTANT ROW"
        if " INDEX ix_executions_" not in step.detail
    ]
    assert scans == []


def test_every_move_is_told_after_its_commit(house: House) -> None:
    """Claims, ends, returns, cancels and expiry; joining and queueing are no moves."""
    told = house.wakeups.told
    shared, other = house.enqueue(user=1), house.enqueue(user=2)
    assert told == []
    with house.store.transaction():
        claim = house.claim()
        assert told == []
    house.store.cancel_submission(other.uid, NOW)
    house.store.give_back(claim, NOW)
    again = house.claim()
    house.store.recover(at(LEASE), max_attempts=5)
    house.store.finish(again, NOW, ExecutionState.FAILED, error=("a", "b"))
    house.store.expire_queued(at(LEASE + 1), at(LEASE + 1))
    assert told == [Change(shared.execution.id)] * 6


def test_what_was_rolled_back_is_not_told(house: House) -> None:
    """Nor later, with what is committed."""
    house.enqueue()
    with suppress(ZeroDivisionError), house.store.transaction():
        house.claim()
        raise ZeroDivisionError
    house.enqueue("g")
    assert house.wakeups.told == []


def test_progress_is_told_when_there_is_any(house: House) -> None:
    """A heartbeat that says the same again is none, nor is one that is fenced."""
    asked = house.enqueue()
    claim = house.claim()
    house.wakeups.told.clear()
    for progress in (NOTHING, Progress(rows=5), Progress(rows=5), Progress(rows=5, percent=1.0)):
        house.store.heartbeat(claim, NOW, LEASE, progress)
    house.store.recover(at(LEASE), max_attempts=2)
    house.store.heartbeat(claim, NOW, LEASE, NOTHING)
    progressed = Change(asked.execution.id, is_move=False)
    assert house.wakeups.told == [progressed, progressed, Change(asked.execution.id)]


def test_a_run_that_is_given_back_has_lost_no_attempt(house: House) -> None:
    """However often its worker is stopped, it may still be lost as often as before."""
    asked = house.enqueue()
    for number in range(1, 4):
        back = house.store.give_back(house.claim(seconds=100 * number), at(100 * number))
        assert back == replace(asked.execution, attempt=number)
    house.claim(seconds=1000)
    (lost,) = house.store.recover(at(1000 + LEASE), max_attempts=2)
    assert lost.state is ExecutionState.QUEUED
    house.claim(seconds=2000)
    (failed,) = house.store.recover(at(2000 + LEASE), max_attempts=2)
    assert (failed.state, failed.error_code) == (ExecutionState.FAILED, "execution_lost")


def test_a_run_that_was_given_back_is_fenced(house: House) -> None:
    """Its worker can do nothing to it any more; another one is woken, and those who ask join."""
    asked = house.enqueue()
    claim = house.claim()
    house.store.give_back(claim, NOW)
    assert house.wakeups.count == 2
    assert house.enqueue(user=2).execution.id == asked.execution.id
    assert_fenced(house, claim)
    assert house.store.give_back(claim, NOW) is None
    house.claim("w2")
    assert_fenced(house, claim)
    assert house.store.give_back(claim, NOW) is None


def test_a_run_that_is_given_back_and_shall_stop_ends_cancelled(house: House) -> None:
    """It does not wait for the next start."""
    asked = house.enqueue()
    claim = house.claim()
    house.store.cancel_submission(asked.uid, NOW)
    back = house.store.give_back(claim, at(3))
    assert back is not None
    assert (back.state, back.finished_at) == (ExecutionState.CANCELLED, at(3))


def test_marks_change_with_everything_that_is_told(house: House) -> None:
    """Moves, also of one submission, and progress; what is unknown has none."""
    first, second = house.enqueue(user=1), house.enqueue(user=2)
    marks = [mark(house, first.execution.id)]
    claim = house.claim()
    marks.append(mark(house, first.execution.id))
    house.store.cancel_submission(second.uid, NOW)
    marks.append(mark(house, first.execution.id))
    back = house.store.give_back(claim, NOW)
    assert back is not None
    marks.append(mark(house, first.execution.id))
    claim = house.claim()
    marks.append(mark(house, first.execution.id))
    house.store.finish(claim, NOW, ExecutionState.CANCELLED)
    marks.append(mark(house, first.execution.id))
    assert len({each.move for each in marks}) == len(marks)
    assert house.store.find_marks([ExecutionId(99)]) == {}


def test_marks_show_progress(house: House) -> None:
    """That of the run, and that of the queue before one that waits."""
    runs, waits = house.enqueue("a"), house.enqueue("b")
    before = mark(house, waits.execution.id)
    claim = house.claim()
    after = mark(house, waits.execution.id)
    assert (after.move, after.progress == before.progress) == (before.move, False)
    before = mark(house, runs.execution.id)
    house.store.heartbeat(claim, NOW, LEASE, Progress(bytes=7))
    after = mark(house, runs.execution.id)
    assert (after.move, after.progress == before.progress) == (before.move, False)
    assert mark(house, runs.execution.id) == after


def test_the_marks_of_thousands_are_found(house: House) -> None:
    """In a few reads."""
    asked = [house.enqueue(str(number)).execution.id for number in range(1100)]
    assert house.store.find_marks(asked).keys() == set(asked)


def mark(house: House, execution_id: ExecutionId) -> Mark:
    return house.store.find_marks([execution_id])[execution_id]


def test_the_newest_run_of_a_query_is_that_of_its_text_and_values(house: House) -> None:
    """In whatever state it is; other revisions and other queries do not count."""
    query, other = house.add_query(), house.add_query("Other")
    run = {"query_id": query.id, "query_revision": 2}
    house.enqueue("a", query_id=query.id, query_revision=1)
    house.enqueue("b", query_id=other.id, query_revision=2)
    first = house.enqueue("c", **run).execution
    second = house.enqueue("d", **run).execution
    find = house.store.find_newest_execution
    assert find(query.id, 2) == second
    assert find(query.id, 2, "c") == first
    assert find(query.id, 2, "a") is None
    assert find(query.id, 3) is None
    assert house.store.get_execution_by_uid(first.uid) == first
    with pytest.raises(NotFound):
        house.store.get_execution_by_uid(new_uid(NOW))


def test_a_query_has_run_when_somebody_asked_for_it(house: House) -> None:
    """Also if another query's run served it."""
    query, other, never = (house.add_query(name) for name in ("One", "Other", "Never"))
    house.enqueue("a", query_id=query.id)
    house.enqueue("a", query_id=other.id)
    assert house.store.has_run(query.id)
    assert house.store.has_run(other.id)
    assert not house.store.has_run(never.id)
