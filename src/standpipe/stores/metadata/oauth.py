"""Clients of OAuth, what people granted them, and tokens."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from standpipe.core.errors import NotFound
from standpipe.core.ids import OAuthClientId, OAuthGrantId, OAuthTokenId, UserId, WorkspaceId
from standpipe.core.oauth import (
    GrantType,
    HeldToken,
    OAuthClient,
    OAuthGrant,
    OAuthToken,
    TokenKind,
)
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.memory import remembered
from standpipe.stores.metadata.oauth_tables import oauth_clients, oauth_grants, oauth_tokens
from standpipe.stores.metadata.rows import AnyRow
from standpipe.stores.metadata.values import (
    from_json,
    from_optional_time,
    from_time,
    to_json,
    to_optional_time,
    to_time,
)

_clients, _grants, _tokens = oauth_clients.c, oauth_grants.c, oauth_tokens.c
_TOKEN = select(oauth_tokens).where(_tokens.sha256 == bindparam("sha256"))
_GRANT = select(oauth_grants).where(_grants.id == bindparam("id"))


class OAuthClients(Database):
    """Implements OAuthClientStore."""

    @remembered
    def find_oauth_client(self, client_id: str) -> OAuthClient | None:
        """Return the client of that name."""
        row = self._one(select(oauth_clients).where(_clients.client_id == client_id))
        return None if row is None else _read_client(row)

    def get_oauth_client(self, id: OAuthClientId) -> OAuthClient:
        """Return a client by id; NotFound."""
        row = self._one(select(oauth_clients).where(_clients.id == id))
        if row is None:
            raise NotFound("There is no such client.")
        return _read_client(row)

    def find_oauth_clients(self, workspace_id: WorkspaceId) -> tuple[OAuthClient, ...]:
        """Return all clients of a workspace by id."""
        found = select(oauth_clients).where(_clients.workspace_id == workspace_id)
        return tuple(map(_read_client, self._all(found.order_by(_clients.id))))

    def add_oauth_client(self, client: OAuthClient) -> OAuthClient:
        """Store a new client; NameTaken if its ``client_id`` exists."""
        statement = insert(oauth_clients).values(
            workspace_id=client.workspace_id,
            client_id=client.client_id,
            owner_id=client.owner_id,
            created_at=to_time(client.created_at),
            **_write_client(client),
        )
        taken = f"There already is a client {client.client_id!r}."
        return replace(client, id=OAuthClientId(self._insert(statement, taken=taken)))

    def update_oauth_client(self, client: OAuthClient) -> OAuthClient:
        """Replace everything but ids and owner; NotFound."""
        statement = update(oauth_clients).where(_clients.id == client.id)
        with self.transaction():
            self._write(statement.values(**_write_client(client)))
            return self.get_oauth_client(client.id)

    def delete_oauth_client(self, id: OAuthClientId) -> None:
        """Remove a client with its grants and tokens; one that is gone is fine."""
        granted = select(_grants.id).where(_grants.client_id == id)
        with self.transaction():
            self._write(delete(oauth_tokens).where(_tokens.grant_id.in_(granted)))
            self._write(delete(oauth_grants).where(_grants.client_id == id))
            self._write(delete(oauth_clients).where(_clients.id == id))


class OAuthGrants(Database):
    """Implements OAuthGrantStore."""

    def add_grant(self, grant: OAuthGrant) -> OAuthGrant:
        """Store a new grant."""
        statement = insert(oauth_grants).values(
            client_id=grant.client_id,
            user_id=grant.user_id,
            scope=grant.scope,
            code_sha256=grant.code_sha256,
            code_expires_at=to_optional_time(grant.code_expires_at),
            code_used_at=to_optional_time(grant.code_used_at),
            redirect_uri=grant.redirect_uri,
            code_challenge=grant.code_challenge,
            nonce=grant.nonce,
            created_at=to_time(grant.created_at),
            expires_at=to_time(grant.expires_at),
            revoked_at=to_optional_time(grant.revoked_at),
        )
        return replace(grant, id=OAuthGrantId(self._insert(statement)))

    def find_grant_of_code(self, sha256: str) -> OAuthGrant | None:
        """Return the grant of a code, used, expired or revoked ones too."""
        row = self._one(select(oauth_grants).where(_grants.code_sha256 == sha256))
        return None if row is None else _read_grant(row)

    def find_grants_of(self, user_id: UserId, now: datetime) -> tuple[OAuthGrant, ...]:
        """Return what a user has granted and neither revoked nor let expire, by id."""
        found = select(oauth_grants).where(
            _grants.user_id == user_id,
            _grants.revoked_at.is_(None),
            _grants.expires_at > to_time(now),
        )
        return tuple(map(_read_grant, self._all(found.order_by(_grants.id))))

    def use_code(self, grant_id: OAuthGrantId, at: datetime) -> bool:
        """Note that the code of a grant has been used; False if it had been before."""
        statement = update(oauth_grants).where(
            _grants.id == grant_id, _grants.code_used_at.is_(None)
        )
        return self._write(statement.values(code_used_at=to_time(at))) == 1

    def revoke_grant(self, grant_id: OAuthGrantId, at: datetime) -> None:
        """Make all tokens of a grant worthless; the time of a first revocation stays."""
        statement = update(oauth_grants).where(_grants.id == grant_id, _grants.revoked_at.is_(None))
        self._write(statement.values(revoked_at=to_time(at)))

    def revoke_grants_of(
        self, user_id: UserId, at: datetime, *, client_id: OAuthClientId | None = None
    ) -> None:
        """Revoke everything a user has granted, or only what he granted one client."""
        statement = update(oauth_grants).where(
            _grants.user_id == user_id, _grants.revoked_at.is_(None)
        )
        if client_id is not None:
            statement = statement.where(_grants.client_id == client_id)
        self._write(statement.values(revoked_at=to_time(at)))

    def delete_expired_grants(self, now: datetime, limit: int) -> int:
        """Forget grants all of whose tokens have ended; returns how many, at most ``limit``."""
        over = select(_grants.id).where(_grants.expires_at <= to_time(now)).limit(limit)
        if not self._all(over):
            return 0
        with self.transaction():
            ids = [row.id for row in self._all(over)]
            self._write(delete(oauth_tokens).where(_tokens.grant_id.in_(ids)))
            return self._write(delete(oauth_grants).where(_grants.id.in_(ids)))


class OAuthTokens(Database):
    """Implements OAuthTokenStore."""

    def add_token(self, token: OAuthToken) -> OAuthToken:
        """Store a new token; its grant lasts at least as long."""
        ends = to_time(token.expires_at)
        statement = insert(oauth_tokens).values(
            grant_id=token.grant_id,
            kind=token.kind.value,
            sha256=token.sha256,
            scope=token.scope,
            created_at=to_time(token.created_at),
            expires_at=ends,
            used_at=to_optional_time(token.used_at),
        )
        lasting = update(oauth_grants).where(
            _grants.id == token.grant_id, _grants.expires_at < ends
        )
        with self.transaction():
            self._write(lasting.values(expires_at=ends))
            return replace(token, id=OAuthTokenId(self._insert(statement)))

    @remembered
    def find_token(self, sha256: str) -> HeldToken | None:
        """Return a token with its grant, used, expired and revoked ones too."""
        row = self._one(_TOKEN, {"sha256": sha256})
        grant = None if row is None else self._one(_GRANT, {"id": row.grant_id})
        if row is None or grant is None:
            return None
        return HeldToken(token=_read_token(row), grant=_read_grant(grant))

    def use_token(self, token_id: OAuthTokenId, at: datetime) -> bool:
        """Note that a token has been used; False if it had been before."""
        statement = update(oauth_tokens).where(_tokens.id == token_id, _tokens.used_at.is_(None))
        return self._write(statement.values(used_at=to_time(at))) == 1

    def revoke_token(self, token_id: OAuthTokenId) -> None:
        """Forget one token; one that is gone is fine."""
        self._write(delete(oauth_tokens).where(_tokens.id == token_id))


def _write_client(client: OAuthClient) -> dict[str, Any]:
    return {
        "name": client.name,
        "secret_sha256": client.secret_sha256,
        "redirect_uris": to_json(client.redirect_uris),
        "grant_types": to_json(client.grant_types),
    }


def _read_client(row: AnyRow) -> OAuthClient:
    return OAuthClient(
        id=row.id,
        workspace_id=row.workspace_id,
        client_id=row.client_id,
        name=row.name,
        owner_id=row.owner_id,
        secret_sha256=row.secret_sha256,
        redirect_uris=tuple(from_json(row.redirect_uris)),
        grant_types=tuple(map(GrantType, from_json(row.grant_types))),
        created_at=from_time(row.created_at),
    )


def _read_grant(row: AnyRow) -> OAuthGrant:
    return OAuthGrant(
        id=row.id,
        client_id=row.client_id,
        user_id=row.user_id,
        scope=row.scope,
        code_sha256=row.code_sha256,
        code_expires_at=from_optional_time(row.code_expires_at),
        code_used_at=from_optional_time(row.code_used_at),
        redirect_uri=row.redirect_uri,
        code_challenge=row.code_challenge,
        nonce=row.nonce,
        created_at=from_time(row.created_at),
        expires_at=from_time(row.expires_at),
        revoked_at=from_optional_time(row.revoked_at),
    )


def _read_token(row: AnyRow) -> OAuthToken:
    return OAuthToken(
        id=row.id,
        grant_id=row.grant_id,
        kind=TokenKind(row.kind),
        sha256=row.sha256,
        scope=row.scope,
        created_at=from_time(row.created_at),
        expires_at=from_time(row.expires_at),
        used_at=from_optional_time(row.used_at),
    )
