"""Codes and tokens: made, redeemed once, and made again.

Access tokens are signed, so that others can check them; this server knows them by their SHA-256 as
it knows keys, so nothing that it has not issued itself is ever taken, whatever it is signed with.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from standpipe.core.clock import Clock
from standpipe.core.errors import NotAuthenticated
from standpipe.core.events import TokenReused
from standpipe.core.ids import OAuthGrantId, OAuthTokenId, UserId
from standpipe.core.oauth import (
    OFFLINE,
    OPENID,
    CodeTerms,
    GrantType,
    HeldToken,
    OAuthClient,
    OAuthGrant,
    OAuthToken,
    TokenKind,
)
from standpipe.core.permissions import require_permission
from standpipe.core.ports import Observer, TokenSigner
from standpipe.core.principals import Permission, Principal
from standpipe.services.oauth_tokens import OAuthTokensStore, digest_of, is_live

CODE_LIFE = timedelta(minutes=1)
REFRESH_PREFIX = "spr_"
_ACCESS_KIND, _ID_KIND = "at+jwt", "JWT"  # RFC 9068, 2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """How long tokens last; a refresh token from its last use."""

    access: timedelta = timedelta(hours=1)
    refresh: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What a client gets; nobody can read it again."""

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None


class OAuthIssuer:
    """Makes codes, access tokens and refresh tokens."""

    def __init__(
        self,
        store: OAuthTokensStore,
        *,
        signer: TokenSigner,
        lives: Lives,
        clock: Clock,
        observe: Observer,
    ) -> None:
        """Take the ports."""
        self._store = store
        self._signer = signer
        self._lives = lives
        self._clock = clock
        self._observe = observe

    def exchange(self) -> AbstractContextManager[None]:
        """Make what follows one change: a code is used and its tokens exist, or neither."""
        self._signer.prepare()  # takes long: not within the change
        return self._store.transaction()

    def public_keys(self) -> Mapping[str, Any]:
        """Return the JWK set with which others check signatures."""
        return self._signer.public_keys()

    def rotate_key(self, principal: Principal) -> str:
        """Sign with a new key from now on; administrators only. Issued tokens stay good."""
        require_permission(principal, Permission.ADMIN)
        return self._signer.rotate()

    def make_code(self, client: OAuthClient, user_id: UserId, terms: CodeTerms) -> str:
        """Return a code for what a user has just granted a client; good once, for a minute."""
        now, code = self._clock.now(), secrets.token_urlsafe(32)
        self._store.add_grant(
            OAuthGrant(
                id=OAuthGrantId(0),
                client_id=client.id,
                user_id=user_id,
                scope=terms.scope,
                code_sha256=digest_of(code),
                code_expires_at=now + CODE_LIFE,
                redirect_uri=terms.redirect_uri,
                code_challenge=terms.code_challenge,
                nonce=terms.nonce,
                created_at=now,
                expires_at=now + CODE_LIFE,
            )
        )
        return code

    def find_code(self, client: OAuthClient, code: str) -> OAuthGrant | None:
        """Return what a client's code stands for, if it can be redeemed now.

        One that has been redeemed before ends everything that came of it (RFC 6749, 4.1.2).
        """
        grant = self._store.find_grant_of_code(digest_of(code))
        if grant is None or grant.client_id != client.id:
            return None
        if grant.code_used_at is not None:
            self._reused(client, grant)
            return None
        now = self._clock.now()
        is_over = grant.revoked_at is not None or now >= (grant.code_expires_at or now)
        return None if is_over else grant

    def find_refresh_token(self, client: OAuthClient, text: str) -> HeldToken | None:
        """Return a client's refresh token, if it can be used now.

        One that has been used before ends everything that came of its grant (RFC 9700, 4.14.2).
        """
        held = self._store.find_token(digest_of(text))
        if held is None or held.token.kind is not TokenKind.REFRESH:
            return None
        if held.grant.client_id != client.id:
            return None
        if held.token.used_at is not None and held.grant.revoked_at is None:
            self._reused(client, held.grant)
            return None
        return held if is_live(held, self._clock.now()) else None

    def redeem(self, client: OAuthClient, grant: OAuthGrant, issuer: str) -> Issued:
        """Use a code: return its first tokens; NotAuthenticated if somebody else was faster."""
        if not self._store.use_code(grant.id, self._clock.now()):
            raise NotAuthenticated("The code has been used.")
        return self._issue(client, grant, grant.scope, issuer)

    def refresh(
        self, client: OAuthClient, held: HeldToken, scope: str | None, issuer: str
    ) -> Issued:
        """Use a refresh token: return the next tokens, for ``scope`` or all that was granted.

        NotAuthenticated if somebody else was faster.
        """
        if not self._store.use_token(held.token.id, self._clock.now()):
            raise NotAuthenticated("The refresh token has been used.")
        return self._issue(client, held.grant, scope or held.grant.scope, issuer, is_first=False)

    def issue_for_owner(self, client: OAuthClient, scope: str, issuer: str) -> Issued:
        """Return an access token with which a client acts for its owner; none to refresh."""
        now = self._clock.now()
        grant = self._store.add_grant(
            OAuthGrant(
                id=OAuthGrantId(0),
                client_id=client.id,
                user_id=client.owner_id,
                scope=scope,
                created_at=now,
                expires_at=now,
            )
        )
        access = self._access_token(client, grant, scope, issuer)
        return Issued(access_token=access, expires_in=self._seconds, scope=scope)

    @property
    def _seconds(self) -> int:
        return int(self._lives.access.total_seconds())

    def _reused(self, client: OAuthClient, grant: OAuthGrant) -> None:
        self._store.revoke_grant(grant.id, self._clock.now())
        self._observe(TokenReused(client_id=client.client_id, grant_id=grant.id))

    def _issue(
        self,
        client: OAuthClient,
        grant: OAuthGrant,
        scope: str,
        issuer: str,
        *,
        is_first: bool = True,
    ) -> Issued:
        access = self._access_token(client, grant, scope, issuer)
        can_refresh = GrantType.REFRESH_TOKEN in client.grant_types
        is_offline = can_refresh and OFFLINE in grant.scope.split()
        is_known = is_first and OPENID in scope.split()
        return Issued(
            access_token=access,
            expires_in=self._seconds,
            scope=scope,
            refresh_token=self._refresh_token(grant) if is_offline else None,
            id_token=self._id_token(client, grant, access, issuer) if is_known else None,
        )

    def _access_token(self, client: OAuthClient, grant: OAuthGrant, scope: str, issuer: str) -> str:
        now = self._clock.now()
        ends = now + self._lives.access
        claims = {
            **self._claims(grant, issuer, ends),
            "aud": issuer,
            "jti": secrets.token_urlsafe(16),
            "client_id": client.client_id,
            "scope": scope,
        }
        text = self._signer.sign(claims, kind=_ACCESS_KIND)
        self._add(grant, TokenKind.ACCESS, text, scope, ends)
        return text

    def _refresh_token(self, grant: OAuthGrant) -> str:
        text = REFRESH_PREFIX + secrets.token_urlsafe(32)
        ends = self._clock.now() + self._lives.refresh
        self._add(grant, TokenKind.REFRESH, text, grant.scope, ends)
        return text

    def _id_token(
        self, client: OAuthClient, grant: OAuthGrant, access_token: str, issuer: str
    ) -> str:
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {
            **self._claims(grant, issuer, self._clock.now() + self._lives.access),
            "aud": client.client_id,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **({} if grant.nonce is None else {"nonce": grant.nonce}),
        }
        return self._signer.sign(claims, kind=_ID_KIND)

    def _claims(self, grant: OAuthGrant, issuer: str, ends: datetime) -> dict[str, Any]:
        return {
            "iss": issuer,
            "sub": str(self._store.get_user(grant.user_id).uid),
            "iat": int(self._clock.now().timestamp()),
            "exp": int(ends.timestamp()),
        }

    def _add(
        self, grant: OAuthGrant, kind: TokenKind, text: str, scope: str, ends: datetime
    ) -> None:
        self._store.add_token(
            OAuthToken(
                id=OAuthTokenId(0),
                grant_id=grant.id,
                kind=kind,
                sha256=digest_of(text),
                scope=scope,
                created_at=self._clock.now(),
                expires_at=ends,
            )
        )
