"""Access tokens: whom they stand for, and refused at once when revoked; programs signed out."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import NotAllowed, NotAuthenticated, NotFound
from standpipe.core.ids import OAuthClientId, UserId
from standpipe.core.oauth import ONBOARDING, OPENID, HeldToken, OAuthClient, TokenKind
from standpipe.core.ports import (
    OAuthClientStore,
    OAuthGrantStore,
    OAuthTokenStore,
    PeopleStore,
)
from standpipe.core.principals import Principal
from standpipe.core.workspaces import User
from standpipe.services.keys import Keys


class OAuthTokensStore(OAuthClientStore, OAuthGrantStore, OAuthTokenStore, PeopleStore, Protocol):
    """The slice of the metadata store that tokens need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What somebody has granted a client and not taken back."""

    client: OAuthClient
    since: datetime
    scope: str


class OAuthTokens:
    """What tokens are good for, and their end."""

    def __init__(self, store: OAuthTokensStore, *, keys: Keys, clock: Clock) -> None:
        """Take the ports and the keys service."""
        self._store = store
        self._keys = keys
        self._clock = clock

    def authenticate(self, text: str) -> Principal:
        """Return whom an access token stands for; his rights are those of its user of this moment.

        NotAuthenticated for unknown, expired and revoked ones, NotAllowed without the scope.
        """
        held = self._live(text, TokenKind.ACCESS)
        if ONBOARDING not in held.token.scope.split():
            raise NotAllowed(f"The access token was not granted the scope {ONBOARDING!r}.")
        return self._principal(held)

    def user_of(self, text: str) -> User:
        """Return the user of an access token with the scope ``openid``; as ``authenticate``."""
        held = self._live(text, TokenKind.ACCESS)
        if OPENID not in held.token.scope.split():
            raise NotAllowed(f"The access token was not granted the scope {OPENID!r}.")
        self._principal(held)
        return self._store.get_user(held.grant.user_id)

    def is_user_live(self, user_id: UserId) -> bool:
        """Whether tokens may still be made for somebody."""
        try:
            return not self._store.get_user(user_id).is_disabled
        except NotFound:
            return False

    def revoke(self, client: OAuthClient, text: str) -> bool:
        """Revoke a token of a client; False for one that is not his.

        A refresh token takes everything with it that came of its grant; unknown ones are fine.
        """
        held = self._store.find_token(digest_of(text))
        if held is None:
            return True
        if held.grant.client_id != client.id:
            return False
        if held.token.kind is TokenKind.REFRESH:
            self._store.revoke_grant(held.grant.id, self._clock.now())
        else:
            self._store.revoke_token(held.token.id)
        return True

    def standing(self, principal: Principal) -> tuple[Standing, ...]:
        """Return which clients act for somebody now, each once, with when he first let it."""
        if principal.user_id is None:
            return ()
        found: dict[OAuthClientId, Standing] = {}
        for grant in self._store.find_grants_of(principal.user_id, self._clock.now()):
            client = self._store.get_oauth_client(grant.client_id)
            known = found.get(client.id)
            scope = f"{known.scope} {grant.scope}" if known else grant.scope
            since = known.since if known else grant.created_at
            found[client.id] = Standing(
                client=client, since=since, scope=" ".join(dict.fromkeys(scope.split()))
            )
        return tuple(found.values())

    def sign_out(self, principal: Principal, client: OAuthClient) -> None:
        """End what a client may do for somebody; its tokens are refused from now on."""
        if principal.user_id is not None:
            now = self._clock.now()
            self._store.revoke_grants_of(principal.user_id, now, client_id=client.id)

    def _live(self, text: str, kind: TokenKind) -> HeldToken:
        held = self._store.find_token(digest_of(text))
        if held is None or held.token.kind is not kind or not is_live(held, self._clock.now()):
            raise NotAuthenticated("The access token is not known, has expired or was revoked.")
        return held

    def _principal(self, held: HeldToken) -> Principal:
        user = self._store.get_user(held.grant.user_id)
        return self._keys.principal_of(user, expires_at=held.token.expires_at)


def is_live(held: HeldToken, now: datetime) -> bool:
    """Whether a token may still be used, as far as time and revocation say."""
    return held.grant.revoked_at is None and now < held.token.expires_at


def looks_like_token(text: str) -> bool:
    """Whether a credential is an access token rather than a key: three parts with dots between."""
    return text.startswith("eyJ") and text.count(".") == 2


def digest_of(text: str) -> str:
    """Return what a code or token is stored and found by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
