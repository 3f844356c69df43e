"""Dates as people write them, and the spans that they mean."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standpipe.core.calendar import Calendar, Span, find_zone
from standpipe.core.data_sets.spans import read_span
from standpipe.core.errors import FieldInvalid


def read(text: str, now: str = "2019-12-26T02:14:05.5Z", zone: str = "UTC") -> Span:
    found = find_zone(zone)
    assert found is not None
    return read_span(text, Calendar(datetime.fromisoformat(now), found), path="here")


def span(start: str, end: str) -> Span:
    return Span(*(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end)))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2019-12-26", "2019-12-27"),
        ("yesterday", "2019-12-25", "2019-12-26"),
        ("Tomorrow ", "2019-12-27", "2019-12-28"),
        ("now", "2019-12-26 02:14:05", "2019-12-26 02:14:06"),
        ("beginning", "1970-01-01", "1970-01-01 00:00:01"),
        ("last week", "2019-12-16", "2019-12-23"),
        ("this week", "2019-12-23", "2019-12-30"),
        ("last month", "2019-11-01", "2019-12-01"),
        ("last quarter", "2019-07-01", "2019-10-01"),
        ("this month", "2019-12-01", "2020-01-01"),
        ("next 2 quarters", "2020-01-01", "2020-07-01"),
        ("next 3 years in the future", "2020-01-01", "2023-01-01"),
        ("LAST 2 mOnth", "2019-10-01", "2019-12-01"),
        ("last 2 days", "2019-12-24", "2019-12-26"),
        ("last 3 hours", "2019-12-25 23:00", "2019-12-26 02:00"),
        ("last 2 seconds", "2019-12-26 02:14:03", "2019-12-26 02:14:05"),
        ("current month begin", "2019-12-01", "2019-12-02"),
        ("last month end", "2019-11-30", "2019-12-01"),
        ("last 2 hours begin", "2019-12-26 00:00", "2019-12-26 00:00:01"),
        ("next 2 minutes end", "2019-12-26 02:16:59", "2019-12-26 02:17"),
        ("2 days ago", "2019-12-24", "2019-12-25"),
        ("exact 2 days ago", "2019-12-24 02:14:05", "2019-12-24 02:14:06"),
        ("3 weeks from now", "2020-01-16", "2020-01-23"),
        ("1 year ago for 5 days", "2018-01-01", "2018-01-06"),
        ("exactly 1 year ago for 5 days", "2018-12-26 02:14:05", "2018-12-31 02:14:05"),
        ("monday last week", "2019-12-16", "2019-12-17"),
        ("tue last week", "2019-12-17", "2019-12-18"),
        ("wed next 2 weeks", "2020-01-08", "2020-01-09"),
        ("thuRsday current Week", "2019-12-26", "2019-12-27"),
        ("2024", "2024-01-01", "2025-01-01"),
        ("2024-03", "2024-03-01", "2024-04-01"),
        ("2024-q2", "2024-04-01", "2024-07-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2024/2/9", "2024-02-09", "2024-02-10"),
        ("30/04/2024", "2024-04-30", "2024-05-01"),
        ("30-04-2024", "2024-04-30", "2024-05-01"),
        ("04/30/2024", "2024-04-30", "2024-05-01"),
        ("04/04/2024", "2024-04-04", "2024-04-05"),
        ("30 April 2024", "2024-04-30", "2024-05-01"),
        ("April 30, 2024", "2024-04-30", "2024-05-01"),
        ("1st Sep 2024", "2024-09-01", "2024-09-02"),
        ("Apr 2024", "2024-04-01", "2024-05-01"),
        ("aug2021", "2021-08-01", "2021-09-01"),
        ("15", "2019-12-26 15:00", "2019-12-26 16:00"),
        ("15:32", "2019-12-26 15:32", "2019-12-26 15:33"),
        ("19:15:32", "2019-12-26 19:15:32", "2019-12-26 19:15:33"),
        ("2024-04-30 15", "2024-04-30 15:00", "2024-04-30 16:00"),
        ("2024-04-30 15:00", "2024-04-30 15:00", "2024-04-30 15:01"),
        ("2024-04-30T15:00:30", "2024-04-30 15:00:30", "2024-04-30 15:00:31"),
        ("2024-04-30 15:00:30.664131", "2024-04-30 15:00:30.664131", "2024-04-30 15:00:30.664132"),
        ("2024-04-30 15:00:30.5", "2024-04-30 15:00:30.5", "2024-04-30 15:00:30.6"),
        ("19:00 yesterday", "2019-12-25 19:00", "2019-12-25 19:01"),
        ("yesterday at 19:00", "2019-12-25 19:00", "2019-12-25 19:01"),
        ("2019-12-01T09:15:32Z", "2019-12-01 09:15:32", "2019-12-01 09:15:33"),
        ("2019-12-01T09:15:32+09:00", "2019-12-01 00:15:32", "2019-12-01 00:15:33"),
        ("3 weeks ago till today", "2019-12-05", "2019-12-26"),
        ("beginning - 3 days ago", "1970-01-01", "2019-12-24"),
        ("3 days ago - beginning", "1970-01-01", "2019-12-24"),
        ("beginning until now", "1970-01-01", "2019-12-26 02:14:05"),
        ("19:00 yesterday to now", "2019-12-25 19:00", "2019-12-26 02:14:06"),
        ("1998 - 2018", "1998-01-01", "2019-01-01"),
        ("2024-01-01 - 2024-01-31", "2024-01-01", "2024-02-01"),
        ("this week - yesterday", "2019-12-23", "2019-12-26"),
        ("yesterday - this week", "2019-12-25", "2019-12-30"),
    ],
)
def test_a_text_means_a_span(text: str, start: str, end: str) -> None:
    """From its first moment until just before its end."""
    assert read(text) == span(start, end)


@pytest.mark.parametrize(
    ("text", "now", "zone", "start", "end"),
    [
        (
            "last 2 days",
            "2019-12-26T02:14:05Z",
            "America/Chicago",
            "2019-12-23 06:00",
            "2019-12-25 06:00",
        ),
        (
            "last 1 day",
            "2021-03-29T01:00Z",
            "Europe/Copenhagen",
            "2021-03-27 23:00",
            "2021-03-28 22:00",
        ),
        (
            "last 3 hours",
            "2021-03-28T01:00Z",
            "Europe/Copenhagen",
            "2021-03-27 22:00",
            "2021-03-28 01:00",
        ),
        (
            "3 hours ago",
            "2021-03-28T01:00Z",
            "Europe/Copenhagen",
            "2021-03-27 22:00",
            "2021-03-27 23:00",
        ),
        ("today", "2019-12-31T18:00Z", "Asia/Singapore", "2019-12-31 16:00", "2020-01-01 16:00"),
        (
            "tomorrow",
            "2021-10-30T02:14Z",
            "Europe/Copenhagen",
            "2021-10-30 22:00",
            "2021-10-31 23:00",
        ),
        (
            "sunday this week",
            "2021-11-08T05:00Z",
            "America/Chicago",
            "2021-11-07 05:00",
            "2021-11-08 06:00",
        ),
        (
            "2019-12-27 00:14",
            "2019-12-26T00:00Z",
            "Asia/Seoul",
            "2019-12-26 15:14",
            "2019-12-26 15:15",
        ),
        (
            "2019-12-27T00:14Z",
            "2019-12-26T00:00Z",
            "Asia/Seoul",
            "2019-12-27 00:14",
            "2019-12-27 00:15",
        ),
    ],
)
def test_spans_are_those_of_the_zone(text: str, now: str, zone: str, start: str, end: str) -> None:
    """Days follow the clocks there, hours are real time."""
    assert read(text, now, zone) == span(start, end)


@pytest.mark.parametrize(
    ("text", "message", "detail"),
    [
        ("last monday", "here: 'last monday' can mean more than one day.", "monday last week"),
        (
            "Thursday",
            "here: 'Thursday' can mean more than one day.",
            "thursday last/this/next week",
        ),
        ("01/02/2024", "here: '01/02/2024' can mean two days.", "the year first"),
        ("yesterday till asd", "here: 'yesterday till asd' is not a date.", "last 2 days"),
        (
            "tomorrow till 3 days ago",
            "here: 'tomorrow till 3 days ago' ends before it begins.",
            "earlier",
        ),
        ("2019-02-29", "here: '2019-02-29' is not a date.", "2024-03-01"),
        ("30:32", "here: '30:32' is not a date.", "yesterday"),
        ("within 3 days", "here: 'within 3 days' is not a date.", "yesterday"),
        ("", "here: '' is not a date.", "yesterday"),
        (
            "last 99999999 years",
            "here: 'last 99999999 years' lies outside of the calendar.",
            "9999",
        ),
        ("last 0 days", "here: 'last 0 days' is no time at all.", "one of the unit"),
        ("1 week ago for 0 days", "here: '1 week ago for 0 days' is no time at all.", "or more"),
        ("31/12/9999", "here: '31/12/9999' lies outside of the calendar.", "9999"),
    ],
)
def test_what_means_no_span_is_refused(text: str, message: str, detail: str) -> None:
    """Nothing is passed over or guessed; the error says how it is written."""
    with pytest.raises(FieldInvalid) as refusal:
        read(text)
    assert refusal.value.message == message
    assert detail in refusal.value.detail


WORDS = [
    *(
        "last",
        "next",
        "this",
        "ago",
        "from now",
        "days",
        "weeks",
        "month",
        "year",
        "exactly",
        "for",
    ),
    *("monday", "till", "to", "-", "begin", "end", "today", "now", "beginning", "at", "of", "q1"),
    *(
        "2024",
        "12",
        "0",
        "31",
        "9999",
        "999999999",
        "2024-02-30",
        "12:61",
        "T",
        "Z",
        "+99:99",
        "jan",
    ),
    *("2024-01-01T10:00:00+24:00", "1/1/1", "\u0663", "\ud800", "\x00", "'", "0001-01-01"),
]


@settings(max_examples=1500, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=120), st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
    ),
    now=st.datetimes(timezones=st.just(UTC)),
    zone=st.sampled_from(["UTC", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_any_text_is_a_span_or_refused(text: str, now: datetime, zone: str) -> None:
    """Whatever it is and whenever: no other error, and no time that ends before it begins."""
    with suppress(FieldInvalid):
        found = read(text, now.isoformat(), zone)
        assert found.start < found.end
