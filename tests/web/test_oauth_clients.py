"""Who registers programs, who sees them, and whose they are."""

import re
import subprocess
import sys

import pytest
from tests.web.site import Browser, Site

from standpipe.core.errors import FieldInvalid, FieldMissing, NotAllowed, NotFound
from standpipe.core.oauth import DEFAULT_REDIRECT_URI, GrantType
from standpipe.core.principals import Principal
from standpipe.core.workspaces import User
from standpipe.services.oauth_clients import NewClient, is_secret_of


def principal(site: Site, email: str = "ada@example.org") -> Principal:
    accounts = site.services.accounts
    return accounts.principal(accounts.find_user(email))


def new(owner: User, **changes: object) -> NewClient:
    return NewClient(**{"name": "Sheets", "owner_id": owner.id, **changes})  # type: ignore[arg-type]


def test_only_administrators_register(ready: Site) -> None:
    """As with MyReports; what fits the kind of the program is allowed unless said otherwise."""
    bob = ready.add_member("Bob")
    clients = ready.services.oauth_clients
    with pytest.raises(NotAllowed):
        clients.add(principal(ready, "bob@example.org"), new(bob))
    made, secret = clients.add(principal(ready), new(bob))
    assert made.grant_types == tuple(GrantType)
    assert made.redirect_uris == (DEFAULT_REDIRECT_URI,)
    assert (is_secret_of(made, secret or ""), is_secret_of(made, "")) == (True, False)
    public, none = clients.add(principal(ready), new(bob, is_public=True))
    assert (none, public.grant_types) == (None, tuple(GrantType)[:2])
    assert not is_secret_of(public, "")


def test_a_program_is_seen_by_its_owner_and_administrators(ready: Site) -> None:
    """For everybody else it is not there."""
    bob, eve = ready.add_member("Bob"), ready.add_member("Eve")
    clients = ready.services.oauth_clients
    made, secret = clients.add(principal(ready), new(bob))
    his = principal(ready, "bob@example.org")
    hers = principal(ready, f"{eve.name.lower()}@example.org")
    assert (clients.list(his), clients.list(hers)) == ((made,), ())
    for ask in (clients.get, clients.rotate_secret, clients.remove):
        with pytest.raises(NotFound):
            ask(hers, made.client_id)
    assert clients.rotate_secret(his, made.client_id) != secret
    assert clients.remove(his, made.client_id).client_id == made.client_id
    assert clients.list(principal(ready)) == ()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": " "}, FieldInvalid),
        ({"redirect_uris": ["http://example.org"]}, FieldInvalid),
        ({"redirect_uris": [f"https://example.org/{n}" for n in range(21)]}, FieldInvalid),
        ({"is_public": True, "grant_types": [GrantType.CLIENT_CREDENTIALS]}, FieldInvalid),
        ({"grant_types": [GrantType.REFRESH_TOKEN]}, FieldMissing),
        ({"owner_id": 999}, NotFound),
    ],
)
def test_what_cannot_be_registered(
    ready: Site, changes: dict[str, object], error: type[Exception]
) -> None:
    ada = ready.services.accounts.find_user("ada@example.org")
    with pytest.raises(error):
        ready.services.oauth_clients.add(principal(ready), new(ada, **changes))


def test_a_program_is_registered_renewed_and_removed_on_a_page(ready: Site, ada: Browser) -> None:
    """Its secret is in one answer alone."""
    token = ada.get("/profile/programs").fields()["csrf_token"]
    form = {"csrf_token": token, "name": "<Sheets>", "redirect_uris": "https://example.org/a"}
    made = ada.post("/profile/programs", form)
    (client,) = ready.services.oauth_clients.list(principal(ready))
    first = re.search(r"spc_[\w-]{43}", made.text)
    assert first is not None
    assert is_secret_of(client, first[0])
    assert client.redirect_uris == ("https://example.org/a",)
    listed = ada.get("/profile/programs").text
    assert "spc_" not in listed
    assert "&lt;Sheets&gt;" in listed
    named = {"csrf_token": token, "client_id": client.client_id}
    renewed = ada.post("/profile/programs/secret", named)
    second = re.search(r"spc_[\w-]{43}", renewed.text)
    assert second is not None
    assert second[0] != first[0]
    assert ada.post("/profile/programs/remove", named).status == 303
    assert ready.services.oauth_clients.list(principal(ready)) == ()


def test_the_page_keeps_the_rights(ready: Site, ada: Browser) -> None:
    """No member registers; what is not his is not there; nothing without the form's token."""
    ready.add_member("Bob")
    bob = Browser(ready)
    bob.sign_in("bob@example.org", "correct horse")
    page = bob.get("/profile/programs")
    assert "Register" not in page.text.replace("Registered", "")
    token = page.fields()["csrf_token"]
    made, _ = ready.services.oauth_clients.add(
        principal(ready), new(ready.services.accounts.find_user("ada@example.org"))
    )
    form = {"csrf_token": token, "name": "X", "client_id": made.client_id}
    paths = ("/profile/programs", "/profile/programs/secret", "/profile/programs/remove")
    assert [bob.post(path, form).status for path in paths] == [403, 404, 404]
    assert [ada.post(path, {**form, "csrf_token": "x"}).status for path in paths] == [400] * 3
    bad = {"csrf_token": ada.get("/profile").fields()["csrf_token"], "name": "X"}
    wrong = ada.post("/profile/programs", {**bad, "redirect_uris": "javascript:alert(1)"})
    assert (wrong.status, "is not an address" in wrong.text) == (400, True)


def test_a_token_without_the_scope_of_the_apis_is_not_allowed(ready: Site) -> None:
    """It is good for knowing who somebody is, and for nothing else."""
    ada = ready.services.accounts.find_user("ada@example.org")
    client, _ = ready.services.oauth_clients.add(principal(ready), new(ada))
    issued = ready.services.oauth_issuer.issue_for_owner(client, "openid", "http://pipe.test")
    assert ready.services.oauth_tokens.user_of(issued.access_token) == ada
    with pytest.raises(NotAllowed, match="onboarding"):
        ready.services.oauth_tokens.authenticate(issued.access_token)


def test_the_protocol_is_loaded_when_the_first_program_comes() -> None:
    """Neither the terminal nor the start of a server waits for it."""
    code = (
        "import sys, standpipe.cli, standpipe.app.server;"
        "sys.exit(bool({'authlib', 'joserfc'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
