"""Calendar arithmetic in zones."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.calendar import Calendar, CalendarUnit, find_zone

ZONES = ["UTC", "Europe/Copenhagen", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe"]
FIRST, LAST = (datetime.fromisoformat(f"{year}-01-01") for year in (1900, 2100))
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


def calendar(now: str, zone: str = "UTC") -> Calendar:
    found = find_zone(zone)
    assert found is not None
    return Calendar(datetime.fromisoformat(now), found)


@pytest.mark.parametrize(
    "name", ["", "Mars/Base", "europe/berlin", "../etc/passwd", "Europe", "x\0"]
)
def test_a_zone_that_is_not_known_is_none(name: str) -> None:
    """Whatever else lies in the folder of zones."""
    assert find_zone(name) is None


@pytest.mark.parametrize(
    ("now", "zone", "start", "end"),
    [
        ("2021-03-28T12:00Z", "Europe/Copenhagen", "2021-03-27T23:00Z", "2021-03-28T22:00Z"),
        ("2021-10-31T12:00Z", "Europe/Copenhagen", "2021-10-30T22:00Z", "2021-10-31T23:00Z"),
        ("2018-11-04T12:00Z", "America/Sao_Paulo", "2018-11-04T03:00Z", "2018-11-05T02:00Z"),
        ("2018-02-18T01:30Z", "America/Sao_Paulo", "2018-02-17T02:00Z", "2018-02-18T03:00Z"),
    ],
)
def test_a_day_has_as_many_hours_as_its_zone_says(
    now: str, zone: str, start: str, end: str
) -> None:
    """23 or 25 where clocks change, also at midnight."""
    span = calendar(now, zone).span(CalendarUnit.DAY, 0)
    assert [span.start, span.end] == [datetime.fromisoformat(start), datetime.fromisoformat(end)]


@given(
    now=MOMENTS,
    zone=st.sampled_from(ZONES),
    unit=st.sampled_from(list(CalendarUnit)),
    first=st.integers(-50, 50),
    count=st.integers(1, 5),
)
def test_spans_meet(now: datetime, zone: str, unit: CalendarUnit, first: int, count: int) -> None:
    """Now lies in this unit, and what is over when one span ends begins the next one."""
    found = calendar(now.isoformat(), zone)
    this = found.span(unit, 0)
    assert this.start <= now < this.end
    span = found.span(unit, first, count)
    assert span.start < span.end
    if not unit.is_of_clock:
        assert span.end == found.span(unit, first + count).start
