"""First-run set-up: once, by whoever comes first."""

import pytest
from tests.web.site import Browser

FORM = {"name": "Ada", "email": "Ada@Example.org ", "password": "correct horse"}


@pytest.mark.parametrize("path", ["/", "/login"])
def test_setup_is_where_a_new_server_starts(visitor, path):
    """Until somebody has an account every way leads to the set-up page."""
    assert visitor.get(path).header("Location") == "/setup"


def test_setup_makes_the_administrator_and_signs_in(site, visitor):
    """The first account may do everything and is signed in at once."""
    seen = visitor.submit("/setup", **FORM)
    assert (seen.status, seen.header("Location")) == (302, "/")
    words = visitor.get("/profile").words
    assert "ada@example.org" in words
    assert "Administrator" in words


def test_setup_happens_once(ready, visitor):
    """When somebody has an account the page leads to sign-in and makes nobody."""
    assert visitor.get("/setup").header("Location") == "/login"
    form = {**FORM, **Browser(ready).get("/login").fields(), "email": "eve@example.org"}
    assert visitor.post("/setup", form).header("Location") == "/login"
    assert len(ready.store.find_users(ready.services.accounts.workspace().id)) == 1


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("name", "  ", "The name is empty."),
        ("email", "ada", "'ada' is not an e-mail address."),
        ("password", "short", "The password has 5 characters. It needs at least 8."),
        ("password", "", "The password is empty."),
    ],
)
def test_setup_says_what_is_wrong(site, visitor, field, value, text):
    """A field that cannot be used is named, what was typed stays, and nobody is made."""
    seen = visitor.submit("/setup", **{**FORM, field: value})
    assert seen.status == 400
    assert text in seen.words.replace("&#39;", "'")
    assert seen.fields()["password"] == ""
    assert not site.services.accounts.is_set_up()


def test_setup_needs_the_form_of_this_browser(site, visitor):
    """A form from elsewhere sets nothing up."""
    assert visitor.post("/setup", FORM).status == 400
    assert not site.services.accounts.is_set_up()
