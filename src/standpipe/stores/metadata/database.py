"""Connections and transactions of the metadata store: one kept connection per thread."""

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Engine, Executable, Row, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from standpipe.core.errors import FieldInvalid, NameTaken, NotFound, Unavailable
from standpipe.core.executions import Change
from standpipe.core.ports import Vault, Wakeups
from standpipe.stores.metadata import sqlite
from standpipe.stores.metadata.memory import Memory, changes_what_lasts
from standpipe.stores.metadata.tables import lasting_changes

_CHANGES = select(lasting_changes.c.number).where(lasting_changes.c.id == 1)
_COUNT_CHANGE = (
    update(lasting_changes)
    .where(lasting_changes.c.id == 1)
    .values(number=lasting_changes.c.number + 1)
)

T = TypeVar("T")


class _Thread:
    """What one thread keeps: its connection and how deep in transactions it is."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.depth = 0
        self.wakes_worker = False
        self.changes: list[Change] = []
        self.memory = Memory()
        self.changes_what_lasts = False
        self.transactions = 0
        self.is_reading = False
        self.close = weakref.finalize(self, connection.close)
        self.close.atexit = False


class Database:
    """Runs statements for the nouns. Reads see the last commit, or the own open transaction."""

    def __init__(self, engine: Engine, *, vault: Vault, wakeups: Wakeups | None) -> None:
        """Keep an engine whose tables are up to date."""
        self._engine = engine
        self._vault = vault
        self._wakeups = wakeups
        self._local = threading.local()
        self._threads: weakref.WeakSet[_Thread] = weakref.WeakSet()
        # Within a process a lock is fairer and wakes faster than the retries of the database.
        self._write_lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end, roll back on any exception; takes the write lock at once.

        Nested use joins the outer one. Unavailable when the database is locked or full.
        """
        thread = self._thread()
        if thread.depth:
            with _translated_errors():
                yield
            return
        with self._write_lock, _translated_errors():
            sqlite.begin_write(thread.connection)
            thread.depth = 1
            try:
                yield
                if thread.changes_what_lasts:
                    thread.connection.execute(_COUNT_CHANGE)
                thread.connection.exec_driver_sql("COMMIT")
            except BaseException:
                thread.wakes_worker = False
                thread.changes.clear()
                _roll_back(thread.connection)
                raise
            finally:
                thread.depth = 0
                thread.memory.forget(is_lasting=thread.changes_what_lasts)
                thread.changes_what_lasts = False
                thread.transactions += 1
        self._tell(thread)

    def version(self) -> tuple[int, int]:
        """Return what stays the same only as long as nobody commits anything; takes 6 us.

        Two versions can be compared when the same thread has asked for both.
        """
        thread = self._thread()
        return sqlite.data_version(thread.connection), thread.transactions

    def reading(self, work: Callable[[], T]) -> T:
        """Do short work on what is true now: what is remembered is compared once, not each time.

        A change that somebody else commits meanwhile may or may not be seen.
        """
        thread = self._thread()
        if thread.is_reading:
            return work()
        self._memory()
        thread.is_reading = True
        try:
            return work()
        finally:
            thread.is_reading = False

    def close(self) -> None:
        """Close the connections of all threads; the store cannot be used afterwards."""
        for thread in list(self._threads):
            thread.close()
        self._engine.dispose()

    def _thread(self) -> _Thread:
        thread: _Thread | None = getattr(self._local, "thread", None)
        if thread is None:
            thread = _Thread(self._engine.connect())
            self._local.thread = thread
            self._threads.add(thread)
        return thread

    def _memory(self) -> Memory | None:
        """Return what this thread may still believe; None within a transaction."""
        thread = self._thread()
        if thread.depth:
            return None
        if not thread.is_reading:
            version = sqlite.data_version(thread.connection)
            thread.memory.refresh(version, self._count_changes)
        return thread.memory

    def _count_changes(self) -> int:
        return int(self._thread().connection.execute(_CHANGES).scalar_one())

    def _wake_after_commit(self) -> None:
        """Poke a worker when the outermost transaction is committed."""
        self._thread().wakes_worker = True

    def _tell_after_commit(self, change: Change) -> None:
        """Tell other processes of a change when the outermost transaction is committed."""
        self._thread().changes.append(change)

    def _tell(self, thread: _Thread) -> None:
        wakes_worker, thread.wakes_worker = thread.wakes_worker, False
        changes, thread.changes = thread.changes, []
        if self._wakeups is None:
            return
        if wakes_worker:
            self._wakeups.wake_worker()
        for change in changes:
            self._wakeups.tell(change)

    def _one(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Row[Any] | None:
        """Return the first row or None; a value that no column can hold finds nothing."""
        try:
            return self._execute(statement, values).first()
        except (OverflowError, UnicodeEncodeError):
            return None

    def _all(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """Return all rows; a value that no column can hold finds nothing."""
        try:
            return self._execute(statement, values).all()
        except (OverflowError, UnicodeEncodeError):
            return ()

    def _changed(self, statement: Executable, values: Mapping[str, Any]) -> Row[Any]:
        """Run a change that gives back its one row within a transaction."""
        with self.transaction():
            return self._execute(statement, values).one()

    def _write(self, statement: Executable, values: Mapping[str, Any] | None = None) -> int:
        """Run a change within a transaction; returns how many rows it touched."""
        with self.transaction():
            return self._execute(statement, values).rowcount

    def _insert(
        self, statement: Executable, values: Mapping[str, Any] | None = None, *, taken: str = ""
    ) -> int:
        """Insert one row within a transaction; returns its id. NameTaken says ``taken``."""
        try:
            with self.transaction():
                inserted = self._execute(statement, values)
                key = inserted.inserted_primary_key
                return int(key[0]) if key else 0
        except NameTaken as error:
            raise NameTaken(taken or None) from error

    def _execute(
        self, statement: Executable, values: Mapping[str, Any] | None
    ) -> CursorResult[Any]:
        thread = self._thread()
        if changes_what_lasts(statement):
            thread.changes_what_lasts = True
        return thread.connection.execute(statement, values)


def _roll_back(connection: Connection) -> None:
    """Undo; where the database has already undone everything itself there is nothing left to do."""
    try:
        connection.exec_driver_sql("ROLLBACK")
    except OperationalError:
        return


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Give the errors of a change the names that callers know."""
    try:
        yield
    except IntegrityError as error:
        if sqlite.is_unique_violation(error):
            raise NameTaken() from error
        raise NotFound("Something that this refers to does not exist.") from error
    except OperationalError as error:
        raise Unavailable(
            "The metadata database cannot be written right now.", detail=str(error.orig)
        ) from error
    except UnicodeEncodeError as error:
        raise FieldInvalid("A text holds half of a surrogate pair.", detail=error.reason) from error
    except OverflowError as error:
        raise FieldInvalid("A number is too large to be stored.") from error
