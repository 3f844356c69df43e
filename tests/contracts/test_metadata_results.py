"""Contract of the stores of results and schedules."""

from dataclasses import replace

import pytest
from tests.contracts.house import ANY_UID, NOW, House, at

from standpipe.core.errors import NotFound
from standpipe.core.ids import DataSourceId, QueryId
from standpipe.core.schedules import DueQuery, Schedule

HOURLY = Schedule(interval_seconds=3600)


def test_a_result_knows_what_was_run(house: House) -> None:
    """Query, revision and text are those of the execution; the digest is kept."""
    house.store.enqueue(
        house.request("f", query_id=7, query_revision=2), house.enqueue("g").holder, NOW
    )
    result = house.add_result("f", seconds=5)
    assert (result.query_id, result.query_revision, result.sql) == (None, None, "select 1")
    assert result.retrieved_at == at(5)
    assert result.columns[0].source_type == "HUGEINT"
    assert house.store.get_result(result.id) == result


def test_the_newest_result_of_a_fingerprint_is_the_latest(house: House) -> None:
    """At or after a time; of another source or fingerprint there is none."""
    house.add_result("f", seconds=1)
    newest = house.add_result("f", seconds=9)
    house.add_result("g", seconds=10)
    find = house.store.find_latest
    assert find(house.source.id, "f", None) == newest
    assert find(house.source.id, "f", at(9)) == newest
    assert find(house.source.id, "f", at(9.000001)) is None
    assert find(DataSourceId(99), "f", None) is None


def test_a_result_is_found_by_its_uid(house: House) -> None:
    """The same one as by its number; an unknown uid is not found."""
    result = house.add_result()
    assert house.store.get_result_by_uid(result.uid) == result
    with pytest.raises(NotFound, match=str(ANY_UID)):
        house.store.get_result_by_uid(ANY_UID)


def test_a_new_result_is_the_latest_at_once(house: House) -> None:
    """What was remembered of an earlier look hides nothing."""
    assert house.store.find_latest(house.source.id, "f", None) is None
    for seconds in (1, 2):
        result = house.add_result(seconds=seconds)
        assert house.store.find_latest(house.source.id, "f", None) == result


def test_the_history_of_a_query_has_its_runs_and_what_answered_its_default(house: House) -> None:
    """Newest first, below an id, up to a limit; runs of other queries are not in it."""
    query = house.add_query(default_fingerprint="f")
    other = house.add_query(default_fingerprint="g")
    runs = [("x", query.id), ("f", other.id), ("g", other.id), ("y", query.id), ("x", query.id)]
    made = [house.add_run(name, query_id=id) for name, id in runs]
    own = [made[4], made[3], made[1], made[0]]
    find = house.store.find_results_of
    assert list(find(query.id, 9, None)) == own
    assert list(find(query.id, 2, None)) == own[:2]
    assert list(find(query.id, 2, own[1].id)) == own[2:]
    assert find(query.id, 9, own[3].id) == ()
    assert list(find(other.id, 9, None)) == [made[2], made[1]]


def test_a_default_run_is_known_for_what_it_was(house: House) -> None:
    """The newest one of a time; the query's text and its default run may have changed since."""
    query = house.add_query(default_fingerprint="monday")
    monday = house.add_result("monday", seconds=1)
    house.add_result("other", seconds=2)
    house.store.set_default_run(query, "tuesday")
    tuesday = house.add_result("tuesday", seconds=3)
    find = house.store.find_default_result
    times = (0.999999, 1, 2.9, 3, 99)
    assert [find(query.id, at(s)) for s in times] == [None, monday, monday, tuesday, tuesday]
    assert find(QueryId(99), at(99)) is None


def test_a_result_that_a_query_is_pointed_at_answered_its_default(house: House) -> None:
    """An edited query that finds an earlier result has it in its history, once."""
    early = house.add_result("f", seconds=1)
    query = house.add_query()
    for _ in range(2):
        house.store.set_latest_result(query.id, early.id)
    house.store.set_latest_result(query.id, None)
    assert house.store.find_default_result(query.id, at(1)) == early
    assert house.store.find_results_of(query.id, 9, None) == (early,)


def test_a_deleted_result_is_no_history(house: House) -> None:
    """Neither as a run nor as an answer of a time."""
    query = house.add_query(default_fingerprint="f")
    kept, gone = house.add_result("f", seconds=1), house.add_result("f", seconds=2)
    house.store.delete_result(gone.id)
    assert house.store.find_results_of(query.id, 9, None) == (kept,)
    assert house.store.find_default_result(query.id, at(9)) == kept


def test_old_results_are_found_unless_a_query_needs_them(house: House) -> None:
    """Oldest first, up to a limit; the latest one of a query is never among them."""
    house.add_query(default_fingerprint="f")
    first, second = house.add_result("f", seconds=1), house.add_result("g", seconds=2)
    house.add_result("f", seconds=3)
    assert house.store.find_unreferenced(at(3.5), 10) == (first, second)
    assert house.store.find_unreferenced(at(3.5), 1) == (first,)
    assert house.store.find_unreferenced(at(1), 10) == ()


def test_a_deleted_result_is_nobodys_latest(house: House) -> None:
    """Its number is not given again, and its artifact has no owner any more."""
    query = house.add_query(default_fingerprint="f")
    result = house.add_result("f")
    assert house.store.find_artifacts([result.artifact.key, "x"]) == {result.artifact.key}
    for _ in range(2):
        house.store.delete_result(result.id)
    with pytest.raises(NotFound):
        house.store.get_result(result.id)
    assert house.store.get_query(query.id).latest_result_id is None
    assert house.store.find_artifacts([result.artifact.key]) == frozenset()
    assert house.add_result("f").id > result.id


def test_scheduled_queries_are_unplanned_at_first(house: House) -> None:
    """Unless they are archived; a planned one is not, even if it never runs again."""
    first = house.add_query(schedule=HOURLY)
    second = house.add_query(schedule=HOURLY)
    house.add_query(schedule=HOURLY, is_archived=True)
    house.add_query()
    assert house.store.find_unplanned() == (first.id, second.id)
    house.store.set_next_run(first.id, at(5), consecutive_failures=0)
    house.store.set_next_run(second.id, None, consecutive_failures=0)
    assert house.store.find_unplanned() == ()


def test_a_due_query_is_claimed_once_a_minute(house: House) -> None:
    """So that of two schedulers one submits it, and a dead one does not keep it."""
    query = house.add_query(schedule=HOURLY)
    house.store.set_next_run(query.id, at(5), consecutive_failures=2)
    due = DueQuery(query_id=query.id, due_at=at(5), consecutive_failures=2)
    claim = house.store.claim_due
    assert [claim(at(4.9), 9), claim(at(5), 9), claim(at(64), 9)] == [(), (due,), ()]
    assert claim(at(65), 9) == (due,)
    house.store.set_next_run(query.id, at(70), consecutive_failures=0)
    assert claim(at(70), 9) == (DueQuery(query_id=query.id, due_at=at(70), consecutive_failures=0),)


def test_what_is_due_longest_is_claimed_first(house: House) -> None:
    """Up to the limit, and what never runs again is not due."""
    queries = [house.add_query(schedule=HOURLY) for _ in range(4)]
    for query, seconds in zip(queries, (3, 1, 2, None), strict=True):
        next_run_at = None if seconds is None else at(seconds)
        house.store.set_next_run(query.id, next_run_at, consecutive_failures=0)
    claimed = [due.query_id for due in house.store.claim_due(at(9), 2)]
    assert claimed == [queries[1].id, queries[2].id]
    assert [due.query_id for due in house.store.claim_due(at(9), 9)] == [queries[0].id]


def test_a_changed_schedule_is_planned_anew(house: House) -> None:
    """Other edits leave the next run alone."""
    query = house.add_query(schedule=HOURLY)
    house.store.set_next_run(query.id, at(5), consecutive_failures=0)
    house.store.update_query(replace(query, name="x"), author_id=None)
    assert house.store.find_unplanned() == ()
    changed = replace(query, schedule=Schedule(cron="0 4 * * *"))
    house.store.update_query(changed, author_id=None)
    assert house.store.find_unplanned() == (query.id,)
    assert house.store.claim_due(at(9), 9) == ()


def test_a_scheduler_cannot_plan_what_was_archived_meanwhile(house: House) -> None:
    """Nor what has lost its schedule."""
    query = house.add_query(schedule=HOURLY)
    house.store.set_next_run(query.id, at(5), consecutive_failures=0)
    house.store.claim_due(at(5), 9)
    house.store.update_query(replace(query, is_archived=True), author_id=None)
    house.store.set_next_run(query.id, at(6), consecutive_failures=0)
    assert house.store.claim_due(at(1000), 9) == ()
    house.store.update_query(query, author_id=None)
    assert house.store.find_unplanned() == (query.id,)
