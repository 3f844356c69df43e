"""Spans of days, their periods, and what usage costs."""

from datetime import date

import pytest

from standpipe.core.errors import FieldInvalid
from standpipe.core.usage import Period, Rates, Span, Used, make_span, periods_in, read_day

TODAY = date(2026, 3, 15)
JANUARY, MAY = date(2026, 1, 10), date(2026, 5, 3)


@pytest.mark.parametrize(
    ("first", "last", "span"),
    [
        (None, None, Span(date(2026, 3, 1), TODAY)),
        (JANUARY, None, Span(JANUARY, TODAY)),
        (MAY, None, Span(MAY, MAY)),
        (None, JANUARY, Span(date(2026, 1, 1), JANUARY)),
        (JANUARY, JANUARY, Span(JANUARY, JANUARY)),
    ],
)
def test_a_range_is_completed(first: date | None, last: date | None, span: Span) -> None:
    """By the month, or by today."""
    assert make_span(first, last, TODAY) == span


@pytest.mark.parametrize(("first", "last"), [(MAY, JANUARY), (JANUARY, date.max)])
def test_a_range_that_cannot_be_is_refused(first: date, last: date) -> None:
    """Ends before it begins, or after the last year that has a next one."""
    with pytest.raises(FieldInvalid):
        make_span(first, last, TODAY)


def test_months_are_whole() -> None:
    """Over the end of a year."""
    span = Span(date(2025, 12, 31), date(2026, 2, 1))
    assert list(periods_in(span, Period.MONTH)) == [
        (date(2025, 12, 1), date(2026, 1, 1)),
        (date(2026, 1, 1), date(2026, 2, 1)),
        (date(2026, 2, 1), date(2026, 3, 1)),
    ]


@pytest.mark.parametrize(
    ("first", "period"), [(date(1926, 2, 1), Period.MONTH), (date(2022, 1, 1), Period.DAY)]
)
def test_there_is_an_end_to_how_many_are_listed(first: date, period: Period) -> None:
    """1,200 periods: a century of months."""
    with pytest.raises(FieldInvalid, match="periods"):
        list(periods_in(Span(first, TODAY), period))


@pytest.mark.parametrize("text", ["", "2026-2-1", "20260201", "2026-02-30", "2026-W05-1", "x" * 99])
def test_days_are_written_in_one_way(text: str) -> None:
    """YYYY-MM-DD."""
    with pytest.raises(FieldInvalid, match="start_date"):
        read_day(text, "start_date")


def test_credits_are_of_runs_and_gigabytes() -> None:
    """A gigabyte is 10^9 bytes."""
    used = Used(start=JANUARY, end=MAY, executions=4, reads=9, result_bytes=2_500_000_000)
    assert Rates(per_execution=0.5, per_gigabyte=2.0).credits(used) == 7.0
    assert Rates().credits(used) == 0.0
