"""Results: what is known of them, and the envelope around their rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from standpipe.core.columns import Column, LogicalType
from standpipe.core.results import Result
from standpipe.core.windows import DifferenceCounts, Facet
from standpipe.dialects.native.responses.bodies import Addresses


class ColumnShown(msgspec.Struct, kw_only=True, frozen=True):
    """One column: its name, which may repeat, and what it holds."""

    name: str
    type: LogicalType


class ResultShown(msgspec.Struct, kw_only=True, frozen=True):
    """What the rows of an answer were taken from; ``columns`` are those of the rows."""

    id: UUID
    query_id: int | None
    retrieved_at: datetime
    runtime_seconds: float
    row_count: Annotated[int, Meta(description="Of the whole result.")]
    columns: tuple[ColumnShown, ...]


class ResultLinks(msgspec.Struct, kw_only=True, frozen=True):
    """Where to go on from a result."""

    self: str
    metadata: str
    facets: str


class ResultMetadata(ResultShown, kw_only=True, frozen=True):
    """Everything that is known of a result."""

    data_source_id: int
    query_revision: int | None
    sql: Annotated[str, Meta(description="The text that ran, with its values written in.")]
    byte_count: Annotated[int, Meta(description="Of the stored file.")]
    sha256: Annotated[str, Meta(description="Of the stored file.")]
    links: ResultLinks


class ResultPage(msgspec.Struct, kw_only=True, frozen=True):
    """Some results of a query, newest first, and where the next ones are."""

    results: tuple[ResultMetadata, ...]
    next: str | None


class Rows(msgspec.Struct, kw_only=True, frozen=True):
    """Rows of a result: objects, arrays, or one array for each column, as ``shape`` says."""

    result: ResultShown
    total_rows: Annotated[int, Meta(description="How many there are without offset and limit.")]
    next: Annotated[str | None, Meta(description="The address of the next page.")]
    rows: list[dict[str, Any] | list[Any]] | dict[str, list[Any]]


class DifferenceShown(msgspec.Struct, kw_only=True, frozen=True):
    """How two results differ; ``columns`` are those of the rows."""

    older: UUID
    newer: UUID
    key: tuple[str, ...]
    added: int
    removed: int
    changed: int
    unchanged: int
    columns: tuple[ColumnShown, ...]


class DifferenceRows(msgspec.Struct, kw_only=True, frozen=True):
    """The rows that are not the same in both results."""

    difference: DifferenceShown
    total_rows: int
    next: str | None
    rows: list[dict[str, Any] | list[Any]] | dict[str, list[Any]]


class FacetValueShown(msgspec.Struct, kw_only=True, frozen=True):
    """A value as text, null for null, and in how many rows it stands."""

    value: str | None
    count: int


class FacetShown(msgspec.Struct, kw_only=True, frozen=True):
    """One column: its most frequent values, and how many there are."""

    column: ColumnShown
    values: tuple[FacetValueShown, ...]
    distinct_count: int
    null_count: int
    lowest: str | None
    highest: str | None


class FacetList(msgspec.Struct, kw_only=True, frozen=True):
    """What values columns have."""

    facets: tuple[FacetShown, ...]


def show_columns(columns: Sequence[Column]) -> tuple[ColumnShown, ...]:
    """Return columns as bodies."""
    return tuple(ColumnShown(name=each.name, type=each.logical_type) for each in columns)


def show_result(result: Result, columns: Sequence[Column]) -> ResultShown:
    """Return what rows with these columns were taken from."""
    return ResultShown(
        id=result.uid,
        query_id=result.query_id,
        retrieved_at=result.retrieved_at,
        runtime_seconds=result.runtime_seconds,
        row_count=result.row_count,
        columns=show_columns(columns),
    )


def show_metadata(result: Result, to: Addresses) -> ResultMetadata:
    """Return everything that is known of a result."""
    here = to.result(result.uid)
    return ResultMetadata(
        **msgspec.structs.asdict(show_result(result, result.columns)),
        data_source_id=result.data_source_id,
        query_revision=result.query_revision,
        sql=result.sql,
        byte_count=result.artifact.byte_count,
        sha256=result.artifact.sha256,
        links=ResultLinks(self=here, metadata=f"{here}/metadata", facets=f"{here}/facets"),
    )


def show_difference(
    older: Result,
    newer: Result,
    counts: DifferenceCounts,
    key: Sequence[str],
    columns: Sequence[Column],
) -> DifferenceShown:
    """Return how two results differ; ``columns`` are those of the rows."""
    return DifferenceShown(
        older=older.uid,
        newer=newer.uid,
        key=tuple(key),
        added=counts.added,
        removed=counts.removed,
        changed=counts.changed,
        unchanged=counts.unchanged,
        columns=show_columns(columns),
    )


def show_facets(facets: Sequence[Facet]) -> FacetList:
    """Return facets as a body."""
    return FacetList(facets=tuple(_facet(each) for each in facets))


def envelope(shown: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the bytes around the rows of a JSON body, which come last in it."""
    return msgspec.json.encode(shown)[:-1] + b',"rows":', b"}"


def _facet(facet: Facet) -> FacetShown:
    (column,) = show_columns([facet.column])
    return FacetShown(
        column=column,
        values=tuple(FacetValueShown(value=each.text, count=each.count) for each in facet.values),
        distinct_count=facet.distinct_count,
        null_count=facet.null_count,
        lowest=facet.lowest,
        highest=facet.highest,
    )
