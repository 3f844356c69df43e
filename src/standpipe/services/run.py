"""The worker's half: run a claimed execution into an artifact and finish it, or give it up."""

import threading
from pathlib import Path
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.datasources import DataSource
from standpipe.core.errors import (
    ExecutionCancelled,
    ExecutionFailed,
    NotFound,
    SourceFailed,
    StandpipeError,
)
from standpipe.core.events import (
    ExecutionFinished,
    ExecutionRecovered,
    ExecutionStarted,
    FinishRefused,
)
from standpipe.core.executions import Claim, ExecutionState, HeartbeatAnswer
from standpipe.core.ports import (
    ArtifactStore,
    ClaimStore,
    Connectors,
    DataSourceStore,
    Observer,
    PartStore,
    Run,
    TableStore,
)
from standpipe.core.results import NewResult
from standpipe.services.named_tables import check_still_there, open_tables

HEARTBEAT_SECONDS = 0.25


class RunStore(ClaimStore, DataSourceStore, TableStore, PartStore, Protocol):
    """The slice of the metadata store that running needs."""


class Runner:
    """Runs claims, one per call; may be called from several threads."""

    def __init__(
        self,
        store: RunStore,
        *,
        connectors: Connectors,
        artifacts: ArtifactStore,
        clock: Clock,
        observe: Observer,
        lease_seconds: float,
    ) -> None:
        """Take the ports; the lease is extended by every heartbeat."""
        self._store = store
        self._connectors = connectors
        self._artifacts = artifacts
        self._clock = clock
        self._observe = observe
        self._lease_seconds = lease_seconds
        self._stopping = threading.Event()

    def give_back_all(self) -> None:
        """Give what runs back to the queue, soon and for good: this worker stops."""
        self._stopping.set()

    def run(self, claim: Claim) -> None:
        """Run a claim to its end. Whatever the source does, the execution ends or is given up."""
        execution = claim.execution
        waited = (self._clock.now() - execution.created_at).total_seconds()
        self._observe(
            ExecutionStarted(
                execution_id=execution.id, attempt=execution.attempt, waited_seconds=waited
            )
        )
        slot = self._artifacts.slot()
        started = self._clock.monotonic()
        try:
            result = self._execute(claim, slot, started)
        except StandpipeError as error:
            self._artifacts.discard(slot)
            self._fail(claim, error, self._clock.monotonic() - started)
        else:
            if result is not None:
                self._succeed(claim, result)

    def fail(self, claim: Claim, error: StandpipeError) -> None:
        """End a claim that could not even be run."""
        self._fail(claim, error, 0.0)

    def _execute(self, claim: Claim, slot: Path, started: float) -> NewResult | None:
        execution = claim.execution
        source = self._source(claim)
        connector = self._connectors.get(source.kind)
        tables = open_tables(self._store, self._artifacts, execution.tables)
        run = connector.start(source, execution.statement, slot, execution.limits, tables)
        if not self._watch(claim, run):
            self._artifacts.discard(slot)
            return None
        try:
            columns, row_count = run.outcome()
        except SourceFailed:
            check_still_there(tables)
            raise
        return NewResult(
            columns=columns,
            row_count=row_count,
            artifact=self._artifacts.seal(slot),
            runtime_seconds=self._clock.monotonic() - started,
            cpu_seconds=run.cpu_seconds(),
        )

    def _source(self, claim: Claim) -> DataSource:
        try:
            return self._store.get_data_source(claim.execution.data_source_id)
        except NotFound as error:
            raise ExecutionFailed("The data source was removed before the run.") from error

    def _watch(self, claim: Claim, run: Run) -> bool:
        """Wait for the run with a beating heart; False when it is not this worker's any more."""
        try:
            return self._beat_until_over(claim, run)
        except BaseException:
            run.cancel()
            raise

    def _beat_until_over(self, claim: Claim, run: Run) -> bool:
        is_cancelled = False
        while not run.wait(HEARTBEAT_SECONDS):
            if self._stopping.is_set():
                self._give_back(claim)
                run.cancel()
                return False
            answer = self._store.heartbeat(
                claim, self._clock.now(), self._lease_seconds, run.progress()
            )
            if answer is HeartbeatAnswer.GO_ON or is_cancelled:
                continue
            run.cancel()
            if answer is HeartbeatAnswer.LOST:
                self._refused(claim)
                return False
            is_cancelled = True
        return True

    def _give_back(self, claim: Claim) -> None:
        given = self._store.give_back(claim, self._clock.now())
        if given is None:
            self._refused(claim)
        else:
            self._observe(ExecutionRecovered(execution_id=given.id, state=given.state))

    def _succeed(self, claim: Claim, result: NewResult) -> None:
        finished = self._store.finish(
            claim, self._clock.now(), ExecutionState.SUCCEEDED, result=result
        )
        if finished is None:
            self._artifacts.delete(result.artifact.key)
            self._refused(claim)
            return
        self._observe(
            ExecutionFinished(
                execution_id=finished.id,
                attempt=finished.attempt,
                state=finished.state,
                runtime_seconds=result.runtime_seconds,
                row_count=result.row_count,
                result_id=finished.result_id,
            )
        )

    def _fail(self, claim: Claim, error: StandpipeError, seconds: float) -> None:
        is_cancel = isinstance(error, ExecutionCancelled)
        state = ExecutionState.CANCELLED if is_cancel else ExecutionState.FAILED
        finished = self._store.finish(
            claim, self._clock.now(), state, error=(error.code, str(error))
        )
        if finished is None:
            self._refused(claim)
            return
        self._observe(
            ExecutionFinished(
                execution_id=finished.id,
                attempt=finished.attempt,
                state=state,
                runtime_seconds=seconds,
                error_code=error.code,
            )
        )

    def _refused(self, claim: Claim) -> None:
        execution = claim.execution
        self._observe(FinishRefused(execution_id=execution.id, attempt=execution.attempt))
