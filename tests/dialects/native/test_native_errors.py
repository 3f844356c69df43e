"""Status and body of every core error in our own API."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.dialects.native.examples import inbound

from standpipe.core import errors as core
from standpipe.dialects.native.errors import MEDIA_TYPE, problem_of, render_error

_MADE: dict[type[core.StandpipeError], core.StandpipeError] = {
    core.ParameterInvalid: core.ParameterInvalid(["a", "b"]),
    core.ParameterMissing: core.ParameterMissing(["n", "dr.start"]),
    core.SourcePaused: core.SourcePaused("PG", "maintenance"),
    core.MethodNotAllowed: core.MethodNotAllowed(["POST", "GET"]),
    core.RateLimited: core.RateLimited("50 per 1 hour", 30),
}
_OURS = (core.StandpipeError, core.ConfigurationInvalid)


def _all(kind: type[core.StandpipeError]) -> Iterator[type[core.StandpipeError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__.startswith("standpipe.core"):  # other rooms have their own
            yield from _all(child)


def _show(error: core.StandpipeError, **more: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    answer = render_error(error, inbound(**more))
    assert isinstance(answer.body, bytes)
    return answer.status, json.loads(answer.body), dict(answer.headers)


@pytest.mark.parametrize("kind", sorted(_all(core.StandpipeError), key=lambda kind: kind.code))
def test_every_core_error_is_a_problem_with_its_code(kind: type[core.StandpipeError]) -> None:
    """Each class has its own code and title, the status in the body too, and words of what is."""
    status, body, headers = _show(_MADE.get(kind) or kind())
    assert (body["status"], headers["Content-Type"]) == (status, MEDIA_TYPE)
    assert (status == 500) is (kind in _OURS)
    assert body["code"] == ("error" if kind in _OURS else kind.code)
    assert body["type"] == f"urn:standpipe:error:{body['code']}"
    assert body["title"]
    assert body["detail"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (core.InvalidRequest(), 400),
        (core.NotAuthenticated(), 401),
        (core.CsrfFailed(), 403),
        (core.ResultNotCached(), 404),
        (core.NotAcceptable(), 406),
        (core.NameTaken(), 409),
        (core.SourceMissing(), 409),
        (core.ResultExpired(), 410),
        (core.TooManyRows(), 413),
        (core.SourceFailed(), 422),
        (core.IdempotencyMismatch(), 422),
        (core.ExecutionLost(), 503),
    ],
)
def test_error_has_the_status_of_its_kind(error: core.StandpipeError, status: int) -> None:
    """What the caller can mend is a 4xx, what time mends a 503."""
    assert _show(error)[0] == status


def test_problem_says_what_was_wrong_and_what_to_do() -> None:
    """Message and detail in one text, the hint beside them; parts and parameters by name."""
    error = core.ColumnUnknown("There is no 'x'.", part="group", position=3, hint="Try 'y'.")
    problem = problem_of(error)
    assert (problem.detail, problem.hint) == ("There is no 'x'.", "Try 'y'.")
    assert (problem.part, problem.position) == ("group_by", 3)
    assert problem_of(_MADE[core.ParameterMissing]).parameters == ["n", "dr.start"]


def test_what_is_our_fault_says_no_more() -> None:
    """Neither the words nor the code of a crash or of a setting leave the server."""
    for error in (core.StandpipeError("secret"), core.ConfigurationInvalid("secret")):
        assert "secret" not in json.dumps(_show(error)[1])


def test_text_that_is_no_unicode_is_shown_nevertheless() -> None:
    """An error may quote what the caller sent."""
    assert _show(core.NotFound("\udcff"))[1]["detail"] == "?"


def test_headers_say_what_to_do_next() -> None:
    """Allow, Retry-After in whole seconds, how to come in; Basic is not offered to scripts."""
    assert _show(_MADE[core.MethodNotAllowed])[2]["Allow"] == "GET, POST"
    assert _show(_MADE[core.RateLimited])[2]["Retry-After"] == "30"
    assert _show(core.NotReady(7))[2]["Retry-After"] == "7"
    assert _show(core.Unavailable())[2]["Retry-After"] == "1"
    asked = render_error(core.NotAuthenticated(), inbound()).headers
    assert [value.split()[0] for name, value in asked if name == "WWW-Authenticate"] == [
        "Bearer",
        "Basic",
    ]
    of_page = render_error(core.NotAuthenticated(), inbound(headers={"sec-fetch-dest": "empty"}))
    assert len([name for name, _ in of_page.headers if name == "WWW-Authenticate"]) == 1


def test_version_that_moved_on_is_a_failed_precondition_where_one_was_given() -> None:
    """412 with If-Match, 409 with a version in the body."""
    assert _show(core.VersionConflict(), headers={"if-match": '"1"'})[0] == 412
    assert _show(core.VersionConflict())[0] == 409
