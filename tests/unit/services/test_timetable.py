"""When scheduled queries are due: intervals, times of day and cron lines, across DST and ends."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import FieldInvalid
from standpipe.core.schedules import Schedule
from standpipe.services.timetable import (
    backoff,
    check_schedule,
    check_view_cron,
    first_run,
    next_run,
)

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)  # a Tuesday


def utc(*parts: int) -> datetime:
    """An aware UTC time."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(interval_seconds=3600), utc(2026, 3, 10, 13)),
        (Schedule(interval_seconds=86400, time="06:30"), utc(2026, 3, 11, 6, 30)),
        (Schedule(interval_seconds=86400, time="18:30"), utc(2026, 3, 10, 18, 30)),
        (
            Schedule(interval_seconds=86400, time="06:30", zone="America/New_York"),
            utc(2026, 3, 11, 10, 30),
        ),
        (
            Schedule(interval_seconds=604800, time="08:00", day_of_week="Monday"),
            utc(2026, 3, 16, 8),
        ),
        (
            Schedule(interval_seconds=604800, time="18:00", day_of_week="Tuesday"),
            utc(2026, 3, 10, 18),
        ),
        (Schedule(cron="*/15 * * * *"), utc(2026, 3, 10, 12, 15)),
        (Schedule(cron="0 9 * * MON#1", zone="Europe/London"), utc(2026, 4, 6, 8)),
        (Schedule(interval_seconds=60, is_disabled=True), None),
        (Schedule(interval_seconds=86400, time="06:30", until=date(2026, 3, 10)), None),
        (Schedule(), None),
    ],
)
def test_next_run_is_the_first_time_after_now(
    schedule: Schedule, expected: datetime | None
) -> None:
    """Each kind of schedule names its next time, in UTC; an ended one names none."""
    assert next_run(schedule, NOW) == expected


def test_a_time_of_day_keeps_its_hour_across_the_clock_change() -> None:
    """London moves on 29 March 2026: 07:00 local is 07:00 UTC before and 06:00 UTC after."""
    schedule = Schedule(interval_seconds=86400, time="07:00", zone="Europe/London")
    before = next_run(schedule, utc(2026, 3, 27, 12))
    assert before == utc(2026, 3, 28, 7)
    assert next_run(schedule, utc(2026, 3, 28, 12)) == utc(2026, 3, 29, 6)


def test_a_cron_line_fires_once_in_the_hour_that_comes_twice() -> None:
    """02:30 in Berlin on 25 October 2026 exists twice and fires once."""
    schedule = Schedule(cron="30 2 * * *", zone="Europe/Berlin")
    first = next_run(schedule, utc(2026, 10, 24, 12))
    assert first is not None
    second = next_run(schedule, first)
    assert second is not None
    assert second - first > timedelta(hours=20)


def test_an_overdue_interval_is_due_at_once() -> None:
    """A schedule set after a long silence does not wait for another interval."""
    schedule = Schedule(interval_seconds=3600)
    assert first_run(schedule, NOW - timedelta(days=3), NOW) == NOW
    assert first_run(schedule, NOW - timedelta(minutes=10), NOW) == NOW + timedelta(minutes=50)
    assert first_run(schedule, None, NOW) == NOW


def test_backoff_doubles_and_ends() -> None:
    """Failures in a row wait 2, 4, 8 minutes, and never longer than about 17 hours."""
    assert [backoff(n) for n in (1, 2, 3)] == [timedelta(minutes=m) for m in (2, 4, 8)]
    assert backoff(1000) == timedelta(minutes=1024)


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(interval_seconds=0),
        Schedule(interval_seconds=-5),
        Schedule(interval_seconds=10**15),
        Schedule(time="25:00"),
        Schedule(time="soon"),
        Schedule(day_of_week="Someday"),
        Schedule(cron="* * *"),
        Schedule(cron="* * * * * *"),
        Schedule(cron="0 0 31 2 *"),
        Schedule(cron="1 1 1 1 1 1 1 1"),
        Schedule(interval_seconds=60, zone="Mars/Olympus"),
        Schedule(interval_seconds=60, zone="../etc/passwd"),
        Schedule(interval_seconds=60, zone="Europe"),
        Schedule(interval_seconds=60, zone="x" * 5000),
    ],
)
def test_a_schedule_that_cannot_be_followed_is_refused(schedule: Schedule) -> None:
    """The refusal names the part that is wrong."""
    with pytest.raises(FieldInvalid) as refused:
        check_schedule(schedule)
    assert refused.value.message


@given(
    st.integers(60, 10**7),
    st.sampled_from([None, "00:00", "02:30", "23:59"]),
    st.sampled_from(["UTC", "Europe/London", "America/New_York", "Pacific/Apia"]),
    st.datetimes(utc(2020, 1, 1).replace(tzinfo=None), utc(2035, 1, 1).replace(tzinfo=None)),
)
def test_the_next_run_always_lies_ahead(
    seconds: int, time: str | None, zone: str, now: datetime
) -> None:
    """Whatever the schedule and the time, the next run is after now and is UTC."""
    after = now.replace(tzinfo=UTC)
    found = next_run(Schedule(interval_seconds=seconds, time=time, zone=zone), after)
    assert found is not None
    assert found > after
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "line",
    [
        "*/15 * * * *",
        "0 */1 * * *",
        "0,15,30,45 0-6 * * 1-5",
        "0 0 * * 1",
        "30 4 * * MON",
        "0 0 1,8,15,22,29 * *",
        "59 23 */7 * *",
    ],
)
def test_a_view_is_refreshed_from_every_15_minutes_to_weekly(line: str) -> None:
    """Whatever the line looks like: how long it is between two times counts."""
    assert check_view_cron(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "* * * * *",
        "*/14 * * * *",
        "0,10 5 * * *",
        "0,50 0,23 * * *",
        "0 0 1 * *",
        "0 0 1,15 * *",
        "0 0 * 1-11 *",
        "0 0 29 2 *",
        "0 0 * * 1#1",
        "0 0 31 2 *",
        "0 0 0 * * *",
        "@hourly",
        "0 0 * *",
        "",
        "x",
        "0 0 * * 8",
        "\0",
        "٣ * * * *",
        "0" + ",0" * 100 + " * * * *",
    ],
)
def test_a_view_with_another_line_is_refused(line: str) -> None:
    """Too often, too seldom, never, or no cron line at all."""
    with pytest.raises(FieldInvalid):
        check_view_cron(line)
