"""The pages behind the real door: cookies, tokens and prefixes as they go over the wire."""

import asyncio

import httpx2
import pytest

from standpipe.http.changes import Changes
from standpipe.http.door import Door, DoorOptions
from standpipe.http.routing import Mount
from standpipe.http.send import Sender
from standpipe.stores.wakeups import DatagramChanges
from standpipe.web.connect.routes import MOUNTED_AT, ROOM


@pytest.fixture
def door(ready, tmp_path):
    changes = Changes(DatagramChanges(tmp_path / "run"), lambda ids: {})
    door = Door(
        ready.services,
        (Mount(MOUNTED_AT, ROOM), Mount(("",), ready.room)),
        sender=Sender(changes),
        changes=changes,
        observe=ready.heard.append,
        options=DoorOptions(),
    )
    yield door
    door.close()


def browse(door, *steps):
    """Return the answers to steps ``(method, address, form)``; a form gets the token it needs."""

    async def run():
        transport = httpx2.ASGITransport(app=door)
        async with httpx2.AsyncClient(transport=transport, base_url="http://pipe.test") as client:
            answers = []
            for method, address, form in steps:
                answers.append(await client.request(method, address, data=form and form(answers)))
            return answers

    return asyncio.run(run())


def credentials(answers):
    token = answers[-1].text.partition('name="csrf_token" value="')[2][:64]
    return {"csrf_token": token, "email": "ada@example.org", "password": "correct horse"}


SIGN_IN = (("GET", "/login", None), ("POST", "/login", credentials))


def test_door_keeps_a_browser_signed_in(door):
    """The cookies of a sign-in open pages, until signing out."""
    steps = (*SIGN_IN, ("GET", "/profile", None), ("GET", "/logout", None), ("GET", "/", None))
    assert [a.status_code for a in browse(door, *steps)] == [200, 302, 200, 302, 302]


def test_door_serves_pages_below_a_workspace(door):
    """``/<slug>/login`` signs in to that workspace and stays below it."""
    steps = (("GET", "/default/login", None), ("POST", "/default/login", credentials))
    answers = browse(door, *steps, ("GET", "/default/profile", None))
    assert answers[1].headers["location"] == "/default/"
    assert answers[2].status_code == 200


def test_door_checks_the_token_of_forms(door):
    """A form without the session's token is refused before its handler runs."""
    answers = browse(door, *SIGN_IN, ("POST", "/profile/key", lambda _: {"a": "b"}))
    assert answers[-1].status_code == 400
    assert "This form has expired" in answers[-1].text


def test_door_lets_strangers_only_to_the_sign_in_page(door):
    """Nobody learns which pages exist without a session; an old cookie is no error."""
    answers = browse(door, ("GET", "/nope", None), ("GET", "/profile", None))
    assert [a.headers["location"] for a in answers] == ["/login?next=/nope", "/login?next=/profile"]


def test_door_answers_head_with_headers_alone(door):
    """HEAD has the length of the page and no body."""
    head, get = browse(door, ("HEAD", "/login", None), ("GET", "/login", None))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))


def test_door_refuses_methods_with_a_page(door):
    """PUT on a page is 405 and names what is allowed."""
    answer = browse(door, *SIGN_IN, ("GET", "/", None))[-1]
    assert answer.status_code == 200
    answer = browse(door, *SIGN_IN, ("PUT", "/login", None))[-1]
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/connect/token", "POST"),
        ("PUT", "/connect/userinfo", "GET, HEAD, POST"),
        ("POST", "/.well-known/jwks.json", "GET, HEAD"),
        ("DELETE", "/connect/authorize", "GET, HEAD, POST"),
    ],
)
def test_what_is_open_to_everybody_says_its_methods_to_everybody(door, method, path, allowed):
    """Nothing about keys: none would help."""
    (answer,) = browse(door, (method, path, None))
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_door_crashes_no_page(ready, door):
    """None of this ends as an unexpected error."""
    browse(door, *SIGN_IN, ("GET", "/?page=x&q=%22(", None), ("GET", "/queries/" + "9" * 18, None))
    assert not [event for event in ready.heard if type(event).__name__ == "RequestCrashed"]
