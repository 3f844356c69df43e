"""Bodies, to the order of their keys."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from tests.dialects.redash.examples import submission

from standpipe.core.errors import (
    NotAuthenticated,
    NotFound,
    RateLimited,
    ResultExpired,
    StandpipeError,
)
from standpipe.core.executions import ExecutionState
from standpipe.core.ids import QueryId, ReportRequestId, Uid, WorkspaceId
from standpipe.core.reports.dates import DateFilter, Period, named_filter
from standpipe.core.reports.requests import ReportPlan, ReportRequest
from standpipe.core.reports.settings import DateFields, DisplayField, ReportSettings, SortField
from standpipe.dialects.myreports.errors import render_error
from standpipe.dialects.myreports.responses.dates import show_dates
from standpipe.dialects.myreports.responses.requests import (
    Standing,
    show_begun,
    show_status,
    status_of,
)
from standpipe.dialects.myreports.responses.results import Figures, show_result
from standpipe.dialects.myreports.responses.times import (
    show_offset,
    show_round_trip,
    show_utc,
    show_wall,
)
from standpipe.http.messages import Inbound

PUBLISHED = json.loads((Path(__file__).parent / "published.json").read_text())
LONDON = ZoneInfo("Europe/London")
NOBODY = Uid(UUID(int=0))
REPORT = Uid(UUID(int=1))
REQUEST = Uid(UUID(int=5))


def moment(text: str) -> datetime:
    """Return a moment; its seventh digit is cut."""
    return datetime.fromisoformat(text)


SETTINGS = ReportSettings(
    template="CallListByUserSegmented",
    display=tuple(
        DisplayField(field=each["fieldName"]) for each in PUBLISHED["request"]["displayFields"]
    ),
    identity="docId",
    dates=DateFields(from_column="start", to_column="end"),
    sort=(SortField(field="start", is_descending=True),),
    time_zone="Europe/London",
    settle_lag_seconds=900,
)
PERIOD = Period(
    start=moment("2025-01-01T00:00:00+00:00"), end=moment("2025-09-22T15:12:40.1423517Z")
)


def standing(
    state: ExecutionState = ExecutionState.SUCCEEDED,
    settings: ReportSettings = SETTINGS,
    **more: Any,
) -> Standing:
    """The request of the published sample."""
    reference = moment("2025-09-22T15:27:40.1423517Z")
    request = ReportRequest(
        id=ReportRequestId(1),
        uid=REQUEST,
        workspace_id=WorkspaceId(1),
        holder=submission(state).holder,
        query_id=QueryId(1),
        plan=ReportPlan(
            settings=settings, filter_id=None, date_filter=named_filter("ThisYear"), period=PERIOD
        ),
        submission=submission(state),
        reference_at=reference,
        created_at=moment("2025-09-22T15:27:40.1946146Z"),
    )
    return Standing(tenant=NOBODY, report=REPORT, name="Calls", request=request, **more)


def shown(value: Any) -> Any:
    """Return a body as clients read it: pairs in their order, moments to the microsecond."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    # The published reference date was read some microseconds before the end of the period.
    text = text.replace("40.1423161", "40.1423517")
    cut = re.sub(r"(\.\d{6})\d(?=[Z+\"])", r"\1", text)
    cut = re.sub(r"\.0{6}(?=[+Z])", "", cut)
    return json.loads(cut, object_pairs_hook=lambda pairs: pairs)


def test_results_are_the_published_one() -> None:
    """Every key in its place, every value of its type."""
    figures = Figures(
        effort=210.17,
        query_milliseconds=2076,
        total_milliseconds=2121,
        query_count=2053,
        total_count=922,
        summary=json.dumps(PUBLISHED["summary"]).encode(),
    )
    found = shown(show_result(standing(), figures))
    expected = shown(json.dumps({**PUBLISHED, "data": []}))
    assert found == expected


def test_new_requests_are_told_with_their_period() -> None:
    """In the local time of the report, with its offset."""
    reference = moment("2025-09-22T15:23:01.0201791+00:00")
    given = standing()
    request = replace(
        given.request,
        reference_at=reference,
        plan=replace(
            given.request.plan,
            date_filter=named_filter("ThisQuarter"),
            period=Period(
                start=moment("2025-07-01T00:00:00+01:00"), end=moment("2025-09-22T15:08:01.02159Z")
            ),
        ),
    )
    assert shown(show_begun(replace(given, request=request))) == [
        ("requestId", str(REQUEST)),
        ("locale", "en-GB"),
        ("reportId", str(REPORT)),
        ("referenceDate", "2025-09-22T15:23:01.020179+00:00"),
        (
            "dateFilter",
            [
                ("presetName", "ThisQuarter"),
                (
                    "presetFilterObject",
                    [
                        ("units", 5),
                        ("offset", 0),
                        ("length", 1),
                        ("roundingMode", 1),
                        ("daysOfWeek", 127),
                    ],
                ),
                ("daysOfWeek", 127),
            ],
        ),
        ("startTime", "2025-07-01T00:00:00+01:00"),
        ("endTime", "2025-09-22T16:08:01.02159+01:00"),
    ]


def test_a_status_has_the_published_keys() -> None:
    """And behind them the state in the words of our other APIs."""
    assert shown(show_status(standing())) == [
        ("dateCreated", "2025-09-22T15:27:40.194614Z"),
        ("tenantId", str(NOBODY)),
        ("requestId", str(REQUEST)),
        ("reportId", str(REPORT)),
        ("status", "Complete"),
        ("statusMessage", "Report processing complete"),
        ("reportTemplateName", "CallListByUserSegmented"),
        ("rowLimitExceeded", False),
        ("state", "succeeded"),
    ]


@pytest.mark.parametrize(
    ("state", "more", "status"),
    [
        (ExecutionState.QUEUED, {}, ("InProgress", 0, "Report processing in progress")),
        (ExecutionState.RUNNING, {}, ("InProgress", 0, "Report processing in progress")),
        (ExecutionState.SUCCEEDED, {}, ("Complete", 1, "Report processing complete")),
        (ExecutionState.FAILED, {"error": "No such table."}, ("Failed", 2, "No such table.")),
        (ExecutionState.CANCELLED, {}, ("Cancelled", 3, "Report request cancelled")),
        (ExecutionState.EXPIRED, {"error": "It waited."}, ("Failed", 2, "It waited.")),
        (
            ExecutionState.SUCCEEDED,
            {"is_gone": True},
            ("Expired", 4, "The result of this request is not stored any more"),
        ),
    ],
)
def test_statuses_are_words_and_numbers(
    state: ExecutionState, more: dict[str, Any], status: tuple[str, int, str]
) -> None:
    """The published two, and ours for the others."""
    found = status_of(standing(state, **more))
    assert (found.word, found.number, found.message) == status


def test_a_request_whose_run_is_forgotten_is_expired() -> None:
    """It says so, and not that it failed."""
    given = standing()
    forgotten = replace(given, request=replace(given.request, submission=None))
    assert status_of(forgotten).word == "Expired"


def test_fixed_dates_are_told_as_they_were_asked_for() -> None:
    """Without a preset, in the zone of the report."""
    dates = DateFilter(start=moment("2025-09-26T08:00:00Z"), end=moment("2025-09-26T16:00:00Z"))
    assert shown(show_dates(dates, LONDON)) == [
        ("start", "2025-09-26T09:00:00+01:00"),
        ("end", "2025-09-26T17:00:00+01:00"),
        ("daysOfWeek", 127),
    ]


def test_reports_without_settings_have_their_own_name_as_template() -> None:
    """Nothing is null that clients take for a text."""
    assert show_status(standing(settings=ReportSettings())).template == "Calls"


def test_moments_are_printed_as_dotnet_prints_them() -> None:
    """Zeros at the end of a fraction are cut, but in the form "O"."""
    at = datetime(2025, 9, 22, 15, 8, 1, 21590, tzinfo=UTC)
    whole = at - timedelta(microseconds=21590)
    assert show_utc(at) == "2025-09-22T15:08:01.02159Z"
    assert show_utc(whole) == "2025-09-22T15:08:01Z"
    assert show_offset(at, LONDON) == "2025-09-22T16:08:01.02159+01:00"
    assert show_offset(whole, ZoneInfo("UTC")) == "2025-09-22T15:08:01+00:00"
    assert show_round_trip(whole) == "2025-09-22T15:08:01.0000000+00:00"
    assert show_wall(at, LONDON) == "2025-09-22T16:08:01"


@pytest.mark.parametrize(
    ("error", "status", "message", "header"),
    [
        (NotFound("no"), 404, "Not Found", None),
        (ResultExpired(), 404, ResultExpired().message, None),
        (
            RateLimited("5 per minute", 7),
            429,
            str(RateLimited("5 per minute", 7)),
            ("Retry-After", "7"),
        ),
        (StandpipeError("secret"), 500, "An internal error occurred", None),
        (
            NotAuthenticated("Who?"),
            401,
            "Who?",
            ("WWW-Authenticate", 'Bearer error="invalid_token"'),
        ),
    ],
)
def test_errors_stand_in_the_envelope(
    error: StandpipeError, status: int, message: str, header: tuple[str, str] | None
) -> None:
    """With the status as a number, in the published order of keys."""
    found = render_error(error, Inbound(method="GET", path="/api/v1.0/workspaces"))
    assert isinstance(found.body, bytes)
    body = json.loads(found.body)
    assert list(body) == ["error", "message", "status", "timestamp"]
    assert (found.status, body["error"], body["status"]) == (status, status, "error")
    assert body["message"] == message
    assert header is None or header in found.headers
    assert ("Content-Type", "application/json; charset=utf-8") in found.headers
