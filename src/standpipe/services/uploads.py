"""Uploaded tables: made, filled, cleared and deleted by their owners.

Whose is what: see ``namespaces``. Only a table's owner and administrators change it. A private
table is there for these alone, any other one can be read by everybody in the workspace. All of
this takes a user, not the key of a query, and changing anything takes the permission to create
queries.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import BoundedSemaphore
from typing import Protocol
from uuid import UUID

from standpipe.core.clock import Clock
from standpipe.core.errors import Conflict, NotFound, StandpipeError
from standpipe.core.executions import RunLimits
from standpipe.core.ids import TableId, Uid, new_uid
from standpipe.core.permissions import (
    require_permission,
    require_table_owner,
    require_user,
    table_reader,
)
from standpipe.core.ports import (
    ArtifactStore,
    IdempotencyStore,
    Ingestion,
    PartStore,
    PeopleStore,
    TableStore,
    WorkspaceStore,
)
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import Listing
from standpipe.core.storage import telling_full
from standpipe.core.tables import (
    CATALOG,
    BodyFormat,
    Ingested,
    TableColumn,
    TableFilter,
    TableKind,
    TablePart,
    UploadedTable,
    check_columns,
    check_table_name,
)
from standpipe.services.idempotency import Idempotency
from standpipe.services.namespaces import own_namespace, owner_in, team_namespace

INGESTS_AT_ONCE = 2  # each may take the memory of a run
SMALL_BYTES = 4 * 1024**2  # bodies that do not wait for larger ones


class UploadStore(TableStore, PartStore, IdempotencyStore, PeopleStore, WorkspaceStore, Protocol):
    """The slice of the metadata store that uploads need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAsk:
    """A table to make. Without a ``namespace`` it is the caller's own one."""

    name: str
    namespace: str | None = None
    description: str = ""
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A file with rows to insert, and how they are written."""

    body: Path
    format: BodyFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """What tells a repeated insert from a new one, as Idempotency knows it."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inserted:
    """What an upload has written, and the table as it is since; bytes are those of the body."""

    table: UploadedTable
    row_count: int
    byte_count: int


class Uploads:
    """Everything that can be done to uploaded tables, except to query them."""

    def __init__(
        self,
        store: UploadStore,
        *,
        artifacts: ArtifactStore,
        ingestion: Ingestion,
        limits: RunLimits,
        clock: Clock,
    ) -> None:
        """Take the ports; a body is held to the ``limits`` of a run."""
        self._idempotency = Idempotency(store, clock=clock)
        self._store = store
        self._artifacts = artifacts
        self._ingestion = ingestion
        self._limits = limits
        self._clock = clock
        self._large_ingests = BoundedSemaphore(INGESTS_AT_ONCE)
        self._small_ingests = BoundedSemaphore(INGESTS_AT_ONCE)

    def namespaces(self, principal: Principal) -> tuple[str, str]:
        """Return the namespaces in which a user may make tables: his own and the team's."""
        return own_namespace(self._store, principal), team_namespace(self._store, principal)

    def create(
        self, principal: Principal, ask: TableAsk, columns: Sequence[TableColumn]
    ) -> UploadedTable:
        """Make a table without rows.

        FieldInvalid and FieldMissing name the field, NotAllowed for a namespace of somebody else,
        NameTaken.
        """
        _require_writer(principal)
        return self._store.add_table(self._new_table(principal, ask, check_columns(columns)))

    def upload_csv(self, principal: Principal, ask: TableAsk, body: Path) -> Inserted:
        """Make a table with the columns and rows of a CSV, or replace all of an earlier one.

        The types of columns are found in the rows, which may be shorter than the header or end in
        commas. Errors as for ``create`` and ``insert``; NotAllowed if the table is not the
        caller's. Until everything is written the earlier table stays as it is.
        """
        _require_writer(principal)
        draft = self._new_table(principal, ask, ())
        self._find_replaceable(principal, draft)
        part, found = self._write_part(body, BodyFormat.CSV, None)
        with _discarding(self._artifacts, part), self._store.transaction():
            draft = replace(draft, columns=check_columns(found.columns))
            earlier = self._find_replaceable(principal, draft)
            if earlier is None:
                table = self._store.add_part(self._store.add_table(draft), part)
            else:
                wanted = replace(
                    earlier,
                    columns=draft.columns,
                    description=draft.description,
                    is_private=draft.is_private,
                )
                table = self._store.replace_table(wanted, part, part.created_at)
        return _inserted(table, part.row_count, body)

    def insert(
        self,
        principal: Principal,
        namespace: str,
        name: str,
        rows: Rows,
        repeat: Repeat | None = None,
    ) -> Inserted:
        """Append all rows of a body, or none: FieldInvalid names the first row that cannot be.

        A CSV names exactly the table's columns in its header, in any order; a JSON object may
        leave out columns that are nullable. A ``repeat`` of what was inserted within 24 hours
        writes nothing and says the same again; IdempotencyMismatch if it says something else.
        NotFound, NotAllowed; Conflict if the table was replaced meanwhile; ExecutionFailed for a
        body that takes too much time or memory; StorageFull.
        """
        table = self.get_own(principal, namespace, name)
        known = repeat and self._idempotency.find(principal, repeat.key, repeat.digest)
        if known:
            return _inserted(table, known.int, rows.body)
        part, _ = self._write_part(rows.body, rows.format, table.columns)
        with _discarding(self._artifacts, part):
            table, count = self._add_once(principal, table, part, repeat)
        return _inserted(table, count, rows.body)

    def clear(self, principal: Principal, namespace: str, name: str) -> UploadedTable:
        """Remove all rows that are there now; runs that have begun still read them."""
        table = self.get_own(principal, namespace, name)
        return self._store.clear_table(table.id, self._clock.now())

    def delete(self, principal: Principal, namespace: str, name: str) -> UploadedTable:
        """Remove a table, and return what it was."""
        table = self.get_own(principal, namespace, name)
        self._store.delete_table(table.id, self._clock.now())
        return table

    def get(self, principal: Principal, namespace: str, name: str) -> UploadedTable:
        """Return a table by its names, whatever their case; NotFound, also for a hidden one."""
        require_user(principal)
        key = (namespace.lower(), name.lower())
        found = self._store.find_named_tables(principal.workspace_id, (key,))
        if not found or not table_reader(principal).may_read(found[0]):
            raise NotFound(f"There is no table {CATALOG}.{namespace}.{name}.")
        return found[0]

    def find(
        self,
        principal: Principal,
        *,
        limit: int,
        offset: int = 0,
        namespace: str | None = None,
        kind: TableKind | None = None,
    ) -> Listing[UploadedTable]:
        """Return some of the tables that the caller may read, by full name, and how many."""
        require_user(principal)
        wanted = TableFilter(
            workspace_id=principal.workspace_id,
            viewer_id=principal.user_id,
            sees_private=principal.is_admin,
            namespace=None if namespace is None else namespace.lower(),
            kind=kind,
        )
        return self._store.find_tables(wanted, limit=limit, offset=offset)

    def check_writer(self, principal: Principal) -> None:
        """Return if the caller may make tables and change his own; UserNeeded, NotAllowed."""
        _require_writer(principal)

    def get_own(self, principal: Principal, namespace: str, name: str) -> UploadedTable:
        """Return a table that the caller may change; NotFound, NotAllowed, Conflict for a view."""
        _require_writer(principal)
        table = self.get(principal, namespace, name)
        require_table_owner(principal, table)
        return _require_upload(table)

    def _find_replaceable(self, principal: Principal, draft: UploadedTable) -> UploadedTable | None:
        key = (draft.namespace, draft.name)
        for earlier in self._store.find_named_tables(draft.workspace_id, (key,)):
            require_table_owner(principal, earlier)
            return _require_upload(earlier)
        return None

    def _new_table(
        self, principal: Principal, ask: TableAsk, columns: tuple[TableColumn, ...]
    ) -> UploadedTable:
        namespace = (ask.namespace or own_namespace(self._store, principal)).lower()
        now = self._clock.now()
        return UploadedTable(
            id=TableId(0),
            uid=new_uid(now),
            workspace_id=principal.workspace_id,
            namespace=namespace,
            name=check_table_name(ask.name),
            description=ask.description,
            is_private=ask.is_private,
            owner_id=owner_in(self._store, principal, namespace),
            columns=columns,
            created_at=now,
            updated_at=now,
        )

    def _add_once(
        self, principal: Principal, table: UploadedTable, part: TablePart, repeat: Repeat | None
    ) -> tuple[UploadedTable, int]:
        """Let everybody see a part, unless it is a repeat; returns how many rows were written."""
        added: list[UploadedTable] = []

        def add() -> Uid:
            added.append(self._store.add_part(table, part) if part.row_count else table)
            return _receipt(part.row_count)

        if repeat is None:
            receipt = add()
        else:
            receipt = self._idempotency.once(principal, repeat.key, repeat.digest, add)
        if not added or not part.row_count:
            self._artifacts.delete(part.artifact.key)
        return (added or [table])[0], receipt.int

    def _write_part(
        self, body: Path, format: BodyFormat, columns: Sequence[TableColumn] | None
    ) -> tuple[TablePart, Ingested]:
        """Write the rows of a body where nobody sees them yet."""
        is_small = body.stat().st_size <= SMALL_BYTES
        with telling_full():
            slot = self._artifacts.slot()
        try:
            with self._small_ingests if is_small else self._large_ingests:
                found = self._ingestion.ingest(body, format, columns, slot, self._limits)
            with telling_full():
                artifact = self._artifacts.seal(slot)
        except StandpipeError:
            self._artifacts.discard(slot)
            raise
        now = self._clock.now()
        return TablePart(artifact=artifact, row_count=found.row_count, created_at=now), found


@contextmanager
def _discarding(artifacts: ArtifactStore, part: TablePart) -> Iterator[None]:
    """Remove a part that does not become one of a table."""
    try:
        yield
    except StandpipeError:
        artifacts.delete(part.artifact.key)
        raise


def _require_writer(principal: Principal) -> None:
    require_user(principal)
    require_permission(principal, Permission.CREATE_QUERY)


def _require_upload(table: UploadedTable) -> UploadedTable:
    """Return a table that people may write to; Conflict for a materialised view."""
    if table.kind is not TableKind.UPLOAD:
        raise Conflict(
            f"{table.full_name} is a materialised view.", hint="Its query gives it its rows."
        )
    return table


def _receipt(row_count: int) -> Uid:
    """Return what an idempotency key leads to: an insert makes nothing that has a uid."""
    return Uid(UUID(int=row_count))


def _inserted(table: UploadedTable, row_count: int, body: Path) -> Inserted:
    return Inserted(table=table, row_count=row_count, byte_count=body.stat().st_size)
