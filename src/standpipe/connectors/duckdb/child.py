"""The inside of a child process: one engine of one source, one statement at a time."""

import itertools
import os
import queue
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import duckdb

from standpipe.connectors.duckdb import sandbox
from standpipe.connectors.duckdb.catalog import list_tables
from standpipe.connectors.duckdb.execute import execute
from standpipe.connectors.duckdb.explain import explain
from standpipe.connectors.duckdb.ingest import ingest, merge
from standpipe.connectors.duckdb.messages import (
    SLOT_NAMES,
    Answer,
    Begun,
    Box,
    Boxed,
    Channel,
    Done,
    Execute,
    Explain,
    Explained,
    Failed,
    Ingest,
    Ingested,
    Interrupt,
    ListTables,
    Merge,
    Order,
    Percent,
    Plan,
    Request,
    Tables,
    unpack_value,
)
from standpipe.core.errors import FieldInvalid, StandpipeError, StatementRefused

__all__ = ["live"]

_TICK_SECONDS = 0.1
_NO_SPACE = "No space left on device"
_FILE_TOO_LARGE = "File too large"
_REASONS = {StatementRefused: "refused", FieldInvalid: "rejected"}


def live(descriptor: int) -> NoReturn:
    """Become a child that serves the socket until its other end hangs up; never returns."""
    try:
        sandbox.leave_the_family(descriptor)
        _Child(Channel(socket.socket(fileno=descriptor), Request)).serve()
    except BaseException:  # noqa: BLE001 # nothing may return into the template's loop
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)


class _Running:
    """The run that can be interrupted now, if any; shared by both threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run_id: int | None = None
        self._unwanted_id: int | None = None
        self._cursor: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def run(
        self, run_id: int, cursor: duckdb.DuckDBPyConnection
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Let this run be interrupted while the block lasts; its cursor is closed afterwards."""
        with self._lock:
            self._run_id, self._cursor = run_id, cursor
            is_unwanted = self._unwanted_id == run_id
        try:
            if is_unwanted:
                raise duckdb.InterruptException("interrupted before it began")
            yield cursor
        finally:
            with self._lock:
                self._run_id = self._cursor = None
            cursor.close()

    def interrupt(self, run_id: int) -> None:
        """Stop this run now, or as soon as it begins; a run that is over is not touched."""
        with self._lock:
            self._unwanted_id = run_id
        self.tick()

    def tick(self) -> tuple[int, float] | None:
        """Interrupt again what still runs though unwanted; return the run and its percentage."""
        with self._lock:
            if self._run_id is None or self._cursor is None:
                return None
            if self._run_id == self._unwanted_id:
                self._cursor.interrupt()
            return self._run_id, self._cursor.query_progress()


class _Child:
    """Two threads: this one works, the other listens, so that a stop is always heard."""

    def __init__(self, channel: Channel[Request]) -> None:
        self._channel = channel
        self._inbox: queue.SimpleQueue[Box | Order] = queue.SimpleQueue()
        self._running = _Running()
        self._is_busy = False
        self._slots: Iterator[Path] = iter(())
        self._plan = Plan()
        self._cursor: duckdb.DuckDBPyConnection | None = None  # of the next statement

    def serve(self) -> NoReturn:
        """Answer requests for ever; the listener ends the process."""
        threading.Thread(target=self._listen, daemon=True).start()
        self._connection = sandbox.open_engine()
        while True:
            answer = self._answer(self._inbox.get())
            self._is_busy = False
            self._channel.send(answer)
            self._cursor = self._cursor or sandbox.open_next(self._connection, self._plan)
            if self._cursor is None:
                os._exit(0)  # what is asked meanwhile has not begun, and is given to another child

    def _listen(self) -> None:
        try:
            while True:
                message = self._channel.receive(_TICK_SECONDS if self._is_busy else None)
                if isinstance(message, Interrupt):
                    self._running.interrupt(message.run_id)
                elif message is not None:
                    self._is_busy = True
                    self._inbox.put(message)
                elif (progress := self._running.tick()) is not None and progress[1] > 0:
                    self._channel.send(Percent(progress[0], min(progress[1], 100.0)))
        except (EOFError, OSError):
            os._exit(0)  # nobody is left who could want an answer

    def _answer(self, message: Box | Order) -> Answer:
        try:
            return self._obey(message)
        except StandpipeError as error:
            reason = _REASONS.get(type(error), "failed")
            return Failed(reason, error.message, error.detail, error.hint)
        except (duckdb.Error, MemoryError, UnicodeDecodeError, OSError) as error:
            return Failed(_reason_of(error), str(error))

    def _obey(self, message: Box | Order) -> Answer:
        match message:
            case Box():
                return self._box(message)
            case ListTables():
                return Tables(list_tables(self._connection, self._plan))
            case Execute():
                return self._execute(message)
            case Explain():
                return self._explain(message)
            case Ingest():
                return self._ingest(message)
            case Merge():
                return self._merge(message)

    def _box(self, box: Box) -> Boxed:
        self._slots = itertools.cycle(Path(box.folder) / name for name in SLOT_NAMES)
        self._plan = sandbox.lock(self._connection, box)
        return Boxed(self._plan)

    def _execute(self, message: Execute) -> Done:
        self._channel.send(Begun())
        sandbox.limit_files(message.file_bytes)
        values = {name: unpack_value(value) for name, value in message.values.items()}
        with self._running.run(message.run_id, self._take_cursor()) as cursor:
            started = time.process_time()
            written = execute(cursor, message.text, values, self._slots)
            spent = time.process_time() - started
        return Done(written.slot.name, written.columns, written.row_count, spent)

    def _explain(self, message: Explain) -> Explained:
        self._channel.send(Begun())
        values = {name: unpack_value(value) for name, value in message.values.items()}
        with self._running.run(message.run_id, self._take_cursor()) as cursor:
            return Explained(*explain(cursor, message.text, values))

    def _ingest(self, message: Ingest) -> Ingested:
        self._channel.send(Begun())
        sandbox.limit_files(message.file_bytes)
        with self._running.run(message.run_id, self._take_cursor()) as cursor:
            return ingest(cursor, message, self._slots)

    def _merge(self, message: Merge) -> Ingested:
        self._channel.send(Begun())
        sandbox.limit_files(message.file_bytes)
        with self._running.run(message.run_id, self._take_cursor()) as cursor:
            return merge(cursor, message, self._slots)

    def _take_cursor(self) -> duckdb.DuckDBPyConnection:
        """Return the cursor that was opened ahead: nobody had to wait for it."""
        cursor, self._cursor = self._cursor, None
        assert cursor is not None  # noqa: S101 # only a boxed child is asked to run anything
        return cursor


def _reason_of(error: Exception) -> str:
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        return "memory"
    if isinstance(error, duckdb.InterruptException):
        return "interrupted"
    if _NO_SPACE in str(error):
        return "full"
    return "size" if _FILE_TOO_LARGE in str(error) else "failed"
