"""Reading dates, and the dates that mean another day each day."""

# ruff: noqa: DTZ001 - what people write without a zone has none

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from standpipe.core.dates import read_date
from standpipe.core.dynamic_dates import is_dynamic, resolve
from standpipe.core.parameters import ParameterKind

K = ParameterKind
PLUS_TWO = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2026-01-05", date(2026, 1, 5)),
        (" 2026-1-5 ", date(2026, 1, 5)),
        ("2026/01/05", date(2026, 1, 5)),
        ("20260105", date(2026, 1, 5)),
        ("5 January 2026", date(2026, 1, 5)),
        ("Jan 5, 2026", date(2026, 1, 5)),
        ("2026-01-05 10:00", datetime(2026, 1, 5, 10)),
        ("2026-01-05 9:05", datetime(2026, 1, 5, 9, 5)),
        ("2026-01-05T10:00:01.5", datetime(2026, 1, 5, 10, 0, 1, 500_000)),
        ("2026-01-05 10:00:01.123456789", datetime(2026, 1, 5, 10, 0, 1, 123_456)),
        ("2026-01-05T10:00Z", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("2026-01-05 10:00 UTC", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("2026-01-05 10:00 +02:00", datetime(2026, 1, 5, 10, tzinfo=PLUS_TWO)),
        ("2026-01-05T10:00:00+0200", datetime(2026, 1, 5, 10, tzinfo=PLUS_TWO)),
        ("5 Jan 2026 10:00", datetime(2026, 1, 5, 10)),
    ],
)
def test_a_date_is_read_as_people_write_it(text, meaning):
    """Dates stay dates, times and zones are kept."""
    assert read_date(text) == meaning
    assert type(read_date(text)) is type(meaning)


@pytest.mark.parametrize(
    "text",
    [
        *("", "10", "today", "d_now", "01/02/2026", "5.1.2026", "2026-02-30", "2026-13-01"),
        *("2026-01", "2026-01-05x", "2026-01-05 25:00", "2026-01-05 10:00 CET", "12 Foo 2026"),
        *("0000-01-01", "2026-01-05 or 1=1", "2026-01-05'", "２０２６-01-05", "2026-01-05\x00"),
        "1" * 100,
    ],
)
def test_what_has_no_or_two_meanings_is_no_date(text):
    """Nothing is guessed."""
    assert read_date(text) is None


NOW = datetime(2026, 3, 18, 15, 4, 5, tzinfo=ZoneInfo("Europe/Berlin"))  # a Wednesday


@pytest.mark.parametrize(
    ("key", "start", "end"),
    [
        ("d_today", "2026-03-18 00:00:00", "2026-03-18 23:59:59"),
        ("d_yesterday", "2026-03-17 00:00:00", "2026-03-17 23:59:59"),
        ("d_this_week", "2026-03-15 00:00:00", "2026-03-21 23:59:59"),
        ("d_this_month", "2026-03-01 00:00:00", "2026-03-31 23:59:59"),
        ("d_this_year", "2026-01-01 00:00:00", "2026-12-31 23:59:59"),
        ("d_last_week", "2026-03-08 00:00:00", "2026-03-14 23:59:59"),
        ("d_last_month", "2026-02-01 00:00:00", "2026-02-28 23:59:59"),
        ("d_last_year", "2025-01-01 00:00:00", "2025-12-31 23:59:59"),
        ("d_last_hour", "2026-03-18 14:04:05", "2026-03-18 15:04:05"),
        ("d_last_8_hours", "2026-03-18 07:04:05", "2026-03-18 15:04:05"),
        ("d_last_24_hours", "2026-03-17 15:04:05", "2026-03-18 15:04:05"),
        ("d_last_7_days", "2026-03-11 00:00:00", "2026-03-18 15:04:05"),
        ("d_last_14_days", "2026-03-04 00:00:00", "2026-03-18 15:04:05"),
        ("d_last_30_days", "2026-02-16 00:00:00", "2026-03-18 15:04:05"),
        ("d_last_60_days", "2026-01-17 00:00:00", "2026-03-18 15:04:05"),
        ("d_last_90_days", "2025-12-18 00:00:00", "2026-03-18 15:04:05"),
        ("d_last_12_months", "2025-03-18 00:00:00", "2026-03-18 15:04:05"),
        ("d_last_2_years", "2024-03-18 00:00:00", "2026-03-18 15:04:05"),
        ("d_last_3_years", "2023-03-18 00:00:00", "2026-03-18 15:04:05"),
        ("d_last_10_years", "2016-03-18 00:00:00", "2026-03-18 15:04:05"),
    ],
)
def test_a_dynamic_range_is_counted_from_now(key, start, end):
    """Weeks begin on Sunday; "last N" ends now and begins with a whole day."""
    assert resolve(key, K.DATETIME_SECONDS_RANGE, NOW) == {"start": start, "end": end}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (K.DATE, "2026-03-17"),
        (K.DATETIME, "2026-03-17 15:04"),
        (K.DATETIME_SECONDS, "2026-03-17 15:04:05"),
        (K.DATE_RANGE, {"start": "2026-03-17", "end": "2026-03-17"}),
        (K.DATETIME_RANGE, {"start": "2026-03-17 00:00", "end": "2026-03-17 23:59"}),
    ],
)
def test_a_dynamic_date_is_written_as_its_kind_is(kind, value):
    """Yesterday is a moment for a single date and a day for a range."""
    assert resolve("d_yesterday", kind, NOW) == value


def test_now_is_now():
    """The only key besides yesterday for single dates."""
    assert resolve("d_now", K.DATETIME, NOW) == "2026-03-18 15:04"


@pytest.mark.parametrize(
    ("key", "kind"),
    [("d_now", K.DATE_RANGE), ("d_this_week", K.DATE), ("d_never", K.DATE), ("d_now", K.TEXT)],
)
def test_a_key_that_the_kind_does_not_have_stands_for_nothing(key, kind):
    """Neither resolved nor recognised."""
    assert resolve(key, kind, NOW) is None
    assert not is_dynamic(key, kind)


def test_months_are_clamped_to_their_last_day():
    """A year before the 29th of February is the 28th."""
    now = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert resolve("d_last_12_months", K.DATE_RANGE, now) == {
        "start": "2027-02-28",
        "end": "2028-02-29",
    }


def test_hours_are_real_hours_when_the_clock_changes():
    """On the night of the change the last 24 hours begin at another time of day."""
    now = datetime(2026, 3, 29, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    span = resolve("d_last_24_hours", K.DATETIME_RANGE, now)
    assert span == {"start": "2026-03-28 11:00", "end": "2026-03-29 12:00"}
