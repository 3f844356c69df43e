"""A real OAuth client against a real server: Authlib's over httpx2, and people with a browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.seeded import Seeded, seed

from standpipe.testing import RunningServer, running

pytestmark = pytest.mark.clients

QUIET = {"STANDPIPE_WORKERS": "0", "STANDPIPE_LOG_LEVEL": "error"}
REDIRECT = "http://127.0.0.1:8000"
SCOPE = "openid offline_access onboarding"
VERIFIER = "a-verifier-of-43-characters-or-more-0123456789"
# What every room answers to whoever may read queries; HTTP alike for keys and for tokens.
READABLE = ("/v1/queries", "/api/queries", "/api/v1/queries")


def terminal(seeded: Seeded, *arguments: str) -> str:
    command = [sys.executable, "-m", "standpipe", *arguments, "--home", str(seeded.home)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def register(seeded: Seeded, *options: str) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads(
        terminal(seeded, "oauth-client", "add", "Sheets", "--json", *options)
    )
    return found


class Person:
    """Somebody with a browser, who may be signed in."""

    def __init__(self, server: RunningServer, email: str, password: str) -> None:
        self.browser = httpx2.Client(base_url=server.url)
        self.email, self.password = email, password

    def allow(self, address: str) -> str:
        """Sign in if asked to, say yes, and return the address the browser is sent to."""
        page = self.browser.get(address, follow_redirects=True)
        if "/login" in str(page.url):
            form = {**_fields(page.text), "email": self.email, "password": self.password}
            page = self.browser.post("/login", data=form, follow_redirects=True)
        assert "Allow Sheets?" in page.text
        form = {**_fields(page.text), "decision": "allow"}
        told = self.browser.post("/connect/authorize", data=form)
        assert told.status_code == 303, told.text
        return told.headers["location"]


def _fields(page: str) -> dict[str, str]:
    import html

    main = page[page.index("<main") :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main)
    return {name: html.unescape(value) for name, value in found}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return seed(tmp_path_factory.mktemp("oauth") / "home", queries={"One": "SELECT 1 AS a"})


@pytest.fixture(scope="module")
def server(seeded: Seeded) -> Iterator[RunningServer]:
    with running(["serve"], seeded.home, environment=QUIET) as server:
        yield server


@pytest.fixture
def other(server: RunningServer) -> Iterator[Person]:
    person = Person(server, "other@example.org", "battery staple")
    yield person
    person.browser.close()


def program(server: RunningServer, registered: dict[str, Any], **options: Any) -> OAuth2Client:
    return OAuth2Client(
        client_id=registered["client_id"],
        client_secret=registered["client_secret"],
        scope=SCOPE,
        redirect_uri=REDIRECT,
        code_challenge_method="S256",
        **options,
    )


def signed_in(client: OAuth2Client, server: RunningServer, person: Person) -> dict[str, Any]:
    """Run the whole flow of a program, as its documents of discovery say."""
    known = httpx2.get(f"{server.url}/.well-known/openid-configuration").json()
    address, state = client.create_authorization_url(
        known["authorization_endpoint"], code_verifier=VERIFIER
    )
    told = person.allow(address)
    token: dict[str, Any] = client.fetch_token(
        known["token_endpoint"], authorization_response=told, state=state, code_verifier=VERIFIER
    )
    return token


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_the_whole_flow(seeded: Seeded, server: RunningServer, other: Person, method: str) -> None:
    """Sign in, read in every room, refresh, revoke; the token has the rights of its user."""
    registered = register(seeded)
    with program(server, registered, token_endpoint_auth_method=method) as client:
        first = signed_in(client, server, other)
        assert [client.get(server.url + path).status_code for path in READABLE] == [200] * 3
        assert client.get(f"{server.url}/users/info.json").status_code != 401
        assert client.get(f"{server.url}/connect/userinfo").json()["email"] == "other@example.org"
        query = seeded.queries["One"]
        edit = client.post(f"{server.url}/api/queries/{query}", json={"name": "Mine"})
        assert edit.status_code == 403  # the query is the administrator's
        second = client.refresh_token(f"{server.url}/connect/token")
        assert second["refresh_token"] != first["refresh_token"]
        assert client.get(f"{server.url}/v1/queries").status_code == 200
        client.revoke_token(
            f"{server.url}/connect/revocation",
            token=second["refresh_token"],
            token_type_hint="refresh_token",
        )
        assert client.get(f"{server.url}/v1/queries").status_code == 401
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.refresh_token(
                f"{server.url}/connect/token", refresh_token=second["refresh_token"]
            )


def test_a_public_program_needs_no_secret_but_its_verifier(
    seeded: Seeded, server: RunningServer, other: Person
) -> None:
    registered = register(seeded, "--public")
    assert registered["client_secret"] is None
    with program(server, registered, token_endpoint_auth_method="none") as client:
        signed_in(client, server, other)
        assert client.get(f"{server.url}/v1/queries").status_code == 200


def test_a_program_by_itself(seeded: Seeded, server: RunningServer) -> None:
    """client_credentials, for an owner who is no administrator."""
    registered = register(seeded, "--grant", "client_credentials", "--owner", "other@example.org")
    with OAuth2Client(registered["client_id"], registered["client_secret"]) as client:
        token = client.fetch_token(f"{server.url}/connect/token", grant_type="client_credentials")
        assert "refresh_token" not in token
        assert client.get(f"{server.url}/v1/queries").status_code == 200
        assert client.get(f"{server.url}/api/users").status_code in {200, 403}


def test_the_terminal_registers_and_removes(seeded: Seeded, server: RunningServer) -> None:
    """What it says counts at once in the running server."""
    registered = register(seeded, "--redirect-uri", "https://example.org/a")
    name = registered["client_id"]
    assert registered["redirect_uris"] == ["https://example.org/a"]
    listed = terminal(seeded, "oauth-client", "list")
    assert name in listed
    assert registered["client_secret"] not in listed

    def status(secret: str) -> int:
        form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
        return httpx2.post(f"{server.url}/connect/token", data=form).status_code

    new = terminal(seeded, "oauth-client", "rotate", name).strip()
    assert [status(registered["client_secret"]), status(new)] == [401, 200]
    known = httpx2.get(f"{server.url}/.well-known/jwks.json").json()["keys"]
    kid = terminal(seeded, "oauth-key", "rotate").strip()
    now = httpx2.get(f"{server.url}/.well-known/jwks.json").json()["keys"]
    assert ([kid, *(each["kid"] for each in known)])[:3] == [each["kid"] for each in now]
    assert status(new) == 200
    assert "removed" in terminal(seeded, "oauth-client", "remove", name)
    assert status(new) == 401


def test_two_people_see_what_is_theirs(
    seeded: Seeded, server: RunningServer, other: Person
) -> None:
    """One program, two people: each token is its own user's."""
    registered = register(seeded)
    admin = Person(server, "admin@example.org", "correct horse")
    with program(server, registered) as his, program(server, registered) as hers:
        signed_in(his, server, other)
        signed_in(hers, server, admin)
        found = [c.get(f"{server.url}/connect/userinfo").json()["email"] for c in (his, hers)]
        assert found == ["other@example.org", "admin@example.org"]
    admin.browser.close()


def test_a_token_is_not_taken_in_an_address(
    seeded: Seeded, server: RunningServer, other: Person
) -> None:
    """Where keys may stand, since addresses end up in logs; and a token opens no page."""
    with program(server, register(seeded)) as client:
        token = signed_in(client, server, other)["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    for path in READABLE:
        assert httpx2.get(f"{server.url}{path}?api_key={token}").status_code in {401, 404}
    assert httpx2.get(f"{server.url}/profile", headers=bearer).status_code == 302


def test_a_token_ends_by_the_clock_even_if_its_answers_were_remembered(tmp_path: Path) -> None:
    """The same request, again and again, until it is refused; nothing is written meanwhile."""
    seeded = seed(tmp_path / "home", queries={"One": "SELECT 1 AS a"})
    registered = register(seeded)
    environment = {**QUIET, "STANDPIPE_ACCESS_TOKEN_SECONDS": "2"}
    with running(["serve"], seeded.home, environment=environment) as server:
        with OAuth2Client(registered["client_id"], registered["client_secret"]) as client:
            token = client.fetch_token(
                f"{server.url}/connect/token", grant_type="client_credentials"
            )["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=server.url, headers=headers) as caller:
            assert caller.get("/v1/queries").status_code == 200
            waiting = threading.Event()
            while caller.get("/v1/queries").status_code == 200:
                waiting.wait(0.1)
            assert caller.get("/v1/queries").status_code == 401


def test_what_was_told_survives_a_kill(tmp_path: Path) -> None:
    """Codes and tokens that a program has in its hands, after SIGKILL of the web process.

    A used refresh token is still known as used.
    """
    seeded = seed(tmp_path / "home")
    registered = register(seeded)
    with running(["serve"], seeded.home, environment=QUIET) as server:
        other = Person(server, "other@example.org", "battery staple")
        with program(server, registered) as client:
            for _ in range(3):
                old = signed_in(client, server, other)["refresh_token"]
                new = client.refresh_token(f"{server.url}/connect/token")
                address, state = client.create_authorization_url(
                    f"{server.url}/connect/authorize", code_verifier=VERIFIER
                )
                told = other.allow(address)
                _kill_web(server)
                assert client.get(f"{server.url}/v1/queries").status_code == 200
                client.fetch_token(
                    f"{server.url}/connect/token",
                    authorization_response=told,
                    state=state,
                    code_verifier=VERIFIER,
                )
                assert client.get(f"{server.url}/v1/queries").status_code == 200
                with pytest.raises(OAuthError, match="invalid_grant"):
                    client.refresh_token(f"{server.url}/connect/token", refresh_token=old)
                bearer = {"Authorization": f"Bearer {new['access_token']}"}
                assert httpx2.get(f"{server.url}/v1/queries", headers=bearer).status_code == 401
        other.browser.close()


def _kill_web(server: RunningServer) -> None:
    (pid,) = server.pids("web")
    os.kill(pid, signal.SIGKILL)
    waiting = threading.Event()
    while pid in server.pids("web") or not _answers(server):
        waiting.wait(0.05)


def _answers(server: RunningServer) -> bool:
    try:
        return httpx2.get(f"{server.url}/login").status_code == 200
    except httpx2.TransportError:
        return False


def test_no_secret_is_logged_or_stored(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither at the level "debug" with the access log, nor in the home's database."""
    seeded = seed(tmp_path / "home")
    registered = register(seeded)
    environment = {
        "STANDPIPE_WORKERS": "0",
        "STANDPIPE_LOG_LEVEL": "debug",
        "STANDPIPE_ACCESS_LOG": "true",
    }
    with running(["serve"], seeded.home, environment=environment) as server:
        other = Person(server, "other@example.org", "battery staple")
        with program(server, registered) as client:
            token = signed_in(client, server, other)
            client.refresh_token(f"{server.url}/connect/token")
        other.browser.close()
    logged = capfd.readouterr().err
    assert "/connect/token" in logged
    stored = b"".join(each.read_bytes() for each in seeded.home.glob("standpipe.db*"))
    names = ("access_token", "refresh_token", "id_token")
    secrets = [registered["client_secret"], VERIFIER, *(token[name] for name in names)]
    for secret in secrets:
        assert secret not in logged
        assert secret.encode() not in stored


_TEXT = st.text(max_size=40)
_NAME = st.sampled_from(
    [
        *("client_id", "client_secret", "grant_type", "code", "redirect_uri", "scope", "state"),
        *("code_verifier", "code_challenge", "code_challenge_method", "refresh_token", "token"),
        *("response_type", "response_mode", "prompt", "nonce", "token_type_hint", "decision"),
    ]
)
_VALUE = st.one_of(
    _TEXT,
    st.sampled_from(
        [
            *("code", "authorization_code", "refresh_token", "client_credentials", "none", "S256"),
            *("openid", "open id", "allow", REDIRECT, "x" * 5000, "\x00", "%", "ud83d"),
        ]
    ),
)
_PATH = st.sampled_from(
    ["/connect/authorize", "/connect/token", "/connect/revocation", "/connect/userinfo"]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=_PATH,
    pairs=st.lists(st.tuples(_NAME, _VALUE), max_size=8),
    flags=st.tuples(st.booleans(), st.booleans()),
    authorization=st.one_of(
        st.none(),
        st.binary(max_size=30),
        st.sampled_from([b"Basic", b"Basic /w==", b"Bearer a.b.c", b"Bearer eyJ.a.b", b"Basic Og"]),
    ),
)
def test_nothing_makes_it_fail(
    server: RunningServer,
    fuzzed: dict[str, Any],
    path: str,
    pairs: list[tuple[str, str]],
    flags: tuple[bool, bool],
    authorization: bytes | None,
) -> None:
    """Whatever is sent: 4xx, or a page, or a redirect to the site or to where it is registered."""
    is_client, is_query = flags
    if is_client:
        pairs = [("client_id", fuzzed["client_id"]), ("redirect_uri", REDIRECT), *pairs]
    headers = {} if authorization is None else {"Authorization": _header(authorization)}
    from urllib.parse import urlencode

    text = urlencode(pairs)
    if is_query:
        seen = httpx2.get(f"{server.url}{path}?{text}", headers=headers)
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        seen = httpx2.post(server.url + path, content=text, headers=headers)
    assert seen.status_code < 500, seen.text
    location = seen.headers.get("location", "/")
    assert location.startswith(("/login?next=", f"{REDIRECT}?", "/")), location
    assert not location.startswith("//")
    if location.startswith(REDIRECT):
        assert "code" not in parse_qs(urlsplit(location).query)


@pytest.fixture(scope="module")
def fuzzed(seeded: Seeded) -> dict[str, Any]:
    return register(seeded)


def _header(value: bytes) -> bytes:
    return bytes(each for each in value if 32 <= each < 127 or each > 160).strip()
