"""Where codes may be sent, and what scopes are asked for."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import OAuthClientId, UserId, WorkspaceId
from standpipe.core.oauth import OAuthClient, check_client_name, check_redirect_uri, read_scope

GOOD = [
    "http://127.0.0.1:8000",
    "http://127.0.0.1/cb?a=b%20c",
    "http://[::1]:3000/cb",
    "http://localhost:3000/cb",
    "https://sheets.example.org",
    "https://sheets.example.org:444/a/b%2Fc?x=1&y=2",
    "https://[2001:db8::1]/cb",
    "org.example.app:/cb",
    "org.example.app://signed-in",
]
BAD = [
    "",
    "http://sheets.example.org/",
    "http://127.0.0.1.example.org/",
    "http://127.0.0.1@example.org/",
    "https://user@example.org/",
    "https://example.org/#part",
    "https://example.org\\@evil.example.org",
    "https://exa mple.org",
    "https://example.org/%zz",
    "https://example.org/?a='b'",
    "https://*.example.org/",
    "https://",
    "//example.org",
    "/cb",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "myapp:/cb",
    "https://example.org/\n",
    "https://exämple.org/",
    "https://example.org/" + "a" * 1000,
]


def client(*uris: str) -> OAuthClient:
    return OAuthClient(
        id=OAuthClientId(1),
        workspace_id=WorkspaceId(1),
        client_id="c",
        name="C",
        owner_id=UserId(1),
        redirect_uris=uris,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("uri", GOOD)
def test_an_address_that_can_be_registered_is_allowed_as_it_is(uri: str) -> None:
    """And no other spelling of it."""
    known = client(check_redirect_uri(uri))
    assert known.allows_redirect(uri)
    assert not any(known.allows_redirect(uri + more) for more in ("/", "x", "#", "?", "%00", " "))


@pytest.mark.parametrize("uri", BAD)
def test_an_address_that_cannot_be_registered(uri: str) -> None:
    with pytest.raises(FieldInvalid, match="address"):
        check_redirect_uri(uri)


@given(st.text(alphabet="htps:/127.0.0.1[]@\\#?%:8e", max_size=40))
def test_a_loopback_address_differs_at_most_in_its_port(uri: str) -> None:
    """Whatever is asked for: what is allowed leads a browser to this machine."""
    if client("http://127.0.0.1:1/").allows_redirect(uri):
        parts = urlsplit(uri)
        assert (parts.scheme, parts.hostname, parts.path) == ("http", "127.0.0.1", "/")
        assert (parts.query, parts.fragment, parts.username) == ("", "", None)


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        (None, ("onboarding",)),
        ("  ", ("onboarding",)),
        ("open id offline_access onboarding", ("openid", "offline_access", "onboarding")),
        ("openid openid", ("openid",)),
        ("id open", ("id", "open")),
    ],
)
def test_scopes_as_they_are_asked_for(text: str | None, scopes: tuple[str, ...]) -> None:
    assert read_scope(text) == scopes


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_a_client_has_a_name_that_can_be_shown(name: str) -> None:
    with pytest.raises(FieldInvalid):
        check_client_name(name)
