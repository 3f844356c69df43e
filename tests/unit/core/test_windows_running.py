"""Running aggregates and times in zones: what is refused, and where."""

from datetime import UTC, datetime

import pytest

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import WindowInvalid
from standpipe.core.windows import WindowAsk, check_window, parse_aggregates, parse_filter

NOW = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = [
    Column(name=name, stored_name=name, logical_type=kind, stored_type=stored, source_type=stored)
    for name, kind, stored in (
        ("n", LogicalType.INTEGER, "BIGINT"),
        ("at", LogicalType.TIMESTAMP, "TIMESTAMP"),
    )
]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("round(running_sum(n), 1)", "A running aggregate stands alone."),
        ("coalesce(running_max(n), 0)", "A running aggregate stands alone."),
        ("running_sum(distinct n)", "'running_sum' does not take DISTINCT."),
        ("running_sum(*)", "'running_sum' does not take *."),
    ],
)
def test_a_running_aggregate_stands_alone(text: str, message: str) -> None:
    """Nothing is computed of it, and it counts every row."""
    with pytest.raises(WindowInvalid) as refusal:
        check_window(WindowAsk(aggregates=parse_aggregates(text)), COLUMNS, now=NOW)
    assert refusal.value.message == message


@pytest.mark.parametrize("zone", ["'Mars/Base'", "'europe/berlin'", "n", "1", "'../etc/passwd'"])
def test_a_zone_is_one_that_is_known(zone: str) -> None:
    """A zone is written, by its name."""
    ask = WindowAsk(where=parse_filter(f"at_zone({zone}, at) > '2026-01-01'"))
    with pytest.raises(WindowInvalid) as refusal:
        check_window(ask, COLUMNS, now=NOW)
    assert refusal.value.message == "'at_zone' does not know this time zone."
