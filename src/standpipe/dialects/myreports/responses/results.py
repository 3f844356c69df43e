"""Results: the figures around the rows, and the rows in every form: compat/myreports.md 3.5."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec

from standpipe.core.columns import Column
from standpipe.core.ports import Encoding
from standpipe.dialects.myreports.responses.requests import Standing, show_echo, status_of
from standpipe.formats import FORMATS, FormatEntry
from standpipe.formats.csv import CsvRows
from standpipe.formats.json import JsonRows
from standpipe.formats.values import ValueStyle, local_style

_ROWS: Final = b'"data":[]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a result says of itself; ``summary`` is JSON: an array of one object, or of none."""

    effort: float = 0.0
    query_milliseconds: int = 0
    total_milliseconds: int = 0
    query_count: int = 0
    total_count: int = 0
    summary: bytes = b"[]"


def show_result(
    standing: Standing,
    figures: Figures,
    keys: Sequence[str] = (),
    page_size: int | None = None,
) -> Mapping[str, Any]:
    """Return a result without its rows, whose keys are given."""
    status = status_of(standing)
    return {
        "requestId": standing.request.uid,
        "tenantId": standing.tenant,
        "request": show_echo(standing, keys, page_size),
        "effort": figures.effort,
        "queryDuration": figures.query_milliseconds,
        "totalDuration": figures.total_milliseconds,
        "queryCount": figures.query_count,
        "rowLimitExceeded": standing.is_limit_exceeded,
        "totalCount": figures.total_count,
        "data": [],
        "summary": msgspec.Raw(figures.summary),
        "status": status.number,
        "statusMessage": status.message,
        "rowLimit": standing.settings.row_limit,
    }


class ResultShown(msgspec.Struct, kw_only=True, frozen=True):
    """A result: the request it answers, its figures, its rows and their sums."""

    request_id: UUID = msgspec.field(name="requestId")
    tenant_id: UUID = msgspec.field(name="tenantId")
    request: dict[str, Any]
    effort: float
    query_milliseconds: int = msgspec.field(name="queryDuration")
    total_milliseconds: int = msgspec.field(name="totalDuration")
    query_count: int = msgspec.field(name="queryCount")
    is_limit_exceeded: bool = msgspec.field(name="rowLimitExceeded")
    total_count: int = msgspec.field(name="totalCount")
    data: list[dict[str, Any]]
    summary: list[dict[str, Any]]
    status: int
    message: str = msgspec.field(name="statusMessage")
    row_limit: int = msgspec.field(name="rowLimit")


def style_of(standing: Standing) -> ValueStyle:
    """Return how values are written: moments as local times of the report's zone."""
    zone = standing.settings.time_zone
    return local_style(zone, naive_zone=zone if standing.settings.dates.are_local else "UTC")


def result_encoding(
    shown: Mapping[str, Any], style: ValueStyle, keys: Sequence[str], *, has_nulls: bool
) -> Encoding:
    """Return how rows are written between the figures of a result."""
    # No text holds these bytes: in texts, quotes are escaped.
    head, _, tail = msgspec.json.encode(shown).partition(_ROWS)
    return JsonRows(
        style,
        shape="objects" if has_nulls else "sparse",
        keys=keys,
        head=head + _ROWS[:-1],
        tail=_ROWS[-1:] + tail,
    )


def file_encoding(name: str, columns: Sequence[Column], style: ValueStyle) -> Encoding:
    """Return how rows are written into a file: CSV with local times, the others as everywhere."""
    if name == "csv":
        return CsvRows([column.name for column in columns], style)
    return FORMATS[name].make(columns)


def file_entry(name: str) -> FormatEntry:
    """Return the format of that name."""
    return FORMATS[name]
