"""How several runs stand together."""

from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.batches import state_of
from standpipe.core.executions import ExecutionState

QUEUED, RUNNING = ExecutionState.QUEUED, ExecutionState.RUNNING
SUCCEEDED, FAILED = ExecutionState.SUCCEEDED, ExecutionState.FAILED
CANCELLED, EXPIRED = ExecutionState.CANCELLED, ExecutionState.EXPIRED


def test_nothing_to_do_is_done() -> None:
    """All of it was stored already."""
    assert state_of([]) is SUCCEEDED


def test_the_worst_end_counts() -> None:
    """A failure before a cancel, a cancel before a success."""
    assert state_of([SUCCEEDED, CANCELLED, FAILED]) is FAILED
    assert state_of([SUCCEEDED, EXPIRED]) is FAILED
    assert state_of([SUCCEEDED, CANCELLED]) is CANCELLED
    assert state_of([SUCCEEDED, SUCCEEDED]) is SUCCEEDED


def test_it_waits_until_something_has_begun() -> None:
    """From then on it runs."""
    assert state_of([QUEUED, QUEUED]) is QUEUED
    assert state_of([QUEUED, RUNNING]) is RUNNING
    assert state_of([QUEUED, FAILED]) is RUNNING


@given(st.lists(st.sampled_from(ExecutionState)))
def test_it_is_over_when_all_is_over(states: list[ExecutionState]) -> None:
    """And not before."""
    assert state_of(states).is_final == all(state.is_final for state in states)
