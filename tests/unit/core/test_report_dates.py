"""Presets and periods of reports, against plain arithmetic and the published samples."""

import calendar as months
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standpipe.core.calendar import Calendar
from standpipe.core.errors import FieldInvalid, FieldMissing
from standpipe.core.reports.dates import (
    PRESETS,
    DateFilter,
    Period,
    PeriodUnit,
    Preset,
    begins_on_sunday,
    is_on,
    named_filter,
    period_of,
)

LONDON = ZoneInfo("Europe/London")
ZONES = sorted(name for name in available_timezones() if "/" in name and name != "localtime")
MOMENTS = st.datetimes(
    min_value=datetime(1980, 1, 1),  # noqa: DTZ001 - they get their zone below
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def period(name: str, now: datetime, zone: ZoneInfo, *, locale: str = "en-GB") -> Period:
    """Return what a preset means at a time in a zone."""
    return period_of(named_filter(name), Calendar(now, zone), locale=locale)


@pytest.mark.parametrize(
    ("name", "now", "start"),
    [
        ("ThisYear", "2025-09-22T15:27:40.142351+00:00", "2025-01-01T00:00:00+00:00"),
        ("ThisQuarter", "2025-09-22T15:23:01.021590+00:00", "2025-06-30T23:00:00+00:00"),
    ],
)
def test_the_published_samples_are_reproduced(name: str, now: str, start: str) -> None:
    """The start exactly; the end fifteen minutes ago, to the microsecond."""
    at = datetime.fromisoformat(now)
    found = period_of(
        named_filter(name), Calendar(at, LONDON), locale="en-GB", settle_lag_seconds=900
    )
    assert found.start == datetime.fromisoformat(start)
    assert found.end == at - timedelta(seconds=900)


@pytest.mark.parametrize(("day", "hours"), [("2025-03-30", 23), ("2025-10-26", 25)])
def test_a_day_has_the_hours_that_clocks_have(day: str, hours: int) -> None:
    """When clocks are put forward and back."""
    noon = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    found = period("today", noon, LONDON)
    assert found.start is not None
    assert found.end is not None
    assert found.end - found.start == timedelta(hours=hours)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins, without the calendar under test: where clocks first show it."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def added(day: date, count: int) -> date:
    """Return the first of a month so many months later."""
    number = day.year * 12 + day.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def expected(name: str, today: date) -> tuple[date, date]:
    """Return first and last day (excluded) of a preset, by plain arithmetic."""
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    return {
        "Today": (today, today + timedelta(days=1)),
        "Yesterday": (today - timedelta(days=1), today),
        "ThisWeek": (monday, monday + timedelta(days=7)),
        "LastWeek": (monday - timedelta(days=7), monday),
        "ThisMonth": (month, added(month, 1)),
        "LastMonth": (added(month, -1), month),
        "NextMonth": (added(month, 1), added(month, 2)),
        "ThisQuarter": (quarter, added(quarter, 3)),
        "LastQuarter": (added(quarter, -3), quarter),
        "ThisYear": (date(today.year, 1, 1), date(today.year + 1, 1, 1)),
        "LastYear": (date(today.year - 1, 1, 1), date(today.year, 1, 1)),
        "Last7Days": (today - timedelta(days=7), today),
        "Last90Days": (today - timedelta(days=90), today),
        "Last12Months": (added(month, -12), month),
        "Next3Days": (today + timedelta(days=1), today + timedelta(days=4)),
        "Last2Weeks": (monday - timedelta(days=14), monday),
    }[name]


NAMES = (
    *("Today", "Yesterday", "ThisWeek", "LastWeek", "ThisMonth", "LastMonth", "NextMonth"),
    *("ThisQuarter", "LastQuarter", "ThisYear", "LastYear", "Last7Days", "Last90Days"),
    *("Last12Months", "Next3Days", "Last2Weeks"),
)


@given(now=MOMENTS, name=st.sampled_from(NAMES), zone=st.sampled_from(ZONES))
@settings(max_examples=500)
def test_presets_are_calendar_arithmetic_in_every_zone(now: datetime, name: str, zone: str) -> None:
    """Whole days of the zone, whatever its clocks do."""
    place = ZoneInfo(zone)
    first, last = expected(name, now.astimezone(place).date())
    found = period(name, now, place)
    assert found == Period(start=midnight(first, place), end=midnight(last, place))


@pytest.mark.parametrize("zone", ZONES)
def test_days_follow_each_other_without_gaps(zone: str) -> None:
    """Through a year of every zone, one of which jumps two hours: no day is left out."""
    place, now = ZoneInfo(zone), datetime(2025, 1, 1, 12, tzinfo=UTC)
    before = period("Today", now, place)
    for _ in range(365):
        assert before.end is not None
        now = before.end + timedelta(hours=1)
        found = period("Today", now, place)
        assert found.start == before.end
        assert found.end is not None
        assert timedelta(hours=21) < found.end - before.end < timedelta(hours=27)
        before = found


@given(now=MOMENTS, count=st.integers(1, 400))
def test_hours_and_minutes_roll(now: datetime, count: int) -> None:
    """They end now, to the microsecond."""
    for unit, seconds in (("Hours", 3600), ("Minutes", 60)):
        found = period(f"Last{count}{unit}", now, LONDON)
        assert found == Period(start=now - timedelta(seconds=count * seconds), end=now)


def test_names_have_many_spellings() -> None:
    """Case does not count; previous is last, current is this, singular is plural."""
    assert named_filter("thisquarter").preset_name == "ThisQuarter"
    assert named_filter("CurrentMonth") == named_filter("ThisMonth")
    assert named_filter("previousweek") == named_filter("LastWeek")
    assert named_filter("previous3day").preset_name == "Last3Days"
    assert named_filter("Last7Days").preset == PRESETS["Last7Days"]
    assert named_filter("all") == DateFilter(preset_name="All")


@pytest.mark.parametrize("name", ["", "Last0Days", "Last9999999Days", "ThisMinute", "x" * 500])
def test_unknown_presets_are_refused(name: str) -> None:
    """With what there is."""
    with pytest.raises(FieldInvalid) as refused:
        named_filter(name)
    assert "ThisQuarter" in (refused.value.detail or "")
    assert len(refused.value.message) < 120


@given(st.text())
def test_any_name_is_a_preset_or_refused(name: str) -> None:
    """And nothing else."""
    try:
        named_filter(name)
    except FieldInvalid:
        return


@given(
    unit=st.sampled_from(PeriodUnit),
    offset=st.integers(-(10**6), 10**6),
    length=st.integers(1, 10**6),
    is_rounded=st.booleans(),
)
def test_any_period_has_ends_or_is_refused(
    unit: PeriodUnit, offset: int, length: int, is_rounded: bool
) -> None:
    """What leads out of the calendar is told."""
    preset = Preset(unit=unit, offset=offset, length=length, is_rounded=is_rounded)
    now = datetime(2025, 9, 22, 15, tzinfo=UTC)
    try:
        found = period_of(DateFilter(preset=preset), Calendar(now, LONDON), locale="en")
    except FieldInvalid:
        return
    assert found.start is not None
    assert found.end is not None
    assert found.start < found.end


def test_weeks_begin_where_the_locale_says() -> None:
    """On Sunday in the United States, on Monday in most of Europe."""
    wednesday = datetime(2026, 3, 18, 12, tzinfo=UTC)
    utc = ZoneInfo("UTC")
    us, gb = (period("ThisWeek", wednesday, utc, locale=each) for each in ("en-US", "en-GB"))
    assert us.start == datetime(2026, 3, 15, tzinfo=UTC)
    assert gb.start == datetime(2026, 3, 16, tzinfo=UTC)
    assert (begins_on_sunday("pt-BR"), begins_on_sunday("fr"), begins_on_sunday("")) == (
        True,
        False,
        False,
    )


def test_a_mask_has_its_days() -> None:
    """Sunday is 1, Monday is 2, Saturday is 64."""
    assert [is_on(62, day) for day in range(7)] == [True] * 5 + [False] * 2
    assert [day for day in range(7) if is_on(1, day)] == [months.SUNDAY]
    assert [day for day in range(7) if is_on(64, day)] == [months.SATURDAY]


def test_a_fixed_range_has_both_ends() -> None:
    """And is settled like any other."""
    start, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)
    here = Calendar(datetime(2025, 1, 1, 12, tzinfo=UTC), LONDON)
    found = period_of(DateFilter(start=start, end=end), here, locale="en")
    assert found == Period(start=start, end=end)
    settled = period_of(
        DateFilter(start=start, end=end), here, locale="en", settle_lag_seconds=3600
    )
    assert settled == Period(start=start, end=datetime(2025, 1, 1, 11, tzinfo=UTC))
    future = DateFilter(start=end, end=end + timedelta(days=1))
    assert period_of(future, here, locale="en", settle_lag_seconds=60) == Period(start=end, end=end)
    with pytest.raises(FieldMissing):
        period_of(DateFilter(end=end), here, locale="en")
    with pytest.raises(FieldInvalid):
        period_of(DateFilter(start=end, end=start), here, locale="en")
