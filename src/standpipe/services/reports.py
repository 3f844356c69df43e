"""STUB until my-core's is there."""

from dataclasses import dataclass
from typing import Any
from standpipe.core.columns import Column, LogicalType
from standpipe.core.results import Result
from standpipe.core.windows import Window


@dataclass(frozen=True)
class ReportField:
    name: str
    logical_type: LogicalType | None
    is_displayed: bool
    is_mandatory: bool
    is_summed: bool
    is_identity: bool


@dataclass(frozen=True)
class PreparedReport:
    x: int


@dataclass(frozen=True)
class ReportView:
    result: Result
    columns: tuple[Column, ...]
    window: Window
    summary: Window | None
    total_count: int
    query_count: int
    is_limit_exceeded: bool
    effort: float
    source_seconds: float
    total_seconds: float
