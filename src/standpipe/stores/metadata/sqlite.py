"""All that is particular to SQLite: how to connect, take the write lock, claim and tell errors."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, NullPool, Table, bindparam, create_engine
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import IntegrityError

from standpipe.core.errors import ConfigurationInvalid, StandpipeError, Unavailable

# Ids stay far below the largest rowid: beyond it SQLite could count no further.
LARGEST_ID = 2**53 - 1
_BUSY_SECONDS = 15.0
_PRAGMAS = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16000",
    "PRAGMA temp_store = MEMORY",
)


def open_engine(path: Path) -> Engine:
    """Return an engine whose connections commit every statement unless told to begin.

    The file is made readable by its owner only; SQLite gives its side files the same mode.
    ConfigurationInvalid if it holds anything else, Unavailable if it cannot be opened.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Never opened when it exists: closing it would end the locks of this process's connections.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.DatabaseError as error:
            raise _describe(path, error) from error
    return create_engine("sqlite://", creator=lambda: _connect(path), poolclass=NullPool)


def begin_write(connection: Connection) -> None:
    """Begin a transaction that holds the only write lock."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def put(table: Table, keys: Sequence[Column[Any]], **values: object) -> Insert:
    """Return a statement that inserts a row or, where its keys exist, replaces the other values."""
    names = {key.key for key in keys}
    others = {name: value for name, value in values.items() if name not in names}
    return insert(table).values(**values).on_conflict_do_update(index_elements=keys, set_=others)


def add_up(table: Table, keys: Sequence[Column[Any]]) -> Insert:
    """Return a statement that inserts a row or, where its keys exist, adds its other values."""
    names = {key.key for key in keys}
    values: dict[str, Any] = {column.key: bindparam(column.key) for column in table.c}
    adding = insert(table).values(**values)
    sums = {key: table.c[key] + adding.excluded[key] for key in values if key not in names}
    return adding.on_conflict_do_update(index_elements=keys, set_=sums)


def insert_new(table: Table) -> Insert:
    """Return a statement that inserts rows and leaves those alone whose keys exist."""
    return insert(table).on_conflict_do_nothing()


def is_unique_violation(error: IntegrityError) -> bool:
    """Whether a row was refused because another one has the same key."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code in {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        cached_statements=512,
        # One thread uses a connection; another one may close it.
        check_same_thread=False,
    )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _describe(path: Path, error: sqlite3.Error) -> StandpipeError:
    message = f"The metadata file {path} cannot be opened."
    if error.sqlite_errorcode in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return ConfigurationInvalid(
            message, detail=f"{error}.", hint="Name another file, or restore it from a backup."
        )
    return Unavailable(message, detail=f"{error}.")


def data_version(connection: Connection) -> int:
    """Return a number that changes when another connection has committed."""
    driver = connection.connection.driver_connection
    row = driver.execute("PRAGMA data_version").fetchone() if driver is not None else None
    return int(row[0]) if row else 0
