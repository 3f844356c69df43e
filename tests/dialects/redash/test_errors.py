"""Status and body of every core error in this API."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.dialects.redash.examples import inbound

from standpipe.core import errors as core
from standpipe.dialects.redash import errors

_MADE: dict[type[core.StandpipeError], core.StandpipeError] = {
    core.ParameterInvalid: core.ParameterInvalid(["a", "b"]),
    core.ParameterMissing: core.ParameterMissing(["n", "dr.start"]),
    core.SourcePaused: core.SourcePaused("PG", "maintenance"),
    core.MethodNotAllowed: core.MethodNotAllowed(["POST", "GET"]),
    core.RateLimited: core.RateLimited("50 per 1 hour", 30),
}


def _all(kind: type[core.StandpipeError]) -> Iterator[type[core.StandpipeError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__.startswith("standpipe.core"):  # other rooms have their own
            yield from _all(child)


def _show(error: core.StandpipeError, **more: Any) -> tuple[int, Any]:
    answer = errors.render_error(error, inbound(**more))
    assert isinstance(answer.body, bytes)
    return answer.status, json.loads(answer.body) if answer.body else None


@pytest.mark.parametrize("kind", sorted(_all(core.StandpipeError), key=lambda kind: kind.code))
def test_every_core_error_has_an_answer(kind: type[core.StandpipeError]) -> None:
    """Each class, or its nearest base below the root, has a status of its own and a text."""
    status, body = _show(_MADE.get(kind) or kind())
    text = body.get("message") or body["job"]["error"]
    is_ours = kind in (core.StandpipeError, core.ConfigurationInvalid)
    assert (status == 500) is is_ours
    assert text


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (core.MalformedBody(), 400, {"message": errors.BAD_REQUEST}),
        (core.NotFound("x"), 404, {"message": errors.NOT_FOUND}),
        (core.ResultNotCached(), 404, {"message": errors.NO_CACHED_RESULT}),
        (core.NotAuthenticated(), 404, {"message": errors.LOGIN_FIRST}),
        (core.NotAllowed(), 403, {"message": errors.FORBIDDEN}),
        (core.CsrfFailed(), 400, {"message": "The CSRF token is missing."}),
        (core.VersionConflict(), 409, {"message": errors.CONFLICT}),
        (core.ListQueryInvalid(), 400, {"message": errors.LIST_QUERY}),
        (core.PageOutOfRange("Page is out of range."), 400, {"message": "Page is out of range."}),
        (core.StandpipeError("secret"), 500, {"message": "Internal Server Error"}),
        (
            _MADE[core.ParameterInvalid],
            400,
            {
                "message": "The following parameter values are incompatible with their"
                " definitions: a, b"
            },
        ),
        (
            _MADE[core.ParameterMissing],
            400,
            {"job": {"status": 4, "error": "Missing parameter value for: n, dr.start"}},
        ),
        (
            _MADE[core.SourcePaused],
            400,
            {"job": {"status": 4, "error": "PG is paused (maintenance). Please try later."}},
        ),
        (
            core.SourcePaused("PG", None),
            400,
            {"job": {"status": 4, "error": "PG is paused. Please try later."}},
        ),
    ],
)
def test_error_has_the_text_of_this_api(error: Any, status: int, body: Any) -> None:
    """Status and body are those that clients know."""
    assert _show(error) == (status, body)


def test_missing_source_is_named_by_what_was_asked() -> None:
    """A statement without a source and a query whose source is gone have different texts."""
    statement = _show(core.SourceMissing(), method="POST", path="/api/query_results")
    saved = _show(core.SourceMissing(), method="POST", path="/api/queries/1/results")
    assert statement[1]["job"]["error"] == "Please select data source to run this query."
    assert saved == (401, {"job": {"status": 4, "error": "Target data source not available."}})


def test_refused_run_is_a_failed_job() -> None:
    """Who may not run gets a job's shape where he asked for a run, and a message elsewhere."""
    run = _show(core.SourceNotAllowed(), method="POST", path="/api/queries/1/results")
    read = _show(core.SourceNotAllowed(), path="/api/queries/1/results")
    assert run == (403, {"job": {"status": 4, "error": errors.NO_RIGHT_TO_RUN}})
    assert read == (403, {"message": errors.FORBIDDEN})


def test_owners_things_are_refused_in_other_words() -> None:
    """Archiving another's query, or replacing its key, says that it is not yours to edit."""
    for method, path in (
        ("DELETE", "/api/queries/1"),
        ("POST", "/api/queries/1/regenerate_api_key"),
    ):
        assert _show(core.NotAllowed(), method=method, path=path)[1] == {
            "message": errors.NOT_YOURS
        }


def test_query_key_is_told_to_refresh_with_a_users_key() -> None:
    """Refreshing takes the key of a user."""
    answer = _show(core.UserNeeded(), method="POST", path="/api/queries/1/refresh")
    assert answer == (403, {"message": "Please use a user API key."})


def test_page_without_credentials_leads_to_the_sign_in() -> None:
    """Outside /api a caller nobody knows is sent to the form, unless he is a script."""
    answer = errors.render_error(core.NotAuthenticated(), inbound("/status.json", prefix="/acme"))
    script = {"x-requested-with": "XMLHttpRequest"}
    assert answer.status == 302
    assert dict(answer.headers)["Location"].startswith("/acme/login?next=http%3A%2F%2Fhost%2Facme")
    assert _show(core.NotAuthenticated(), path="/status.json", headers=script)[0] == 404


def test_data_source_mistake_keeps_the_old_text_and_adds_why() -> None:
    """Configuring a source wrongly answers the one text that clients know, and a detail."""
    error = core.FieldMissing("The field 'options' is missing.")
    status, body = _show(error, method="POST", path="/api/data_sources")
    assert status == 400
    assert body == {"message": errors.BAD_REQUEST, "detail": "The field 'options' is missing."}


def test_wrong_method_and_rate_limit_say_more_in_headers() -> None:
    """Allow lists the methods; Retry-After is in whole seconds."""
    wrong = errors.render_error(_MADE[core.MethodNotAllowed], inbound())
    often = errors.render_error(_MADE[core.RateLimited], inbound())
    assert dict(wrong.headers)["Allow"] == "GET, POST"
    assert dict(often.headers)["Retry-After"] == "30"
    assert often.body == b'{"message": "50 per 1 hour"}'
