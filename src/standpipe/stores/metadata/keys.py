"""API keys, found by the SHA-256 of their text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from standpipe.core.ids import DashboardId, KeyId, QueryId, UserId
from standpipe.core.principals import ApiKey, KeyKind
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.memory import remembered_for_long
from standpipe.stores.metadata.rows import read_key
from standpipe.stores.metadata.tables import api_keys
from standpipe.stores.metadata.values import to_optional_time, to_time

_IS_LIVE = api_keys.c.revoked_at.is_(None)
_BY_DIGEST = select(api_keys).where(api_keys.c.sha256 == bindparam("sha256"), _IS_LIVE)
_OWNER = {
    KeyKind.USER: api_keys.c.user_id,
    KeyKind.QUERY: api_keys.c.query_id,
    KeyKind.DASHBOARD: api_keys.c.dashboard_id,
}


class Keys(Database):
    """Implements KeyStore."""

    @remembered_for_long
    def find_key(self, sha256: str) -> ApiKey | None:
        """Return the key that is not revoked, in one indexed read."""
        row = self._one(_BY_DIGEST, {"sha256": sha256})
        return None if row is None else read_key(row)

    def find_live_key(self, kind: KeyKind, owner: UserId | QueryId | DashboardId) -> ApiKey | None:
        """Return the newest key of this kind of a user, query or dashboard that is not revoked."""
        row = self._one(
            select(api_keys)
            .where(_OWNER[kind] == owner, api_keys.c.kind == kind.value, _IS_LIVE)
            .order_by(api_keys.c.id.desc())
            .limit(1)
        )
        return None if row is None else read_key(row)

    def find_live_query_keys(self, query_ids: Sequence[QueryId]) -> Mapping[QueryId, ApiKey]:
        """Return the newest live query key of each of these queries, in one read."""
        found = self._all(
            select(api_keys)
            .where(
                api_keys.c.query_id.in_(query_ids),
                api_keys.c.kind == KeyKind.QUERY.value,
                _IS_LIVE,
            )
            .order_by(api_keys.c.id)
        )
        return {row.query_id: read_key(row) for row in found}

    def add_key(self, key: ApiKey) -> ApiKey:
        """Store a new key; NameTaken if its text has been a key before."""
        statement = insert(api_keys).values(
            workspace_id=key.workspace_id,
            kind=key.kind.value,
            sha256=key.sha256,
            sealed=key.sealed,
            user_id=key.user_id,
            query_id=key.query_id,
            dashboard_id=key.dashboard_id,
            created_at=to_time(key.created_at),
            revoked_at=to_optional_time(key.revoked_at),
        )
        return replace(key, id=KeyId(self._insert(statement, taken="This key exists already.")))

    def revoke_key(self, key_id: KeyId, at: datetime) -> None:
        """Make a key worthless; the time of a first revocation stays."""
        self._write(
            update(api_keys).where(api_keys.c.id == key_id, _IS_LIVE).values(revoked_at=to_time(at))
        )
