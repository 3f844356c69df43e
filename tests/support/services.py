"""Services over a real store, with a clock that a test moves and runs that a test ends."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from tests.contracts.artifacts import read_all, write_artifact
from tests.contracts.house import LEASE, NOW, VAULT, House, new_result

from standpipe.app.house import LazyConnectors
from standpipe.core.errors import StandpipeError
from standpipe.core.executions import ExecutionState, RunLimits, Submission
from standpipe.core.ids import GroupId, UserId
from standpipe.core.parameters import Parameter
from standpipe.core.principals import DEFAULT_PERMISSIONS, Principal
from standpipe.core.queries import Query
from standpipe.core.results import NewResult, Result
from standpipe.core.windows import Window
from standpipe.formats.json import JsonRows
from standpipe.readers.duckdb import DuckDBReader
from standpipe.services.binding import Binding
from standpipe.services.dropdowns import Dropdowns
from standpipe.services.history import History
from standpipe.services.idempotency import Idempotency
from standpipe.services.jobs import Jobs
from standpipe.services.keys import Keys
from standpipe.services.live import Live
from standpipe.services.materialized_views import MaterializedViews
from standpipe.services.pipelines import Pipelines
from standpipe.services.planning import Planning
from standpipe.services.queries import Queries, QueryDraft
from standpipe.services.read import Read
from standpipe.services.submissions import Submissions
from standpipe.services.submit import Submit
from standpipe.services.uploads import Uploads
from standpipe.stores.artifacts.local import LocalArtifactStore

VIEWERS, AUTHORS, NOBODIES = GroupId(1), GroupId(2), GroupId(3)


class HandClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds()

    def pass_seconds(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Stage(House):
    """A house with an author, and the services that answer him.

    The house's data source may be used by authors and looked at by viewers.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.source = self.store.update_data_source(replace(self.source, settings={"paths": []}))
        self.clock = HandClock()
        self.connectors = LazyConnectors(folder, None)
        self.artifacts = LocalArtifactStore(folder / "artifacts")
        self.reader = DuckDBReader(folder / "artifacts")
        self.dropdowns = Dropdowns(self.store, artifacts=self.artifacts, reader=self.reader)
        self.binding = Binding(
            tables=self.store,
            connectors=self.connectors,
            dropdowns=self.dropdowns,
            clock=self.clock,
        )
        self.keys = Keys(self.store, vault=VAULT, clock=self.clock, observe=lambda _: None)
        self.queries = Queries(
            self.store, connectors=self.connectors, keys=self.keys, clock=self.clock
        )
        limits = RunLimits(seconds=60.0)
        self.submit = Submit(
            self.store,
            binding=self.binding,
            limits=limits,
            clock=self.clock,
            observe=lambda _: None,
        )
        self.submissions = Submissions(self.store, clock=self.clock)
        self.read = Read(self.store, artifacts=self.artifacts, reader=self.reader, clock=self.clock)
        self.jobs = Jobs(self.store, submit=self.submit, read=self.read, clock=self.clock)
        self.live = Live(
            self.store,
            submit=self.submit,
            submissions=self.submissions,
            binding=self.binding,
            clock=self.clock,
        )
        self.history = History(self.store)
        self.planning = Planning(
            self.store,
            submit=self.submit,
            binding=self.binding,
            connectors=self.connectors,
            artifacts=self.artifacts,
            limits=limits,
        )
        self.idempotency = Idempotency(self.store, clock=self.clock)
        self.uploads = Uploads(
            self.store,
            artifacts=self.artifacts,
            ingestion=self.connectors,
            limits=limits,
            clock=self.clock,
        )
        self.views = MaterializedViews(
            self.store, submit=self.submit, keys=self.keys, clock=self.clock
        )
        self.pipelines = Pipelines(
            self.store,
            submit=self.submit,
            binding=self.binding,
            views=self.views,
            keys=self.keys,
            clock=self.clock,
        )
        self.author = self.person(self.user.id, AUTHORS)

    def close(self, *, remove: bool = False) -> None:
        self.connectors.close()
        self.reader.close()
        super().close(remove=remove)

    def person(self, user_id: UserId, *groups: GroupId) -> Principal:
        """A user of these groups with the permissions that everybody has."""
        return Principal(
            workspace_id=self.workspace.id,
            permissions=frozenset(DEFAULT_PERMISSIONS),
            user_id=user_id,
            group_ids=frozenset(groups),
        )

    def other(self, *groups: GroupId) -> Principal:
        """Another user of these groups."""
        return self.person(self.add_user(f"user{len(groups)}{groups}").id, *groups)

    def key_of(self, query: Query) -> Principal:
        """Whoever carries the key of a query."""
        return self.keys.authenticate(self.keys.query_keys(self.author, [query])[query.id])

    def save(self, sql: str, *parameters: Parameter, **draft: Any) -> Query:
        """Save a query of the author."""
        made = QueryDraft(
            name="Sales",
            sql=sql,
            data_source_id=self.source.id,
            parameters=parameters,
            **draft,
        )
        return self.queries.create(self.author, made)

    def edit(self, query: Query, **changes: Any) -> Query:
        """Change a query of the author."""
        return self.queries.edit(self.author, query.id, changes)

    def finish(self, submission: Submission) -> Result:
        """Let a run succeed now."""
        done = self._end(submission, ExecutionState.SUCCEEDED, result=new_result())
        return self.store.get_result(done)

    def finish_with(self, submission: Submission, select: str) -> Result:
        """Let a run succeed now with the rows of this statement."""
        slot = self.artifacts.slot()
        columns = write_artifact(slot, select)
        with duckdb.connect() as database:
            counted = database.execute(f"SELECT count(*) FROM ({select})").fetchone()
        made = NewResult(
            columns=columns,
            row_count=counted[0] if counted else 0,
            artifact=self.artifacts.seal(slot),
            runtime_seconds=0.25,
        )
        done = self._end(submission, ExecutionState.SUCCEEDED, result=made)
        return self.store.get_result(done)

    def rows(self, result: Result, window: Window) -> list[Any]:
        """Read the rows of a window, as lists."""
        chunks = self.read.encode(result, window, JsonRows(shape="arrays"))()
        return list(msgspec.json.decode(read_all(chunks)))

    def fail(self, submission: Submission, error: StandpipeError) -> None:
        """Let a run fail now."""
        self._end(submission, ExecutionState.FAILED, error=(error.code, str(error)))

    def _end(self, submission: Submission, state: ExecutionState, **how: Any) -> Any:
        now = self.clock.now()
        claim = self.store.claim("w", now, LEASE, submission.execution.id)
        assert claim is not None
        done = self.store.finish(claim, now, state, **how)
        assert done is not None
        return done.result_id
