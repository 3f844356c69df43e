"""The recordings of a real Redash, replayed in order against our own server."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.dialects.redash.golden import stage
from tests.dialects.redash.golden.differences import DIFFERENCES
from tests.dialects.redash.golden.recordings import Recording, load_recordings
from tests.dialects.redash.golden.replay import Outcome, Replay
from tests.dialects.redash.golden.waiting import SILENT, UNBUILT, WAITING

from standpipe.dialects import redash
from standpipe.testing import running

README = Path(redash.__file__).with_name("README.md")
RECORDINGS = load_recordings()
REPLAYED = [found for found in RECORDINGS if found.line not in WAITING]
NOT_HERE = [found for found in RECORDINGS if found.line in UNBUILT]

Outcomes = dict[int, Outcome]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """All answers of one pass over the recordings."""
    home = tmp_path_factory.mktemp("golden") / "home"
    key = stage.make_home(home)
    with (
        running(["serve"], home, environment=stage.ENVIRONMENT) as server,
        closing(Replay(server, key)) as replay,
    ):
        yield replay.run(RECORDINGS)


@pytest.mark.parametrize("recording", REPLAYED, ids=lambda recording: recording.name)
def test_answer_is_the_recorded_one(recording: Recording, outcomes: Outcomes) -> None:
    """Our answer is the recorded one, but for a difference that is listed with its reason."""
    assert outcomes[recording.line].problems == ()


@pytest.mark.parametrize("line", sorted(DIFFERENCES))
def test_listed_difference_is_one(line: int, outcomes: Outcomes) -> None:
    """An entry of the differences goes when our answer has become the recorded one."""
    assert outcomes[line].gap != ()


@pytest.mark.parametrize("recording", NOT_HERE, ids=lambda recording: recording.name)
def test_unbuilt_endpoint_is_not_here(recording: Recording, outcomes: Outcomes) -> None:
    """An entry of the unbuilt endpoints goes when something answers there."""
    reply = outcomes[recording.line].reply
    assert reply.status in (404, 405)
    assert "message" in reply.json()


def test_every_line_is_replayed_or_waits() -> None:
    """Every recorded line is equal, differs for a named reason, or waits: exactly one of them."""
    lines = {found.line for found in RECORDINGS}
    assert lines == set(range(1, 404))
    assert set(WAITING) <= lines
    assert set(DIFFERENCES) <= lines - set(WAITING)
    assert not set(SILENT) & set(UNBUILT)


def test_every_difference_is_listed_in_the_room() -> None:
    """The README of the room has a row for every reason why an answer differs."""
    rows = {line.split("|")[1].strip() for line in README.read_text().splitlines() if "|" in line}
    assert {found.why for found in DIFFERENCES.values()} <= rows


def test_every_waiting_line_says_for_what() -> None:
    """A line that waits names what it needs."""
    assert all(reason.startswith("needs ") for reason in WAITING.values())
