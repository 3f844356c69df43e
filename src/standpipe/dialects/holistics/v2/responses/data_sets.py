"""Data sets as API v2 shows them: DataSet, DataModel and DataModelField of the document."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.columns import Column, LogicalType
from standpipe.core.data_sets.sets import DataSet
from standpipe.core.ids import DataSourceId
from standpipe.core.queries import Query
from standpipe.core.stored_types import parse_stored_type
from standpipe.core.tables import TableColumnType, UploadedTable
from standpipe.core.windows.kinds import NUMBERS

_TYPES: Final = {
    **dict.fromkeys(NUMBERS, "number"),
    LogicalType.BOOLEAN: "truefalse",
    LogicalType.TEXT: "text",
    LogicalType.UUID: "text",
    LogicalType.DATE: "date",
    LogicalType.TIME: "time",
    LogicalType.TIMESTAMP: "datetime",
    LogicalType.TIMESTAMPTZ: "datetime",
    LogicalType.INTERVAL: "duration",
    LogicalType.BYTES: "binary",
    LogicalType.LIST: "composite",
    LogicalType.STRUCT: "composite",
    LogicalType.MAP: "composite",
    LogicalType.JSON: "composite",
}


_KINDS: Final[Mapping[str, LogicalType]] = {
    TableColumnType.UINT256: LogicalType.INTEGER,
    TableColumnType.INT256: LogicalType.INTEGER,
    TableColumnType.VARBINARY: LogicalType.BYTES,
}


class FieldShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A column."""

    name: str
    label: str
    type: str
    sql: str
    syntax: str = "sql"
    aggregation_type: str | None = None
    transform_type: str | None = None
    is_custom: bool = False
    is_custom_measure: bool = False


class ModelShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The rows of a data set; fields are known once they were read."""

    id: int
    name: str
    label: str
    data_source_id: int | None
    fields: list[FieldShown]
    dimensions: list[FieldShown]
    measures: list[FieldShown]
    params: list[FieldShown]
    category_id: int | None
    sql: str | None
    table_name: str | None


class PermissionShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the caller may do."""

    can_crud: bool
    can_read: bool


class ReportShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The query that a data set is made of."""

    id: int
    title: str
    data_set_id: int
    data_source_id: int | None
    owner_id: int
    category_id: int | None = None
    is_adhoc: bool = False


class DataSetShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A data set."""

    id: int
    name: str
    label: str
    uname: str
    description: str | None
    owner_id: int
    owner: str
    tenant_id: int
    data_source_id: int | None
    category_id: int | None
    related_joins: list[str]
    join_configs: list[str]
    permission: PermissionShown
    from_aml: bool
    project_id: int | None
    tags: list[str]
    data_models: list[ModelShown] | UnsetType = UNSET
    reports: list[ReportShown] | UnsetType = UNSET


class DataSetBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One data set."""

    data_set: DataSetShown


class CursorsShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where the pages before and after begin."""

    previous: str | None
    next: str | None


class DataSetsBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Some of the data sets."""

    data_sets: list[DataSetShown]
    cursors: CursorsShown


class SqlBody(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """SQL that answers a query."""

    sql: str


def show_data_set(
    data_set: DataSet, owner: str, *, can_edit: bool, source_id: DataSourceId | None = None
) -> DataSetShown:
    """Return a data set without its models; ``source_id`` is where rows of tables are read."""
    of, title = data_set.of, title_of(data_set)
    return DataSetShown(
        id=data_set.id,
        name=title,
        label=title,
        uname=data_set.model,
        description=of.description or None,
        owner_id=of.owner_id,
        owner=owner,
        tenant_id=of.workspace_id,
        data_source_id=of.data_source_id if isinstance(of, Query) else source_id,
        category_id=None,
        related_joins=[],
        join_configs=[],
        permission=PermissionShown(can_crud=can_edit, can_read=True),
        from_aml=False,
        project_id=None,
        tags=list(of.tags) if isinstance(of, Query) else [],
    )


def title_of(data_set: DataSet) -> str:
    """Return how people call a data set."""
    return data_set.of.name if isinstance(data_set.of, Query) else data_set.of.full_name


def show_model(data_set: DataSet, columns: Sequence[Column]) -> ModelShown:
    """Return the one model of a data set; ``columns`` are those of a query's result."""
    of = data_set.of
    fields = [_show_field(column.name, column.logical_type) for column in columns]
    if isinstance(of, UploadedTable):
        fields = [_show_field(column.name, _kind_of(column.type)) for column in of.columns]
    return ModelShown(
        id=data_set.id,
        name=data_set.model,
        label=title_of(data_set),
        data_source_id=of.data_source_id if isinstance(of, Query) else None,
        fields=fields,
        dimensions=fields,
        measures=[],
        params=[],
        category_id=None,
        sql=of.sql if isinstance(of, Query) else None,
        table_name=None if isinstance(of, Query) else of.full_name,
    )


def show_reports(data_set: DataSet) -> list[ReportShown]:
    """Return the query of a data set; a table has none."""
    of = data_set.of
    if not isinstance(of, Query):
        return []
    return [
        ReportShown(
            id=of.id,
            title=of.name,
            data_set_id=data_set.id,
            data_source_id=of.data_source_id,
            owner_id=of.owner_id,
        )
    ]


def _show_field(name: str, kind: LogicalType) -> FieldShown:
    quoted = '"' + name.replace('"', '""') + '"'
    return FieldShown(name=name, label=name, type=_TYPES.get(kind, "unknown"), sql=quoted)


def _kind_of(named: str) -> LogicalType:
    """Return what a column of a table means; numbers of 256 bits have names of their own."""
    if named in _KINDS:
        return _KINDS[named]
    return parse_stored_type(named.upper()).logical_type
