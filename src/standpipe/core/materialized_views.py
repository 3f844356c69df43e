"""Materialised views: tables whose rows are those of the last refresh of a query that succeeded."""

from dataclasses import dataclass
from datetime import datetime

from standpipe.core.columns import Column
from standpipe.core.errors import FieldInvalid, FieldMissing
from standpipe.core.executions import ExecutionState
from standpipe.core.ids import ExecutionId, QueryId, TableId, Uid
from standpipe.core.tables import (
    CATALOG,
    RESTORED_TYPES,
    TableColumn,
    UploadedTable,
    check_table_name,
)

VIEW_PREFIX = "result_"
MOST_RUNS = 10  # that a view remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterializedView:
    """A query, and the table that holds its rows.

    ``is_private`` is what its owner wants; the table is private too while its rows were read from
    private tables (``reads_private``). ``cron`` has five fields in UTC, empty = only when somebody
    asks. Nothing is refreshed after ``expires_at``. ``execution_id`` is the newest refresh, in
    ``state`` if it is known still, ``runs`` are the submissions of the newest ones, newest first.
    ``trouble`` says why the last refresh could not even begin.
    """

    table: UploadedTable
    query_id: QueryId
    is_private: bool = False
    reads_private: bool = False
    cron: str = ""
    expires_at: datetime | None = None
    next_run_at: datetime | None = None
    execution_id: ExecutionId | None = None
    state: ExecutionState | None = None
    runs: tuple[Uid, ...] = ()
    trouble: str = ""

    @property
    def id(self) -> TableId:
        """The id of its table."""
        return self.table.id

    @property
    def full_name(self) -> str:
        """The name in statements, where it need not be quoted."""
        return self.table.full_name

    @property
    def is_under_way(self) -> bool:
        """Whether its newest refresh has not ended."""
        return self.state is not None and not self.state.is_final


def columns_of(columns: tuple[Column, ...]) -> tuple[TableColumn, ...]:
    """Return the columns of a table that shows the rows of a result, under their unique names."""
    return tuple(
        TableColumn(
            name=column.stored_name,
            type=column.source_type if column.source_type in RESTORED_TYPES else column.stored_type,
        )
        for column in columns
    )


def parse_view_name(text: str) -> tuple[str | None, str]:
    """Return namespace (None if it is not named) and name; FieldMissing, FieldInvalid.

    Whole names are ``dune.<namespace>.result_x``; their case does not count.
    """
    if not text:
        raise FieldMissing("name is missing.")
    parts = text.lower().split(".")
    namespace: str | None = None
    if len(parts) == len((CATALOG, "namespace", "name")) and parts[0] == CATALOG and parts[1]:
        namespace = parts[1]
    elif len(parts) > 1:
        raise FieldInvalid(
            f"name: {text[:200]!r} is not the name of a materialised view.",
            detail=f"{VIEW_PREFIX}<name> or {CATALOG}.<namespace>.{VIEW_PREFIX}<name>.",
        )
    name = check_table_name(parts[-1], "name")
    if not name.startswith(VIEW_PREFIX) or name == VIEW_PREFIX:
        raise FieldInvalid(
            f"name: {name!r} does not begin with {VIEW_PREFIX!r}.", hint=f"Try {_near(name)!r}."
        )
    return namespace, name


def _near(name: str) -> str:
    return f"{VIEW_PREFIX}{name.removeprefix(VIEW_PREFIX) or 'name'}"
