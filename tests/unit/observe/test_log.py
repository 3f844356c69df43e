"""The log: what is written for which event, and what never is."""

import io
import json
import logging
from typing import get_args

import pytest
import structlog

from standpipe.core.errors import ConfigurationInvalid
from standpipe.core.events import (
    Event,
    ExecutionFinished,
    ExecutionQueued,
    RequestCrashed,
    RequestServed,
    SignedIn,
    SignInFailed,
)
from standpipe.core.executions import ExecutionState
from standpipe.core.ids import ExecutionId, QueryId, UserId
from standpipe.observe import fan_out
from standpipe.observe.log import LEVELS, event_name, make_log

KEY = "a1B2c3D4e5" * 4


def written(event, *, format="text", level="debug"):
    stream = io.StringIO()
    make_log(format, level, stream=stream)(event)
    return stream.getvalue()


def test_log_has_a_level_for_every_event():
    """No event is missing in the table of levels."""
    assert set(LEVELS) == set(get_args(Event))


def test_log_names_events_in_snake_case():
    """The name under ``event`` is the class in snake_case."""
    names = [event_name(kind) for kind in (ExecutionFinished, SignInFailed, SignedIn)]
    assert names == ["execution_finished", "sign_in_failed", "signed_in"]


def test_log_writes_one_json_object_per_event():
    """A JSON line holds event, level, timestamp and the fields that are set."""
    event = ExecutionFinished(
        execution_id=ExecutionId(7),
        attempt=1,
        state=ExecutionState.SUCCEEDED,
        runtime_seconds=0.123456,
        row_count=5,
    )
    line = json.loads(written(event, format="json"))
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "execution_finished",
        "level": "info",
        "execution_id": 7,
        "attempt": 1,
        "state": "succeeded",
        "runtime_seconds": 0.1235,
        "row_count": 5,
    }


def test_log_writes_a_text_line_for_people():
    """A text line reads: time, level, event, then the fields."""
    line = written(SignInFailed(client="192.0.2.7"))
    assert line.endswith("Z warning sign_in_failed client=192.0.2.7\n")


def test_log_leaves_out_what_is_below_its_level():
    """Events below the level are not written, those at it are."""
    queued = ExecutionQueued(execution_id=ExecutionId(1), query_id=QueryId(2))
    assert written(queued, level="info") == ""
    assert written(queued, level="debug")
    assert written(SignedIn(user_id=UserId(1)), level="warning") == ""


@pytest.mark.parametrize("format", ["text", "json"])
def test_log_never_writes_keys_or_query_strings(format):
    """A query string, a key in a path and a key in a traceback do not reach the log."""
    served = RequestServed(method="GET", path=f"/public/{KEY}?api_key={KEY}", status=200, seconds=1)
    trace = f'File "x.py"\nValueError: api_key={KEY} password: hunter2 in {KEY}'
    crashed = RequestCrashed(method="GET", path="/a?token=secret", trace=trace)
    text = written(served, format=format) + written(crashed, format=format)
    assert not [word for word in (KEY, "hunter2", "token=", "?") if word in text]
    assert "/public/[key]" in text


def test_log_writes_a_traceback_on_lines_of_its_own():
    """In text a traceback follows its line, indented; in JSON it is a field."""
    event = RequestCrashed(method="GET", path="/", trace="Traceback:\n  a\nKeyError: 1\n")
    assert written(event).splitlines()[1:] == ["    Traceback:", "      a", "    KeyError: 1"]
    assert json.loads(written(event, format="json"))["trace"].startswith("Traceback")


@pytest.mark.parametrize("format", ["text", "json"])
def test_log_cannot_be_forged_by_a_path(format):
    """Line breaks and escape sequences in a path do not make lines or colours of their own."""
    path = "/a\nb\r\x1b[31m\u2028c"
    line = written(RequestServed(method="GET", path=path, status=404, seconds=0.1), format=format)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def test_log_that_cannot_be_written_is_lost_silently():
    """A closed stream does not fail whoever reported the event."""
    stream = io.StringIO()
    log = make_log("text", "info", stream=stream)
    stream.close()
    log(SignedIn(user_id=UserId(1)))


@pytest.mark.parametrize(("format", "level"), [("xml", "info"), ("text", "loud")])
def test_log_refuses_unknown_settings(format, level):
    """The error names the value and what is allowed."""
    with pytest.raises(ConfigurationInvalid, match=r"'(xml|loud)'.*It takes: "):
        make_log(format, level)


def test_log_changes_no_global_configuration():
    """Making a log leaves structlog and the root logger as they were."""
    before = (structlog.is_configured(), list(logging.getLogger().handlers))
    written(SignedIn(user_id=UserId(1)))
    assert (structlog.is_configured(), logging.getLogger().handlers) == before


def test_log_writes_to_standard_error(capsys):
    """Without a stream the lines go to standard error and nothing to standard output."""
    make_log("text", "info")(SignedIn(user_id=UserId(3)))
    output = capsys.readouterr()
    assert (output.out, "signed_in user_id=3" in output.err) == ("", True)


def test_fan_out_tells_everybody_in_order():
    """Each observer hears each event, in the order in which they were named."""
    heard = []
    event = SignedIn(user_id=UserId(1))
    fan_out(lambda e: heard.append(("a", e)), lambda e: heard.append(("b", e)))(event)
    assert heard == [("a", event), ("b", event)]
