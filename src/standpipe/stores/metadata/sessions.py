"""Sign-ins of browsers."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from standpipe.core.ids import UserId
from standpipe.core.workspaces import Session
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.rows import read_session
from standpipe.stores.metadata.tables import sessions
from standpipe.stores.metadata.values import to_time

_LIVE = select(sessions).where(
    sessions.c.sha256 == bindparam("sha256"), sessions.c.expires_at > bindparam("now")
)


class Sessions(Database):
    """Implements SessionStore."""

    def find_session(self, sha256: str, now: datetime) -> Session | None:
        """Return the session of a cookie unless it has expired."""
        row = self._one(_LIVE, {"sha256": sha256, "now": to_time(now)})
        return None if row is None else read_session(row)

    def put_session(self, sha256: str, session: Session) -> None:
        """Store or extend a session."""
        self._write(
            sqlite.put(
                sessions,
                [sessions.c.sha256],
                sha256=sha256,
                user_id=session.user_id,
                csrf_token=session.csrf_token,
                expires_at=to_time(session.expires_at),
            )
        )

    def delete_session(self, sha256: str) -> None:
        """End one session; unknown ones are fine."""
        self._write(delete(sessions).where(sessions.c.sha256 == sha256))

    def delete_sessions_of(self, user_id: UserId) -> None:
        """End every session of a user."""
        self._write(delete(sessions).where(sessions.c.user_id == user_id))

    def delete_expired_sessions(self, now: datetime) -> int:
        """Forget what has expired; returns how many."""
        return self._write(delete(sessions).where(sessions.c.expires_at <= to_time(now)))
