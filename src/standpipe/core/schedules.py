"""When a query runs by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from standpipe.core.executions import ExecutionState
from standpipe.core.ids import ExecutionId, QueryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A rule of one of three kinds: an interval, a time of day, or a cron line.

    Interval: every ``interval_seconds`` since the last run; with ``time`` ("HH:MM") at that time
    of day, every ``interval_seconds // 86400`` days, or on ``day_of_week`` ("Monday").
    Cron: five fields in ``cron``. Times are in ``zone`` (IANA name). Nothing runs after ``until``
    (a date in ``zone``) or while ``is_disabled``. ``extra`` carries fields that dialects stored
    and the core does not read.
    """

    interval_seconds: int | None = None
    time: str | None = None
    day_of_week: str | None = None
    cron: str | None = None
    zone: str = "UTC"
    until: date | None = None
    is_disabled: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueQuery:
    """A query whose time has come, as the scheduler claimed it.

    ``running_id`` is the last scheduled run while it has not ended.
    """

    query_id: QueryId
    due_at: datetime
    consecutive_failures: int
    running_id: ExecutionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRun:
    """The last scheduled run of a query, over, and what was planned while it ran.

    ``consecutive_failures`` are those before it.
    """

    query_id: QueryId
    execution_id: ExecutionId
    state: ExecutionState
    finished_at: datetime
    next_run_at: datetime | None
    consecutive_failures: int
