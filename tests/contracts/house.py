"""A metadata store with one workspace, one user and one data source, and short ways to add more."""

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from standpipe.core.columns import Column, LogicalType
from standpipe.core.dashboards import Dashboard, Visualization, Widget
from standpipe.core.datasources import DataSource
from standpipe.core.executions import (
    Change,
    Claim,
    ExecutionRequest,
    ExecutionState,
    Holder,
    RunLimits,
    Statement,
    Submission,
)
from standpipe.core.ids import (
    DashboardId,
    DataSourceId,
    GroupId,
    KeyId,
    QueryId,
    TableId,
    UserId,
    VisualizationId,
    WidgetId,
    WorkspaceId,
    new_uid,
)
from standpipe.core.principals import ApiKey, KeyKind
from standpipe.core.queries import Query
from standpipe.core.results import Artifact, NewResult, Result
from standpipe.core.tables import TableColumn, TableColumnType, TablePart, UploadedTable
from standpipe.core.workspaces import User, Workspace
from standpipe.stores.metadata import MetadataStore, open_metadata
from standpipe.stores.secrets import AesVault

NOW = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
ANY_UID = new_uid(NOW)
VAULT = AesVault(bytes(32))
LEASE = 30.0
TABLE_COLUMNS = (
    TableColumn(name="day", type=TableColumnType.DATE, is_nullable=False),
    TableColumn(name="Rate", type=TableColumnType.UINT256, description="°", is_filtering=True),
)


def at(seconds: float) -> datetime:
    """Return a time that many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


class CountingWakeups:
    """Counts how often somebody was woken, and keeps what was told."""

    def __init__(self) -> None:
        self.count = 0
        self.told: list[Change] = []

    def tell(self, change: Change) -> None:
        self.told.append(change)

    def wake_worker(self) -> None:
        self.count += 1

    def wait(self, seconds: float) -> None:
        raise AssertionError("a store never waits")

    def close(self) -> None:
        return


@cache
def _empty_database() -> bytes:
    """Return a migrated database file; migrating once saves most of the time of these tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.db"
        open_metadata(path, vault=VAULT).close()
        return path.read_bytes()


class House:
    """One store and what most tests need in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "metadata.db"
        self.path.write_bytes(_empty_database())
        self.wakeups = CountingWakeups()
        self.store: MetadataStore = open_metadata(self.path, vault=VAULT, wakeups=self.wakeups)
        self.workspace = self.store.add_workspace(new_workspace("default"))
        self.user = self.add_user("Ada")
        self.source = self.add_source("main")

    def close(self, *, remove: bool = False) -> None:
        self.store.close()
        if remove:
            shutil.rmtree(self.path.parent)

    def add_user(self, name: str) -> User:
        return self.store.add_user(new_user(self.workspace.id, name))

    def add_source(self, name: str) -> DataSource:
        return self.store.add_data_source(new_source(self.workspace.id, name))

    def add_query(self, name: str = "Sales", **changes: Any) -> Query:
        draft = Query(
            id=QueryId(0),
            uid=ANY_UID,
            workspace_id=self.workspace.id,
            name=name,
            sql="select 1",
            data_source_id=self.source.id,
            owner_id=self.user.id,
            created_at=NOW,
            updated_at=NOW,
        )
        id = changes.pop("id", None)
        return self.store.add_query(replace(draft, **changes), id=id)

    def add_visualization(self, query: Query) -> Visualization:
        draft = Visualization(
            id=VisualizationId(0),
            query_id=query.id,
            type="TABLE",
            name="Table",
            created_at=NOW,
            updated_at=NOW,
        )
        return self.store.put_visualization(draft)

    def add_dashboard(self, name: str = "Board", *queries: Query, **changes: Any) -> Dashboard:
        draft = Dashboard(
            id=DashboardId(0),
            uid=ANY_UID,
            workspace_id=self.workspace.id,
            slug=name.lower(),
            name=name,
            owner_id=self.user.id,
            created_at=NOW,
            updated_at=NOW,
        )
        dashboard = self.store.add_dashboard(replace(draft, **changes))
        for query in queries:
            self.add_widget(dashboard, self.add_visualization(query))
        return dashboard

    def add_widget(self, dashboard: Dashboard, shown: Visualization | None) -> Widget:
        draft = Widget(
            id=WidgetId(0),
            dashboard_id=dashboard.id,
            visualization_id=shown.id if shown else None,
            text="" if shown else "A text",
            created_at=NOW,
            updated_at=NOW,
        )
        return self.store.put_widget(draft)

    def add_table(self, name: str = "rates", **changes: Any) -> UploadedTable:
        return self.store.add_table(replace(self.new_table(name), **changes))

    def new_table(self, name: str = "rates") -> UploadedTable:
        return UploadedTable(
            id=TableId(0),
            uid=ANY_UID,
            workspace_id=self.workspace.id,
            namespace="ada",
            name=name,
            description="Rates",
            owner_id=self.user.id,
            columns=TABLE_COLUMNS,
            created_at=NOW,
            updated_at=NOW,
        )

    def request(self, fingerprint: str = "f", **changes: Any) -> ExecutionRequest:
        request = ExecutionRequest(
            workspace_id=self.workspace.id,
            data_source_id=self.source.id,
            query_id=None,
            query_revision=None,
            fingerprint=fingerprint,
            statement=Statement(text="select $a", values={"a": 1}, display="select 1"),
            limits=RunLimits(),
        )
        return replace(request, **changes)

    def enqueue(self, fingerprint: str = "f", *, user: int = 1, **changes: Any) -> Submission:
        return self.store.enqueue(self.request(fingerprint, **changes), holder(user), NOW)

    def claim(self, worker: str = "w1", seconds: float = 0.0) -> Claim:
        claim = self.store.claim(worker, at(seconds), LEASE)
        assert claim is not None
        return claim

    def add_result(self, fingerprint: str = "f", *, seconds: float = 0.0, **changes: Any) -> Result:
        self.enqueue(fingerprint)
        return self._finish(at(seconds), new_result(**changes))

    def add_run(self, fingerprint: str = "f", *, seconds: float = 0.0, **request: Any) -> Result:
        self.enqueue(fingerprint, **request)
        return self._finish(at(seconds), new_result())

    def _finish(self, now: datetime, result: NewResult) -> Result:
        done = self.store.finish(self.claim(), now, ExecutionState.SUCCEEDED, result=result)
        assert done is not None
        assert done.result_id is not None
        return self.store.get_result(done.result_id)


def holder(user: int) -> Holder:
    return Holder(user_id=UserId(user))


def new_workspace(slug: str) -> Workspace:
    return Workspace(id=WorkspaceId(0), uid=ANY_UID, slug=slug, name=slug, created_at=NOW)


def new_user(workspace_id: WorkspaceId, name: str) -> User:
    return User(
        id=UserId(0),
        uid=ANY_UID,
        workspace_id=workspace_id,
        name=name,
        email=f"{name}@example.org",
        group_ids=(GroupId(1), GroupId(2)),
        created_at=NOW,
        updated_at=NOW,
    )


def new_source(workspace_id: WorkspaceId, name: str) -> DataSource:
    return DataSource(
        id=DataSourceId(0),
        uid=ANY_UID,
        workspace_id=workspace_id,
        name=name,
        kind="duckdb",
        settings={"path": "/data", "password": "pa55word"},
        grants={GroupId(1): True, GroupId(2): False},
        created_at=NOW,
    )


def new_key(house: House, text: str, **changes: object) -> ApiKey:
    key = ApiKey(
        id=KeyId(0),
        workspace_id=house.workspace.id,
        kind=KeyKind.USER,
        sha256=text,
        sealed=b"\x00sealed",
        user_id=house.user.id,
        created_at=NOW,
    )
    return replace(key, **changes)  # type: ignore[arg-type]


def new_part(key: str, *, rows: int = 3, seconds: float = 1) -> TablePart:
    artifact = Artifact(key=key, byte_count=10 * rows, sha256="00")
    return TablePart(artifact=artifact, row_count=rows, created_at=at(seconds))


def new_result(**changes: Any) -> NewResult:
    column = Column(
        name="a",
        stored_name="a",
        logical_type=LogicalType.INTEGER,
        stored_type="DECIMAL(38,0)",
        source_type="HUGEINT",
    )
    result = NewResult(
        columns=(column,),
        row_count=3,
        artifact=Artifact(key="ab/cd/key.parquet", byte_count=10, sha256="00"),
        runtime_seconds=0.25,
    )
    return replace(result, **changes)
