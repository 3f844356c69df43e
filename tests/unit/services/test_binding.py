"""What a query with values means is worked out once, while it cannot change."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.services import Stage

from standpipe.core.errors import ParameterInvalid
from standpipe.core.parameters import Multiple, Parameter, ParameterKind
from standpipe.core.queries import Query, Visibility
from standpipe.services.binding import LONGEST_REMEMBERED, MOST_REMEMBERED
from standpipe.services.query_text import BoundText

NUMBER = Parameter(name="n", kind=ParameterKind.NUMBER, default=1)
TEXT = Parameter(name="t", kind=ParameterKind.TEXT, default="x")
TODAY = Parameter(name="day", kind=ParameterKind.DATE, default="d_now")
LETTERS = Parameter(
    name="l", kind=ParameterKind.ENUM, options=("a", "b"), multiple=Multiple(), default=["a"]
)


@pytest.fixture
def query(stage: Stage) -> Query:
    """A query with a number, a text and a list."""
    return stage.save("select {{ n }}, {{ t }} where 'a' in ({{ l }})", NUMBER, TEXT, LETTERS)


def bind(stage: Stage, query: Query, **values: Any) -> BoundText:
    """Bind values to the text of the query."""
    return stage.binding.query(query, stage.source, values)


def test_the_same_values_are_bound_once(stage: Stage, query: Query) -> None:
    """Lists too; the next caller gets the same object."""
    values = {"n": 5, "t": "y", "l": ["b", "a"]}
    assert bind(stage, query, **values) is bind(stage, query, **values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"n": 5}, {"n": 6}),
        ({"t": "1"}, {"t": "2"}),
        ({"l": ["a", "b"]}, {"l": ["b", "a"]}),
        ({"l": ["a"]}, {"l": ["b"]}),
    ],
)
def test_other_values_mean_something_else(
    stage: Stage, query: Query, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Nothing that was bound before is taken for them."""
    first, second = bind(stage, query, **one), bind(stage, query, **other)
    assert first.statement.display != second.statement.display


def test_values_of_another_type_are_checked_anew(stage: Stage, query: Query) -> None:
    """What Python calls equal need not be written alike, and 1 is no text."""
    shown = [bind(stage, query, n=value).statement.display for value in (1, 1.0)]
    assert shown[0] != shown[1]
    bind(stage, query, t="1")
    with pytest.raises(ParameterInvalid):
        bind(stage, query, t=1)


def test_an_edit_is_seen_at_once(stage: Stage, query: Query) -> None:
    """Of the text, the flags, the source, and of who shares its results."""
    first = bind(stage, query)
    private = stage.edit(query, visibility=Visibility.PRIVATE)
    limited = stage.edit(query, flags=frozenset({"auto_limit"}))
    edited = stage.edit(query, sql="select {{ n }}, {{ t }}, {{ l }}")
    seen = [bind(stage, each).fingerprint for each in (private, limited, edited)]
    elsewhere = stage.binding.query(query, stage.add_source("elsewhere"), {})
    assert len({first.fingerprint, elsewhere.fingerprint, *seen}) == 5


def test_a_day_is_bound_anew(stage: Stage) -> None:
    """Today is another day tomorrow; a day that was given stays."""
    query = stage.save("select {{ day }}", TODAY)
    today = bind(stage, query)
    assert bind(stage, query, day="2026-01-01") is bind(stage, query, day="2026-01-01")
    stage.clock.pass_seconds(86_400)
    assert bind(stage, query).fingerprint != today.fingerprint


def test_long_texts_and_old_ones_are_not_kept(stage: Stage, query: Query) -> None:
    """What is remembered stays small, however many values are asked for."""
    long = "x" * LONGEST_REMEMBERED
    assert bind(stage, query, t=long) is not bind(stage, query, t=long)
    first = bind(stage, query, n=0)
    for number in range(1, MOST_REMEMBERED + 1):
        bind(stage, query, n=number)
    assert bind(stage, query, n=0) is not first
    assert bind(stage, query, n=0) == first


def test_a_query_whose_default_is_missing_has_no_default_run(stage: Stage) -> None:
    """Rather than an error."""
    query = stage.save("select {{ n }}", replace(NUMBER, default=None))
    assert stage.binding.default(query, stage.source) is None
    bound = stage.binding.default(stage.save("select {{ n }}", NUMBER), stage.source)
    assert bound is not None
    assert bound.statement.display == "select 1"
