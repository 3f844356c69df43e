"""Uploaded tables that statements name: which ones a caller reads, and what they hold when it runs.

Who may read is decided when a run is asked for: a user reads with his own rights, a key with those
of its query's owner (never an administrator's). What they may not read is not there for them.
Which tables were found, and which version of each, is part of the fingerprint: callers who do not
read the same never share a run or its result, and after a change nothing stored is fresh. The
pins travel with the execution; the worker reads what the tables hold when it starts, and refuses
one that is gone, or has become private since.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from standpipe.core.datasources import ConnectorKind
from standpipe.core.errors import NotFound, ResultExpired, SourceFailed
from standpipe.core.ids import WorkspaceId
from standpipe.core.permissions import TableReader
from standpipe.core.ports import ArtifactStore, PartStore, TableStore
from standpipe.core.tables import NamedTable, TablePin, UploadedTable
from standpipe.services.query_text import BoundText
from standpipe.sql.fingerprint import fingerprint_with_tables
from standpipe.sql.uploads import find_uploads


class OpeningStore(TableStore, PartStore, Protocol):
    """The slice of the metadata store that opening tables needs."""


def pin_tables(
    store: TableStore,
    kind: ConnectorKind,
    workspace_id: WorkspaceId,
    reader: TableReader,
    bound: BoundText,
) -> BoundText:
    """Return what was bound with the uploaded tables that it names and ``reader`` may read."""
    names = find_uploads(bound.statement.text, kind.sql_dialect)
    if not names:
        return bound
    found = store.find_named_tables(workspace_id, names) if kind.reads_uploads else ()
    readable = [table for table in found if reader.may_read(table)]
    pins = tuple(map(_pin, readable))
    return replace(
        bound,
        fingerprint=fingerprint_with_tables(bound.fingerprint, readable),
        tables=pins,
        names_tables=True,
        hides_tables=len(readable) < len(found),
    )


def open_tables(
    store: OpeningStore, artifacts: ArtifactStore, pins: Sequence[TablePin]
) -> tuple[NamedTable, ...]:
    """Return what the pinned tables hold now, all at once.

    SourceFailed names what is gone, and a view that was never refreshed.
    """
    if not pins:
        return ()
    with store.transaction():  # columns and parts that belong together
        held = [(_get(store, pin), store.find_parts(pin.id)) for pin in pins]
    opened: list[NamedTable] = []
    for table, parts in held:
        if not table.columns:
            raise SourceFailed(
                f"The materialised view {table.full_name} has no rows yet.",
                hint="It is there when its refresh has succeeded.",
            )
        try:
            files = tuple(artifacts.local_path(part.artifact.key) for part in parts)
        except ResultExpired as error:
            raise SourceFailed(f"Some rows of the table {table.full_name} are gone.") from error
        opened.append(
            NamedTable(
                namespace=table.namespace, name=table.name, columns=table.columns, files=files
            )
        )
    return tuple(opened)


def check_still_there(tables: Sequence[NamedTable]) -> None:
    """Raise SourceFailed if rows that a failed run has read were removed meanwhile."""
    for table in tables:
        if not all(file.exists() for file in table.files):
            raise SourceFailed(
                f"Some rows of the table {table.full_name} were removed during the run.",
                hint="Run it again.",
            )


def _pin(table: UploadedTable) -> TablePin:
    return TablePin(
        id=table.id,
        name=table.full_name,
        version=table.version,
        is_private=table.is_private,
        owner_id=table.owner_id,
    )


def _get(store: TableStore, pin: TablePin) -> UploadedTable:
    try:
        table = store.get_table(pin.id)
    except NotFound as error:
        raise SourceFailed(f"The table {pin.name} was deleted before the run.") from error
    if table.is_private and not pin.is_private:
        raise SourceFailed(
            f"The table {pin.name} has become private before the run.", hint="Run it again."
        )
    return table
