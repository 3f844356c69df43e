"""How old an answer may be, and when an older one is better than none."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.freshness import FreshnessPolicy

AGES = st.floats(min_value=0, max_value=1e9)


@pytest.mark.parametrize(
    ("max_age", "age", "is_fresh"),
    [(None, 1e9, True), (60, 60, True), (60, 60.1, False), (0, 0, False), (-1, 0, False)],
)
def test_a_result_is_fresh_up_to_the_age(
    max_age: float | None, age: float, *, is_fresh: bool
) -> None:
    """Without one at any age; where a new run is wanted not even at once."""
    assert FreshnessPolicy(max_age).is_fresh(age) is is_fresh


@given(AGES)
def test_without_room_nothing_stale_will_do(age: float) -> None:
    """Neither behind a refresh nor because of an error."""
    policy = FreshnessPolicy(10)
    assert not policy.may_be_refreshed_behind(age)
    assert not policy.may_replace_error(age)


def test_room_begins_where_freshness_ends() -> None:
    """Each of the two counts from the age that is fresh; they do not add up."""
    policy = FreshnessPolicy(60, 30, 300)
    assert [policy.may_be_refreshed_behind(age) for age in (90, 90.1)] == [True, False]
    assert [policy.may_replace_error(age) for age in (360, 360.1)] == [True, False]


def test_a_new_run_may_be_given_up_for_an_old_result() -> None:
    """Where age 0 is wanted, the room counts from 0."""
    policy = FreshnessPolicy(-1, 0, 10)
    assert [policy.may_replace_error(age) for age in (10, 10.1)] == [True, False]


@pytest.mark.parametrize(
    ("max_age", "ttl"), [(None, None), (inf, None), (60, 50.0), (10, 0.0), (5, 0.0), (0, 0.0)]
)
def test_what_is_left_of_freshness(max_age: float | None, ttl: float | None) -> None:
    """Never less than nothing; None where it never ends."""
    assert FreshnessPolicy(max_age).ttl_seconds(10) == ttl
