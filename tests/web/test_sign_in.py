"""Signing in and out: cookies, tokens, limits and where one ends up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.site import Browser

from standpipe.http.messages import Inbound
from standpipe.services.accounts import REMEMBERED_LIFE, SESSION_LIFE
from standpipe.web.session import next_path

WRONG = "Wrong email or password."


def test_sign_in_opens_a_session_and_goes_home(ready, visitor):
    """The right password gets the two cookies and a redirect to the start page."""
    seen = visitor.sign_in("ada@example.org", "correct horse")
    assert (seen.status, seen.header("Location"), seen.body) == (302, "/", b"")
    assert visitor.get("/").status == 200


def test_sign_in_sets_cookies_as_browsers_should_keep_them(ready, visitor):
    """The session is HttpOnly, its token readable; both are Lax, for the whole site, not Secure."""
    cookies = visitor.sign_in("ada@example.org", "correct horse").cookies()
    assert cookies["session"].endswith("; Path=/; HttpOnly; SameSite=Lax")
    assert cookies["csrf_token"].endswith("; Path=/; SameSite=Lax")
    assert "HttpOnly" not in cookies["csrf_token"]


def test_sign_in_over_https_sets_secure_cookies(ready):
    """Over HTTPS every cookie is Secure, and the visitor's cookie is bound to the host."""
    browser = Browser(ready, base_url="https://pipe.test")
    first = browser.get("/login").cookies()
    cookies = first | browser.sign_in("ada@example.org", "correct horse").cookies()
    assert set(cookies) == {"__Host-visitor", "session", "csrf_token"}
    assert all("; Secure" in line for line in cookies.values())


def test_sign_in_lasts_until_the_browser_closes_unless_remembered(ready, visitor):
    """Without the tick there is no Max-Age; with it the cookies live as long as the session."""
    short = visitor.sign_in("ada@example.org", "correct horse").cookies()
    other = Browser(ready)
    form = {"email": "ada@example.org", "password": "correct horse", "remember": "on"}
    long = other.submit("/login", **form).cookies()
    assert "Max-Age" not in short["session"]
    assert f"Max-Age={int(REMEMBERED_LIFE.total_seconds())};" in long["session"]
    assert f"Max-Age={int(REMEMBERED_LIFE.total_seconds())};" in long["csrf_token"]


def test_session_ends_when_its_time_is_over(ready, ada):
    """A session cookie opens nothing after the life of the session."""
    ready.clock.advance(SESSION_LIFE.total_seconds() + 1)
    assert ada.get("/profile").header("Location") == "/login?next=/profile"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "wrong"),
        ("nobody@example.org", "correct horse"),
        ("", ""),
        ("' or 1=1 --", "x"),
        ("ada@example.org\0", "correct horse"),
        ("bob@example.org", "correct horse"),
    ],
)
def test_sign_in_says_the_same_for_every_reason(ready, visitor, email, password):
    """A wrong password, an unknown, a disabled and no account read the same and set no session."""
    ready.services.accounts.set_disabled(ready.add_member("Bob"), is_disabled=True)
    seen = visitor.sign_in(email, password)
    assert (seen.status, WRONG in seen.words) == (401, True)
    assert "session" not in visitor.cookies


def test_sign_in_keeps_the_email_and_never_the_password(ready, visitor):
    """The form comes back with what was typed, but for the password."""
    seen = visitor.sign_in('"><b>@x', "s3cret-pass")
    assert seen.fields()["email"] == '"><b>@x'
    assert "s3cret-pass" not in seen.text
    assert "<b>" not in seen.text


def test_sign_in_needs_the_form_of_this_browser(ready, visitor):
    """Without the token, or with that of another browser, nobody is signed in."""
    form = {"email": "ada@example.org", "password": "correct horse"}
    stolen = Browser(ready).get("/login").fields()["csrf_token"]
    visitor.get("/login")
    for token in ("", "x", "é", stolen):
        seen = visitor.post("/login", {**form, "csrf_token": token})
        assert (seen.status, "had expired" in seen.words) == (400, True)
    assert "session" not in visitor.cookies


def test_sign_in_token_needs_its_cookie(ready, visitor):
    """A token without the cookie it was made for is worth nothing."""
    fields = visitor.get("/login").fields()
    visitor.cookies.clear()
    form = {**fields, "email": "ada@example.org", "password": "correct horse"}
    assert visitor.post("/login", form).status == 400


def test_sign_in_form_works_in_two_tabs(ready, visitor):
    """A form opened earlier still works after the page was opened again."""
    first = visitor.get("/login").fields()
    visitor.get("/login")
    form = {**first, "email": "ada@example.org", "password": "correct horse"}
    assert visitor.post("/login", form).status == 302


def test_sign_in_again_from_an_old_tab_replaces_the_session(ada):
    """Whoever is signed in may sign in again; the session before is over."""
    old = dict(ada.cookies)
    visitor = Browser(ada.site)
    form = visitor.get("/login").fields()
    ada.cookies.update(visitor.cookies)
    form |= {"email": "ada@example.org", "password": "correct horse"}
    assert ada.post("/login", form).status == 302
    assert ada.cookies["session"] != old["session"]
    ada.cookies = old
    assert ada.get("/profile").status == 302


def test_sign_in_is_limited_per_client(ready, visitor):
    """The 51st attempt within an hour gets 429 with the time to wait; others may go on."""
    form = visitor.get("/login").fields() | {"email": "ada@example.org", "password": "no"}
    assert {visitor.post("/login", form).status for _ in range(50)} == {401}
    seen = visitor.post("/login", form | {"password": "correct horse"})
    assert (seen.status, seen.header("Retry-After")) == (429, "3600")
    assert "Too many requests: 50 per 1 hour." in seen.words
    visitor.client = "192.0.2.2"
    assert visitor.post("/login", form | {"password": "correct horse"}).status == 302


def test_sign_in_page_sends_on_who_is_signed_in(ada):
    """Somebody with a session is not asked again."""
    assert ada.get("/login?next=/profile").header("Location") == "/profile"


def test_sign_in_goes_where_one_wanted_to_go(ready, visitor):
    """A page that needs a session comes back after sign-in."""
    there = visitor.get("/queries/7").header("Location")
    assert there == "/login?next=/queries/7"
    form = visitor.get(there).fields() | {"email": "ada@example.org", "password": "correct horse"}
    assert visitor.post("/login", form).header("Location") == "/queries/7"


HOSTILE = [
    "//evil.test",
    "/\\evil.test",
    "/\\/evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    "\t//evil.test",
    " //evil.test",
    "https://evil.test/",
    "HTTPS:evil.test",
    "javascript:alert(1)",
    "evil.test",
    "/a\\..\\b",
    "/a\r\nSet-Cookie: x=1",
    "/é",
    "",
    "\\\\evil.test",
    "/" + "a" * 9000,
]


@pytest.mark.parametrize("wanted", HOSTILE)
def test_sign_in_never_leaves_the_site(ready, visitor, wanted):
    """Whatever ``next`` says, the browser ends on a page of this site."""
    form = visitor.get("/login").fields()
    form |= {"email": "ada@example.org", "password": "correct horse", "next": wanted}
    assert visitor.post("/login", form).header("Location") == "/"


@given(st.text(alphabet=st.sampled_from("/\\:.@?#%\t\n\r e0é"), max_size=12) | st.text())
def test_next_path_is_a_path_of_this_site(wanted):
    """Any accepted path starts with one slash and holds nothing that browsers rewrite."""
    found = next_path(Inbound(method="GET", path="/login"), wanted)
    assert found[0] == "/"
    assert found[1:2] not in {"/", "\\"}
    assert not set(found) & set("\\\t\r\n \0")
    assert found.isascii()


def test_sign_out_ends_the_session(ada):
    """After sign-out the old cookies open nothing, and the browser has dropped them."""
    old = dict(ada.cookies)
    seen = ada.get("/logout")
    assert (seen.status, seen.header("Location")) == (302, "/login")
    assert ada.cookies == {}
    ada.cookies = old
    assert ada.get("/profile").status == 302


def test_sign_out_by_form_needs_the_token(ada):
    """The button works with its token; a form from elsewhere does not sign anybody out."""
    assert ada.post("/logout").status == 400
    token = ada.get("/").fields()["csrf_token"]
    assert ada.post("/logout", {"csrf_token": token}).status == 302
    assert "session" not in ada.cookies


def test_sign_out_is_fine_for_nobody(ready, visitor):
    """Signing out without a session leads to the sign-in page."""
    assert visitor.get("/logout").header("Location") == "/login"
    assert visitor.post("/logout").header("Location") == "/login"


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"email=%ff%fe", b"a=1&" * 60, b"email", b"&&&=", b"\0" * 100]
)
def test_sign_in_answers_broken_forms(ready, visitor, body):
    """Bodies that are no form get a page that says so."""
    assert visitor.post("/login", body).status == 400


def test_sign_in_takes_forms_only(ready, visitor):
    """A JSON body holds no fields."""
    seen = visitor.post("/login", b'{"email": "ada@example.org"}', content_type="application/json")
    assert seen.status == 400
