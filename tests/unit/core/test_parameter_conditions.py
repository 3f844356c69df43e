"""Conditions as values of parameters."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.calendar import Calendar
from standpipe.core.data_set_queries import Filter
from standpipe.core.errors import FieldInvalid, ParameterInvalid, ParameterMissing
from standpipe.core.parameter_conditions import parameter_value
from standpipe.core.parameter_values import check_values
from standpipe.core.parameters import Multiple, Parameter, ParameterKind

CALENDAR = Calendar(datetime(2026, 3, 18, 15, 30, tzinfo=UTC), ZoneInfo("UTC"))
KIND = ParameterKind


def value(kind: ParameterKind, operator: str, *values: Any, **more: Any) -> Any:
    """Return what a condition gives a parameter."""
    multiple = more.pop("multiple", None)
    options = ("a", "b") if kind is KIND.ENUM else ()
    parameter = Parameter(name="p", kind=kind, multiple=multiple, options=options)
    condition = Filter(field="p", operator=operator, values=values, **more)
    return parameter_value(parameter, condition, CALENDAR, path="at")


def test_values_are_taken_as_they_are() -> None:
    """One for one, several for a list, texts for booleans."""
    assert value(KIND.TEXT, "is", "x") == "x"
    assert value(KIND.NUMBER, "is", 3) == 3
    assert value(KIND.ENUM, "is", "a", "b", multiple=Multiple()) == ["a", "b"]
    assert value(KIND.TEXT, "is", True) == "true"
    assert value(KIND.TEXT, "is_false") == "false"
    assert value(KIND.TEXT, "none") is None


@pytest.mark.parametrize(
    ("operator", "values", "more", "start", "end"),
    [
        ("is", ["2024"], {}, "2024-01-01", "2024-12-31"),
        ("between", ["2026-02-01", "2026-02-28"], {}, "2026-02-01", "2026-02-28"),
        ("matches", ["last 2 days"], {}, "2026-03-16", "2026-03-17"),
        ("last", [2], {"modifier": "day"}, "2026-03-16", "2026-03-17"),
        ("next", ["1"], {"modifier": "months"}, "2026-04-01", "2026-04-30"),
        ("matches", ["today"], {}, "2026-03-18", "2026-03-18"),
    ],
)
def test_a_range_has_its_last_day(
    operator: str, values: list[Any], more: dict[str, str], start: str, end: str
) -> None:
    """Where conditions say until when, parameters say until which day."""
    found = value(KIND.DATE_RANGE, operator, *values, **more)
    assert found == {"start": start, "end": end}


def test_ranges_of_times_end_with_their_last_moment() -> None:
    """The last minute, or the last second."""
    minutes = value(KIND.DATETIME_RANGE, "is", "2026-02-28")
    assert minutes == {"start": "2026-02-28 00:00", "end": "2026-02-28 23:59"}
    seconds = value(KIND.DATETIME_SECONDS_RANGE, "is", "2026-02-28")
    assert seconds == {"start": "2026-02-28 00:00:00", "end": "2026-02-28 23:59:59"}


def test_a_date_is_the_first_day_that_is_meant() -> None:
    """One day has to be chosen."""
    assert value(KIND.DATE, "matches", "last month") == "2026-02-01"
    assert value(KIND.DATETIME, "is", "2026-02-01 10:30") == "2026-02-01 10:30"


@pytest.mark.parametrize(
    ("kind", "operator", "values"),
    [
        (KIND.NUMBER, "greater_than", [3]),
        (KIND.NUMBER, "is_true", []),
        (KIND.TEXT, "is", []),
        (KIND.TEXT, "is", ["a", "b"]),
        (KIND.TEXT, "contains", ["a"]),
        (KIND.DATE_RANGE, "before", ["2024"]),
        (KIND.DATE_RANGE, "between", ["2024"]),
        (KIND.DATE_RANGE, "last", [2]),
        (KIND.DATE_RANGE, "matches", ["nonsense"]),
        (KIND.DATE, "between", ["2024", "2025"]),
    ],
)
def test_what_a_parameter_cannot_take_is_refused(
    kind: ParameterKind, operator: str, values: list[Any]
) -> None:
    """With its place, and what is right."""
    with pytest.raises(FieldInvalid) as refused:
        value(kind, operator, *values)
    assert refused.value.message.startswith("at.")
    assert refused.value.detail


@given(
    kind=st.sampled_from(ParameterKind),
    operator=st.sampled_from(
        ["is", "matches", "between", "last", "next", "none", "is_true", "contains", "x"]
    ),
    values=st.lists(st.text() | st.integers() | st.booleans() | st.dates().map(str), max_size=3),
    modifier=st.none() | st.sampled_from(["day", "years", "x"]),
)
def test_any_condition_is_a_value_or_refused(
    kind: ParameterKind, operator: str, values: list[Any], modifier: str | None
) -> None:
    """What it gives, the parameter can be asked to take."""
    parameter = Parameter(name="p", kind=kind, options=("a",))
    condition = Filter(field="p", operator=operator, values=tuple(values), modifier=modifier)
    try:
        found = parameter_value(parameter, condition, CALENDAR, path="at")
        check_values(
            (parameter,),
            {} if found is None else {"p": found},
            members=None,
            use_defaults=False,
        )
    except (FieldInvalid, ParameterInvalid, ParameterMissing):
        return


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2200, 1, 1)), st.integers(1, 400))
def test_ranges_come_back_as_they_were_asked_for(first: date, days: int) -> None:
    """From the first to the last day, both included."""
    last = date.fromordinal(first.toordinal() + days)
    found = value(KIND.DATE_RANGE, "between", first.isoformat(), last.isoformat())
    assert found == {"start": first.isoformat(), "end": last.isoformat()}
