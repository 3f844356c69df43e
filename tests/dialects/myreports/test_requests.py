"""Ids, bodies and arguments as clients write them."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import FieldInvalid, FieldMissing, InvalidRequest, MalformedBody
from standpipe.core.reports.conditions import Condition, ReportOperator
from standpipe.core.reports.dates import DateFilter, PeriodUnit, Preset, named_filter
from standpipe.core.reports.requests import ReportAsk
from standpipe.core.reports.settings import ReportSettings
from standpipe.dialects.myreports.credentials import read_credentials
from standpipe.dialects.myreports.requests.asks import parse_ask
from standpipe.dialects.myreports.requests.pages import parse_data
from standpipe.dialects.myreports.requests.paths import parse_guid
from standpipe.http.messages import Inbound

REPORT = "01941f29-7c00-7000-8000-000000000006"
LONDON = ReportSettings(time_zone="Europe/London")


def ask(body: Any) -> ReportAsk:
    """Return what a body asks for; texts are bodies as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    parts = {"report_id": REPORT, "workspace_id": REPORT}
    return parse_ask(Inbound(method="POST", path="/", body=data, parts=parts), LONDON)


@pytest.mark.parametrize(
    "text",
    [
        REPORT,
        REPORT.upper(),
        f"{{{REPORT}}}",
        f"({REPORT})",
        REPORT.replace("-", ""),
        f" {{{REPORT.upper()}}} ",
    ],
)
def test_guids_are_taken_in_every_form(text: str) -> None:
    """In any case, bare, with braces, parentheses, or without hyphens."""
    assert parse_guid(text) == UUID(REPORT)


@pytest.mark.parametrize("text", ["", "7", REPORT[:-1], f"{{{REPORT}", f"{REPORT}}}", "{}"])
def test_other_texts_are_refused_with_the_value(text: str) -> None:
    """In the words that clients know."""
    with pytest.raises(FieldInvalid) as caught:
        parse_guid(text)
    assert caught.value.message == f"The value '{text}' is not valid."


def test_nothing_is_a_request_too() -> None:
    """Then everything is as the report says."""
    assert ask(b"") == ask({}) == ask({"filterId": None, "dateFilter": {}}) == ReportAsk()


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"presetName": "thisquarter"}, named_filter("ThisQuarter")),
        ({"presetName": "Today", "daysOfWeek": 62}, named_filter("Today", 62)),
        (
            {"presetFilterObject": {"units": 5, "offset": -1}},
            DateFilter(preset=Preset(unit=PeriodUnit.QUARTER, offset=-1, length=1)),
        ),
        (
            {"presetFilterObject": {"units": 1, "offset": -2, "length": 2, "roundingMode": 0}},
            DateFilter(preset=Preset(unit=PeriodUnit.HOUR, offset=-2, length=2, is_rounded=False)),
        ),
        (
            {"start": "2025-09-26T09:00:00+01:00", "end": "2025-09-26T17:00:00.1234567Z"},
            DateFilter(
                start=datetime(2025, 9, 26, 8, tzinfo=UTC),
                end=datetime(2025, 9, 26, 17, 0, 0, 123456, tzinfo=UTC),
            ),
        ),
        (
            {"start": "2025-09-26", "end": "2025-12-26T00:00"},
            DateFilter(
                start=datetime(2025, 9, 25, 23, tzinfo=UTC), end=datetime(2025, 12, 26, tzinfo=UTC)
            ),
        ),
    ],
)
def test_dates_are_presets_or_two_moments(dates: Any, expected: DateFilter) -> None:
    """What has no offset is local time of the report."""
    assert ask({"dateFilter": dates}).date_filter == expected


def test_what_an_answer_said_can_be_sent_again() -> None:
    """The echo of a date filter is a date filter."""
    echo = {
        "presetName": "ThisQuarter",
        "presetFilterObject": {
            "units": 5,
            "offset": 0,
            "length": 1,
            "roundingMode": 1,
            "daysOfWeek": 127,
        },
        "daysOfWeek": 127,
    }
    assert ask({"dateFilter": echo}).date_filter == named_filter("ThisQuarter")


def test_a_time_zone_of_the_request_counts_for_its_moments() -> None:
    """A local time is one of that zone."""
    dates = {"start": "2025-07-01", "end": "2025-07-02"}
    found = ask({"timeZoneId": "America/New_York", "dateFilter": dates})
    assert found.time_zone == "America/New_York"
    assert found.date_filter is not None
    assert found.date_filter.start == datetime(2025, 7, 1, 4, tzinfo=UTC)


def test_conditions_are_read_with_their_operators() -> None:
    """In any spelling."""
    conditions = [
        {"fieldName": "ans", "operator": "==", "values": [1]},
        {"fieldName": "cli", "operator": "STARTS_WITH", "values": ["+44"]},
        {"fieldName": "hgNum", "operator": "is null"},
    ]
    assert ask({"additionalConditions": conditions}).conditions == (
        Condition(field="ans", operator=ReportOperator.EQUAL, values=(1,)),
        Condition(field="cli", operator=ReportOperator.STARTS_WITH, values=("+44",)),
        Condition(field="hgNum", operator=ReportOperator.IS_NULL),
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"dateFilter": {"presetName": "Someday"}}, ["Someday", "ThisQuarter"]),
        ({"dateFilter": {"presetFilterObject": {"units": 7}}}, ["7", "6"]),
        ({"dateFilter": {"presetFilterObject": {"units": 2, "length": 0}}}, ["0", "1"]),
        ({"dateFilter": {"start": "soon", "end": "2025-01-01"}}, ["soon", "2025-09-26T09:00:00"]),
        ({"dateFilter": {"presetName": "Today", "start": "2025-01-01"}}, ["preset", "start"]),
        ({"dateFilter": {"daysOfWeek": 128}}, ["128", "127"]),
        ({"dateFilter": {"start": "0001-01-01T00:00+14:00", "end": "2025-01-01"}}, ["0001"]),
        (
            {"additionalConditions": [{"fieldName": "a", "operator": "like", "values": [1]}]},
            ["additionalConditions[0]", "like", "contains"],
        ),
        (
            {"additionalConditions": [{"fieldName": "a", "operator": "between", "values": [1]}]},
            ["additionalConditions[0]", "between", "2"],
        ),
        ({"additionalFilters": []}, ["additionalFilters", "additionalConditions"]),
        ({"reportId": REPORT.replace("6", "7")}, ["reportId", "path"]),
        ({"filterId": "best"}, ["best"]),
        ({"timeZoneId": "Mars/Phobos"}, ["Mars/Phobos", "Europe/London"]),
        ({"locale": "e" * 36}, ["locale", "text"]),
        ({"timeZoneId": "localtime"}, ["localtime", "Europe/London"]),
        ([], ["object"]),
    ],
)
def test_what_cannot_be_meant_is_refused(body: Any, words: list[str]) -> None:
    """With the value, and what is allowed."""
    with pytest.raises(FieldInvalid) as caught:
        ask(body)
    assert [word for word in words if word not in str(caught.value)] == []


def test_conditions_need_a_field() -> None:
    """And an operator."""
    with pytest.raises(FieldMissing):
        ask({"additionalConditions": [{"operator": "="}]})


@pytest.mark.parametrize(
    "body",
    [
        b'{"filterId": null, "filterId": null}',
        b'{"dateFilter": {"presetName": "Today", "presetName": "Today"}}',
        b'{"additionalConditions": [{"fieldName": "a", "fieldName": "b"}]}',
    ],
)
def test_keys_that_stand_twice_are_refused(body: bytes) -> None:
    """Wherever they stand: nobody knows which one is meant."""
    with pytest.raises(FieldInvalid, match="twice"):
        ask(body)


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'"\\ud800"'])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """Whatever Python's own reader thinks of it."""
    with pytest.raises((MalformedBody, FieldInvalid)):
        ask(body)


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda of: (
            st.lists(of)
            | st.dictionaries(
                st.sampled_from(
                    ["dateFilter", "presetName", "start", "additionalConditions", "values"]
                ),
                of,
            )
        ),
    )
)
def test_no_body_breaks_anything(body: Any) -> None:
    """It is understood or refused."""
    with contextlib.suppress(InvalidRequest):
        ask(body)


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": "Bearer abc"}, "abc"),
        ({"authorisation": "bearer  abc "}, "abc"),
        ({"authorization": "Basic abc", "authorisation": "Bearer def"}, "def"),
        ({"authorization": "Bearer"}, None),
        ({"x-api-key": "abc"}, None),
        ({}, None),
    ],
)
def test_tokens_come_in_either_spelling(headers: dict[str, str], key: str | None) -> None:
    """As the American and the British pages write it."""
    inbound = Inbound(method="GET", path="/", headers=headers)
    assert read_credentials(inbound).key == key


def data(**args: str) -> Any:
    """Return what the arguments of rows mean."""
    given = {name: (value,) for name, value in args.items()}
    return parse_data(Inbound(method="GET", path="/", args=given))


def test_pages_are_counted_from_one() -> None:
    """Without a size all rows are one page; -1 says so."""
    assert (data().size, data().offset) == (None, 0)
    assert data(page_size="-1").size is None
    found = data(page="3", page_size="10")
    assert (found.size, found.offset) == (10, 20)
    assert data(page="2").size == data(page="2").offset == 1_000


@pytest.mark.parametrize(
    "args",
    [
        {"page": "0"},
        {"page_size": "0"},
        {"page_size": "x"},
        {"format": "pdf"},
        {"wait": "301"},
        {"nulls": "maybe"},
        {"incomplete": "418"},
        {"pagesize": "10"},
    ],
)
def test_other_arguments_are_refused(args: dict[str, str]) -> None:
    """Also those that are only nearly right."""
    with pytest.raises(FieldInvalid):
        data(**args)
