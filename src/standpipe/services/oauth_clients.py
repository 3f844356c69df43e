"""Programs that act for people: registered, given a secret once, listed, removed."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import FieldInvalid, FieldMissing, NotFound
from standpipe.core.ids import OAuthClientId, UserId, WorkspaceId
from standpipe.core.oauth import (
    DEFAULT_REDIRECT_URI,
    GrantType,
    OAuthClient,
    check_client_name,
    check_redirect_uri,
)
from standpipe.core.permissions import require_owner, require_permission, require_user
from standpipe.core.ports import OAuthClientStore, PeopleStore
from standpipe.core.principals import Permission, Principal

SECRET_PREFIX = "spc_"  # noqa: S105 - secret scanners look for it
MOST_REDIRECT_URIS = 20


class OAuthClientsStore(OAuthClientStore, PeopleStore, Protocol):
    """The slice of the metadata store that clients need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """What an administrator says of a program; no grant types are those that fit the rest."""

    name: str
    owner_id: UserId
    is_public: bool = False
    redirect_uris: Sequence[str] = ()
    grant_types: Sequence[GrantType] = ()


class OAuthClients:
    """The programs of a workspace."""

    def __init__(self, store: OAuthClientsStore, *, clock: Clock) -> None:
        """Take the ports."""
        self._store = store
        self._clock = clock

    def add(self, principal: Principal, new: NewClient) -> tuple[OAuthClient, str | None]:
        """Register a client; returns it and its secret, which nobody can read again.

        Administrators only, since people trust what is registered; FieldInvalid, FieldMissing.
        """
        require_permission(principal, Permission.ADMIN)
        owner = self._store.get_user(new.owner_id)
        if owner.workspace_id != principal.workspace_id:
            raise NotFound(f"There is no user {new.owner_id}.")
        grant_types = tuple(dict.fromkeys(new.grant_types)) or _usual_grants(new.is_public)
        if new.is_public and GrantType.CLIENT_CREDENTIALS in grant_types:
            raise FieldInvalid(
                "A public client cannot act by itself.",
                detail="client_credentials takes a secret.",
            )
        secret = None if new.is_public else _new_secret()
        client = OAuthClient(
            id=OAuthClientId(0),
            workspace_id=principal.workspace_id,
            client_id=secrets.token_hex(16),
            name=check_client_name(new.name),
            owner_id=owner.id,
            secret_sha256=None if secret is None else _digest(secret),
            redirect_uris=_redirect_uris(new.redirect_uris, grant_types),
            grant_types=grant_types,
            created_at=self._clock.now(),
        )
        return self._store.add_oauth_client(client), secret

    def list(self, principal: Principal) -> tuple[OAuthClient, ...]:
        """Return the clients of the workspace to administrators, to others their own."""
        require_user(principal)
        return tuple(
            client
            for client in self._store.find_oauth_clients(principal.workspace_id)
            if principal.is_admin or client.owner_id == principal.user_id
        )

    def get(self, principal: Principal, client_id: str) -> OAuthClient:
        """Return a client to its owner and to administrators; NotFound for everybody else."""
        client = self.find(principal.workspace_id, client_id)
        if client is None or not (principal.is_admin or client.owner_id == principal.user_id):
            raise NotFound(f"There is no client {client_id!r}.", hint="See: oauth-client list")
        return client

    def rotate_secret(self, principal: Principal, client_id: str) -> str:
        """Give a client a new secret and return it; the old one is refused from now on."""
        client = self._owned(principal, client_id)
        if client.is_public:
            raise FieldInvalid(f"{client.name!r} is a public client and has no secret.")
        secret = _new_secret()
        self._store.update_oauth_client(replace(client, secret_sha256=_digest(secret)))
        return secret

    def remove(self, principal: Principal, client_id: str) -> OAuthClient:
        """Remove a client; its tokens are refused from now on."""
        client = self._owned(principal, client_id)
        self._store.delete_oauth_client(client.id)
        return client

    def find(self, workspace_id: WorkspaceId, client_id: str) -> OAuthClient | None:
        """Return a client of a workspace by the name it gives."""
        client = self._store.find_oauth_client(client_id)
        return client if client is not None and client.workspace_id == workspace_id else None

    def name_of(self, id: OAuthClientId) -> str:
        """Return the name that people know a client by."""
        return self._store.get_oauth_client(id).name

    def _owned(self, principal: Principal, client_id: str) -> OAuthClient:
        client = self.get(principal, client_id)
        require_owner(principal, client.owner_id)
        return client


def is_secret_of(client: OAuthClient, secret: str) -> bool:
    """Whether a secret is that of a client; takes as long for a wrong one."""
    return client.secret_sha256 is not None and hmac.compare_digest(
        client.secret_sha256, _digest(secret)
    )


def _usual_grants(is_public: bool) -> tuple[GrantType, ...]:
    by_people = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)
    return by_people if is_public else (*by_people, GrantType.CLIENT_CREDENTIALS)


def _redirect_uris(uris: Sequence[str], grant_types: Sequence[GrantType]) -> tuple[str, ...]:
    if GrantType.AUTHORIZATION_CODE not in grant_types:
        if GrantType.REFRESH_TOKEN in grant_types:
            raise FieldMissing("refresh_token goes with authorization_code.")
        return ()
    if len(uris) > MOST_REDIRECT_URIS:
        raise FieldInvalid(f"{len(uris)} redirect URIs.", detail=f"{MOST_REDIRECT_URIS} at most.")
    return tuple(map(check_redirect_uri, dict.fromkeys(uris or (DEFAULT_REDIRECT_URI,))))


def _new_secret() -> str:
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
