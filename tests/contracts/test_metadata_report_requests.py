"""Contract of the store of requests of reports."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.contracts.house import NOW, House, at, holder, new_result

from standpipe.core.errors import NotFound
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.ids import QueryId, ReportRequestId, new_uid
from standpipe.core.reports.conditions import Condition, ReportOperator
from standpipe.core.reports.dates import Period, named_filter
from standpipe.core.reports.requests import ReportPlan, ReportRequest
from standpipe.core.reports.settings import DisplayField, ReportSettings, SavedFilter, SortField

PLAN = ReportPlan(
    settings=ReportSettings(
        display=(DisplayField(field="Ä", is_mandatory=True),),
        sort=(SortField(field="n", is_descending=True),),
        filters=(SavedFilter(id=UUID(int=7), name="x", date_filter=named_filter("ThisYear")),),
        parameters={"a": "b"},
    ),
    filter_id=UUID(int=7),
    date_filter=named_filter("Last24Hours", 62),
    period=Period(start=NOW - timedelta(days=1), end=NOW),
    additional=(
        Condition(field="n", operator=ReportOperator.NOT_CONTAINS, values=("x", 1, 2.5, True)),
    ),
    pushed=("n",),
)


def new_request(house: House, submission: Submission, *, user: int = 1) -> ReportRequest:
    """A request of somebody."""
    return ReportRequest(
        id=ReportRequestId(0),
        uid=new_uid(NOW),
        workspace_id=house.workspace.id,
        holder=holder(user),
        query_id=QueryId(5),
        plan=PLAN,
        submission=submission,
        reference_at=at(-1),
        created_at=NOW,
    )


def test_a_request_comes_back_as_it_was_made(house: House) -> None:
    """Its plan to the types of values; its run as it stands."""
    added = house.store.add_report_request(new_request(house, house.enqueue()))
    found = house.store.get_report_request(added.uid)
    assert found == added
    assert [type(value) for value in found.plan.additional[0].values] == [str, int, float, bool]
    house.store.finish(house.claim(), at(1), ExecutionState.SUCCEEDED, result=new_result())
    assert house.store.get_report_request(added.uid).state is ExecutionState.SUCCEEDED
    with pytest.raises(NotFound):
        house.store.get_report_request(new_uid(NOW))


def test_requests_are_listed_newest_first(house: House) -> None:
    """Of one holder, or of everybody."""
    run = house.enqueue()
    made = [
        house.store.add_report_request(new_request(house, run, user=user)) for user in (1, 2, 1)
    ]
    mine = house.store.find_report_requests(QueryId(5), holder(1), 10)
    assert (mine.total, [each.uid for each in mine.items]) == (2, [made[2].uid, made[0].uid])
    every = house.store.find_report_requests(QueryId(5), None, 1, 1)
    assert (every.total, [each.uid for each in every.items]) == (3, [made[1].uid])
    assert house.store.find_report_requests(QueryId(6), None, 10).total == 0


def test_the_last_request_of_a_run_is_told(house: House) -> None:
    """Whoever cancels it may cancel the run; the first time of a cancel counts."""
    run = house.enqueue()
    first, second = (house.store.add_report_request(new_request(house, run)) for _ in range(2))
    assert not house.store.cancel_report_request(first.uid, at(1))
    assert not house.store.cancel_report_request(first.uid, at(2))
    assert house.store.get_report_request(first.uid).cancelled_at == at(1)
    assert house.store.cancel_report_request(second.uid, at(3))
    with pytest.raises(NotFound):
        house.store.cancel_report_request(new_uid(NOW), at(1))


def test_a_request_outlives_its_run(house: House) -> None:
    """It has expired then."""
    added = house.store.add_report_request(new_request(house, house.enqueue()))
    house.store.finish(house.claim(), at(1), ExecutionState.FAILED, error=("source_failed", "no"))
    assert house.store.delete_executions(at(2), 10) == 1
    found = house.store.get_report_request(added.uid)
    assert (found.submission, found.state) == (None, ExecutionState.EXPIRED)


def test_old_requests_are_forgotten(house: House) -> None:
    """As many as are asked for."""
    run = house.enqueue()
    for _ in range(3):
        house.store.add_report_request(new_request(house, run))
    assert house.store.delete_report_requests(NOW, 10) == 0
    assert house.store.delete_report_requests(at(1), 2) == 2
    assert house.store.delete_report_requests(at(1), 2) == 1
