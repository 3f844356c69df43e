"""Definitions and values of parameters, to and from Dune's form: compat/dune.md 3.5, 4."""

import pytest

from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.dialects.dune.requests.parameters import (
    normalize_values,
    spellings,
    unknown_names,
)
from standpipe.dialects.dune.responses.parameters import show_parameters

DAYS = Parameter(
    name="days",
    kind=ParameterKind.DATE_RANGE,
    default={"start": "2013-07-01", "end": "2013-07-31"},
)
NUMBER = Parameter(name="n", kind=ParameterKind.NUMBER, default="1")


def test_a_range_is_shown_as_its_ends() -> None:
    """As the statement names them."""
    assert show_parameters([DAYS, NUMBER]) == [
        {"key": "days.start", "type": "datetime", "value": "2013-07-01"},
        {"key": "days.end", "type": "datetime", "value": "2013-07-31"},
        {"key": "n", "type": "number", "value": "1"},
    ]


def test_ends_of_a_range_are_joined() -> None:
    """An absent one is that of the default; the whole is taken, too."""
    values = {"days.start": "2013-01-01", "n": "2"}
    assert normalize_values([DAYS, NUMBER], values) == {
        "n": "2",
        "days": {"start": "2013-01-01", "end": "2013-07-31"},
    }
    assert unknown_names([DAYS], {"days.start": "x", "days.stop": "y"}) == ["days.stop"]
    whole = {"days": {"start": "2013-01-01", "end": "2013-01-02"}}
    assert normalize_values([DAYS], whole) == whole


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("22", ["22", "22.0"]),
        ("22.0", ["22.0", "22"]),
        ("+022.10", ["+022.10", "22.1"]),
        ("-0.50", ["-0.50", "-0.5"]),
        ("1e3", ["1e3"]),
    ],
)
def test_runs_are_found_by_the_value_of_a_number(text: str, tried: list[str]) -> None:
    """However it is written; exactly so first."""
    assert [values["n"] for values in spellings([NUMBER], {"n": text})] == tried
    assert list(spellings([DAYS], {"n": text})) == [{"n": text}]
