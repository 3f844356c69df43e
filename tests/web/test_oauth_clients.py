"""Who registers programs, who sees them, and whose they are."""

import pytest
from tests.web.site import Site

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
