"""Where this API carries its key."""

import pytest
from tests.dialects.redash.examples import inbound

from standpipe.dialects.redash.credentials import read_credentials, read_csrf


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Key abc", "abc"),
        ("abc", "abc"),
        ("Bearer abc", "Bearer abc"),
        ("Bearer eyJh.b.c", "eyJh.b.c"),
        ("key abc", "key abc"),
        ("Token abc", "Token abc"),
        ("Key Key abc", "Key abc"),
        ("", ""),
    ],
)
def test_header_key_is_what_remains_without_its_word(header: str, key: str) -> None:
    """Only the first "Key " is taken off, and what stands before an access token."""
    assert read_credentials(inbound(headers={"authorization": header})).key == key


def test_key_in_the_query_string_wins_even_if_it_is_wrong() -> None:
    """There is no fall-back from a wrong key in the URL to a good one in the header."""
    request = inbound(
        args={"api_key": ("bad",)},
        headers={"authorization": "Key good"},
        cookies={"session": "cookie"},
    )
    found = read_credentials(request)
    assert (found.key, found.cookie) == ("bad", None)


def test_cookie_counts_only_without_a_key() -> None:
    """A session cookie is read where the request carries no key."""
    found = read_credentials(inbound(cookies={"session": "cookie"}))
    assert (found.key, found.cookie) == (None, "cookie")


def test_csrf_token_is_a_header() -> None:
    """A write by cookie proves itself by X-CSRF-TOKEN."""
    assert read_csrf(inbound(headers={"x-csrf-token": "t"})) == "t"
    assert read_csrf(inbound()) is None
