"""Contract of the stores of OAuth: clients, grants, tokens."""

import threading
from dataclasses import replace

import pytest
from tests.contracts.house import NOW, House, at

from standpipe.core.errors import NameTaken, NotFound
from standpipe.core.ids import OAuthClientId, OAuthGrantId, OAuthTokenId
from standpipe.core.oauth import (
    GrantType,
    HeldToken,
    OAuthClient,
    OAuthGrant,
    OAuthToken,
    TokenKind,
)


def add_client(house: House, name: str = "c1") -> OAuthClient:
    return house.store.add_oauth_client(
        OAuthClient(
            id=OAuthClientId(0),
            workspace_id=house.workspace.id,
            client_id=name,
            name="Sheets",
            owner_id=house.user.id,
            secret_sha256="s",
            redirect_uris=("https://example.org/",),
            grant_types=(GrantType.AUTHORIZATION_CODE,),
            created_at=NOW,
        )
    )


def add_grant(house: House, client: OAuthClient, code: str | None = None) -> OAuthGrant:
    return house.store.add_grant(
        OAuthGrant(
            id=OAuthGrantId(0),
            client_id=client.id,
            user_id=house.user.id,
            scope="onboarding",
            code_sha256=code,
            code_expires_at=at(60) if code else None,
            redirect_uri="https://example.org/",
            code_challenge="x",
            nonce="n",
            created_at=NOW,
            expires_at=at(60),
        )
    )


def add_token(house: House, grant: OAuthGrant, sha256: str, seconds: int = 100) -> OAuthToken:
    return house.store.add_token(
        OAuthToken(
            id=OAuthTokenId(0),
            grant_id=grant.id,
            kind=TokenKind.REFRESH,
            sha256=sha256,
            scope="onboarding",
            created_at=NOW,
            expires_at=at(seconds),
        )
    )


def test_a_client_is_found_as_it_was_stored(house: House) -> None:
    """Its name exists once, whatever the workspace."""
    made = add_client(house)
    assert house.store.find_oauth_client("c1") == made
    assert house.store.find_oauth_clients(house.workspace.id) == (made,)
    assert house.store.find_oauth_client("C1") is None
    with pytest.raises(NameTaken, match="c1"):
        add_client(house)
    changed = house.store.update_oauth_client(replace(made, secret_sha256="t"))
    assert house.store.find_oauth_client("c1") == changed == replace(made, secret_sha256="t")


def test_a_removed_client_takes_its_grants_and_tokens_with_it(house: House) -> None:
    """Those of others stay."""
    mine, other = add_client(house), add_client(house, "c2")
    add_token(house, add_grant(house, mine, "code"), "t1")
    add_token(house, add_grant(house, other), "t2")
    for _ in range(2):
        house.store.delete_oauth_client(mine.id)
    assert house.store.find_oauth_client("c1") is None
    assert house.store.find_grant_of_code("code") is None
    assert house.store.find_token("t1") is None
    assert house.store.find_token("t2") is not None
    with pytest.raises(NotFound):
        house.store.get_oauth_client(mine.id)


def test_a_token_comes_with_its_grant_which_lasts_as_long(house: House) -> None:
    grant = add_grant(house, add_client(house), "code")
    assert house.store.find_grant_of_code("code") == grant
    token = add_token(house, grant, "t", 100)
    lasting = replace(grant, expires_at=at(100))
    assert house.store.find_token("t") == HeldToken(token=token, grant=lasting)
    house.store.revoke_grant(grant.id, at(5))
    house.store.revoke_grant(grant.id, at(6))
    found = house.store.find_token("t")
    assert found is not None
    assert found.grant == replace(lasting, revoked_at=at(5))
    house.store.revoke_token(token.id)
    assert house.store.find_token("t") is None


def test_of_many_at_once_one_uses_a_code_and_one_a_token(house: House) -> None:
    """Whoever comes second is told so."""
    grant = add_grant(house, add_client(house), "code")
    token = add_token(house, grant, "t")
    codes: list[bool] = []
    tokens: list[bool] = []

    def use() -> None:
        codes.append(house.store.use_code(grant.id, NOW))
        tokens.append(house.store.use_token(token.id, NOW))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (sorted(codes), sorted(tokens)) == ([False] * 7 + [True], [False] * 7 + [True])


def test_what_a_user_granted_can_be_listed_and_revoked(house: House) -> None:
    """All of it, or what he granted one client."""
    first, second = add_client(house), add_client(house, "c2")
    grants = [add_grant(house, each) for each in (first, first, second)]
    assert house.store.find_grants_of(house.user.id, NOW) == tuple(grants)
    assert house.store.find_grants_of(house.user.id, at(60)) == ()
    house.store.revoke_grants_of(house.user.id, at(1), client_id=first.id)
    assert house.store.find_grants_of(house.user.id, NOW) == (grants[2],)
    house.store.revoke_grants_of(house.user.id, at(2))
    assert house.store.find_grants_of(house.user.id, NOW) == ()


def test_what_has_ended_is_forgotten(house: House) -> None:
    """A grant when its last token has, with the used tokens of its family."""
    client = add_client(house)
    add_token(house, add_grant(house, client, "old"), "t1", 70)
    add_token(house, add_grant(house, client, "new"), "t2", 200)
    assert house.store.delete_expired_grants(at(69), 10) == 0
    assert house.store.delete_expired_grants(at(70), 10) == 1
    assert house.store.find_grant_of_code("old") is None
    assert house.store.find_token("t1") is None
    assert house.store.find_token("t2") is not None
