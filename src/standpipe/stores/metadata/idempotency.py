"""Idempotency keys: what a caller's repeated request has led to."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from standpipe.core.ids import Uid
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.tables import idempotency_keys
from standpipe.stores.metadata.values import from_uid, to_time

_USED = select(idempotency_keys).where(
    idempotency_keys.c.holder == bindparam("holder"),
    idempotency_keys.c.key == bindparam("key"),
    idempotency_keys.c.created_at >= bindparam("since"),
)


class IdempotencyKeys(Database):
    """Implements IdempotencyStore."""

    def find_idempotent(self, holder: str, key: str, since: datetime) -> tuple[str, Uid] | None:
        """Return digest and uid of a key that its holder used at or after ``since``."""
        row = self._one(_USED, {"holder": holder, "key": key, "since": to_time(since)})
        return None if row is None else (row.digest, from_uid(row.uid))

    def put_idempotent(self, holder: str, key: str, digest: str, uid: Uid, at: datetime) -> None:
        """Remember a key; an older use of the same one is forgotten."""
        self._write(
            sqlite.put(
                idempotency_keys,
                [idempotency_keys.c.holder, idempotency_keys.c.key],
                holder=holder,
                key=key,
                digest=digest,
                uid=str(uid),
                created_at=to_time(at),
            )
        )

    def delete_idempotent(self, before: datetime) -> int:
        """Forget the keys that were used before that time; returns how many."""
        old = idempotency_keys.c.created_at < to_time(before)
        return self._write(delete(idempotency_keys).where(old))
