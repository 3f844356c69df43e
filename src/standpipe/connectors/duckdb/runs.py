"""The parent's half of one statement: lends a child and holds it to its limits."""

import contextlib
import itertools
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from standpipe.connectors.duckdb.children import Child
from standpipe.connectors.duckdb.crew import Crew
from standpipe.connectors.duckdb.messages import (
    Answer,
    Begun,
    Box,
    Boxed,
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
    Tables,
    UploadColumn,
    pack_value,
)
from standpipe.core.columns import Column
from standpipe.core.datasources import SourcePlan, SourceTable
from standpipe.core.errors import (
    ExecutionCancelled,
    ExecutionFailed,
    FieldInvalid,
    MemoryExceeded,
    ResultTooLarge,
    SourceFailed,
    SourceTimedOut,
    StandpipeError,
    StatementRefused,
    StorageFull,
)
from standpipe.core.executions import Progress, RunLimits, Statement
from standpipe.core.storage import FULL_HINT

__all__ = ["DuckDBRun", "Errand", "Opening"]

_TICK_SECONDS = 0.05
_CANCEL_GRACE_SECONDS = 0.7
_TIME_GRACE_SECONDS = 1.0
# The engine counts its buffers, not everything it holds: it may have half as much again, or what
# an idle child and a few threads take, before it is killed.
_RSS_SHARE = 1.5
_RSS_ROOM_BYTES = 256 * 1024**2
_SPARE_ATTEMPTS = 2  # one for a dead idle child, one for a dead spare
_run_ids = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How to open a source in an unboxed child, and what it is called in the crew's idle list.

    A child that nobody will ask for again is ended rather than kept (``is_kept`` False).
    """

    key: Hashable
    spill_bytes: int
    box: Callable[[Path], Box]
    opened: Callable[[Plan], None]
    is_kept: bool = True


class _DiedBeforeItBegan(SourceFailed):
    """The engine process died before it had begun to run the statement."""


class Errand:
    """One conversation with a child under limits; any thread may cancel it."""

    def __init__(self, crew: Crew, limits: RunLimits) -> None:
        """The time limit counts from now, and covers opening the source."""
        self._crew = crew
        self._limits = limits
        self._cancelled = threading.Event()
        memory = limits.memory_bytes
        self._rss_limit_bytes = max(memory * _RSS_SHARE, memory + _RSS_ROOM_BYTES)
        self._deadline = time.monotonic() + (limits.seconds or math.inf)
        self._run_id = next(_run_ids)
        self._stop: ExecutionFailed | None = None
        self._kill_at = math.inf
        self._largest_rss_bytes = 0
        self._has_begun = False
        self._child: Child | None = None
        self._percent: float | None = None

    def cancel(self) -> None:
        """Ask it to stop; by force after a grace of 0.7 s."""
        self._cancelled.set()

    def progress(self) -> Progress:
        """Return what has been written so far; rows are known at the end only."""
        child = self._child
        return Progress(bytes=child.slot_bytes() if child else 0, percent=self._percent)

    def execute(self, opening: Opening, statement: Statement, into: Path) -> Done:
        """Run a statement and move what it wrote to ``into``, on the same file system.

        Raises:
            ExecutionFailed: the child said no, broke a limit, died, or was cancelled.
        """
        values = {name: pack_value(value) for name, value in statement.values.items()}
        message = Execute(self._run_id, statement.text, values, self._file_bytes(opening))
        answer = self._go(opening, message, into)
        assert isinstance(answer, Done)  # noqa: S101 # what a child answers to Execute
        return answer

    def explain(self, opening: Opening, statement: Statement) -> SourcePlan:
        """Return how a statement would be answered; ExecutionFailed as for ``execute``."""
        values = {name: pack_value(value) for name, value in statement.values.items()}
        answer = self._go(opening, Explain(self._run_id, statement.text, values), None)
        assert isinstance(answer, Explained)  # noqa: S101 # what a child answers to Explain
        return SourcePlan(
            columns=answer.columns, text=answer.text, estimated_rows=answer.estimated_rows
        )

    def ingest(
        self,
        opening: Opening,
        body: Path,
        format: str,
        columns: tuple[UploadColumn, ...],
        into: Path,
    ) -> Ingested:
        """Write the rows of a body as ``execute`` does; FieldInvalid says which is no row."""
        message = Ingest(self._run_id, str(body), format, columns, self._file_bytes(opening))
        answer = self._go(opening, message, into)
        assert isinstance(answer, Ingested)  # noqa: S101 # what a child answers to Ingest
        return answer

    def merge(self, opening: Opening, parts: Sequence[Path], into: Path) -> int:
        """Write the rows of Parquet files into one; ExecutionFailed as for ``execute``."""
        message = Merge(self._run_id, tuple(map(str, parts)), self._file_bytes(opening))
        answer = self._go(opening, message, into)
        assert isinstance(answer, Ingested)  # noqa: S101 # what a child answers to Merge
        return answer.row_count

    def list_tables(self, opening: Opening) -> tuple[SourceTable, ...]:
        """Return the tables of the source; ExecutionFailed as for ``execute``."""
        answer = self._go(opening, ListTables(), None)
        assert isinstance(answer, Tables)  # noqa: S101 # what a child answers to ListTables
        return answer.tables

    def _file_bytes(self, opening: Opening) -> int | None:
        largest = self._limits.artifact_bytes
        return None if largest is None else max(largest, opening.spill_bytes)

    def _go(self, opening: Opening, message: Order, into: Path | None) -> Answer:
        for _ in range(_SPARE_ATTEMPTS):
            # An idle child may die at any time, and that is no fault of this statement.
            with contextlib.suppress(_DiedBeforeItBegan):
                return self._go_once(opening, message, into)
        return self._go_once(opening, message, into)

    def _go_once(self, opening: Opening, message: Order, into: Path | None) -> Answer:
        child = self._child = self._crew.take(opening.key)
        is_usable = False
        try:
            self._open(child, opening)
            answer = self._ask(child, message)
            is_usable = True
            self._check_answer(child, answer)
            if into is not None and isinstance(answer, Done | Ingested):
                child.take_slot(answer.slot, into)
        except (EOFError, BrokenPipeError) as error:
            raise self._explain_end(child.end()) from error
        finally:
            self._child = None
            if is_usable and opening.is_kept:
                child.clear_slots()
                self._crew.give_back(child, opening.key)
            else:
                child.end()
        return answer

    def _open(self, child: Child, opening: Opening) -> None:
        if child.plan is not None:
            return
        answer = self._ask(child, opening.box(child.folder))
        self._check_answer(child, answer)
        assert isinstance(answer, Boxed)  # noqa: S101 # what a child answers to Box
        child.plan = answer.plan
        opening.opened(answer.plan)

    def _ask(self, child: Child, message: Box | Order) -> Answer:
        child.channel.send(message)
        while True:
            answer = child.channel.receive(_TICK_SECONDS)
            if isinstance(answer, Percent):
                self._percent = answer.percent if answer.run_id == self._run_id else self._percent
            elif isinstance(answer, Begun):
                self._has_begun = True
            elif answer is not None:
                return answer
            self._check_limits(child)

    def _check_answer(self, child: Child, answer: Answer) -> None:
        if self._stop is not None:
            raise self._stop
        if isinstance(answer, Failed):
            raise self._failure_of(answer)
        self._check_size(child)

    def _check_limits(self, child: Child) -> None:
        """Raise when the child has to be killed; begin to stop it when it has to be asked first."""
        rss_bytes = child.rss_bytes()
        self._largest_rss_bytes = max(self._largest_rss_bytes, rss_bytes)
        if rss_bytes > self._rss_limit_bytes:
            raise self._memory_exceeded()
        self._check_size(child)
        now = time.monotonic()
        if self._stop is None and self._cancelled.is_set():
            self._begin_stop(child, ExecutionCancelled(), now + _CANCEL_GRACE_SECONDS)
        elif self._stop is None and now >= self._deadline:
            error = SourceTimedOut(
                f"The run exceeded its time limit of {self._limits.seconds:g} s."
            )
            self._begin_stop(child, error, now + _TIME_GRACE_SECONDS)
        if self._stop is not None and now >= self._kill_at:
            raise self._stop

    def _begin_stop(self, child: Child, error: ExecutionFailed, kill_at: float) -> None:
        self._stop = error
        self._kill_at = kill_at if child.plan is not None else 0.0  # opening cannot be interrupted
        with contextlib.suppress(BrokenPipeError):  # it ended by itself: its end is read next
            child.channel.send(Interrupt(self._run_id))

    def _check_size(self, child: Child) -> None:
        largest = self._limits.artifact_bytes
        if largest is not None and child.slot_bytes() > largest:
            raise _too_large(largest)

    def _failure_of(self, failed: Failed) -> StandpipeError:
        match failed.reason:
            case "refused":
                kind: type[StandpipeError] = StatementRefused
            case "rejected":
                kind = FieldInvalid
            case "memory":
                return self._memory_exceeded(failed.message)
            case "full":
                return StorageFull(hint=FULL_HINT)
            case "size":
                return _too_large(self._limits.artifact_bytes or 0)
            case _:
                kind = SourceFailed
        return kind(failed.message, detail=failed.detail, hint=failed.hint)

    def _memory_exceeded(self, said: str = "") -> MemoryExceeded:
        limit = self._limits.memory_bytes / 1024**2
        return MemoryExceeded(
            f"The run exceeded its memory limit of {limit:.0f} MiB.",
            detail=said.split("\n\n", 1)[0].strip(),  # what follows advises settings nobody may set
        )

    def _explain_end(self, status: int | None) -> ExecutionFailed:
        if self._stop is not None:
            return self._stop
        if self._largest_rss_bytes > self._limits.memory_bytes:
            return self._memory_exceeded()
        kind = SourceFailed if self._has_begun else _DiedBeforeItBegan
        return kind("The engine process died during the run.", detail=_how_it_ended(status))


class DuckDBRun:
    """A statement on its way, on a thread that is its own meanwhile. The port ``Run``."""

    def __init__(
        self,
        errand: Errand,
        prepare: Callable[[], Opening],
        statement: Statement,
        into: Path,
        *,
        threads: Executor,
    ) -> None:
        """Begin; ``prepare`` finds out how the source is opened and may take its time."""
        self._errand = errand
        self._prepare = prepare
        self._statement = statement
        self._into = into
        self._over = threading.Event()
        self._done: Done | None = None
        self._bytes = 0
        self._failure: ExecutionFailed = SourceFailed("The run ended without an answer.")
        threads.submit(self._work)

    def wait(self, seconds: float) -> bool:
        """Wait until it is over or the time has passed; whether it is over."""
        return self._over.wait(seconds)

    def progress(self) -> Progress:
        """Return how far it is; rows are known at the end only."""
        if self._done is None:
            return self._errand.progress()
        return Progress(rows=self._done.row_count, bytes=self._bytes, percent=100.0)

    def cancel(self) -> None:
        """Ask it to stop; within about a second it is over, by force if need be."""
        self._errand.cancel()

    def outcome(self) -> tuple[tuple[Column, ...], int]:
        """Wait for the end; return columns and row count, or raise an ExecutionFailed."""
        self._over.wait()
        if self._done is None:
            raise self._failure
        return self._done.columns, self._done.row_count

    def cpu_seconds(self) -> float | None:
        """Return the processor time that the child took; None unless it is over and well."""
        return None if self._done is None else self._done.cpu_seconds

    def _work(self) -> None:
        try:
            done = self._errand.execute(self._prepare(), self._statement, self._into)
            self._bytes = self._into.stat().st_size
            self._done = done
        except ExecutionFailed as error:
            self._failure = error
        except StandpipeError as error:
            self._failure = SourceFailed(error.message, detail=error.detail, hint=error.hint)
        except (OSError, TypeError, UnicodeEncodeError) as error:
            self._failure = SourceFailed("The run cannot be carried out.", detail=str(error))
        finally:
            self._over.set()


def _too_large(largest: int) -> ResultTooLarge:
    return ResultTooLarge(
        f"The result is larger than allowed: {largest:,} bytes.",
        hint="Ask for fewer rows or columns.",
    )


def _how_it_ended(status: int | None) -> str:
    if status is None:
        return "Its template process has ended too."
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL:
        return "It was killed from outside: the system ran out of memory, or an operator did it."
    if code < 0:
        return f"It crashed with {signal.Signals(-code).name}."
    return f"It ended with exit code {code}."
