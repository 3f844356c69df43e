"""Reports: planned, run, viewed, cancelled; what parameters take and what windows do."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.support.services import AUTHORS, Stage

from standpipe.core.errors import FieldInvalid, FieldMissing, FilterUnknown, NotFound, ResultExpired
from standpipe.core.executions import ExecutionState
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.core.principals import Principal
from standpipe.core.queries import Query, Visibility
from standpipe.core.reports.conditions import Condition, ReportOperator
from standpipe.core.reports.dates import DateFilter, Period, named_filter
from standpipe.core.reports.requests import ReportAsk, ReportRequest
from standpipe.services.reports import ReportPage, Reports

SALES = """
select * from (values
  (1, 'eu', 10.5, timestamp '2025-12-30 09:00:00', 'a'),
  (2, 'us', 2.0, timestamp '2025-12-31 23:30:00', 'b'),
  (3, null, 4.0, timestamp '2026-01-01 00:30:00', 'c'),
  (4, 'eu', null, timestamp '2026-01-01 08:00:00', null)
) sales(n, region, amount, made, docId)
"""
O = ReportOperator  # noqa: E741 - as the core calls it where it lists them
FILTER = UUID("01941f29-7c00-7000-8000-000000000001")


@pytest.fixture
def reports(stage: Stage) -> Reports:
    """The service over the stage's store."""
    return Reports(
        stage.store,
        queries=stage.queries,
        jobs=stage.jobs,
        read=stage.read,
        history=stage.history,
        clock=stage.clock,
    )


def condition(field: str, operator: ReportOperator, *values: Any) -> Condition:
    """A condition."""
    return Condition(field=field, operator=operator, values=values)


def asked(
    reports: Reports, stage: Stage, query: Query, who: Principal | None = None, **ask: Any
) -> ReportRequest:
    """Ask for a report as the author, or as somebody else."""
    principal = who or stage.author
    return reports.begin(principal, reports.prepare(principal, query, ReportAsk(**ask)))


def numbers(
    reports: Reports, stage: Stage, query: Query, page: ReportPage | None = None, **ask: Any
) -> list[Any]:
    """Return the first column of a report, its run done."""
    request = asked(reports, stage, query, **ask)
    assert request.submission is not None
    if not request.state.is_final:
        stage.finish_with(request.submission, query.sql)
    request = reports.get(stage.author, query, request.uid)
    view = reports.view(stage.author, request, page)
    return stage.rows(view.result, view.window)


def saved(stage: Stage, *parameters: Parameter, sql: str = SALES, **report: Any) -> Query:
    """Save a query that is shown as a report."""
    return stage.save(sql, *parameters, cache_seconds=3600, report=report)


def test_any_query_is_a_report(stage: Stage, reports: Reports) -> None:
    """Without settings all columns are shown, and what can be added up is."""
    query = saved(stage)
    request = asked(reports, stage, query)
    assert request.state is ExecutionState.QUEUED
    assert request.submission is not None
    stage.finish_with(request.submission, SALES)
    view = reports.view(stage.author, reports.get(stage.author, query, request.uid))
    assert view.field_names == ("n", "region", "amount", "made", "docId")
    assert (view.query_count, view.total_count, view.is_limit_exceeded) == (4, 4, False)
    assert view.summary is not None
    assert [column.name for column in view.summary.columns] == ["n", "amount"]
    assert stage.rows(view.result, view.summary) == [[10, 16.5]]
    assert stage.rows(view.result, view.window)[0][:3] == [1, "eu", 10.5]


def test_fields_identity_and_order_are_those_of_the_settings(
    stage: Stage, reports: Reports
) -> None:
    """The identity stands behind the fields and is none."""
    query = saved(stage, display=["amount", "n"], identity="docId", sort=["-n"], summary=["amount"])
    assert numbers(reports, stage, query) == [
        [None, 4, None],
        [4.0, 3, "c"],
        [2.0, 2, "b"],
        [10.5, 1, "a"],
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (condition("region", O.EQUAL, "eu"), [1, 4]),
        (condition("region", O.EQUAL, "eu", "us"), [1, 2, 4]),
        (condition("region", O.UNEQUAL, "eu"), [2, 3]),
        (condition("REGION", O.CONTAINS, "U"), [1, 2, 4]),
        (condition("region", O.STARTS_WITH, "e", "x"), [1, 4]),
        (condition("region", O.NOT_ENDS_WITH, "u"), [2, 3]),
        (condition("region", O.IS_NULL), [3]),
        (condition("region", O.IS_NOT_NULL), [1, 2, 4]),
        (condition("amount", O.BETWEEN, 2, 4.5), [2, 3]),
        (condition("amount", O.GREATER, "3"), [1, 3]),
        (condition("n", O.AT_MOST, 2), [1, 2]),
        (condition("n", O.CONTAINS, 3), [3]),
        (condition("made", O.AT_LEAST, "2026-01-01T00:00:00+00:00"), [3, 4]),
        (condition("made", O.LESS, "2026-01-01T01:30:00+01:00"), [1, 2]),
    ],
)
def test_conditions_hold_over_the_result(
    stage: Stage, reports: Reports, wanted: Condition, found: list[int]
) -> None:
    """Negative ones are the complements: rows without a value fulfil them."""
    rows = numbers(reports, stage, saved(stage, display=["n"]), conditions=(wanted,))
    assert [row[0] for row in rows] == found


def test_requests_with_other_conditions_share_a_run(stage: Stage, reports: Reports) -> None:
    """Each is one of its own; cancelling one leaves the other."""
    query = saved(stage)
    first = asked(reports, stage, query, conditions=(condition("n", O.EQUAL, 1),))
    second = asked(reports, stage, query, conditions=(condition("n", O.EQUAL, 2),))
    assert first.uid != second.uid
    assert first.submission is not None
    assert second.submission is not None
    assert first.submission.execution.id == second.submission.execution.id
    assert reports.cancel(stage.author, query, first.uid).state is ExecutionState.CANCELLED
    assert reports.get(stage.author, query, second.uid).state is ExecutionState.QUEUED
    assert reports.cancel(stage.author, query, second.uid).state is ExecutionState.CANCELLED
    run = stage.store.get_submission(second.submission.uid)
    assert run.state is ExecutionState.CANCELLED
    history = reports.find(stage.author, query, 10)
    assert [each.uid for each in history.items] == [second.uid, first.uid]


def test_what_parameters_take_is_part_of_the_run(stage: Stage, reports: Reports) -> None:
    """Equality, of one value or of a list; everything else is for the window."""
    region = Parameter(name="region", kind=ParameterKind.TEXT, default="eu")
    query = saved(stage, region, sql="select {{ region }} as region, 1 as n")
    request = asked(
        reports,
        stage,
        query,
        conditions=(condition("region", O.EQUAL, "us"), condition("n", O.GREATER, 0)),
    )
    assert request.plan.pushed == ("region",)
    assert request.submission is not None
    assert list(request.submission.execution.statement.values.values()) == ["us"]


def test_fields_may_be_taken_by_parameters_of_other_names(stage: Stage, reports: Reports) -> None:
    """A list parameter takes several values."""
    ids = Parameter(
        name="ids", kind=ParameterKind.ENUM, options=("1", "2", "3"), multiple=Multiple()
    )
    query = saved(stage, ids, sql="select 1 as n where '1' in ({{ ids }})", parameters={"n": "ids"})
    request = asked(reports, stage, query, conditions=(condition("n", O.EQUAL, 1, 3),))
    assert request.plan.pushed == ("n",)


@pytest.mark.parametrize(
    ("kind", "local", "first", "last"),
    [
        (ParameterKind.DATE_RANGE, False, "2026-03-28", "2026-03-29"),
        (ParameterKind.DATETIME_RANGE, False, "2026-03-28 00:00", "2026-03-29 23:00"),
        (ParameterKind.DATETIME_RANGE, True, "2026-03-28 00:00", "2026-03-30 00:00"),
        (ParameterKind.DATETIME_SECONDS_RANGE, True, "2026-03-28 00:00:00", "2026-03-30 00:00:00"),
    ],
)
def test_a_period_is_the_value_of_a_parameter(
    stage: Stage, reports: Reports, kind: ParameterKind, local: bool, first: str, last: str
) -> None:
    """In days of the zone, or in times of its clock or of UTC; never narrower than asked for."""
    days = Parameter(name="days", kind=kind)
    query = saved(
        stage,
        days,
        sql="select {{ days.start }}::varchar as a, {{ days.end }}::varchar as b",
        dates={"range_parameter": "days", "are_local": local},
        time_zone="Europe/London",
    )
    start, end = "2026-03-28T00:00:00+00:00", "2026-03-30T00:00:00+01:00"
    dates = DateFilter(start=at(start), end=at(end))
    request = asked(reports, stage, query, date_filter=dates)
    assert request.submission is not None
    shown = request.submission.execution.statement.display
    assert f"select {first}::varchar as a, {last}::varchar as b" == shown


def at(text: str) -> Any:
    """Read a time."""
    return datetime.fromisoformat(text)


def test_a_period_holds_on_columns(stage: Stage, reports: Reports) -> None:
    """Half-open; times without a zone are in UTC, or on the clock of the report."""
    period = DateFilter(start=at("2026-01-01T00:00:00+01:00"), end=at("2026-01-01T01:30:00+01:00"))
    dates = {"from_column": "made"}
    zone = "Europe/Berlin"
    utc = saved(stage, display=["n"], dates=dates, time_zone=zone)
    assert numbers(reports, stage, utc, date_filter=period) == [[2]]
    local = saved(stage, display=["n"], dates={**dates, "are_local": True}, time_zone=zone)
    assert numbers(reports, stage, local, date_filter=period) == [[3]]


def test_a_period_without_dates_is_passed_over_unless_strict(
    stage: Stage, reports: Reports
) -> None:
    """It is told what was asked, whatever it holds on."""
    query = stage.save("select 1 as n")
    today = DateFilter(preset_name="Today")
    plan = asked(reports, stage, query, date_filter=today).plan
    assert (plan.date_filter, plan.period) == (today, Period())
    assert asked(reports, stage, query, is_strict=True).plan.date_filter == DateFilter()
    with pytest.raises(FieldInvalid):
        asked(reports, stage, query, date_filter=today, is_strict=True)


def test_days_of_the_week_are_those_of_the_zone(stage: Stage, reports: Reports) -> None:
    """Thursday the first of January begins in Berlin an hour before it does in UTC."""
    thursday = DateFilter(preset_name="All", days_of_week=16)
    dates = {"from_column": "made"}
    berlin = saved(stage, display=["n"], dates=dates, time_zone="Europe/Berlin")
    assert numbers(reports, stage, berlin, date_filter=thursday) == [[2], [3], [4]]
    utc = saved(stage, display=["n"], dates=dates)
    assert numbers(reports, stage, utc, date_filter=thursday) == [[3], [4]]
    nobody = DateFilter(preset_name="All", days_of_week=0)
    assert numbers(reports, stage, utc, date_filter=nobody) == []


def test_a_settle_lag_leaves_out_what_is_young(stage: Stage, reports: Reports) -> None:
    """The end of the period is moved back."""
    query = saved(stage, dates={"from_column": "made"}, settle_lag_seconds=900)
    request = asked(reports, stage, query, date_filter=named_filter("ThisYear"))
    assert request.plan.period.end == stage.clock.now() - timedelta(seconds=900)
    assert request.reference_at == stage.clock.now()


def test_the_row_limit_cuts_and_says_so(stage: Stage, reports: Reports) -> None:
    """The sums are those of all rows; a page never goes beyond the limit."""
    query = saved(stage, display=["n"], row_limit=3, summary=["n"])
    assert numbers(reports, stage, query) == [[1], [2], [3]]
    assert numbers(reports, stage, query, page=ReportPage(offset=2, limit=5)) == [[3]]
    assert numbers(reports, stage, query, page=ReportPage(offset=3, limit=5)) == []
    request = asked(reports, stage, query)
    view = reports.view(stage.author, request)
    assert (view.total_count, view.is_limit_exceeded) == (3, True)
    assert view.summary is not None
    assert stage.rows(view.result, view.summary) == [[10]]
    exact = saved(stage, display=["n"], row_limit=4)
    view = reports.view(stage.author, asked(reports, stage, exact))
    assert (view.total_count, view.is_limit_exceeded) == (4, False)


def test_saved_filters_are_added_to(stage: Stage, reports: Reports) -> None:
    """The default one counts unless another is asked for; its dates unless others are."""
    eu = {"field": "region", "operator": "==", "values": ["eu"]}
    filters = [{"id": str(FILTER), "name": "EU", "conditions": [eu], "date_filter": "thisyear"}]
    query = saved(stage, display=["n"], filters=filters, default_filter=str(FILTER))
    assert numbers(reports, stage, query, conditions=(condition("n", O.GREATER, 1),)) == [[4]]
    request = asked(reports, stage, query)
    assert request.plan.date_filter == named_filter("ThisYear")
    assert request.plan.filter_id == FILTER
    with pytest.raises(FilterUnknown):
        asked(reports, stage, query, filter_id=UUID(int=5))


def test_what_cannot_be_asked_is_said_before_anything_runs(stage: Stage, reports: Reports) -> None:
    """As far as the columns are known."""
    query = saved(stage, display=["n"])
    numbers(reports, stage, query)
    for wrong in (
        {"conditions": (condition("regoin", O.EQUAL, "eu"),)},
        {"conditions": (condition("n", O.EQUAL, "x"),)},
        {"conditions": (condition("n", O.BETWEEN, 1),)},
        {"conditions": (condition("made", O.LESS, "soon"),)},
        {"time_zone": "Nowhere/Land"},
        {"date_filter": DateFilter(start=at("2026-01-02T00:00Z"), end=at("2026-01-01T00:00Z"))},
    ):
        with pytest.raises(FieldInvalid):
            asked(reports, stage, query, **wrong)
    with pytest.raises(FieldMissing):
        asked(reports, stage, query, date_filter=DateFilter(start=at("2026-01-02T00:00Z")))


def test_requests_are_for_their_holder(stage: Stage, reports: Reports) -> None:
    """To everybody else they are not there, nor is what is private."""
    query, other = saved(stage), stage.other(AUTHORS)
    request = asked(reports, stage, query)
    with pytest.raises(NotFound):
        reports.get(other, query, request.uid)
    with pytest.raises(NotFound):
        reports.cancel(other, query, request.uid)
    assert reports.find(other, query, 10).total == 0
    with pytest.raises(NotFound):
        reports.get(stage.author, saved(stage, sql="select 2"), request.uid)
    hidden = stage.save("select 3", visibility=Visibility.PRIVATE)
    assert reports.find_query(stage.author, hidden.uid) == hidden
    with pytest.raises(NotFound):
        reports.find_query(other, hidden.uid)
    stage.queries.archive(stage.author, hidden.id)
    with pytest.raises(NotFound):
        reports.find_query(stage.author, hidden.uid)


def test_what_is_not_over_or_gone_has_no_rows(stage: Stage, reports: Reports) -> None:
    """A request outlives its result."""
    query = saved(stage)
    request = asked(reports, stage, query)
    with pytest.raises(ResultExpired):
        reports.view(stage.author, request)
    assert request.submission is not None
    result = stage.finish_with(request.submission, SALES)
    request = reports.get(stage.author, query, request.uid)
    assert reports.view(stage.author, request).total_count == 4
    stage.store.delete_result(result.id)
    with pytest.raises(ResultExpired):
        reports.view(stage.author, reports.get(stage.author, query, request.uid))


def test_fields_are_known_after_the_first_run(stage: Stage, reports: Reports) -> None:
    """With what is done with each."""
    query = saved(stage, display=[{"field": "n", "is_mandatory": True}, "amount"])
    assert reports.fields(stage.author, query) == ()
    numbers(reports, stage, query)
    query = stage.queries.get(stage.author, query.id)
    found = {each.column.name: each for each in reports.fields(stage.author, query)}
    assert list(found) == ["n", "region", "amount", "made", "docId"]
    assert (found["n"].is_mandatory, found["amount"].is_added) == (True, True)
    assert not found["region"].is_shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"display": [{"name": "n"}]},
        {"display": ["n", "n"]},
        {"time_zone": "Nowhere"},
        {"row_limit": 0},
        {"row_limit": "many"},
        {"settle_lag_seconds": -1},
        {"date_filter": "SomeDay"},
        {"filters": [{"id": "x", "name": "X"}]},
        {"filters": [{"id": str(FILTER), "name": "a"}, {"id": str(FILTER), "name": "b"}]},
        {"default_filter": str(FILTER)},
        {
            "filters": [
                {
                    "id": str(FILTER),
                    "name": "a",
                    "conditions": [{"field": "n", "operator": "like", "values": []}],
                }
            ]
        },
    ],
)
def test_wrong_settings_are_not_saved(stage: Stage, wrong: Mapping[str, Any]) -> None:
    """With the place of what is wrong."""
    with pytest.raises(FieldInvalid):
        stage.save("select 1", report=wrong)


def test_settings_hide_no_result(stage: Stage, reports: Reports) -> None:
    """Nor are they a new revision."""
    query = saved(stage)
    numbers(reports, stage, query)
    before = stage.queries.get(stage.author, query.id)
    after = stage.edit(before, report={"display": ["n"]})
    assert after.revision == before.revision
    assert after.latest_result_id == before.latest_result_id
    assert after.report == {"display": [{"field": "n", "is_mandatory": False}]}
