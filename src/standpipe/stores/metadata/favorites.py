"""Stars on queries and dashboards."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from standpipe.core.ids import UserId
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.tables import favorites
from standpipe.stores.metadata.values import to_time

_KEYS = [favorites.c.user_id, favorites.c.noun, favorites.c.object_id]


class Favorites(Database):
    """Implements FavoriteStore."""

    def set_favorite(self, user_id: UserId, noun: str, object_id: int, at: datetime | None) -> None:
        """Star (``at`` a time) or unstar (None); repeating is fine."""
        values = {"user_id": user_id, "noun": noun, "object_id": object_id}
        if at is None:
            self._write(delete(favorites).filter_by(**values))
        else:
            self._write(sqlite.put(favorites, _KEYS, **values, starred_at=to_time(at)))

    def find_favorites(
        self, user_id: UserId, noun: str, object_ids: Sequence[int]
    ) -> frozenset[int]:
        """Return which of these are starred."""
        found = self._all(
            select(favorites.c.object_id).where(
                favorites.c.user_id == user_id,
                favorites.c.noun == noun,
                favorites.c.object_id.in_(object_ids),
            )
        )
        return frozenset(row.object_id for row in found)
