"""Typed ids: a 128-bit time-ordered uid per entity, and the small integers that dialects print."""

import secrets
from datetime import datetime
from typing import NewType
from uuid import UUID

Uid = NewType("Uid", UUID)

WorkspaceId = NewType("WorkspaceId", int)
UserId = NewType("UserId", int)
GroupId = NewType("GroupId", int)
KeyId = NewType("KeyId", int)
DataSourceId = NewType("DataSourceId", int)
QueryId = NewType("QueryId", int)
VisualizationId = NewType("VisualizationId", int)
DashboardId = NewType("DashboardId", int)
WidgetId = NewType("WidgetId", int)
ExecutionId = NewType("ExecutionId", int)
SubmissionId = NewType("SubmissionId", int)
ResultId = NewType("ResultId", int)
TableId = NewType("TableId", int)


def new_uid(at: datetime) -> Uid:
    """Make a UUIDv7 (RFC 9562, 5.7): ``at`` in milliseconds, then 74 random bits."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    random_bits = secrets.randbits(74)
    high = milliseconds << 16 | 0x7000 | random_bits >> 62
    low = 0b10 << 62 | random_bits & (1 << 62) - 1
    return Uid(UUID(int=high << 64 | low))


def parse_uid(text: str) -> Uid | None:
    """Read a printed uid; None when the text is not one."""
    try:
        return Uid(UUID(text))
    except ValueError:
        return None
