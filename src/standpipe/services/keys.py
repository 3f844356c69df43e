"""Keys: made, found by hash, shown again to their owner, replaced; and what a key may reach."""

import hashlib
import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import NotAuthenticated
from standpipe.core.events import KeyReplaced
from standpipe.core.ids import DashboardId, KeyId, QueryId, UserId
from standpipe.core.permissions import can_edit_query, require_owner
from standpipe.core.ports import KeyStore, Observer, PeopleStore, Vault
from standpipe.core.principals import ApiKey, KeyKind, Permission, Principal
from standpipe.core.queries import Query
from standpipe.core.workspaces import User

KEY_LENGTH = 40
_ALPHABET = string.ascii_letters + string.digits
_VAULT_CONTEXT = "api_key"


class KeysStore(KeyStore, PeopleStore, Protocol):
    """The slice of the metadata store that keys need."""


class Keys:
    """API keys of users, queries and dashboards."""

    def __init__(self, store: KeysStore, *, vault: Vault, clock: Clock, observe: Observer) -> None:
        """Take the ports; holds no state of its own."""
        self._store = store
        self._vault = vault
        self._clock = clock
        self._observe = observe

    def authenticate(self, text: str) -> Principal:
        """Return whom a key stands for; NotAuthenticated for unknown, revoked and disabled ones."""
        return self.authenticate_digest(digest_of(text) if text else "")

    def authenticate_digest(self, digest: str) -> Principal:
        """Return the same for what a key is found by."""
        key = self._store.find_key(digest) if digest else None
        if key is None:
            raise NotAuthenticated("The key is not known.")
        if key.user_id is not None:
            return self.principal_of(self._store.get_user(key.user_id), key_id=key.id)
        return _key_principal(key)

    def principal_of(
        self, user: User, *, key_id: KeyId | None = None, expires_at: datetime | None = None
    ) -> Principal:
        """Return a user as a principal, with the permissions of all his groups."""
        if user.is_disabled:
            raise NotAuthenticated("The user is disabled.")
        granted = {
            permission
            for group in self._store.get_groups(user.workspace_id)
            if group.id in user.group_ids
            for permission in group.permissions
        }
        return Principal(
            workspace_id=user.workspace_id,
            permissions=frozenset(granted),
            user_id=user.id,
            group_ids=frozenset(user.group_ids),
            key_id=key_id,
            expires_at=expires_at,
            name=user.name,
        )

    def issue_for_user(self, user: User) -> str:
        """Make a user's first key and return its text."""
        return self._issue(user, KeyKind.USER, user_id=user.id)

    def issue_for_query(self, query: Query, *, text: str | None = None) -> str:
        """Make a query's key and return its text; ``text`` keeps an imported one."""
        return self._issue(query, KeyKind.QUERY, query_id=query.id, text=text)

    def user_key(self, principal: Principal, user: User) -> str:
        """Show a user's key to himself or an administrator."""
        require_owner(principal, user.id)
        return self._reveal(self._store.find_live_key(KeyKind.USER, user.id)) or (
            self.issue_for_user(user)
        )

    def query_keys(self, principal: Principal, queries: Sequence[Query]) -> Mapping[QueryId, str]:
        """Return the keys of those queries whose owner (or administrator) is asking."""
        own = [query.id for query in queries if can_edit_query(principal, query)]
        found = self._store.find_live_query_keys(own) if own else {}
        return {query_id: self._unseal(key) for query_id, key in found.items()}

    def replace_user_key(self, principal: Principal, user: User) -> str:
        """Revoke a user's key and return a new one; the old one is refused from now on."""
        require_owner(principal, user.id)
        self._revoke(KeyKind.USER, user.id)
        return self.issue_for_user(user)

    def replace_query_key(
        self, principal: Principal, query: Query, *, text: str | None = None
    ) -> str:
        """Revoke a query's key and return a new one; ``text`` brings an imported one."""
        require_owner(principal, query.owner_id)
        self._revoke(KeyKind.QUERY, query.id)
        return self.issue_for_query(query, text=text)

    def _revoke(self, kind: KeyKind, owner: UserId | QueryId | DashboardId) -> None:
        key = self._store.find_live_key(kind, owner)
        if key is not None:
            self._store.revoke_key(key.id, self._clock.now())
            self._observe(KeyReplaced(key_id=key.id))

    def _issue(
        self,
        owner: User | Query,
        kind: KeyKind,
        *,
        user_id: UserId | None = None,
        query_id: QueryId | None = None,
        text: str | None = None,
    ) -> str:
        text = text or "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))
        self._store.add_key(
            ApiKey(
                id=KeyId(0),
                workspace_id=owner.workspace_id,
                kind=kind,
                sha256=digest_of(text),
                sealed=self._vault.seal(text, _VAULT_CONTEXT),
                user_id=user_id,
                query_id=query_id,
                created_at=self._clock.now(),
            )
        )
        return text

    def _reveal(self, key: ApiKey | None) -> str | None:
        return self._unseal(key) if key else None

    def _unseal(self, key: ApiKey) -> str:
        return self._vault.unseal(key.sealed, _VAULT_CONTEXT)


def digest_of(text: str) -> str:
    """Return what a key is found by."""
    return hashlib.sha256(text.encode()).hexdigest()


def _key_principal(key: ApiKey) -> Principal:
    return Principal(
        workspace_id=key.workspace_id,
        permissions=frozenset({Permission.VIEW_QUERY}),
        key_id=key.id,
        query_id=key.query_id,
        dashboard_id=key.dashboard_id,
        name=f"key of {key.kind}",
    )
