"""A request that is repeated with the same key is carried out once."""

import string
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import FieldInvalid, IdempotencyMismatch
from standpipe.core.ids import Uid
from standpipe.core.ports import IdempotencyStore, Transactions
from standpipe.core.principals import Principal

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
_LETTERS = frozenset(string.ascii_letters + string.digits + string.punctuation + " ")


class IdempotencyStores(IdempotencyStore, Transactions, Protocol):
    """The slice of the metadata store that this needs."""


class Idempotency:
    """Remembers, for a day, what a caller's keys have led to."""

    def __init__(self, store: IdempotencyStores, *, clock: Clock) -> None:
        """Take the ports."""
        self._store = store
        self._clock = clock

    def find(self, principal: Principal, key: str, digest: str) -> Uid | None:
        """Return what a key has led to, None if it is new; raises as ``once`` does."""
        _check_key(key)
        return self._find(principal, key, digest)

    def once(self, principal: Principal, key: str, digest: str, make: Callable[[], Uid]) -> Uid:
        """Return what ``make`` made when the principal first used this key, within 24 hours.

        ``digest`` tells requests apart: IdempotencyMismatch if the key came with another one.
        The change and its key are stored together or not at all; of two requests at the same
        time the second one waits and gets what the first one made. FieldInvalid for a key that is
        empty, longer than 255 characters, or not printable ASCII.
        """
        _check_key(key)
        found = self._find(principal, key, digest)
        if found is not None:
            return found
        with self._store.transaction():
            found = self._find(principal, key, digest)
            if found is None:
                found = make()
                now = self._clock.now()
                self._store.put_idempotent(_holder(principal), key, digest, found, now)
            return found

    def _find(self, principal: Principal, key: str, digest: str) -> Uid | None:
        since = self._clock.now() - KEPT
        known = self._store.find_idempotent(_holder(principal), key, since)
        if known is None:
            return None
        if known[0] != digest:
            raise IdempotencyMismatch(
                f"The idempotency key {key!r} was used for another request.",
                hint="Use a new key for every request, and the same one only to repeat it.",
            )
        return known[1]


def _holder(principal: Principal) -> str:
    """Return whose keys these are; what holds a principal's submissions holds its keys."""
    holder = principal.holder
    if holder.user_id is not None:
        return f"user:{holder.user_id}"
    return f"key:{holder.key_id}"


def _check_key(key: str) -> None:
    if not key.strip() or len(key) > LONGEST_KEY or not _LETTERS.issuperset(key):
        raise FieldInvalid(
            f"The idempotency key is {key[:40]!r}.",
            detail=f"It takes 1 to {LONGEST_KEY} printable ASCII characters.",
        )
