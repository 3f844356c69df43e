"""Parameter values as people type them, and the line that says how far a run is."""

import pytest

from standpipe.cli.progress import progress_line, size_text
from standpipe.cli.running import read_values
from standpipe.core.errors import FieldInvalid
from standpipe.core.executions import ExecutionState, Progress
from standpipe.core.parameters import Multiple, Parameter, ParameterKind

PARAMETERS = (
    Parameter(name="day", kind=ParameterKind.DATE),
    Parameter(name="days", kind=ParameterKind.DATE_RANGE),
    Parameter(name="origin", kind=ParameterKind.ENUM, options=("A", "B"), multiple=Multiple()),
)


def test_values_are_read_by_the_kind_of_their_parameter() -> None:
    """A range has two ends, a repeated name is a list, the rest is text."""
    pairs = ["day=2024-01-01", "days=2024-01-01..2024-01-31", "origin=A", "origin=B"]
    assert read_values(PARAMETERS, pairs) == {
        "day": "2024-01-01",
        "days": {"start": "2024-01-01", "end": "2024-01-31"},
        "origin": ["A", "B"],
    }


def test_value_may_hold_an_equals_sign() -> None:
    """Only the first one divides name and value."""
    assert read_values(PARAMETERS, ["day=a=b"]) == {"day": "a=b"}


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("day", "'day' sets no parameter. Write NAME=VALUE; the query has: day, days, origin."),
        ("date=1", "'date=1' sets no parameter."),
        ("days=2024", "days is '2024'. A range is START..END."),
    ],
)
def test_word_that_sets_nothing_is_refused(pair: str, said: str) -> None:
    """The error has the word, and the names that exist."""
    with pytest.raises(FieldInvalid) as caught:
        read_values(PARAMETERS, [pair])
    assert said in str(caught.value)


def test_progress_shows_a_bar_where_the_engine_knows_the_percent() -> None:
    """Rows, bytes and time always; bar and percent only when they are known."""
    known = Progress(rows=1_234_567, bytes=34_500_000, percent=50.0)
    assert progress_line(known, ExecutionState.RUNNING, 3.21) == (
        "running   [##########----------]  50 %  1,234,567 rows  34.5 MB  3.2 s"
    )
    assert progress_line(Progress(), ExecutionState.QUEUED, 0.0) == ("queued    0 rows  0 B  0.0 s")


@pytest.mark.parametrize("percent", [-1.0, 0.0, 100.0, 250.0])
def test_progress_bar_never_leaves_its_frame(percent: float) -> None:
    """An engine that is wrong about itself does not break the line."""
    line = progress_line(Progress(percent=percent), ExecutionState.RUNNING, 0.0)
    assert line.index("]") - line.index("[") == 21


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (3_450_000, "3.5 MB"), (10**13, "10.0 TB")],
)
def test_sizes_are_short(count: int, shown: str) -> None:
    """Bytes are shown in the unit that people would choose."""
    assert size_text(count) == shown
